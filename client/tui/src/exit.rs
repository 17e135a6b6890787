//! How a command ends: a number for scripts, a sentence for people.
use std::process::ExitCode;

use client_crypto::{KeyFileError, PasswordError};
use client_sdk::{ClientError, LinkError, Refusal, profile::ProfileError, sign_in::SignInError};
use sotto_protocol::Code;

use crate::{
    language::{Language, tr},
    out::print,
};

/// Every number that a command ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    Failed = 1,
    Usage = 2,
    NotJoined = 3,
    NoSuchPerson = 4,
    Refused = 5,
    Unreachable = 69,
    TryLater = 75,
}

/// A command that did not do what was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Something went wrong below.
    Client(ClientError),
    /// A sentence of the command's own, in the person's language, with its number.
    Told(Exit, String),
    /// Anything else.
    Other(anyhow::Error),
}

/// `sotto help exit-codes`.
pub(crate) fn table(language: Language) -> String {
    tr!(
        language,
        "Exit codes\n\
         \x20  0  done\n\
         \x20  1  failed\n\
         \x20  2  the command line is not right\n\
         \x20  3  not joined yet, signed out, or the keys cannot be opened\n\
         \x20  4  no such person or group\n\
         \x20  5  refused: by the server's rules, or by the other person's choice\n\
         \x20  6  a contact's key has changed; the message was not sent\n\
         \x20 69  the server cannot be reached; a message is kept and goes out later (--queue=never: it is not)\n\
         \x20 75  try again later: too fast, too busy, not in time, or another sotto uses the profile",
        "退出码\n\
         \x20  0  完成\n\
         \x20  1  失败\n\
         \x20  2  命令行有误\n\
         \x20  3  尚未加入、已退出登录，或密钥无法打开\n\
         \x20  4  没有这个人或群\n\
         \x20  5  被拒绝：服务器规则不允许，或对方的选择\n\
         \x20  6  联系人的密钥已变化，消息未发送\n\
         \x20 69  无法连接服务器；消息已保存，稍后自动发送（--queue=never 时不保存）\n\
         \x20 75  请稍后再试：太快、太忙、超时，或另一个 sotto 正在使用此配置"
    )
}

impl Failure {
    /// Prints the sentence, gives the number.
    pub(crate) fn report(&self, language: Language) -> ExitCode {
        print(std::io::stderr(), &self.sentence(language));
        ExitCode::from(self.exit() as u8)
    }

    /// The number.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Told(exit, _) => *exit,
            Self::Other(_) => Exit::Failed,
            Self::Client(error) => client_exit(error),
        }
    }

    /// The sentence: what happened, and what to do.
    pub(crate) fn sentence(&self, language: Language) -> String {
        match self {
            Self::Told(_, sentence) => sentence.clone(),
            Self::Other(error) => format!("{error:#}"),
            Self::Client(error) => client_sentence(error, language),
        }
    }
}

fn client_exit(error: &ClientError) -> Exit {
    match error {
        ClientError::Link(error) => link_exit(error),
        ClientError::Profile(ProfileError::Busy { .. }) | ClientError::TimedOut => Exit::TryLater,
        ClientError::Profile(ProfileError::Empty { .. } | ProfileError::Keys(_)) | ClientError::NotJoined => {
            Exit::NotJoined
        }
        ClientError::Profile(ProfileError::Io { .. } | ProfileError::Vault(_) | ProfileError::NoHome)
        | ClientError::Vault(_)
        | ClientError::AlreadyJoined(_) => Exit::Failed,
        ClientError::SignIn(SignInError::Password(PasswordError::Wrong)) => Exit::Refused,
        ClientError::SignIn(_) => Exit::Failed,
        ClientError::NoSuchPerson(_) | ClientError::NoSuchRoom(_) | ClientError::Ambiguous(_) => {
            Exit::NoSuchPerson
        }
        ClientError::Text { .. } | ClientError::TooLong(_) => Exit::Usage,
    }
}

fn link_exit(error: &LinkError) -> Exit {
    match error {
        LinkError::Unreachable { .. }
        | LinkError::Silent { .. }
        | LinkError::Broken(_)
        | LinkError::Closed => Exit::Unreachable,
        LinkError::WrongServer { .. } | LinkError::NotSotto { .. } | LinkError::Nonsense(_) => Exit::Failed,
        LinkError::Bye { reason, .. } => match reason.as_str() {
            "auth.signed_out" | "auth.revoked" => Exit::NotJoined,
            _ => Exit::Unreachable,
        },
        LinkError::Refused(refusal) => refusal_exit(refusal),
    }
}

