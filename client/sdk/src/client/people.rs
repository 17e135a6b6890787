//! Contacts, the directory, presence.
use sotto_protocol::{
    AccountId, Contact, ContactAccept, ContactBlock, ContactDecline, ContactEdit, ContactRemove,
    ContactRequest, ContactStatus, ContactUnblock, Label, Labels, Listed, Note, PeopleSearch, Person,
    PersonShow, Presence, PresenceGet, PresenceSet, PresenceStatus, Query, Remark, UserName,
    limits::{ITEMS_MAX, PAGE_MAX},
};

use super::{Client, ClientError};
use crate::LinkError;

impl Client {
    /// My contacts, as they are known here.
    ///
    /// # Errors
    /// Trouble with the local store.
    pub async fn contacts(&self) -> Result<Vec<Contact>, ClientError> {
        Ok(self.0.vault.call(|vault| vault.contacts()).await?)
    }

    /// Everybody who is known here.
    ///
    /// # Errors
    /// Trouble with the local store.
    pub async fn people(&self) -> Result<Vec<Person>, ClientError> {
        Ok(self.0.vault.call(|vault| vault.people()).await?)
    }

    /// Asks somebody to be a contact. When they have asked already, it is settled at once.
    ///
    /// # Errors
    /// The server's refusal, or trouble on the way.
    pub async fn request_contact(&self, account: AccountId, note: &str) -> Result<Contact, ClientError> {
        let note = Note::new(note).map_err(ClientError::text("the note"))?;
        let contact = self.link().await?.ask(ContactRequest { account, note }).await?;
        self.remember(contact).await
    }

    /// Says yes.
    ///
    /// # Errors
    /// The server's refusal, or trouble on the way.
    pub async fn accept_contact(&self, account: AccountId) -> Result<Contact, ClientError> {
        let contact = self.link().await?.ask(ContactAccept { account }).await?;
        self.remember(contact).await
    }

    /// Says no.
    ///
    /// # Errors
    /// The server's refusal, or trouble on the way.
    pub async fn decline_contact(&self, account: AccountId) -> Result<(), ClientError> {
        self.link().await?.ask(ContactDecline { account }).await?;
        self.forget(account).await
    }

    /// Wants to hear nothing of somebody any more.
    ///
    /// # Errors
    /// The server's refusal, or trouble on the way.
    pub async fn block(&self, account: AccountId) -> Result<(), ClientError> {
        self.link().await?.ask(ContactBlock { account }).await?;
        let mut contacts = self.contacts().await?;
        if let Some(contact) = contacts.iter_mut().find(|contact| contact.person.account == account) {
            contact.status = ContactStatus::Blocked;
            self.remember(contact.clone()).await?;
        }
        Ok(())
    }

    /// Wants to hear of somebody again, as of a stranger.
    ///
    /// # Errors
    /// The server's refusal, or trouble on the way.
    pub async fn unblock(&self, account: AccountId) -> Result<(), ClientError> {
        self.link().await?.ask(ContactUnblock { account }).await?;
        self.forget(account).await
    }

    /// Ends it, or takes a request back.
    ///
    /// # Errors
    /// The server's refusal, or trouble on the way.
    pub async fn remove_contact(&self, account: AccountId) -> Result<(), ClientError> {
        self.link().await?.ask(ContactRemove { account }).await?;
        self.forget(account).await
    }

    /// Changes my own words for a contact; what is absent stays.
    ///
    /// # Errors
    /// The server's refusal, or trouble on the way.
    pub async fn edit_contact(
        &self,
        account: AccountId,
        remark: Option<&str>,
        labels: Option<&[String]>,
    ) -> Result<Contact, ClientError> {
        let remark = remark.map(Remark::new).transpose().map_err(ClientError::text("the remark"))?;
        let labels = match labels {
            Some(labels) => {
                let labels: Result<Vec<_>, _> = labels.iter().map(|label| Label::new(label)).collect();
                let labels = labels.and_then(Listed::new).map_err(ClientError::text("a label"))?;
                Some(Labels { labels })
            }
            None => None,
        };
        let contact = self.link().await?.ask(ContactEdit { account, remark, labels }).await?;
        self.remember(contact).await
    }

    /// Looks for people by the beginning of a user name or a part of a display name; at most `pages` pages.
    ///
    /// # Errors
    /// The server's refusal, or trouble on the way.
    pub async fn search(&self, query: &str, pages: usize) -> Result<Vec<Person>, ClientError> {
        let query = Query::new(query).map_err(ClientError::text("the query"))?;
        let link = self.link().await?;
        let mut people: Vec<Person> = Vec::new();
        for _ in 0..pages {
            let after = people.last().map(|person| person.user_name.clone());
            let page = link.ask(PeopleSearch { query: query.clone(), after, limit: PAGE_MAX }).await?;
            let more = page.more && !page.people.is_empty();
            people.extend(page.people);
            if !more {
                break;
            }
        }
        Ok(people)
    }

    /// Somebody, by exact user name: from what is known here, else from the server.
    ///
    /// # Errors
    /// [`ClientError::NoSuchPerson`].
    pub async fn person(&self, name: &str) -> Result<Person, ClientError> {
        let contacts = self.contacts().await?;
        let known = contacts
            .iter()
            .find(|contact| contact.person.user_name.as_str() == name)
            .or_else(|| contacts.iter().find(|contact| contact.remark.as_str() == name));
        if let Some(contact) = known {
            return Ok(contact.person.clone());
        }
        let no_one = || ClientError::NoSuchPerson(name.to_owned());
        let user_name = UserName::new(name).map_err(|_| no_one())?;
        match self.link().await?.ask(PersonShow::Name(user_name)).await {
            Ok(person) => {
                let kept = person.clone();
                self.0.vault.call(move |vault| vault.set_person(&kept)).await?;
                Ok(person)
            }
            Err(LinkError::Refused(refusal)) if refusal.key == "person.unknown" => Err(no_one()),
            Err(error) => Err(error.into()),
        }
    }

    /// How these contacts are.
    ///
    /// # Errors
    /// The server's refusal, or trouble on the way.
    pub async fn presences(&self, accounts: &[AccountId]) -> Result<Vec<Presence>, ClientError> {
        let link = self.link().await?;
        let mut presences = Vec::new();
        for chunk in accounts.chunks(ITEMS_MAX) {
            let accounts = Listed::new(chunk.to_vec()).map_err(ClientError::text("the list"))?;
            presences.extend(link.ask(PresenceGet { accounts }).await?.presences);
        }
        Ok(presences)
    }

    /// Says how I want to be seen.
    ///
    /// # Errors
    /// The server's refusal, or trouble on the way.
    pub async fn set_presence(&self, status: PresenceStatus) -> Result<(), ClientError> {
        self.link().await?.ask(PresenceSet { status, port: 0 }).await?;
        Ok(())
    }

    async fn remember(&self, contact: Contact) -> Result<Contact, ClientError> {
        let kept = contact.clone();
        self.0.vault.call(move |vault| vault.set_contact(&kept)).await?;
        Ok(contact)
    }

    async fn forget(&self, account: AccountId) -> Result<(), ClientError> {
        Ok(self.0.vault.call(move |vault| vault.remove_contact(account)).await?)
    }
}
