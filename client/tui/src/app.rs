//! What every command needs: the profile, the client, the way to print.
use std::{path::PathBuf, time::Duration};

use client_crypto::{Passphrase, Password, Protection};
use client_sdk::{Client, ClientError, LinkError, client::Target, profile::Profile};
use sotto_protocol::{ContactStatus, Tag};

use crate::{
    args::Args,
    exit::{Exit, Failure},
    language::{Language, tr},
    out::Out,
    prompt,
};

/// A command's surroundings.
pub(crate) struct App {
    pub(crate) out: Out,
    profile: Option<PathBuf>,
    no_input: bool,
    passphrase_file: Option<PathBuf>,
}

impl App {
    pub(crate) fn new(args: &Args) -> Self {
        Self {
            out: Out { language: args.language(), json: args.json },
            profile: args.profile.clone(),
            no_input: args.no_input,
            passphrase_file: args.passphrase_file.clone(),
        }
    }

    pub(crate) const fn language(&self) -> Language {
        self.out.language
    }

    /// The profile, which is this process's from here on.
    pub(crate) fn profile(&self) -> Result<Profile, Failure> {
        let directory = match &self.profile {
            Some(directory) => directory.clone(),
            None => Profile::usual()?,
        };
        Ok(Profile::open(&directory)?)
    }

