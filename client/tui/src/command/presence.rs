//! `sotto presence`.
use serde_json::json;
use sotto_protocol::{ContactStatus, PresenceStatus};

use super::{Done, OK, show};
use crate::{
    app::App,
    args::{PresenceAction, StatusName},
    language::tr,
    lines, when,
};

pub(super) async fn presence(app: &App, action: Option<PresenceAction>) -> Done {
    let client = app.online().await?;
    match action.unwrap_or(PresenceAction::List) {
        PresenceAction::List => {
            let contacts = client.contacts().await?;
            let friends: Vec<_> = contacts
                .iter()
                .filter(|contact| contact.status == ContactStatus::Accepted)
                .map(|contact| contact.person.account)
                .collect();
            let presences = client.presences(&friends).await?;
            let names = show::Names::load(&client).await?;
            let rows: Vec<Vec<String>> = presences
                .iter()
                .map(|presence| {
                    let seen = match presence.last_seen_ms {
                        0 => String::new(),
                        ms => tr!(
                            app.language(),
                            "last seen {}",
                            "最后在线 {}",
                            when::short(ms, when::now_ms())
                        ),
                    };
                    let seen = if presence.status == PresenceStatus::Offline { seen } else { String::new() };
                    vec![names.person(presence.account), text(app, presence.status), seen]
                })
                .collect();
            for (row, presence) in lines::table(&rows).iter().zip(&presences) {
                let devices: Vec<_> = presence
                    .devices
                    .iter()
                    .map(|device| json!({"device": device.device.to_string(), "address": device.address, "port": device.port}))
                    .collect();
                let object = json!({
                    "type": "presence",
                    "who": names.person(presence.account),
                    "status": word(presence.status),
                    "last_seen": if presence.last_seen_ms == 0 { None } else { Some(when::iso(presence.last_seen_ms)) },
                    "devices": devices,
                });
                app.out.item(row, object);
            }
            app.out.say(&tr!(app.language(), "Write:  sotto send USER TEXT", "发送：sotto send 用户名 文字"));
        }
        PresenceAction::Set { status } => {
            client.set_presence(wire(status)).await?;
            app.out.say(&tr!(
                app.language(),
                "Done. Others see it as long as you are connected:  sotto listen",
                "完成。连接期间他人可见：sotto listen"
            ));
        }
    }
    client.stop().await;
    Ok(OK)
}

const fn wire(status: StatusName) -> PresenceStatus {
    match status {
        StatusName::Online => PresenceStatus::Online,
        StatusName::Away => PresenceStatus::Away,
        StatusName::Busy => PresenceStatus::Busy,
        StatusName::Invisible => PresenceStatus::Invisible,
    }
}

/// How somebody is, in a word that programs switch on.
pub(super) const fn word(status: PresenceStatus) -> &'static str {
    match status {
        PresenceStatus::Offline => "offline",
        PresenceStatus::Online => "online",
        PresenceStatus::Away => "away",
        PresenceStatus::Busy => "busy",
        PresenceStatus::Invisible => "invisible",
    }
}

fn text(app: &App, status: PresenceStatus) -> String {
    let language = app.language();
    match status {
        PresenceStatus::Offline => tr!(language, "○ away from here", "○ 离线"),
        PresenceStatus::Online => tr!(language, "● online", "● 在线"),
        PresenceStatus::Away => tr!(language, "◐ away", "◐ 离开"),
        PresenceStatus::Busy => tr!(language, "◐ busy", "◐ 忙碌"),
        PresenceStatus::Invisible => tr!(language, "○ invisible", "○ 隐身"),
    }
}
