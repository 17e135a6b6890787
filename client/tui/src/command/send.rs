//! `sotto send`.
use std::{io::Read as _, process::ExitCode, time::Duration};

use client_sdk::{
    Client, ClientError,
    client::{Reached, Target},
    content::TEXT_MAX,
    vault::Delivery,
};
use serde_json::json;
use sotto_protocol::{ContactStatus, EnvelopeId, Reason};
use tokio::time::Instant;

use super::{Done, OK, say_unsealed, show};
use crate::{
    app::App,
    args::{Queue, Send, Wait},
    exit::{Exit, Failure, key_sentence},
    language::tr,
};

pub(super) async fn send(app: &App, args: Send) -> Done {
    let text = text(app, &args.text)?;
    let client = app.started()?;
    say_unsealed(app);
    let began = Instant::now();
    let target = target(app, &client, &args).await?;
    let envelope = client.send_text(&target, &text).await?;
    let patience = Duration::from_secs(args.timeout);
    let level = match args.wait {
        Wait::Sent => Delivery::Sent,
        Wait::Delivered => Delivery::Delivered,
        Wait::Read => Delivery::Read,
    };
    let reached = tokio::select! {
        reached = client.wait_for(envelope, level, patience) => reached,
        error = unreachable(&client) => Err(error),
    };
    let done = match reached {
        Ok(Reached::There(delivery)) => {
            told(app, &target, envelope, delivery, began);
            Ok(OK)
        }
        Ok(Reached::Failed(reason)) => Err(failed(app, &client, &target, &reason)),
        Err(error) => not_there(app, &client, &args, &target, envelope, error).await,
    };
    client.stop().await;
    done
}

/// Whom it is for; a person must be a contact, or let themselves be written to by anybody.
async fn target(app: &App, client: &Client, args: &Send) -> Result<Target, Failure> {
    let target = app.target(client, &args.to).await?;
    let account = match &target {
        Target::Group(_) => return Ok(target),
        Target::Person(contact) if contact.status == ContactStatus::Accepted => return Ok(target),
        Target::Person(contact) => contact.person.account,
        Target::Stranger(person) => person.account,
    };
    match client.open_direct(account).await {
        Ok(_) => Ok(target),
        Err(ClientError::Link(error))
            if matches!(error.reason(), Some(Reason::RoomNotContacts | Reason::ContactBlocked)) =>
        {
            // What is known here may be older than what has just happened.
            match client.target(&args.to).await {
                Ok(Target::Person(contact)) if contact.status == ContactStatus::Accepted => {
                    Ok(Target::Person(contact))
                }
                _ => Err(app.not_yet_contacts(client, &target)),
            }
        }
        Err(error) => Err(error.into()),
    }
}

/// Ends when there is no connection and none is being made.
async fn unreachable(client: &Client) -> ClientError {
    loop {
        match client.link().await {
            Ok(link) => {
                link.ended().await;
                // The engine tries again at once or says why not.
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(error) => return error,
        }
    }
}

fn told(app: &App, target: &Target, envelope: EnvelopeId, delivery: Delivery, began: Instant) {
    let (name, seconds) = (crate::safe::name(&target.name()), began.elapsed().as_secs_f64());
    let state = show::state_text(delivery, app.language());
    app.out.item(
        &format!("{state}  {}  {name}  {seconds:.1} s", show::envelope(envelope)),
        json!({
            "type": "sent",
            "id": show::envelope(envelope),
            "conv": target.name(),
            "state": show::state_word(delivery),
        }),
    );
    if delivery < Delivery::Read {
        app.out.say(&tr!(
            app.language(),
            "Next: see what comes back:  sotto listen   (what was said:  sotto history '{name}')",
            "下一步：等待回复：sotto listen   （查看记录：sotto history '{name}'）"
        ));
    }
}

fn failed(app: &App, client: &Client, target: &Target, reason: &str) -> Failure {
    let language = app.language();
    match Reason::from_key(reason) {
        Some(Reason::RoomNotContacts | Reason::ContactBlocked) => app.not_yet_contacts(client, target),
        _ => {
            let why = key_sentence(reason, language).unwrap_or_else(|| reason.to_owned());
            Failure::Told(Exit::Refused, tr!(language, "Not sent: {why}", "未发送：{why}"))
        }
    }
}

/// It has not come so far: kept for later, or taken back.
async fn not_there(
    app: &App,
    client: &Client,
    args: &Send,
    target: &Target,
    envelope: EnvelopeId,
    error: ClientError,
) -> Done {
    let language = app.language();
    if let Reached::There(delivery) = client.reached(envelope).await?
        && delivery >= Delivery::Sent
    {
        let state = show::state_text(delivery, language);
        told(app, target, envelope, delivery, Instant::now());
        app.out.warn(&tr!(
            language,
            "It was {state}, but not more within {} s.",
            "状态：{state}，在 {} 秒内没有更进一步。",
            args.timeout
        ));
        return Ok(ExitCode::from(Exit::TryLater as u8));
    }
    let why = Failure::Client(error).sentence(language);
    if args.queue == Queue::Never && client.withdraw(envelope).await? {
        return Err(Failure::Told(
            Exit::Failed,
            tr!(language, "{why}\nNot sent, and not kept.", "{why}\n未发送，也未保存。"),
        ));
    }
    app.out.object(json!({
        "type": "sent",
        "id": show::envelope(envelope),
        "conv": target.name(),
        "state": show::state_word(Delivery::Waiting),
    }));
    Err(Failure::Told(
        Exit::Unreachable,
        tr!(
            language,
            "{why}\nThe message is kept and goes out as soon as sotto reaches the server:  sotto listen",
            "{why}\n消息已保存，连上服务器后会自动发送：sotto listen"
        ),
    ))
}

/// The words of the command line, or stdin.
fn text(app: &App, words: &[String]) -> Result<String, Failure> {
    let text = if words == ["-"] {
        let mut text = String::new();
        let stdin = std::io::stdin().lock().take(TEXT_MAX as u64 + 1);
        let mut stdin = std::io::BufReader::new(stdin);
        stdin
            .read_to_string(&mut text)
            .map_err(|error| Failure::Other(anyhow::Error::from(error).context("While reading stdin")))?;
        text.trim_end_matches('\n').to_owned()
    } else {
        words.join(" ")
    };
    if text.is_empty() {
        return Err(app.missing("TEXT"));
    }
    Ok(text)
}
