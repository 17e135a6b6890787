//! `sotto join` and `sotto signin`.
use std::{io::Read as _, path::Path};

use client_crypto::Password;
use client_sdk::{
    Client,
    client::{Joining, SigningIn, join as join_server, sign_in_with_password},
    sign_in::Newcomer,
};
use sotto_protocol::{DeviceName, DisplayName, Email, Invite, InviteError, Pin, UserName, Wrong};

use super::{Done, OK};
use crate::{
    app::App,
    args::{Join, Signin},
    exit::{Exit, Failure},
    language::tr,
};

/// An invite is a few hundred characters.
const INVITE_MAX: u64 = 16 * 1024;

pub(super) async fn join(app: &App, args: Join) -> Done {
    let language = app.language();
    let profile = app.profile()?;
    let invite = match args.invite {
        Some(invite) => invite,
        None => app
            .ask(&tr!(language, "Invite (paste as usual)", "邀请（粘贴即可）"), "")
            .ok_or_else(|| app.missing("INVITE"))?,
    };
    let invite = invite_from(app, &invite)?;
    let user = match args.user {
        Some(user) => user,
        None => app
            .ask(
                &tr!(
                    language,
                    "User name (a-z, 0-9; this is what friends type)",
                    "用户名（a-z、0-9；朋友输入它找您）"
                ),
                &login(),
            )
            .ok_or_else(|| app.missing("--user USER"))?,
    };
    let user_name = UserName::new(&user).map_err(|wrong| bad(app, "--user", wrong))?;
    let name = args
        .name
        .or_else(|| app.ask(&tr!(language, "Name that others see", "显示的名字"), &user))
        .unwrap_or_else(|| user.clone());
    let display_name = DisplayName::new(name.trim()).map_err(|wrong| bad(app, "--name", wrong))?;
    let email =
        args.email.as_deref().map(Email::new).transpose().map_err(|wrong| bad(app, "--email", wrong))?;
    let password = match (&args.password_file, args.no_password) {
        (Some(file), _) => Some(app.password(Some(file))?),
        (None, true) => None,
        (None, false) => app.new_password()?,
    };
    let has_password = password.is_some();
    let passphrase = if args.protect { app.new_passphrase()? } else { None };
    let newcomer = Newcomer {
        invite: None,
        user_name,
        display_name,
        email,
        device_name: device_name(app, args.device)?,
        password,
    };
    let joining = Joining { invite, newcomer, passphrase, language: app.tag()? };
    let client = join_server(profile, joining).await?;
    welcome(app, &client);
    if !has_password {
        app.out.say(&tr!(
            language,
            "No password is set: only this device can sign in. To change that:  sotto password change",
            "未设置密码：只有此设备能登录。如需设置：sotto password change"
        ));
    }
    Ok(OK)
}

pub(super) async fn sign_in(app: &App, args: Signin) -> Done {
    let language = app.language();
    let profile = app.profile()?;
    let server = match args.server {
        Some(server) => server,
        None => app
            .ask(&tr!(language, "Invite or link of the server", "服务器的邀请或链接"), "")
            .ok_or_else(|| app.missing("SERVER"))?,
    };
    let (pin, addresses) = match args.pin {
        Some(pin) => {
            let pin = pin_from_hex(&pin).ok_or_else(|| bad(app, "--pin", Wrong::Form))?;
            let port = server.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
            (pin, vec![if port { server } else { format!("{server}:7688") }])
        }
        None => match invite_from(app, &server) {
            Ok(invite) => (invite.pin, invite.addresses),
            Err(failure) if server.to_ascii_uppercase().starts_with("SOTTO:") => return Err(failure),
            Err(_) => {
                return Err(Failure::Told(
                    Exit::Usage,
                    tr!(
                        language,
                        "A host alone does not say which server is the right one. Give any invite of it (it may be used up), or \
                 --pin with the pin that your other device shows:  sotto status",
                        "仅有主机名无法确认服务器身份。请提供它的任一邀请（已用过也可），或用 --pin 给出另一台设备上 sotto status 显示的指纹。"
                    ),
                ));
            }
        },
    };
    let user = match args.user {
        Some(user) => user,
        None => {
            app.ask(&tr!(language, "User name", "用户名"), "").ok_or_else(|| app.missing("--user USER"))?
        }
    };
    let user_name = UserName::new(&user).map_err(|wrong| bad(app, "--user", wrong))?;
    let password: Password = app.password(args.password_file.as_ref())?;
    let device_name = device_name(app, args.device)?;
    let passphrase = match (args.protect, profile.protection()?) {
        (_, Some(client_crypto::Protection::Passphrase)) => app.passphrase()?,
        (true, _) => app.new_passphrase()?,
        (false, _) => None,
    };
    let language = app.tag()?;
    let signing_in = SigningIn { pin, addresses, user_name, password, device_name, passphrase, language };
    let client = sign_in_with_password(profile, signing_in).await?;
    welcome(app, &client);
    Ok(OK)
}

