//! `sotto listen`: what comes, as it comes. What came while nobody listened is shown first; nothing is shown twice, and
//! nothing is lost when this ends in the middle.
use std::{process::Stdio, time::Duration};

use client_sdk::{
    Client, Event,
    client::Target,
    vault::{Delivery, Message, Slice},
};
use serde_json::{Value, json};
use sotto_protocol::{Change, ContactStatus, GapReason, Marks, RoomId};
use tokio::{io::AsyncWriteExt as _, sync::broadcast::error::RecvError, time::sleep};

use super::{Done, OK, say_unsealed, show};
use crate::{
    app::App,
    args::Listen,
    exit::{Failure, link_sentence},
    language::tr,
    safe, when,
};

/// Messages that are read from disk at once.
const PAGE: u32 = 64;
/// A message whose command failed comes again after this.
const AGAIN: Duration = Duration::from_secs(5);

pub(super) async fn listen(app: &App, args: Listen) -> Done {
    let client = app.client()?;
    let mut events = client.events();
    client.start();
    say_unsealed(app);
    if !args.once {
        app.out.say(&tr!(
            app.language(),
            "Listening as {}. End with Ctrl+C. Write from here:  sotto send USER TEXT",
            "正在以 {} 的身份接收，按 Ctrl+C 结束。发送：sotto send 用户名 文字",
            client.user_name()
        ));
    }
    let interrupted = tokio::signal::ctrl_c();
    let ended = tokio::select! {
        ended = show_all(app, &client, &mut events, &args) => ended,
        _ = interrupted => Ok(()),
    };
    client.stop().await;
    ended.map(|()| OK)
}

async fn show_all(
    app: &App,
    client: &Client,
    events: &mut tokio::sync::broadcast::Receiver<Event>,
    args: &Listen,
) -> Result<(), Failure> {
    if args.once {
        client.link().await?;
        app.catch_up(client).await?;
        return unheard(app, client, args).await;
    }
    unheard(app, client, args).await?;
    loop {
        match events.recv().await {
            Ok(Event::Message(_)) | Err(RecvError::Lagged(_)) => unheard(app, client, args).await?,
            Ok(Event::Ended(why)) => return Err(client_sdk::ClientError::from(why).into()),
            Ok(event) => other(app, client, event).await?,
            Err(RecvError::Closed) => return Ok(()),
        }
    }
}

/// Shows every message that nobody was told of; each counts as told only when it was shown (or its command agreed).
async fn unheard(app: &App, client: &Client, args: &Listen) -> Result<(), Failure> {
    loop {
        let page = client.unheard(PAGE).await?;
        if page.is_empty() {
            return Ok(());
        }
        let names = show::Names::load(client).await?;
        for message in page {
            show_one(app, &message, &names);
            if let Some(command) = &args.exec {
                while !run(app, command, show::message_object(&message, &names)).await {
                    sleep(AGAIN).await;
                }
            }
            client.heard(message.number).await?;
        }
    }
}

fn show_one(app: &App, message: &Message, names: &show::Names) {
    let line = show::message_line(message, names, app.language(), when::now_ms());
    let room = message.room.map(|room| names.room(room)).unwrap_or_default();
    let line = if room.starts_with('#') { format!("{}  {line}", safe::name(&room)) } else { line };
    app.out.item(&line, show::message_object(message, names));
}

/// Runs the command with the message on its stdin; `true`: it ended with 0.
async fn run(app: &App, command: &str, mut object: Value) -> bool {
    if let Some(fields) = object.as_object_mut() {
        fields.insert("v".into(), 1.into());
    }
    let mut shell = tokio::process::Command::new("/bin/sh");
    shell.arg("-c").arg(command).stdin(Stdio::piped()).kill_on_drop(true);
    let ended = async {
        let mut child = shell.spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // A command that does not read its stdin may still agree.
            let _unread = stdin.write_all(format!("{object}\n").as_bytes()).await;
        }
        child.wait().await
    };
    match ended.await {
        Ok(status) if status.success() => true,
        Ok(status) => {
            app.out.warn(&tr!(
                app.language(),
                "The command ended with {status}; the message comes again in 5 s.",
                "命令以 {status} 结束，5 秒后重试该消息。"
            ));
            false
        }
        Err(error) => {
            app.out.warn(&error.to_string());
            false
        }
    }
}

