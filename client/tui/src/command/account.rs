//! `sotto password`, `sotto signout`, `sotto account`.
use client_sdk::LinkError;

use super::{Done, OK};
use crate::{
    app::App,
    args::PasswordAction,
    exit::{Exit, Failure},
    language::tr,
};

pub(super) async fn password(app: &App, action: PasswordAction) -> Done {
    let PasswordAction::Change { password_file, no_password } = action;
    let client = app.online().await?;
    let password = match (&password_file, no_password) {
        (Some(file), _) => Some(app.password(Some(file))?),
        (None, true) => None,
        (None, false) => app.new_password()?,
    };
    let is_set = password.is_some();
    client.change_password(password).await?;
    client.stop().await;
    app.out.say(&if is_set {
        tr!(
            app.language(),
            "Done. On another device:  sotto signin SERVER --user {}",
            "完成。在其他设备上：sotto signin 服务器 --user {}",
            client.user_name()
        )
    } else {
        tr!(
            app.language(),
            "Done: no password any more. Only your devices can sign in; losing all of them loses the account.",
            "完成：已取消密码。只有您的设备能登录；全部丢失则账号无法找回。"
        )
    });
    Ok(OK)
}

pub(super) async fn sign_out(app: &App) -> Done {
    let client = app.online().await?;
    if !client.account_info().await?.has_password {
        app.out.warn(&tr!(
            app.language(),
            "No password is set: another device of yours must still be signed in, or the account is out of reach. Set \
             one first:  sotto password change",
            "未设置密码：若没有其他已登录的设备，账号将无法找回。请先设置：sotto password change"
        ));
        let yes =
            app.ask(&tr!(app.language(), "Sign out all the same? (yes/no)", "仍要退出？(yes/no)"), "no");
        if yes.as_deref() != Some("yes") {
            return Err(Failure::Told(Exit::Refused, tr!(app.language(), "Still signed in.", "未退出。")));
        }
    }
    client.sign_out().await?;
    client.stop().await;
    app.out.say(&tr!(
        app.language(),
        "Signed out; what was said stays on this device. Back again:  sotto signin SERVER --user {}",
        "已退出登录，聊天记录仍在本机。重新登录：sotto signin 服务器 --user {}",
        client.user_name()
    ));
    Ok(OK)
}

pub(super) async fn delete(app: &App, confirm: Option<String>) -> Done {
    let client = app.online().await?;
    let me = client.user_name().as_str().to_owned();
    let confirmed = match confirm {
        Some(confirmed) => confirmed,
        None => app
            .ask(
                &tr!(
                    app.language(),
                    "This deletes the account {me} for good, with everything on the server and on this device. Type \
                     its user name",
                    "这将永久删除账号 {me} 及其在服务器和本机上的所有内容。请输入用户名确认"
                ),
                "",
            )
            .ok_or_else(|| app.missing("--confirm USER"))?,
    };
    if confirmed != me {
        return Err(Failure::Told(
            Exit::Refused,
            tr!(
                app.language(),
                "The name does not match. Nothing was deleted.",
                "用户名不匹配，未删除任何内容。"
            ),
        ));
    }
    match client.delete_account(&me).await {
        Ok(()) => {}
        // The answer and the end of the session may overtake each other.
        Err(client_sdk::ClientError::Link(LinkError::Bye { .. })) => {}
        Err(error) => return Err(error.into()),
    }
    client.stop().await;
    client.profile().erase()?;
    app.out.say(&tr!(
        app.language(),
        "The account {me} is gone, and so is everything of it on this device.",
        "账号 {me} 及其在本机上的内容已全部删除。"
    ));
    Ok(OK)
}
