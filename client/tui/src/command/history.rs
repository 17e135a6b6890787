//! `sotto history`.
use client_sdk::vault::{Delivery, Slice};

use super::{Done, OK, show};
use crate::{app::App, args::History, language::tr, when};

pub(super) async fn history(app: &App, args: History) -> Done {
    let client = if args.offline { app.client()? } else { app.started()? };
    if !args.offline
        && let Err(error) = client.link().await
        && !app.is_offline(&error)
    {
        return Err(error.into());
    }
    let target =
        if args.offline { client.target(&args.with).await? } else { app.target(&client, &args.with).await? };
    if !args.offline {
        app.catch_up(&client).await?;
    }
    let messages = client.history(&target, Slice::Last(args.limit)).await?;
    let names = show::Names::load(&client).await?;
    let now_ms = when::now_ms();
    for (message, delivery) in &messages {
        let mine = message.device == client.device();
        let mut object = show::message_object(message, &names);
        let mut line = show::message_line(message, &names, app.language(), now_ms);
        if mine {
            let failed = message.failed.is_some();
            line = format!("{line}  {}", show::mark(*delivery, failed));
            let state = if failed { "failed" } else { show::state_word(*delivery) };
            if let Some(fields) = object.as_object_mut() {
                fields.insert("state".into(), state.into());
            }
        }
        app.out.item(&line, object);
    }
    let last = messages.iter().rev().find_map(|(message, _)| message.room.zip(message.sequence));
    if let (true, Some((room, upto))) = (args.mark_read, last) {
        client.mark_read(room, upto, true).await?;
    }
    let name = crate::safe::name(&target.name());
    let waiting = messages.iter().filter(|(message, delivery)| {
        message.device == client.device() && *delivery == Delivery::Waiting && message.failed.is_none()
    });
    match (messages.is_empty(), waiting.count()) {
        (true, _) => app.out.say(&tr!(
            app.language(),
            "Nothing was said yet. Begin:  sotto send '{name}' \"hi\"",
            "还没有消息。开始聊天：sotto send '{name}' \"你好\""
        )),
        (false, 0) => app.out.say(&tr!(
            app.language(),
            "Answer:  sotto send '{name}' TEXT",
            "回复：sotto send '{name}' 文字"
        )),
        (false, waiting) => app.out.say(&tr!(
            app.language(),
            "{waiting} still wait for the server; they go out with the next connection:  sotto listen",
            "有 {waiting} 条消息等待发送，连接后自动发出：sotto listen"
        )),
    }
    client.stop().await;
    Ok(OK)
}
