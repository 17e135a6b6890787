//! The command line.
use std::path::PathBuf;

use clap::{ArgGroup, Args as ClapArgs, Parser, Subcommand, ValueEnum};

use crate::language::Language;

/// A private messenger for people who share a network.
///
/// Begin with `sotto join INVITE`; your admin has the invite. Passwords and passphrases are never given on the command
/// line: use the terminal or a file.
#[derive(Debug, Parser)]
#[command(name = "sotto", version, disable_help_subcommand = true, arg_required_else_help = true)]
pub(crate) struct Args {
    /// The directory with your keys and messages [default: $SOTTO_PROFILE, else sotto/default in your data directory].
    #[arg(long, global = true, value_name = "DIRECTORY")]
    pub(crate) profile: Option<PathBuf>,
    /// en or zh [default: from LC_ALL, LC_MESSAGES, LANG].
    #[arg(long, global = true, value_name = "LANGUAGE")]
    pub(crate) lang: Option<String>,
    /// One JSON object a line on stdout, for programs.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Never ask anything.
    #[arg(long, global = true)]
    pub(crate) no_input: bool,
    /// Open the keys with the passphrase in this file's first line (`-`: stdin).
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Args {
    pub(crate) fn language(&self) -> Language {
        Language::choose(self.lang.as_deref(), |name| std::env::var(name).ok())
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make an account with an invite.
    Join(Join),
    /// Make this device one of your account's, with your password.
    Signin(Signin),
    /// Send a text.
    Send(Send),
    /// Show what comes, until interrupted.
    Listen(Listen),
    /// Show what was said.
    History(History),
    /// Your contacts.
    Contacts {
        #[command(subcommand)]
        action: Option<ContactsAction>,
    },
    /// Look for people.
    Find {
        /// The beginning of a user name, or a part of a name.
        query: String,
    },
    /// Groups.
    Group {
        #[command(subcommand)]
        action: GroupAction,
    },
    /// Your rooms, and what is unread in them.
    Rooms,
    /// Your devices.
    Devices {
        #[command(subcommand)]
        action: Option<DevicesAction>,
    },
    /// Who is here, and how you are seen.
    Presence {
        #[command(subcommand)]
        action: Option<PresenceAction>,
    },
    /// Your profile.
    Profile {
        #[command(subcommand)]
        action: Option<ProfileAction>,
    },
    /// Your password.
    Password {
        #[command(subcommand)]
        action: PasswordAction,
    },
    /// Tokens for your bots.
    Token {
        #[command(subcommand)]
        action: TokenAction,
    },
    /// Invites for friends.
    Invite {
        #[command(subcommand)]
        action: InviteAction,
    },
    /// Sign this device out. Your password brings it back.
    Signout,
    /// Your account.
    Account {
        #[command(subcommand)]
        action: AccountAction,
    },
    /// Where you stand: server, account, connection.
    Status,
    /// Everything that is yours, as JSON lines.
    Export,
    /// Help on a command, or on `exit-codes`.
    Help {
        /// A command, or `exit-codes`.
        topic: Vec<String>,
    },
}

#[derive(Debug, ClapArgs)]
#[command(group(ArgGroup::new("with").args(["password_file", "no_password"])))]
pub(crate) struct Join {
    /// The invite, a file that holds it, or `-` for stdin.
    pub(crate) invite: Option<String>,
    /// The name that others see.
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// The name that is typed: a-z, 0-9, dots, dashes, underscores.
    #[arg(long, value_name = "USER")]
    pub(crate) user: Option<String>,
    /// An e-mail address, if you like.
    #[arg(long)]
    pub(crate) email: Option<String>,
    /// What this device is called [default: the computer's name].
    #[arg(long, value_name = "NAME")]
    pub(crate) device: Option<String>,
    /// Set the password in this file's first line (`-`: stdin).
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// Set no password: this device alone can sign in.
    #[arg(long)]
    pub(crate) no_password: bool,
    /// Protect the keys on this computer with a passphrase.
    #[arg(long)]
    pub(crate) protect: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Signin {
    /// An invite or link of the server (it may be used up), or HOST:PORT together with --pin.
    pub(crate) server: Option<String>,
    /// Your user name.
    #[arg(long, value_name = "USER")]
    pub(crate) user: Option<String>,
    /// The password is this file's first line (`-`: stdin).
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// The server's pin, 64 hexadecimal digits: how the right server is known.
    #[arg(long, value_name = "PIN")]
    pub(crate) pin: Option<String>,
    /// What this device is called [default: the computer's name].
    #[arg(long, value_name = "NAME")]
    pub(crate) device: Option<String>,
    /// Protect the keys on this computer with a passphrase.
    #[arg(long)]
    pub(crate) protect: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Send {
    /// A contact's user name, your remark for them, or '#group'.
    pub(crate) to: String,
    /// The text; `-` reads it from stdin.
    #[arg(required = true)]
    pub(crate) text: Vec<String>,
    /// Wait until it has come so far.
    #[arg(long, value_enum, default_value = "sent")]
    pub(crate) wait: Wait,
    /// Wait at most so many seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 20)]
    pub(crate) timeout: u64,
    /// What to do when the server cannot be reached.
    #[arg(long, value_enum, default_value = "keep")]
    pub(crate) queue: Queue,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Wait {
    /// On the server's disk.
    Sent,
    /// On a device of theirs.
    Delivered,
    /// Seen by them.
    Read,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Queue {
    /// Keep the message; it goes out later.
    Keep,
    /// Take it back and fail.
    Never,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Listen {
    /// Run this with `sh -c` for every message, as JSON on stdin; unless it ends with 0, the message comes again.
    #[arg(long, value_name = "COMMAND")]
    pub(crate) exec: Option<String>,
    /// End after everything that waits has been shown.
    #[arg(long)]
    pub(crate) once: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct History {
    /// A contact's user name, your remark for them, or '#group'.
    pub(crate) with: String,
    /// At most so many messages.
    #[arg(long, default_value_t = 20)]
    pub(crate) limit: u32,
    /// Only what is on this device already.
    #[arg(long)]
    pub(crate) offline: bool,
    /// Let the others know that you have read it.
    #[arg(long)]
    pub(crate) mark_read: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ContactsAction {
    /// All of them.
    List,
    /// Ask somebody; who asked you is accepted at once.
    Add {
        /// A user name.
        user: String,
        /// A line that goes with it.
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Say yes to who asked you.
    Accept {
        /// A user name.
        user: String,
    },
    /// Say no to who asked you.
    Decline {
        /// A user name.
        user: String,
    },
    /// End it, or take your request back.
    Remove {
        /// A user name.
        user: String,
    },
    /// Hear nothing of somebody any more; they do not learn of it.
    Block {
        /// A user name.
        user: String,
    },
    /// Hear of somebody again.
    Unblock {
        /// A user name.
        user: String,
    },
    /// Your own words for a contact.
    Edit {
        /// A user name.
        user: String,
        /// Your own name for them; empty removes it.
        #[arg(long)]
        remark: Option<String>,
        /// Your labels, all of them; may be repeated.
        #[arg(long, value_name = "LABEL")]
        label: Vec<String>,
        /// Remove all labels.
        #[arg(long, conflicts_with = "label")]
        no_labels: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum GroupAction {
    /// The groups that you are in.
    List,
    /// Make a group.
    Create {
        /// What it is called.
        title: String,
        /// Who is in it, besides you.
        users: Vec<String>,
    },
    /// Bring people in.
    Add {
        /// The group.
        group: String,
        /// User names.
        #[arg(required = true)]
        users: Vec<String>,
    },
    /// Take people out.
    Remove {
        /// The group.
        group: String,
        /// User names.
        #[arg(required = true)]
        users: Vec<String>,
    },
    /// Leave.
    Leave {
        /// The group.
        group: String,
    },
    /// Who is in it, and how far everybody is.
    Members {
        /// The group.
        group: String,
    },
    /// Call it something else.
    Rename {
        /// The group.
        group: String,
        /// What it is called from now on.
        title: String,
    },
    /// Give somebody a role.
    Role {
        /// The group.
        group: String,
        /// A user name.
        user: String,
        /// The role.
        #[arg(value_enum)]
        role: RoleName,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RoleName {
    /// Write and read.
    Member,
    /// Also add, remove and rename.
    Admin,
    /// Also choose admins and owners.
    Owner,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DevicesAction {
    /// All of them.
    List,
    /// Call a device something else.
    Rename {
        /// Its name or the beginning of its id.
        device: String,
        /// What it is called from now on.
        name: String,
    },
    /// Throw a device out.
    Revoke {
        /// Its name or the beginning of its id.
        device: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum PresenceAction {
    /// How your contacts are.
    List,
    /// How you are seen, as long as a `sotto` of yours is connected.
    Set {
        /// How.
        #[arg(value_enum)]
        status: StatusName,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StatusName {
    /// Here.
    Online,
    /// Here, but not looking.
    Away,
    /// Not to be disturbed.
    Busy,
    /// Seen by nobody.
    Invisible,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ProfileAction {
    /// As the server knows it.
    Show,
    /// Change it.
    Set {
        /// The name that others see.
        #[arg(long)]
        name: Option<String>,
        /// An e-mail address; empty removes it.
        #[arg(long)]
        email: Option<String>,
        /// Who finds you.
        #[arg(long, value_enum)]
        visibility: Option<VisibilityName>,
        /// Whether contacts see when you were last here.
        #[arg(long, value_name = "true|false")]
        last_seen: Option<bool>,
        /// Whether anyone here may write to you, not only contacts.
        #[arg(long, value_name = "true|false")]
        open: Option<bool>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum VisibilityName {
    /// Nobody who does not know you already.
    Hidden,
    /// Who knows your exact user name.
    Exact,
    /// Everybody.
    Listed,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PasswordAction {
    /// Set a new one.
    #[command(group(ArgGroup::new("with").args(["password_file", "no_password"])))]
    Change {
        /// The new password is this file's first line (`-`: stdin).
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
        /// None any more: only your devices can sign in.
        #[arg(long)]
        no_password: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenAction {
    /// All of them, without their secrets.
    List,
    /// Make one; its secret is shown once.
    Create {
        /// What you call it.
        name: String,
        /// What it may do; may be repeated.
        #[arg(long)]
        scope: Vec<String>,
    },
    /// Make one worthless.
    Revoke {
        /// Its id.
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum InviteAction {
    /// Your open invites.
    List,
    /// Make one; it is shown once.
    Create {
        /// For whom.
        #[arg(long, default_value = "")]
        name: String,
        /// How many accounts may be made with it.
        #[arg(long, default_value_t = 1)]
        uses: u32,
        /// How long it lives [default: the server's choice].
        #[arg(long, value_name = "HOURS", default_value_t = 0)]
        hours: u64,
    },
    /// Make one worthless.
    Revoke {
        /// Its id.
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccountAction {
    /// Delete it for good, on the server and on this device.
    Delete {
        /// Your user name, spelt out, so that no slip deletes a life.
        #[arg(long, value_name = "USER")]
        confirm: Option<String>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        use clap::CommandFactory as _;
        Args::command().debug_assert();
    }

    #[test]
    fn no_option_takes_a_secret() {
        use clap::CommandFactory as _;
        fn walk(command: &clap::Command) {
            for option in command.get_arguments() {
                let name = option.get_id().as_str();
                let secret = name.contains("pass") || name.contains("secret");
                let harmless = name.ends_with("_file") || name.starts_with("no_");
                assert!(!secret || harmless, "{name}");
            }
            command.get_subcommands().for_each(walk);
        }
        walk(&Args::command());
    }
}
