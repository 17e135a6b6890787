//! `sotto group`.
use client_sdk::{Client, client::Target};
use serde_json::json;
use sotto_protocol::{AccountId, Role, Room, RoomKind};

use super::{Done, OK, show};
use crate::{
    app::App,
    args::{GroupAction, RoleName},
    exit::Failure,
    language::tr,
    lines, safe,
};

pub(super) async fn group(app: &App, action: GroupAction) -> Done {
    let client = app.online().await?;
    match action {
        GroupAction::List => list(app, &client).await?,
        GroupAction::Create { title, users } => {
            let members = accounts(&client, &users).await?;
            let room = client.create_group(&title, &members).await?;
            app.out.object(show::room_object(&room, 0));
            app.out.say(&tr!(
                app.language(),
                "Done. Write:  sotto send '#{title}' \"hi\"    Bring somebody in:  sotto group add '{title}' USER",
                "完成。发送：sotto send '#{title}' \"你好\"    邀请他人：sotto group add '{title}' 用户名"
            ));
        }
        GroupAction::Add { group, users } => {
            let room = find(&client, &group).await?;
            client.add_members(room.room, &accounts(&client, &users).await?).await?;
            done(app, &group);
        }
        GroupAction::Remove { group, users } => {
            let room = find(&client, &group).await?;
            client.remove_members(room.room, &accounts(&client, &users).await?).await?;
            done(app, &group);
        }
        GroupAction::Leave { group } => {
            let room = find(&client, &group).await?;
            client.leave_group(room.room).await?;
            app.out.say(&tr!(
                app.language(),
                "You have left. Your groups:  sotto group list",
                "已离开。查看群：sotto group list"
            ));
        }
        GroupAction::Members { group } => members(app, &client, &group).await?,
        GroupAction::Rename { group, title } => {
            let room = find(&client, &group).await?;
            client.rename_group(room.room, &title).await?;
            done(app, &title);
        }
        GroupAction::Role { group, user, role } => {
            let room = find(&client, &group).await?;
            let person = client.person(&user).await?;
            let role = match role {
                RoleName::Member => Role::Member,
                RoleName::Admin => Role::Admin,
                RoleName::Owner => Role::Owner,
            };
            client.set_role(room.room, person.account, role).await?;
            done(app, &group);
        }
    }
    client.stop().await;
    Ok(OK)
}

async fn list(app: &App, client: &Client) -> Result<(), Failure> {
    let rooms = client.rooms_with_unread().await?;
    let groups: Vec<_> = rooms.into_iter().filter(|(room, _)| room.kind == RoomKind::Group).collect();
    let rows: Vec<Vec<String>> = groups
        .iter()
        .map(|(room, _)| {
            let id: String = room.room.to_string().chars().take(8).collect();
            let members = tr!(app.language(), "{} people", "{} 人", room.members);
            vec![safe::name(&show::room_name(room)), id, show::role_word(room.role).to_owned(), members]
        })
        .collect();
    for (row, (room, unread)) in lines::table(&rows).iter().zip(&groups) {
        app.out.item(row, show::room_object(room, *unread));
    }
    if groups.is_empty() {
        app.out.say(&tr!(
            app.language(),
            "No groups yet. Make one:  sotto group create TITLE USER…",
            "还没有群。创建：sotto group create 群名 用户名…"
        ));
    } else {
        app.out.say(&tr!(
            app.language(),
            "Write:  sotto send '#TITLE' TEXT",
            "发送：sotto send '#群名' 文字"
        ));
    }
    Ok(())
}

async fn members(app: &App, client: &Client, group: &str) -> Result<(), Failure> {
    let room = find(client, group).await?;
    let members = client.members(room.room).await?;
    let rows: Vec<Vec<String>> = members
        .iter()
        .map(|member| {
            vec![
                member.person.user_name.as_str().to_owned(),
                safe::name(member.person.display_name.as_str()),
                show::role_word(member.role).to_owned(),
            ]
        })
        .collect();
    for (row, member) in lines::table(&rows).iter().zip(&members) {
        let object = json!({
            "type": "member",
            "user": member.person.user_name.as_str(),
            "name": member.person.display_name.as_str(),
            "role": show::role_word(member.role),
            "delivered": member.delivered,
            "read": member.read,
        });
        app.out.item(row, object);
    }
    app.out.say(&tr!(
        app.language(),
        "Bring somebody in:  sotto group add '{group}' USER",
        "邀请他人：sotto group add '{group}' 用户名"
    ));
    Ok(())
}

fn done(app: &App, group: &str) {
    let group = group.trim_start_matches('#');
    app.out.say(&tr!(
        app.language(),
        "Done. See:  sotto group members '{group}'",
        "完成。查看：sotto group members '{group}'"
    ));
}

/// A group by its title, with or without `#`, or by the beginning of its id.
async fn find(client: &Client, group: &str) -> Result<Room, Failure> {
    match client.target(&format!("#{}", group.trim_start_matches('#'))).await? {
        Target::Group(room) => Ok(*room),
        Target::Person(_) | Target::Stranger(_) => {
            Err(client_sdk::ClientError::NoSuchRoom(group.to_owned()).into())
        }
    }
}

async fn accounts(client: &Client, users: &[String]) -> Result<Vec<AccountId>, Failure> {
    let mut accounts = Vec::with_capacity(users.len());
    for user in users {
        accounts.push(client.person(user).await?.account);
    }
    Ok(accounts)
}