async fn other(app: &App, client: &Client, event: Event) -> Result<(), Failure> {
    let language = app.language();
    let (words, object) = match event {
        Event::Online { server_name } => {
            let name = safe::name(&server_name);
            (
                tr!(language, "· connected to {name}", "· 已连接到 {name}"),
                json!({"type": "online", "server": server_name}),
            )
        }
        Event::Offline { why, retry_ms } => (
            format!("· {}", link_sentence(&why, language)),
            json!({"type": "offline", "why": why.to_string(), "retry_ms": retry_ms}),
        ),
        Event::Marks(marks) => return receipt(app, client, &marks).await,
        Event::Contact { contact, note, gone } => contact_words(app, &contact, note.as_str(), gone),
        Event::Gap(gap) => {
            let reason = gap_word(gap.why);
            let count = gap.to.saturating_sub(gap.from) + 1;
            let conversation = show::Names::load(client).await?.room(RoomId::from(gap.log));
            (
                tr!(
                    language,
                    "· {count} entries are gone ({reason}) and will not come",
                    "· {count} 条记录已被清除（{reason}），不会送达"
                ),
                json!({"type": "gap", "conv": conversation, "from": gap.from, "to": gap.to, "reason": reason}),
            )
        }
        Event::Tombstone(tombstone) => (
            tr!(
                language,
                "· a message of yours expired before everybody had it",
                "· 您的一条消息在对方收到前已过期"
            ),
            json!({"type": "tombstone", "id": show::envelope(tombstone.envelope_id), "reason": gap_word(tombstone.why)}),
        ),
        Event::Room(event) => {
            let name = safe::name(&show::Names::load(client).await?.room(event.room));
            let words = if event.gone {
                tr!(language, "· you are no longer in {name}", "· 您已不在 {name} 中")
            } else {
                tr!(language, "· you are in {name}", "· 您已加入 {name}")
            };
            (words, json!({"type": "room", "room": event.room.to_string(), "conv": name, "gone": event.gone}))
        }
        Event::Change(room, change) => change_words(client, app, room, &change).await?,
        Event::Presence(presence) => {
            let who = show::Names::load(client).await?.person(presence.account);
            let status = super::presence::word(presence.status);
            let object = json!({"type": "presence", "who": who, "status": status});
            app.out.object(object);
            return Ok(());
        }
        Event::Typing { room, account } => {
            let names = show::Names::load(client).await?;
            app.out.object(json!({"type": "typing", "conv": names.room(room), "who": names.person(account)}));
            return Ok(());
        }
        Event::Failed { envelope, reason } => {
            let why = crate::exit::key_sentence(&reason, language).unwrap_or_else(|| reason.clone());
            (
                tr!(language, "! not sent: {why}", "! 未发送：{why}"),
                json!({"type": "failed", "id": show::envelope(envelope), "reason": reason}),
            )
        }
        Event::Sent { envelope, sequence, .. } => {
            app.out.object(
                json!({"type": "receipt", "id": show::envelope(envelope), "seq": sequence, "state": "sent"}),
            );
            return Ok(());
        }
        Event::Device(event) => {
            let name = safe::name(&event.name);
            (
                tr!(
                    language,
                    "· news of your device \"{name}\" ({:?}). Not you?  sotto devices revoke DEVICE",
                    "· 您的设备“{name}”有变化（{:?}）。不是您本人？运行 sotto devices revoke 设备",
                    event.kind
                ),
                json!({"type": "device", "device": event.device.to_string(), "name": event.name, "what": format!("{:?}", event.kind).to_lowercase()}),
            )
        }
        Event::Account(event) => {
            let who = show::Names::load(client).await?.person(event.account);
            let what = format!("{:?}", event.kind).to_lowercase();
            (
                tr!(language, "· {who} changed: {what}", "· {who} 有变化：{what}"),
                json!({"type": "account", "who": who, "what": what}),
            )
        }
        Event::Notice(text) => {
            let shown = safe::text(&text);
            (
                tr!(language, "· from your admin: {shown}", "· 管理员通知：{shown}"),
                json!({"type": "notice", "text": text}),
            )
        }
        Event::Message(_) | Event::Ended(_) => return Ok(()),
    };
    app.out.say(&words);
    app.out.object(object);
    Ok(())
}

