//! `sotto find`.
use super::{Done, OK, show};
use crate::{
    app::App,
    exit::{Exit, Failure},
    language::tr,
    lines, safe,
};

/// Pages that are shown: whoever looks for one person needs no thousand.
const PAGES: usize = 4;

pub(super) async fn find(app: &App, query: &str) -> Done {
    let client = app.online().await?;
    let people = client.search(query, PAGES).await?;
    let rows: Vec<Vec<String>> = people
        .iter()
        .map(|person| vec![person.user_name.as_str().to_owned(), safe::name(person.display_name.as_str())])
        .collect();
    for (row, person) in lines::table(&rows).iter().zip(&people) {
        app.out.item(row, show::person_object(person));
    }
    client.stop().await;
    let language = app.language();
    match people.first() {
        Some(person) => {
            let who = &person.user_name;
            app.out.say(&tr!(
                language,
                "Ask to be contacts:  sotto contacts add {who}",
                "添加联系人：sotto contacts add {who}"
            ));
            Ok(OK)
        }
        None => Err(Failure::Told(
            Exit::NoSuchPerson,
            tr!(
                language,
                "Nobody is found like that. Some people are found by their exact user name only:  sotto contacts add USER",
                "没有找到。有些人只能通过完整用户名添加：sotto contacts add 用户名"
            ),
        )),
    }
}
