//! `sotto token`: for bots.
use serde_json::json;
use sotto_protocol::{Tag, TokenId, TokenType};

use super::{Done, OK};
use crate::{
    app::App,
    args::TokenAction,
    exit::{Exit, Failure},
    language::tr,
    lines, safe, when,
};

pub(super) async fn token(app: &App, action: TokenAction) -> Done {
    let client = app.online().await?;
    match action {
        TokenAction::List => {
            let tokens = client.tokens().await?;
            let rows: Vec<Vec<String>> = tokens
                .iter()
                .map(|token| {
                    let scopes: Vec<&str> = token.scopes.iter().map(Tag::as_str).collect();
                    let until = when::short(token.expires_ms, when::now_ms());
                    vec![
                        token.token_id.to_string(),
                        safe::name(&token.name),
                        word(token.token_type).to_owned(),
                        scopes.join(","),
                        until,
                    ]
                })
                .collect();
            for (row, token) in lines::table(&rows).iter().zip(&tokens) {
                let scopes: Vec<&str> = token.scopes.iter().map(Tag::as_str).collect();
                let object = json!({
                    "type": "token", "id": token.token_id.to_string(), "name": token.name,
                    "token_type": word(token.token_type), "device": token.device.to_string(), "scopes": scopes,
                    "created": when::iso(token.created_ms), "expires": when::iso(token.expires_ms),
                });
                app.out.item(row, object);
            }
            app.out.say(&tr!(
                app.language(),
                "Make one worthless:  sotto token revoke ID",
                "作废：sotto token revoke 编号"
            ));
        }
        TokenAction::Create { name, scope } => {
            let created = client.create_token(&name, &scope).await?;
            let secret: String =
                created.token.token.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
            let object = json!({
                "type": "token", "id": created.token_id.to_string(), "token": secret,
                "token_type": word(created.token.token_type), "expires": when::iso(created.token.expires_ms),
                "account": client.account().to_string(), "device": client.device().to_string(),
            });
            app.out.item(&secret, object);
            app.out.say(&tr!(
                app.language(),
                "This is the only time that it is shown. Make it worthless:  sotto token revoke {}",
                "令牌仅显示这一次。作废：sotto token revoke {}",
                created.token_id
            ));
        }
        TokenAction::Revoke { id } => {
            let tokens = client.tokens().await?;
            let found: Option<TokenId> =
                tokens.iter().map(|token| token.token_id).find(|token_id| token_id.to_string() == id);
            let unknown = || {
                Failure::Told(
                    Exit::NoSuchPerson,
                    tr!(
                        app.language(),
                        "No such token. See:  sotto token list",
                        "没有这个令牌。查看：sotto token list"
                    ),
                )
            };
            client.revoke_token(found.ok_or_else(unknown)?).await?;
            app.out.say(&tr!(
                app.language(),
                "It is worthless now. See:  sotto token list",
                "已作废。查看：sotto token list"
            ));
        }
    }
    client.stop().await;
    Ok(OK)
}

const fn word(token_type: TokenType) -> &'static str {
    match token_type {
        TokenType::Device => "device",
        TokenType::Bot => "bot",
    }
}
