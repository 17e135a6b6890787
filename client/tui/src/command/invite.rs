//! `sotto invite`: bringing friends in, where the server lets members do so.
use serde_json::json;

use super::{Done, OK};
use crate::{
    app::App,
    args::InviteAction,
    exit::{Exit, Failure},
    language::tr,
    lines, safe, when,
};

const HOUR_MS: u64 = 60 * 60 * 1000;

pub(super) async fn invite(app: &App, action: InviteAction) -> Done {
    let client = app.online().await?;
    match action {
        InviteAction::List => {
            let invites = client.invites().await?;
            let rows: Vec<Vec<String>> = invites
                .iter()
                .map(|invite| {
                    let used = format!("{}/{}", invite.used, invite.uses);
                    let until = when::short(invite.expires_ms, when::now_ms());
                    vec![invite.invite_id.to_string(), safe::name(&invite.name), used, until]
                })
                .collect();
            for (row, invite) in lines::table(&rows).iter().zip(&invites) {
                let object = json!({
                    "type": "invite", "id": invite.invite_id.to_string(), "name": invite.name, "uses": invite.uses,
                    "used": invite.used, "created": when::iso(invite.created_ms), "expires": when::iso(invite.expires_ms),
                });
                app.out.item(row, object);
            }
            app.out.say(&tr!(
                app.language(),
                "Another one:  sotto invite create",
                "新建：sotto invite create"
            ));
        }
        InviteAction::Create { name, uses, hours } => {
            let (invite, id, expires_ms) =
                client.create_invite(&name, uses, hours.saturating_mul(HOUR_MS)).await?;
            let until = when::short(expires_ms, when::now_ms());
            let object = json!({
                "type": "invite", "id": id.to_string(), "invite": invite.to_string(), "expires": when::iso(expires_ms),
            });
            app.out.item(&invite.to_string(), object);
            app.out.say(&tr!(
                app.language(),
                "Good until {until}. Your friend runs:  sotto join INVITE",
                "有效期至 {until}。请朋友运行：sotto join 邀请"
            ));
        }
        InviteAction::Revoke { id } => {
            let invites = client.invites().await?;
            let found =
                invites.iter().map(|invite| invite.invite_id).find(|invite_id| invite_id.to_string() == id);
            let unknown = || {
                Failure::Told(
                    Exit::NoSuchPerson,
                    tr!(
                        app.language(),
                        "No such invite. See:  sotto invite list",
                        "没有这个邀请。查看：sotto invite list"
                    ),
                )
            };
            client.revoke_invite(found.ok_or_else(unknown)?).await?;
            app.out.say(&tr!(
                app.language(),
                "It is worthless now. See:  sotto invite list",
                "已作废。查看：sotto invite list"
            ));
        }
    }
    client.stop().await;
    Ok(OK)
}
