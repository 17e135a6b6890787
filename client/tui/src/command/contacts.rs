//! `sotto contacts`.
use sotto_protocol::{Contact, ContactStatus, Label};

use super::{Done, OK, show};
use crate::{app::App, args::ContactsAction, language::tr, lines, safe};

pub(super) async fn contacts(app: &App, action: Option<ContactsAction>) -> Done {
    let client = app.started()?;
    let language = app.language();
    match action.unwrap_or(ContactsAction::List) {
        ContactsAction::List => {
            if let Err(error) = client.link().await
                && !app.is_offline(&error)
            {
                return Err(error.into());
            }
            list(app, &client.contacts().await?);
        }
        ContactsAction::Add { user, note } => {
            client.link().await?;
            let person = client.person(&user).await?;
            let contact = client.request_contact(person.account, &note).await?;
            told(app, &contact, client.user_name().as_str());
        }
        ContactsAction::Accept { user } => {
            client.link().await?;
            let person = client.person(&user).await?;
            told(app, &client.accept_contact(person.account).await?, client.user_name().as_str());
        }
        ContactsAction::Decline { user } => {
            client.link().await?;
            client.decline_contact(client.person(&user).await?.account).await?;
            app.out.say(&tr!(
                language,
                "Declined. To hear nothing more of {user}:  sotto contacts block {user}",
                "已拒绝。若不想再收到 {user} 的请求：sotto contacts block {user}"
            ));
        }
        ContactsAction::Remove { user } => {
            client.link().await?;
            client.remove_contact(client.person(&user).await?.account).await?;
            app.out.say(&tr!(
                language,
                "{user} is no longer your contact. What was said stays here:  sotto history {user}",
                "{user} 已不是您的联系人，聊天记录仍保留：sotto history {user}"
            ));
        }
        ContactsAction::Block { user } => {
            client.link().await?;
            client.block(client.person(&user).await?.account).await?;
            app.out.say(&tr!(
                language,
                "Blocked; {user} does not learn of it. To undo it:  sotto contacts unblock {user}",
                "已屏蔽，{user} 不会知道。取消：sotto contacts unblock {user}"
            ));
        }
        ContactsAction::Unblock { user } => {
            client.link().await?;
            client.unblock(client.person(&user).await?.account).await?;
            app.out.say(&tr!(
                language,
                "{user} is a stranger again. To be contacts:  sotto contacts add {user}",
                "已取消屏蔽 {user}。重新添加：sotto contacts add {user}"
            ));
        }
        ContactsAction::Edit { user, remark, label, no_labels } => {
            client.link().await?;
            let person = client.person(&user).await?;
            let labels = (no_labels || !label.is_empty()).then_some(label.as_slice());
            let contact = client.edit_contact(person.account, remark.as_deref(), labels).await?;
            app.out.object(show::contact_object(&contact));
            app.out.say(&tr!(language, "Done. See:  sotto contacts", "完成。查看：sotto contacts"));
        }
    }
    client.stop().await;
    Ok(OK)
}

fn list(app: &App, contacts: &[Contact]) {
    let language = app.language();
    let rows: Vec<Vec<String>> = contacts
        .iter()
        .map(|contact| {
            let labels: Vec<String> = contact
                .labels
                .iter()
                .map(Label::as_str)
                .map(|label| format!("[{}]", safe::name(label)))
                .collect();
            vec![
                contact.person.user_name.as_str().to_owned(),
                safe::name(contact.person.display_name.as_str()),
                show::status_text(contact.status, language),
                safe::name(contact.remark.as_str()),
                labels.join(" "),
            ]
        })
        .collect();
    for (row, contact) in lines::table(&rows).iter().zip(contacts) {
        app.out.item(row, show::contact_object(contact));
    }
    let asks = contacts.iter().find(|contact| contact.status == ContactStatus::Asked);
    match (contacts.is_empty(), asks) {
        (true, _) => app.out.say(&tr!(
            language,
            "No contacts yet. Look for people:  sotto find NAME   then:  sotto contacts add USER",
            "还没有联系人。查找：sotto find 名字   然后：sotto contacts add 用户名"
        )),
        (false, Some(contact)) => {
            let who = &contact.person.user_name;
            app.out.say(&tr!(
                language,
                "{who} asks you. Yes:  sotto contacts accept {who}    No:  sotto contacts decline {who}",
                "{who} 请求加您。接受：sotto contacts accept {who}    拒绝：sotto contacts decline {who}"
            ));
        }
        (false, None) => {
            app.out.say(&tr!(language, "Write:  sotto send USER TEXT", "发送：sotto send 用户名 文字"))
        }
    }
}

fn told(app: &App, contact: &Contact, me: &str) {
    let (language, them) = (app.language(), &contact.person.user_name);
    app.out.object(show::contact_object(contact));
    app.out.say(&match contact.status {
        ContactStatus::Accepted => tr!(
            language,
            "You and {them} are contacts. Say hello:  sotto send {them} \"hi\"",
            "您和 {them} 已是联系人。打个招呼：sotto send {them} \"你好\""
        ),
        ContactStatus::Requested | ContactStatus::Asked | ContactStatus::Blocked => tr!(
            language,
            "Asked. When {them} says yes (sotto contacts accept {me}), write:  sotto send {them} \"hi\"",
            "已发出请求。对方接受后（sotto contacts accept {me}）即可发送：sotto send {them} \"你好\""
        ),
    });
}