    /// The client of a profile that has joined; nothing is sent yet.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        let profile = self.profile()?;
        let passphrase = match profile.protection()? {
            Some(Protection::Passphrase) => self.passphrase()?,
            Some(Protection::UserAccount) | None => None,
        };
        Ok(Client::open(profile, passphrase.as_ref(), self.tag()?)?)
    }

    /// The client, connecting.
    pub(crate) fn started(&self) -> Result<Client, Failure> {
        let client = self.client()?;
        client.start();
        Ok(client)
    }

    /// The client, connected.
    pub(crate) async fn online(&self) -> Result<Client, Failure> {
        let client = self.started()?;
        client.link().await?;
        Ok(client)
    }

    /// The passphrase of the key file: from its file, or from the terminal. `None`: neither is there.
    pub(crate) fn passphrase(&self) -> Result<Option<Passphrase>, Failure> {
        if let Some(file) = &self.passphrase_file {
            return Ok(Some(Passphrase::new(prompt::secret_file(file)?)));
        }
        let asked = self.ask_secret(&tr!(self.language(), "Passphrase of your keys", "密钥口令"));
        Ok(asked.filter(|text| !text.is_empty()).map(Passphrase::new))
    }

    /// A new passphrase for the key file.
    pub(crate) fn new_passphrase(&self) -> Result<Option<Passphrase>, Failure> {
        if let Some(file) = &self.passphrase_file {
            return Ok(Some(Passphrase::new(prompt::secret_file(file)?)));
        }
        let text = tr!(self.language(), "A passphrase for the keys on this computer", "设置本机密钥的口令");
        let asked = if self.no_input { None } else { prompt::new_secret(&text, self.language()) };
        asked.filter(|text| !text.is_empty()).map(|text| Some(Passphrase::new(text))).ok_or_else(|| {
            self.missing(&tr!(self.language(), "--passphrase-file FILE", "--passphrase-file 文件"))
        })
    }

    /// The password: from its file, or from the terminal.
    pub(crate) fn password(&self, file: Option<&PathBuf>) -> Result<Password, Failure> {
        if let Some(file) = file {
            return Ok(Password::new(prompt::secret_file(file)?));
        }
        let asked = self.ask_secret(&tr!(self.language(), "Password", "密码"));
        asked
            .filter(|text| !text.is_empty())
            .map(Password::new)
            .ok_or_else(|| self.missing("--password-file FILE"))
    }

    /// A new password, or none, from the terminal.
    pub(crate) fn new_password(&self) -> Result<Option<Password>, Failure> {
        let text = tr!(
            self.language(),
            "A password, for signing in on other devices (empty: none)",
            "密码，用于在其他设备登录（留空：不设置）"
        );
        let asked = if self.no_input { None } else { prompt::new_secret(&text, self.language()) };
        let asked = asked.ok_or_else(|| self.missing("--password-file FILE | --no-password"))?;
        Ok(Some(asked).filter(|text| !text.is_empty()).map(Password::new))
    }

    /// An answer from the terminal; `None`: nobody may be asked, or nobody is there.
    pub(crate) fn ask(&self, text: &str, suggestion: &str) -> Option<String> {
        if self.no_input { None } else { prompt::line(text, suggestion) }
    }

    fn ask_secret(&self, text: &str) -> Option<String> {
        if self.no_input { None } else { prompt::secret(text) }
    }

    /// Something was not given, and nobody can be asked.
    pub(crate) fn missing(&self, what: &str) -> Failure {
        Failure::Told(Exit::Usage, tr!(self.language(), "Missing: {what}", "缺少：{what}"))
    }

    pub(crate) fn tag(&self) -> Result<Tag, Failure> {
        Tag::new(self.language().tag()).map_err(|wrong| Failure::Other(anyhow::anyhow!("{wrong}")))
    }

    /// Whom a name stands for: first what is known here, then the server is asked.
    pub(crate) async fn target(&self, client: &Client, name: &str) -> Result<Target, Failure> {
        match client.target(name).await {
            Ok(target @ (Target::Group(_) | Target::Person(_))) => return Ok(target),
            Ok(Target::Stranger(_)) => {}
            Err(ClientError::NoSuchPerson(_) | ClientError::NoSuchRoom(_)) => {}
            Err(error) => return Err(error.into()),
        }
        client.link().await?;
        match client.target(name).await {
            Ok(target) => Ok(target),
            Err(ClientError::NoSuchPerson(_)) => Ok(Target::Stranger(Box::new(client.person(name).await?))),
            Err(error) => Err(error.into()),
        }
    }

    /// Why somebody cannot be written to yet, with the command that changes it.
    pub(crate) fn not_yet_contacts(&self, client: &Client, target: &Target) -> Failure {
        let (them, me) = (target.name(), client.user_name());
        let language = self.language();
        let status = match target {
            Target::Person(contact) => Some(contact.status),
            Target::Stranger(_) | Target::Group(_) => None,
        };
        let sentence = match status {
            Some(ContactStatus::Asked) => tr!(
                language,
                "{them} has asked you and waits. Say yes first:  sotto contacts accept {them}",
                "{them} 请求加您为联系人。请先接受：sotto contacts accept {them}"
            ),
            Some(ContactStatus::Requested) => tr!(
                language,
                "{them} has not said yes yet. On their side:  sotto contacts accept {me}",
                "{them} 还没有接受。请对方运行：sotto contacts accept {me}"
            ),
            Some(ContactStatus::Blocked) => tr!(
                language,
                "You have blocked {them}. To hear of them again:  sotto contacts unblock {them}",
                "您已屏蔽 {them}。取消屏蔽：sotto contacts unblock {them}"
            ),
            Some(ContactStatus::Accepted) | None => tr!(
                language,
                "{them} is not your contact yet. Ask first:  sotto contacts add {them}",
                "{them} 还不是您的联系人。请先添加：sotto contacts add {them}"
            ),
        };
        Failure::Told(Exit::Refused, sentence)
    }

    /// Waits a moment until everything that the server holds for this device is here.
    pub(crate) async fn catch_up(&self, client: &Client) -> Result<(), Failure> {
        match client.catch_up(Duration::from_secs(5)).await {
            Ok(()) | Err(ClientError::TimedOut) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// For commands that also work without the server: says that what follows may be old.
    pub(crate) fn is_offline(&self, error: &ClientError) -> bool {
        match error {
            ClientError::Link(
                link @ (LinkError::Unreachable { .. }
                | LinkError::WrongServer { .. }
                | LinkError::NotSotto { .. }
                | LinkError::Bye { .. }
                | LinkError::Silent { .. }
                | LinkError::Broken(_)
                | LinkError::Closed),
            ) => {
                self.out.warn(&crate::exit::link_sentence(link, self.language()));
                true
            }
            ClientError::TimedOut => true,
            _ => false,
        }
    }
}