fn refusal_exit(refusal: &Refusal) -> Exit {
    match refusal.key.as_str() {
        "auth.signed_out" | "auth.revoked" => return Exit::NotJoined,
        "person.unknown" | "contact.unknown" | "member.unknown" | "room.unknown" => {
            return Exit::NoSuchPerson;
        }
        _ if refusal.retryable => return Exit::TryLater,
        _ => {}
    }
    let is = |code: Code| refusal.code == code as u32;
    if is(Code::Internal) || is(Code::InvalidArgument) || is(Code::Unimplemented) {
        Exit::Failed
    } else {
        Exit::Refused
    }
}

fn client_sentence(error: &ClientError, language: Language) -> String {
    match error {
        ClientError::Link(error) => link_sentence(error, language),
        ClientError::Profile(ProfileError::Busy { directory }) => tr!(
            language,
            "Another sotto is using the profile {directory}. Close it (or its `sotto listen`), or name another \
             profile with --profile.",
            "另一个 sotto 正在使用配置 {directory}。请先关闭它（或其中的 sotto listen），或用 --profile 指定另一个配置。"
        ),
        ClientError::Profile(ProfileError::Empty { .. }) | ClientError::NotJoined => tr!(
            language,
            "You have not joined a server yet. Ask your admin for an invite, then run:  sotto join INVITE",
            "您还没有加入服务器。请向管理员要一个邀请，然后运行：sotto join 邀请"
        ),
        ClientError::Profile(ProfileError::Keys(KeyFileError::PassphraseNeeded)) => tr!(
            language,
            "The keys on this computer are protected. Run this in a terminal, or give --passphrase-file.",
            "本机密钥受口令保护。请在终端中运行，或使用 --passphrase-file。"
        ),
        ClientError::Profile(ProfileError::Keys(KeyFileError::PassphraseWrong)) => {
            tr!(language, "That passphrase is not right. Nothing was changed.", "口令不正确，未做任何更改。")
        }
        ClientError::Profile(ProfileError::Keys(error)) => tr!(
            language,
            "The keys on this computer cannot be opened: {error}. They were left as they are.",
            "本机密钥无法打开：{error}。文件保持原样。"
        ),
        ClientError::Profile(error) => error.to_string(),
        ClientError::Vault(error) => error.to_string(),
        ClientError::SignIn(SignInError::Password(PasswordError::Wrong)) => {
            tr!(language, "Name or password is not right.", "用户名或密码不正确。")
        }
        ClientError::SignIn(error) => error.to_string(),
        ClientError::AlreadyJoined(name) => tr!(
            language,
            "This profile belongs to {name} already. For a second account, name another profile:  sotto --profile \
             DIRECTORY join INVITE",
            "此配置已属于 {name}。若要使用第二个账号，请指定另一个配置：sotto --profile 目录 join 邀请"
        ),
        ClientError::NoSuchPerson(name) => tr!(
            language,
            "No one called \"{name}\". Look for people with:  sotto find {name}",
            "没有叫“{name}”的人。可以查找：sotto find {name}"
        ),
        ClientError::NoSuchRoom(name) => tr!(
            language,
            "You are in no group called \"{name}\". Your groups:  sotto group list",
            "您不在名为“{name}”的群里。查看群：sotto group list"
        ),
        ClientError::Ambiguous(name) => tr!(
            language,
            "Several groups are called \"{name}\". Use the beginning of the id:  sotto group list",
            "有多个群叫“{name}”，请用编号的开头：sotto group list"
        ),
        ClientError::Text { what, wrong } => {
            tr!(language, "Not allowed like that: {what} ({wrong}).", "不允许这样写：{what}（{wrong}）。")
        }
        ClientError::TooLong(error) => tr!(
            language,
            "That is too long for one message: {} bytes, {} are allowed.",
            "一条消息太长：{} 字节，最多 {} 字节。",
            error.found,
            client_sdk::content::TEXT_MAX
        ),
        ClientError::TimedOut => {
            tr!(language, "It did not happen in time. Try again in a moment.", "未能及时完成，请稍后再试。")
        }
    }
}

