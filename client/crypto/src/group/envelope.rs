//! What is sealed for a room, and what comes from one.
use openmls::prelude::{ContentType, ProcessedMessageContent, ProtocolMessage};
use zeroize::Zeroizing;

use super::{
    Binding, Change, GroupError, Member, Room, Trust, bytes, check, credential::known, error::invalid,
    room::group_id, settings::CONTENT_MAX,
};

/// What an envelope of a room was.
#[derive(Clone, PartialEq, Eq)]
pub enum Received {
    /// Somebody's words. What they mean is not this module's business.
    Message {
        /// Whose.
        from: Member,
        /// What was sealed.
        content: Zeroizing<Vec<u8>>,
    },
    /// The keys changed; it is in force.
    Change(Change),
    /// Something that this device had sealed itself: it kept it when it sent it.
    Mine,
}

impl Room<'_> {
    /// Seals words for the room. The caller keeps what comes out, commits, and only then sends it: the same bytes,
    /// until they are accepted.
    ///
    /// # Errors
    /// [`GroupError::TooLarge`] above [`CONTENT_MAX`]; [`GroupError::NotMember`] when this device was removed.
    pub fn seal(&mut self, content: &[u8], binding: &Binding) -> Result<Vec<u8>, GroupError> {
        if content.len() > CONTENT_MAX {
            return Err(GroupError::TooLarge);
        }
        if !self.is_active() {
            return Err(GroupError::NotMember);
        }
        if binding.room != self.id {
            return Err(GroupError::Binding);
        }
        self.group.set_aad(binding.to_bytes());
        let sealed = self.group.create_message(&self.provider, &self.me.signer(), content);
        bytes::written(&sealed.map_err(invalid)?)
    }

    /// Takes what the room's log brings: opens words, checks and applies a change of keys. `binding` is what the server
    /// says that it is.
    ///
    /// # Errors
    /// [`GroupError`]: roll back. Nothing that the server did not say over its own authenticated channel may be a
    /// reason to rejoin: epochs in envelopes are not authenticated before they are opened.
    pub fn receive(
        &mut self,
        envelope: &[u8],
        binding: &Binding,
        trust: &impl Trust,
    ) -> Result<Received, GroupError> {
        if !self.is_active() {
            return Err(GroupError::NotMember);
        }
        let message = bytes::protocol_message(envelope)?;
        self.in_reach(&message)?;
        let processed = self.group.process_message(&self.provider, message)?;
        if processed.aad() != binding.to_bytes() || binding.room != self.id {
            return Err(GroupError::Binding);
        }
        let (sender, credential) = (processed.sender().clone(), processed.credential().clone());
        match processed.into_content() {
            ProcessedMessageContent::ApplicationMessage(message) => {
                let from = by(known(&credential)?, binding)?;
                Ok(Received::Message { from, content: Zeroizing::new(message.into_bytes()) })
            }
            ProcessedMessageContent::StagedCommitMessage(staged) => {
                let change = check::change(&self.group, &sender, &staged, trust)?;
                by(change.by, binding)?;
                self.group.merge_staged_commit(&self.provider, *staged).map_err(invalid)?;
                Ok(Received::Change(change))
            }
            ProcessedMessageContent::OwnPendingCommit => self.accepted().map(Received::Change),
            ProcessedMessageContent::OwnPrivateMessage => Ok(Received::Mine),
            ProcessedMessageContent::ProposalMessage(_)
            | ProcessedMessageContent::ExternalJoinProposalMessage(_) => {
                Err(GroupError::Forbidden("nobody proposes here: who may change something commits it"))
            }
        }
    }

    fn in_reach(&self, message: &ProtocolMessage) -> Result<(), GroupError> {
        if *message.group_id() != group_id(self.id) {
            return Err(GroupError::Binding);
        }
        let (epoch, ours) = (message.epoch().as_u64(), self.epoch());
        let oldest = match message.content_type() {
            ContentType::Application => 0,
            ContentType::Proposal | ContentType::Commit => ours,
        };
        match epoch {
            epoch if epoch > ours => Err(GroupError::Ahead { epoch }),
            epoch if epoch < oldest => Err(GroupError::Past { epoch }),
            _ => Ok(()),
        }
    }
}

/// Who sealed it must be who the server says has sent it.
fn by(member: Member, binding: &Binding) -> Result<Member, GroupError> {
    let said = (binding.account, binding.device);
    if (member.device.account, member.device.device) == said { Ok(member) } else { Err(GroupError::Binding) }
}

impl std::fmt::Debug for Received {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Message { from, .. } => write!(f, "Message {{ from: {from:?}, … }}"),
            Self::Change(change) => change.fmt(f),
            Self::Mine => f.write_str("Mine"),
        }
    }
}
