//! `sotto profile`.
use client_sdk::client::ProfileEdit;
use serde_json::{Value, json};
use sotto_protocol::{AccountInfo, Email, Visibility};

use super::{Done, OK};
use crate::{
    app::App,
    args::{ProfileAction, VisibilityName},
    language::tr,
    safe, when,
};

pub(super) async fn profile(app: &App, action: Option<ProfileAction>) -> Done {
    let client = app.online().await?;
    if let Some(ProfileAction::Set { name, email, visibility, last_seen, open }) = action {
        let visibility = visibility.map(|visibility| match visibility {
            VisibilityName::Hidden => Visibility::Hidden,
            VisibilityName::Exact => Visibility::Exact,
            VisibilityName::Listed => Visibility::Listed,
        });
        let edit = ProfileEdit {
            display_name: name,
            email,
            visibility,
            shares_last_seen: last_seen,
            open_to_all: open,
        };
        client.change_profile(edit).await?;
    }
    let info = client.account_info().await?;
    show(app, &info);
    app.out.say(&tr!(
        app.language(),
        "Change it:  sotto profile set --help",
        "修改：sotto profile set --help"
    ));
    client.stop().await;
    Ok(OK)
}

fn show(app: &App, info: &AccountInfo) {
    let language = app.language();
    let yes_no = |yes: bool| if yes { tr!(language, "yes", "是") } else { tr!(language, "no", "否") };
    let rows = [
        (tr!(language, "user name", "用户名"), info.user_name.as_str().to_owned()),
        (tr!(language, "name", "名字"), safe::name(info.display_name.as_str())),
        (
            tr!(language, "e-mail", "邮箱"),
            info.email.as_ref().map_or_else(|| "-".to_owned(), |email| safe::name(email.as_str())),
        ),
        (tr!(language, "found by", "可被找到"), visibility_word(info.visibility).to_owned()),
        (tr!(language, "last seen shown", "显示最后在线"), yes_no(info.shares_last_seen)),
        (tr!(language, "open to all", "任何人可联系"), yes_no(info.open_to_all)),
        (tr!(language, "password set", "已设密码"), yes_no(info.has_password)),
    ];
    let rows: Vec<Vec<String>> = rows.into_iter().map(|(what, is)| vec![what, is]).collect();
    crate::lines::table(&rows).iter().for_each(|row| app.out.row(row));
    app.out.object(object(info));
}

/// An account for programs.
pub(super) fn object(info: &AccountInfo) -> Value {
    json!({
        "type": "account",
        "account": info.account.to_string(),
        "user": info.user_name.as_str(),
        "name": info.display_name.as_str(),
        "email": info.email.as_ref().map(Email::as_str),
        "identity_key": info.identity_key.to_string(),
        "created": when::iso(info.created_ms),
        "visibility": visibility_word(info.visibility),
        "has_password": info.has_password,
        "shares_last_seen": info.shares_last_seen,
        "open_to_all": info.open_to_all,
    })
}

const fn visibility_word(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Hidden => "hidden",
        Visibility::Exact => "exact",
        Visibility::Listed => "listed",
    }
}
