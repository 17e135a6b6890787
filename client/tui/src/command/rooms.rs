//! `sotto rooms`.
use super::{Done, OK, show};
use crate::{app::App, language::tr, lines, safe};

pub(super) async fn rooms(app: &App) -> Done {
    let client = app.started()?;
    match client.link().await {
        Ok(_) => app.catch_up(&client).await?,
        Err(error) if app.is_offline(&error) => {}
        Err(error) => return Err(error.into()),
    }
    let rooms = client.rooms_with_unread().await?;
    let rows: Vec<Vec<String>> = rooms
        .iter()
        .map(|(room, unread)| {
            let unread = if *unread == 0 {
                String::new()
            } else {
                tr!(app.language(), "{unread} unread", "{unread} 条未读")
            };
            vec![safe::name(&show::room_name(room)), unread]
        })
        .collect();
    for (row, (room, unread)) in lines::table(&rows).iter().zip(&rooms) {
        app.out.item(row, show::room_object(room, *unread));
    }
    match rooms.iter().max_by_key(|(_, unread)| *unread) {
        Some((room, _)) => {
            let name = safe::name(&show::room_name(room));
            app.out.say(&tr!(
                app.language(),
                "Read:  sotto history '{name}' --mark-read",
                "查看：sotto history '{name}' --mark-read"
            ));
        }
        None => app.out.say(&tr!(
            app.language(),
            "No rooms yet. Write to a contact:  sotto send USER TEXT",
            "还没有会话。给联系人发消息：sotto send 用户名 文字"
        )),
    }
    client.stop().await;
    Ok(OK)
}
