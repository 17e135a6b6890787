//! `sotto devices`.
use client_sdk::Client;
use serde_json::json;
use sotto_protocol::{DeviceId, DeviceInfo, DeviceName};

use super::{Done, OK};
use crate::{
    app::App,
    args::DevicesAction,
    exit::{Exit, Failure},
    language::tr,
    lines, safe, when,
};

pub(super) async fn devices(app: &App, action: Option<DevicesAction>) -> Done {
    let client = app.online().await?;
    match action.unwrap_or(DevicesAction::List) {
        DevicesAction::List => list(app, &client).await?,
        DevicesAction::Rename { device, name } => {
            client.rename_device(find(app, &client, &device).await?, &name).await?;
            app.out.say(&tr!(app.language(), "Done. See:  sotto devices", "完成。查看：sotto devices"));
        }
        DevicesAction::Revoke { device } => {
            client.revoke_device(find(app, &client, &device).await?).await?;
            app.out.say(&tr!(
                app.language(),
                "It is out. If it was lost, set a new password too:  sotto password change",
                "已移除。如果设备丢失，请同时修改密码：sotto password change"
            ));
        }
    }
    client.stop().await;
    Ok(OK)
}

async fn list(app: &App, client: &Client) -> Result<(), Failure> {
    let devices = client.devices().await?;
    let rows: Vec<Vec<String>> = devices
        .iter()
        .map(|device| {
            let mine = device.certificate.device == client.device();
            let state = match (mine, device.signed_out) {
                (true, _) => tr!(app.language(), "this one", "本机"),
                (false, true) => tr!(app.language(), "signed out", "已退出"),
                (false, false) => when::short(device.last_seen_ms, when::now_ms()),
            };
            let id = device.certificate.device.to_string().chars().take(8).collect();
            vec![safe::name(name(device)), id, state, safe::name(&device.last_address)]
        })
        .collect();
    for (row, device) in lines::table(&rows).iter().zip(&devices) {
        let object = json!({
            "type": "device",
            "device": device.certificate.device.to_string(),
            "name": name(device),
            "this": device.certificate.device == client.device(),
            "created": when::iso(device.certificate.created_ms),
            "last_seen": when::iso(device.last_seen_ms),
            "last_address": device.last_address,
            "signed_out": device.signed_out,
        });
        app.out.item(row, object);
    }
    app.out.say(&tr!(
        app.language(),
        "One that is not yours?  sotto devices revoke ID    Another device:  sotto signin (there)",
        "有陌生设备？运行 sotto devices revoke 编号    添加设备：在新设备上运行 sotto signin"
    ));
    Ok(())
}

fn name(device: &DeviceInfo) -> &str {
    device.name.as_ref().map_or("", DeviceName::as_str)
}

/// A device by its name or the beginning of its id; only one may fit.
async fn find(app: &App, client: &Client, wanted: &str) -> Result<DeviceId, Failure> {
    let devices = client.devices().await?;
    let mut fitting = devices.iter().filter(|device| {
        name(device) == wanted
            || wanted.len() >= 4 && device.certificate.device.to_string().starts_with(wanted)
    });
    match (fitting.next(), fitting.next()) {
        (Some(device), None) => Ok(device.certificate.device),
        _ => Err(Failure::Told(
            Exit::NoSuchPerson,
            tr!(
                app.language(),
                "No device (or more than one) is called \"{wanted}\". Use the id:  sotto devices",
                "没有（或不止一个）设备叫“{wanted}”，请使用编号：sotto devices"
            ),
        )),
    }
}