pub(crate) fn link_sentence(error: &LinkError, language: Language) -> String {
    match error {
        LinkError::Unreachable { address, why } => tr!(
            language,
            "No answer from {address} ({why}). Are you on the same network? See:  sotto status",
            "{address} 没有应答（{why}）。您在同一个网络中吗？查看：sotto status"
        ),
        LinkError::WrongServer { .. } => tr!(
            language,
            "This is not the server you joined (its identity is another one). If your admin reinstalled it, ask for a \
             new invite.",
            "这不是您加入时的服务器（身份不同）。如果管理员刚重装过，请要一个新的邀请。"
        ),
        LinkError::NotSotto { address, why } => tr!(
            language,
            "What answers at {address} is no Sotto server ({why}).",
            "{address} 上的不是 Sotto 服务器（{why}）。"
        ),
        LinkError::Refused(refusal) => refusal_sentence(refusal, language),
        LinkError::Bye { reason, .. } => key_sentence(reason, language)
            .unwrap_or_else(|| tr!(language, "The server ended the connection.", "服务器关闭了连接。")),
        LinkError::Silent { .. } | LinkError::Broken(_) | LinkError::Closed => {
            tr!(language, "The connection to the server broke. Try again.", "与服务器的连接已断开，请重试。")
        }
        LinkError::Nonsense(what) => tr!(
            language,
            "The server sent something that makes no sense ({what}). Update the older of the two programs.",
            "服务器发来无法理解的内容（{what}）。请更新较旧的一方。"
        ),
    }
}

fn refusal_sentence(refusal: &Refusal, language: Language) -> String {
    let sentence = key_sentence(&refusal.key, language).unwrap_or_else(|| {
        tr!(language, "The server said no ({}).", "服务器拒绝了请求（{}）。", refusal.key)
    });
    let mut facts: Vec<String> =
        refusal.detail.iter().map(|(key, value)| format!("{key}={}", crate::safe::name(value))).collect();
    if refusal.retry_after_ms > 0 {
        facts.push(tr!(language, "next try in {} s", "{} 秒后再试", refusal.retry_after_ms.div_ceil(1000)));
    }
    if facts.is_empty() { sentence } else { format!("{sentence} ({})", facts.join(", ")) }
}

/// A refusal's text, if this build knows its key.
pub(crate) fn key_sentence(key: &str, language: Language) -> Option<String> {
    sotto_protocol::Reason::from_key(key).map(|reason| match language {
        Language::English => reason.english().to_owned(),
        Language::Chinese => reason.chinese().to_owned(),
    })
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Self::Client(error)
    }
}

impl From<ProfileError> for Failure {
    fn from(error: ProfileError) -> Self {
        Self::Client(ClientError::Profile(error))
    }
}

impl From<client_sdk::vault::VaultError> for Failure {
    fn from(error: client_sdk::vault::VaultError) -> Self {
        Self::Client(ClientError::Vault(error))
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use sotto_protocol::{Pin, Reason};

    use super::*;

    fn refusal(reason: Reason) -> Failure {
        let refusal = Refusal {
            reason: Some(reason),
            key: reason.as_str().to_owned(),
            code: reason.code() as u32,
            retryable: reason.retryable(),
            retry_after_ms: 1500,
            detail: BTreeMap::new(),
        };
        Failure::Client(LinkError::from(refusal).into())
    }

    #[test]
    fn scripts_can_tell_what_happened_from_the_number() {
        let numbers = [
            (refusal(Reason::LimitRate), 75),
            (refusal(Reason::RoomNotContacts), 5),
            (refusal(Reason::PersonUnknown), 4),
            (refusal(Reason::AuthSignedOut), 3),
            (refusal(Reason::Internal), 75),
            (refusal(Reason::RequestMalformed), 1),
            (Failure::Client(LinkError::Closed.into()), 69),
            (Failure::Client(ClientError::NotJoined), 3),
        ];
        for (failure, number) in numbers {
            assert_eq!(failure.exit() as u8, number, "{failure:?}");
        }
        let other = LinkError::WrongServer { expected: Pin::new([1; 32]), found: Pin::new([2; 32]) };
        assert_eq!(Failure::Client(other.into()).exit() as u8, 1);
    }

    #[test]
    fn a_refusal_is_told_in_the_persons_language() {
        let failure = refusal(Reason::InviteUsed);
        assert!(failure.sentence(Language::English).starts_with("This invite was used already."));
        assert!(failure.sentence(Language::English).ends_with("(next try in 2 s)"));
        assert!(failure.sentence(Language::Chinese).contains("秒后再试"));
    }
}
