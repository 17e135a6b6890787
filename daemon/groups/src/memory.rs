//! The four values that a group's public state is, in memory for as long as one check takes.
use std::{cell::RefCell, collections::BTreeMap};

use openmls_traits::{
    public_storage::PublicStorageProvider,
    storage::{CURRENT_VERSION, traits},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

const V: u16 = CURRENT_VERSION;

/// Numbers that are on people's disks: they never change their meaning.
const TREE: u8 = 1;
const CONTEXT: u8 = 2;
const INTERIM_TRANSCRIPT_HASH: u8 = 3;
const CONFIRMATION_TAG: u8 = 4;

#[derive(Default)]
pub(crate) struct Memory(RefCell<Values>);

/// Each value as CBOR, under its number.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Values(BTreeMap<u8, Vec<u8>>);

/// A value that has not the form it should have.
#[derive(Debug, thiserror::Error)]
#[error("a value of a group's public state cannot be written or read")]
pub(crate) struct Unreadable;

impl Memory {
    pub(crate) fn new(values: Values) -> Self {
        Self(RefCell::new(values))
    }
    pub(crate) fn into_values(self) -> Values {
        self.0.into_inner()
    }
    fn put(&self, name: u8, value: &impl Serialize) -> Result<(), Unreadable> {
        let mut bytes = Vec::new();
        ciborium::into_writer(value, &mut bytes).map_err(|_| Unreadable)?;
        self.0.borrow_mut().0.insert(name, bytes);
        Ok(())
    }
    fn get<T: DeserializeOwned>(&self, name: u8) -> Result<Option<T>, Unreadable> {
        let values = self.0.borrow();
        let read = values.0.get(&name).map(|bytes| ciborium::from_reader(bytes.as_slice()));
        read.transpose().map_err(|_| Unreadable)
    }
    #[expect(clippy::unnecessary_wraps, reason = "the trait's signatures")]
    fn delete(&self, name: u8) -> Result<(), Unreadable> {
        self.0.borrow_mut().0.remove(&name);
        Ok(())
    }
}

macro_rules! values {
    ($($name:ident: $type:ident $write:ident $read:ident $delete:ident,)*) => { $(
        fn $write<G: traits::GroupId<V>, T: traits::$type<V>>(&self, _: &G, value: &T) -> Result<(), Unreadable> {
            self.put($name, value)
        }
        fn $read<G: traits::GroupId<V>, T: traits::$type<V>>(&self, _: &G) -> Result<Option<T>, Unreadable> {
            self.get($name)
        }
        fn $delete<G: traits::GroupId<V>>(&self, _: &G) -> Result<(), Unreadable> {
            self.delete($name)
        }
    )* };
}

impl PublicStorageProvider<V> for Memory {
    type PublicError = Unreadable;

    values! {
        TREE: TreeSync write_tree tree delete_tree,
        CONTEXT: GroupContext write_context group_context delete_context,
        INTERIM_TRANSCRIPT_HASH: InterimTranscriptHash
            write_interim_transcript_hash interim_transcript_hash delete_interim_transcript_hash,
        CONFIRMATION_TAG: ConfirmationTag write_confirmation_tag confirmation_tag delete_confirmation_tag,
    }

    // Nobody proposes here: a commit brings all that it does.
    fn queue_proposal<G: traits::GroupId<V>, R: traits::ProposalRef<V>, P: traits::QueuedProposal<V>>(
        &self,
        _: &G,
        _: &R,
        _: &P,
    ) -> Result<(), Unreadable> {
        Err(Unreadable)
    }
    fn queued_proposals<G: traits::GroupId<V>, R: traits::ProposalRef<V>, P: traits::QueuedProposal<V>>(
        &self,
        _: &G,
    ) -> Result<Vec<(R, P)>, Unreadable> {
        Ok(Vec::new())
    }
    fn remove_proposal<G: traits::GroupId<V>, R: traits::ProposalRef<V>>(
        &self,
        _: &G,
        _: &R,
    ) -> Result<(), Unreadable> {
        Ok(())
    }
    fn clear_proposal_queue<G: traits::GroupId<V>, R: traits::ProposalRef<V>>(
        &self,
        _: &G,
    ) -> Result<(), Unreadable> {
        Ok(())
    }
}
