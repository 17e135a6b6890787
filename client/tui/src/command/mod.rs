//! The commands, a family a file.
mod account;
mod contacts;
mod devices;
mod export;
mod find;
mod group;
mod history;
mod invite;
mod join;
mod listen;
mod presence;
mod profile;
mod rooms;
mod send;
mod show;
mod status;
mod token;

use std::process::ExitCode;

use clap::CommandFactory as _;

use crate::{
    app::App,
    args::{AccountAction, Args, Command},
    exit::{Exit, Failure, table},
    language::{Language, tr},
    out::print,
};

/// What a command that did its work ends with.
type Done = Result<ExitCode, Failure>;

const OK: ExitCode = ExitCode::SUCCESS;

/// Does what the command line asks.
pub(crate) async fn run(args: Args) -> Done {
    let app = App::new(&args);
    match args.command {
        Command::Join(join) => join::join(&app, join).await,
        Command::Signin(signin) => join::sign_in(&app, signin).await,
        Command::Send(send) => send::send(&app, send).await,
        Command::Listen(listen) => listen::listen(&app, listen).await,
        Command::History(history) => history::history(&app, history).await,
        Command::Contacts { action } => contacts::contacts(&app, action).await,
        Command::Find { query } => find::find(&app, &query).await,
        Command::Group { action } => group::group(&app, action).await,
        Command::Rooms => rooms::rooms(&app).await,
        Command::Devices { action } => devices::devices(&app, action).await,
        Command::Presence { action } => presence::presence(&app, action).await,
        Command::Profile { action } => profile::profile(&app, action).await,
        Command::Password { action } => account::password(&app, action).await,
        Command::Token { action } => token::token(&app, action).await,
        Command::Invite { action } => invite::invite(&app, action).await,
        Command::Signout => account::sign_out(&app).await,
        Command::Account { action: AccountAction::Delete { confirm } } => {
            account::delete(&app, confirm).await
        }
        Command::Status => status::status(&app).await,
        Command::Export => export::export(&app).await,
        Command::Help { topic } => help(&topic, app.language()),
    }
}

fn help(topic: &[String], language: Language) -> Done {
    if topic.first().is_some_and(|topic| topic == "exit-codes") {
        print(std::io::stdout(), &table(language));
        return Ok(OK);
    }
    let mut command = Args::command();
    command.build();
    let mut found = &mut command;
    for name in topic {
        found = found.find_subcommand_mut(name).ok_or_else(|| {
            let sentence = tr!(language, "No command is called \"{name}\".", "没有名为“{name}”的命令。");
            Failure::Told(Exit::Usage, sentence)
        })?;
    }
    print(std::io::stdout(), &found.render_long_help().to_string());
    Ok(OK)
}

/// Until sealing comes, the truth about it.
fn say_unsealed(app: &App) {
    app.out.warn(&tr!(
        app.language(),
        "Texts are not yet sealed end to end in this build: the server could read them.",
        "此版本尚未对文字进行端到端加密：服务器可以读取。"
    ));
}
