//! `sotto status`.
use serde_json::json;

use super::{Done, OK};
use crate::{
    app::App,
    exit::{Exit, Failure, link_sentence},
    language::tr,
    lines, safe,
};

pub(super) async fn status(app: &App) -> Done {
    let client = app.started()?;
    let language = app.language();
    let connected = client.link().await;
    let waiting = client.vault().call(|vault| vault.waiting()).await?.len();
    let contacts = client.contacts().await?.len();
    let rooms = client.rooms().await?.len();
    let server = client.server().clone();
    let connection = match &connected {
        Ok(_) => tr!(language, "connected", "已连接"),
        Err(client_sdk::ClientError::Link(why)) => link_sentence(why, language),
        Err(error) => error.to_string(),
    };
    let rows = [
        (tr!(language, "server", "服务器"), safe::name(&server.name)),
        (tr!(language, "address", "地址"), server.addresses.join(", ")),
        (tr!(language, "pin", "指纹"), server.pin.to_string()),
        (tr!(language, "you", "用户名"), client.user_name().as_str().to_owned()),
        (tr!(language, "device", "设备"), client.device().to_string()),
        (tr!(language, "profile", "配置"), client.profile().directory().display().to_string()),
        (tr!(language, "contacts", "联系人"), contacts.to_string()),
        (tr!(language, "rooms", "会话"), rooms.to_string()),
        (tr!(language, "waiting to be sent", "等待发送"), waiting.to_string()),
        (tr!(language, "connection", "连接"), connection),
    ];
    let rows: Vec<Vec<String>> = rows.into_iter().map(|(what, is)| vec![what, is]).collect();
    lines::table(&rows).iter().for_each(|row| app.out.row(row));
    app.out.object(json!({
        "type": "status",
        "server": server.name,
        "addresses": server.addresses,
        "pin": server.pin.to_string(),
        "user": client.user_name().as_str(),
        "account": client.account().to_string(),
        "device": client.device().to_string(),
        "contacts": contacts,
        "rooms": rooms,
        "waiting": waiting,
        "connected": connected.is_ok(),
    }));
    client.stop().await;
    match connected {
        Ok(_) => {
            app.out.say(&tr!(
                language,
                "Next:  sotto rooms    sotto listen",
                "下一步：sotto rooms    sotto listen"
            ));
            Ok(OK)
        }
        Err(error) => {
            let failure = Failure::from(error);
            let exit = failure.exit();
            let next =
                tr!(language, "Tried just now. Try again:  sotto status", "刚刚尝试过。重试：sotto status");
            Err(Failure::Told(if exit == Exit::Failed { Exit::Failed } else { exit }, next))
        }
    }
}
