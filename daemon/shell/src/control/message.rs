//! What is said over the control socket: one line of JSON in, one out, then it closes. This file knows nothing of the
//! rest of the daemon.
use serde::{Deserialize, Serialize};

/// The version of these messages.
pub(crate) const VERSION: u32 = 1;
/// Bytes of a question.
pub(crate) const QUESTION_BYTES_MAX: u64 = 4 * 1024;

/// A question, as `{"v":1,"command":"status"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Question {
    /// [`VERSION`].
    pub(crate) v: u32,
    /// What is wanted.
    #[serde(flatten)]
    pub(crate) command: Command,
}

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command")]
pub(crate) enum Command {
    /// How is it?
    #[serde(rename = "status")]
    Status,
    /// Everything in numbers, as Prometheus reads it.
    #[serde(rename = "metrics")]
    Metrics,
    /// Who is here?
    #[serde(rename = "session.list")]
    SessionList,
    /// A new invite.
    #[serde(rename = "invite.create")]
    InviteCreate {
        /// For whom; only a note.
        #[serde(default)]
        name: String,
        /// How many people; 0: one.
        #[serde(default)]
        uses: u32,
        /// How long it is good; 0: as configured.
        #[serde(default)]
        hours: u32,
    },
    /// Read the configuration again.
    #[serde(rename = "reload")]
    Reload,
    /// Is everything as it should be?
    #[serde(rename = "check")]
    Check,
}

/// An answer, as `{"v":1,"status":{…}}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Answer {
    /// [`VERSION`].
    pub(crate) v: u32,
    /// What there is to say.
    #[serde(flatten)]
    pub(crate) said: Said,
}

/// What there is to say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Said {
    /// How it is.
    Status(Box<Status>),
    /// Everything in numbers.
    Metrics {
        /// In the format of Prometheus.
        text: String,
    },
    /// Who is here.
    Sessions(Vec<SessionLine>),
    /// A new invite.
    Invite(InviteLine),
    /// The configuration was read again; what needs a restart to take effect.
    Reloaded {
        /// Keys.
        restart: Vec<String>,
    },
    /// Whether everything is as it should be.
    Check(Vec<Finding>),
    /// It could not be done.
    Error(Error),
}

/// How it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Status {
    /// What the server calls itself.
    pub(crate) server_name: String,
    /// Its program's version.
    pub(crate) version: String,
    /// Its process.
    pub(crate) pid: u32,
    /// Seconds since its start.
    pub(crate) uptime_s: u64,
    /// Where it may be found.
    pub(crate) addresses: Vec<String>,
    /// What people know it by, hexadecimal.
    pub(crate) pin: String,
    /// Where it keeps everything.
    pub(crate) directory: String,
    /// Connections, strangers included.
    pub(crate) connections: u32,
    /// Sessions that are signed in.
    pub(crate) signed_in: u64,
    /// Accounts.
    pub(crate) accounts: u64,
    /// Devices.
    pub(crate) devices: u64,
    /// Rooms.
    pub(crate) rooms: u64,
    /// Envelopes that wait for somebody.
    pub(crate) waiting: u64,
    /// Unix milliseconds of the oldest of them; 0: none.
    pub(crate) oldest_ms: u64,
    /// Open invites.
    pub(crate) invites: u64,
    /// Attachments.
    pub(crate) blobs: u64,
    /// Bytes of the database.
    pub(crate) store_bytes: u64,
    /// Bytes that the disk has left.
    pub(crate) disk_free_bytes: u64,
    /// Bytes of memory in use.
    pub(crate) resident_bytes: u64,
}

/// One signed-in session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SessionLine {
    /// Its number in this run of the program.
    pub(crate) session: u64,
    /// Whose, hexadecimal.
    pub(crate) account: String,
    /// Which device, hexadecimal.
    pub(crate) device: String,
    /// From where.
    pub(crate) source: String,
}

/// A new invite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InviteLine {
    /// The whole text, to be passed on.
    pub(crate) text: String,
    /// Its handle, hexadecimal.
    pub(crate) id: String,
    /// Unix milliseconds.
    pub(crate) expires_ms: u64,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Finding {
    /// What was looked at.
    pub(crate) area: String,
    /// How it is.
    pub(crate) state: FindingState,
    /// In words.
    pub(crate) text: String,
}

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FindingState {
    /// As it should be.
    Ok,
    /// It works, but should be looked at.
    Warn,
    /// It does not work.
    Problem,
}

/// It could not be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Error {
    /// Stable, for programs.
    pub(crate) reason: String,
    /// For people.
    pub(crate) message: String,
}

impl Said {
    /// It could not be done.
    pub(crate) fn error(reason: &str, message: impl std::fmt::Display) -> Self {
        Self::Error(Error { reason: reason.to_owned(), message: message.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_and_answers_look_as_the_admins_tool_expects_them() {
        let question = |text: &str| serde_json::from_str::<Question>(text).map(|question| question.command);
        assert_eq!(question(r#"{"v":1,"command":"metrics"}"#).unwrap(), Command::Metrics);
        assert_eq!(
            question(r#"{"v":1,"command":"invite.create","name":"Alice"}"#).unwrap(),
            Command::InviteCreate { name: "Alice".to_owned(), uses: 0, hours: 0 }
        );
        assert!(question(r#"{"v":1,"command":"explode"}"#).is_err());
        let answer = |said| serde_json::to_string(&Answer { v: VERSION, said }).unwrap();
        assert_eq!(answer(Said::Metrics { text: "x 1".to_owned() }), r#"{"v":1,"metrics":{"text":"x 1"}}"#);
        assert_eq!(
            answer(Said::error("type.unknown", "No.")),
            r#"{"v":1,"error":{"reason":"type.unknown","message":"No."}}"#
        );
        let text = answer(Said::Reloaded { restart: vec!["process.threads".to_owned()] });
        assert_eq!(text, r#"{"v":1,"reloaded":{"restart":["process.threads"]}}"#);
        assert!(serde_json::from_str::<Answer>(&text).is_ok());
    }
}
