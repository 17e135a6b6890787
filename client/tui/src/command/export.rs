//! `sotto export`: everything that is yours, as JSON lines, whatever `--json` says.
use client_sdk::{pure::Lane, vault::Slice};
use serde_json::json;

use super::{Done, OK, profile, show};
use crate::{app::App, language::tr, out::Out, when};

/// Messages that are read from disk at once.
const PAGE: u32 = 500;

pub(super) async fn export(app: &App) -> Done {
    let client = app.online().await?;
    app.catch_up(&client).await?;
    let out = Out { json: true, ..app.out };
    out.object(profile::object(&client.account_info().await?));
    for device in client.devices().await? {
        out.object(json!({
            "type": "device",
            "device": device.certificate.device.to_string(),
            "name": device.name.as_ref().map(sotto_protocol::DeviceName::as_str),
            "created": when::iso(device.certificate.created_ms),
            "last_seen": when::iso(device.last_seen_ms),
            "last_address": device.last_address,
            "signed_out": device.signed_out,
        }));
    }
    for contact in client.contacts().await? {
        out.object(show::contact_object(&contact));
    }
    let names = show::Names::load(&client).await?;
    let mut messages = 0_u64;
    for (room, unread) in client.rooms_with_unread().await? {
        out.object(show::room_object(&room, unread));
        let mut after = 0;
        loop {
            let lane = Lane::Room(room.room);
            let page =
                client.vault().call(move |vault| vault.history(lane, Slice::After(after, PAGE))).await?;
            let Some(last) = page.last() else { break };
            after = last.number;
            for message in &page {
                messages += 1;
                out.object(show::message_object(message, &names));
            }
        }
    }
    client.stop().await;
    app.out.say(&tr!(
        app.language(),
        "{messages} messages, with everything that this server keeps about you. Keep it where only you can read it.",
        "共 {messages} 条消息，以及服务器保存的您的全部资料。请妥善保管。"
    ));
    Ok(OK)
}