fn welcome(app: &App, client: &Client) {
    let (me, server) = (client.user_name(), crate::safe::name(&client.server().name));
    app.out.say(&tr!(
        app.language(),
        "Done. You are {me} on {server}.\nNext: ask a friend to be your contact:  sotto contacts add USER   (look for \
         people:  sotto find NAME)",
        "完成。您在 {server} 上的用户名是 {me}。\n下一步：添加联系人：sotto contacts add 用户名   （查找：sotto find 名字）"
    ));
    app.out.object(serde_json::json!({
        "type": "joined",
        "user": me.as_str(),
        "account": client.account().to_string(),
        "device": client.device().to_string(),
        "server": client.server().name,
    }));
}

/// The invite itself, a file that holds it, or stdin.
fn invite_from(app: &App, text: &str) -> Result<Invite, Failure> {
    let parsed = if text == "-" {
        let mut read = String::new();
        std::io::stdin()
            .lock()
            .take(INVITE_MAX)
            .read_to_string(&mut read)
            .map_err(|error| Failure::Other(anyhow::Error::from(error).context("While reading stdin")))?;
        Invite::parse(&read)
    } else {
        match Invite::parse(text) {
            Err(InviteError::Prefix) if Path::new(text).is_file() => {
                let file = std::fs::File::open(text).map(|file| file.take(INVITE_MAX));
                let read = file.and_then(std::io::read_to_string).map_err(|error| {
                    Failure::Other(anyhow::Error::from(error).context(format!("While reading {text}")))
                })?;
                Invite::parse(&read)
            }
            other => other,
        }
    };
    parsed.map_err(|error| {
        let sentence = match error {
            InviteError::Prefix => tr!(
                app.language(),
                "That is no invite: an invite begins with SOTTO:1:. Copy all of it.",
                "这不是邀请：邀请以 SOTTO:1: 开头，请完整复制。"
            ),
            InviteError::Damaged => tr!(
                app.language(),
                "The invite is not complete. Copy all of it, or put it into a file and name the file.",
                "邀请不完整。请完整复制，或存为文件后给出文件名。"
            ),
        };
        Failure::Told(Exit::Usage, sentence)
    })
}

fn bad(app: &App, option: &str, wrong: Wrong) -> Failure {
    Failure::Told(Exit::Usage, tr!(app.language(), "{option}: {wrong}", "{option}：{wrong}"))
}

fn device_name(app: &App, asked: Option<String>) -> Result<DeviceName, Failure> {
    match asked {
        Some(name) => DeviceName::new(&name).map_err(|wrong| bad(app, "--device", wrong)),
        None => {
            let host = rustix::system::uname();
            let host = host.nodename().to_string_lossy().into_owned();
            DeviceName::new(&host)
                .or_else(|_| DeviceName::new("sotto"))
                .map_err(|wrong| bad(app, "--device", wrong))
        }
    }
}

/// The name under which the person is signed in to this computer, if it would do.
fn login() -> String {
    let name = std::env::var("USER").unwrap_or_default().to_ascii_lowercase();
    if name != "root" && UserName::new(&name).is_ok() { name } else { String::new() }
}

fn pin_from_hex(text: &str) -> Option<Pin> {
    let digits: String = text.chars().filter(|c| !matches!(c, ':' | ' ' | '-')).collect();
    let bytes: Option<Vec<u8>> = (0..digits.len().div_ceil(2))
        .map(|index| digits.get(2 * index..2 * index + 2).and_then(|two| u8::from_str_radix(two, 16).ok()))
        .collect();
    bytes.and_then(|bytes| Pin::from_slice(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_read_with_or_without_colons() {
        let pin = Pin::new([0xAB; 32]);
        assert_eq!(pin_from_hex(&pin.to_string()), Some(pin));
        assert_eq!(pin_from_hex(&vec!["ab"; 32].join(":")), Some(pin));
        assert_eq!(pin_from_hex("ab"), None);
        assert_eq!(pin_from_hex("汉字"), None);
    }
}