/// Somebody is further: told as the state of the last message of ours that they have.
async fn receipt(app: &App, client: &Client, marks: &Marks) -> Result<(), Failure> {
    if marks.account == client.account() {
        return Ok(());
    }
    let names = show::Names::load(client).await?;
    let (upto, state) =
        if marks.read > 0 { (marks.read, Delivery::Read) } else { (marks.delivered, Delivery::Delivered) };
    let rooms = client.rooms().await?;
    let Some(room) = rooms.into_iter().find(|room| room.room == marks.room) else { return Ok(()) };
    let history = client.history(&Target::Group(Box::new(room)), Slice::Last(PAGE)).await?;
    let last =
        history.iter().rev().map(|(message, _)| message).find(|message| {
            message.device == client.device() && message.sequence.is_some_and(|at| at <= upto)
        });
    if let Some(message) = last {
        app.out.object(json!({
            "type": "receipt",
            "id": show::envelope(message.envelope),
            "seq": message.sequence,
            "conv": names.room(marks.room),
            "who": names.person(marks.account),
            "state": show::state_word(state),
            "ts": when::iso(when::now_ms()),
        }));
    }
    Ok(())
}

fn contact_words(app: &App, contact: &sotto_protocol::Contact, note: &str, gone: bool) -> (String, Value) {
    let language = app.language();
    let (who, shown) = (contact.person.user_name.as_str(), safe::name(note));
    let words = match (gone, contact.status) {
        (true, _) => tr!(language, "· {who} is no longer a contact", "· {who} 已不是联系人"),
        (false, ContactStatus::Asked) => tr!(
            language,
            "· {who} asks to be your contact. {shown}\n  Yes:  sotto contacts accept {who}    No:  sotto contacts decline {who}",
            "· {who} 请求加您为联系人。{shown}\n  接受：sotto contacts accept {who}    拒绝：sotto contacts decline {who}"
        ),
        (false, ContactStatus::Accepted) => tr!(
            language,
            "· {who} is your contact now. Say hello:  sotto send {who} \"hi\"",
            "· {who} 已成为您的联系人。打个招呼：sotto send {who} \"你好\""
        ),
        (false, ContactStatus::Requested) => tr!(language, "· you asked {who}", "· 已向 {who} 发出请求"),
        (false, ContactStatus::Blocked) => tr!(language, "· {who} is blocked", "· {who} 已被屏蔽"),
    };
    let mut object = show::contact_object(contact);
    if let Some(fields) = object.as_object_mut() {
        fields.insert("gone".into(), gone.into());
        fields.insert("note".into(), note.into());
    }
    (words, object)
}

async fn change_words(
    client: &Client,
    app: &App,
    room: RoomId,
    change: &Change,
) -> Result<(String, Value), Failure> {
    let names = show::Names::load(client).await?;
    let name = safe::name(&names.room(room));
    let people = |accounts: &mut dyn Iterator<Item = sotto_protocol::AccountId>| -> Vec<String> {
        accounts.map(|account| names.person(account)).collect()
    };
    let add = people(&mut change.add.iter().map(|seat| seat.account));
    let remove = people(&mut change.remove.iter().copied());
    let words = tr!(
        app.language(),
        "· {name} has changed: sotto group members '{name}'",
        "· {name} 有变化：sotto group members '{name}'"
    );
    Ok((words, json!({"type": "change", "conv": names.room(room), "add": add, "remove": remove})))
}

const fn gap_word(why: GapReason) -> &'static str {
    match why {
        GapReason::Expired => "expired",
        GapReason::Evicted => "evicted",
    }
}
