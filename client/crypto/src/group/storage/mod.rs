//! OpenMLS's storage on the caller's own transaction: MLS state is kept, or rolled back, together with everything else.
mod table;

use openmls_traits::storage::{CURRENT_VERSION, StorageProvider, traits};
use serde::{Serialize, de::DeserializeOwned};

pub use self::table::StorageError;
pub(crate) use self::table::{Chance, Kind, Side, Table, prepare};

const V: u16 = CURRENT_VERSION;
type Done = Result<(), StorageError>;
type Found<T> = Result<Option<T>, StorageError>;

/// A list is one value: ours have at most a few items.
type Items = Vec<(Vec<u8>, Vec<u8>)>;

impl Table<'_> {
    fn items(&self, kind: Kind, key: &impl Serialize) -> Result<Items, StorageError> {
        Ok(self.get(kind, key)?.unwrap_or_default())
    }
}

fn bytes(value: &impl Serialize) -> Result<Vec<u8>, StorageError> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).map_err(|fault| StorageError::Form(fault.to_string()))?;
    Ok(bytes)
}

fn value<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StorageError> {
    ciborium::from_reader(bytes).map_err(|fault| StorageError::Form(fault.to_string()))
}

/// One row for each group.
macro_rules! of_group {
    ($($kind:ident: $type:ident $write:ident $read:ident $delete:ident,)*) => { $(
        fn $write<G: traits::GroupId<V>, T: traits::$type<V>>(&self, group: &G, value: &T) -> Done {
            self.put(Kind::$kind, group, value)
        }
        fn $read<G: traits::GroupId<V>, T: traits::$type<V>>(&self, group: &G) -> Found<T> {
            self.get(Kind::$kind, group)
        }
        fn $delete<G: traits::GroupId<V>>(&self, group: &G) -> Done {
            self.delete(Kind::$kind, group)
        }
    )* };
}

/// One row for each of its own names.
macro_rules! of_name {
    ($($kind:ident: $name:ident $type:ident $write:ident $read:ident $delete:ident,)*) => { $(
        fn $write<K: traits::$name<V>, T: traits::$type<V>>(&self, name: &K, value: &T) -> Done {
            self.put(Kind::$kind, name, value)
        }
        of_name!(@read $kind $name $type $read);
        fn $delete<K: traits::$name<V>>(&self, name: &K) -> Done {
            self.delete(Kind::$kind, name)
        }
    )* };
    // The order of the type parameters is not the same everywhere; callers name them.
    (@read SignatureKeyPair $name:ident $type:ident $read:ident) => {
        fn $read<K: traits::$name<V>, T: traits::$type<V>>(&self, name: &K) -> Found<T> {
            self.get(Kind::SignatureKeyPair, name)
        }
    };
    (@read KeyPackage $name:ident $type:ident $read:ident) => {
        fn $read<K: traits::$name<V>, T: traits::$type<V>>(&self, name: &K) -> Found<T> {
            self.get(Kind::KeyPackage, name)
        }
    };
    (@read $kind:ident $name:ident $type:ident $read:ident) => {
        fn $read<T: traits::$type<V>, K: traits::$name<V>>(&self, name: &K) -> Found<T> {
            self.get(Kind::$kind, name)
        }
    };
}

impl StorageProvider<V> for Table<'_> {
    type Error = StorageError;

    of_group! {
        JoinConfig: MlsGroupJoinConfig write_mls_join_config mls_group_join_config delete_group_config,
        Tree: TreeSync write_tree tree delete_tree,
        InterimTranscriptHash: InterimTranscriptHash
            write_interim_transcript_hash interim_transcript_hash delete_interim_transcript_hash,
        Context: GroupContext write_context group_context delete_context,
        ConfirmationTag: ConfirmationTag write_confirmation_tag confirmation_tag delete_confirmation_tag,
        MessageSecrets: MessageSecrets write_message_secrets message_secrets delete_message_secrets,
        ResumptionPsks: ResumptionPskStore
            write_resumption_psk_store resumption_psk_store delete_all_resumption_psk_secrets,
        OwnLeafIndex: LeafNodeIndex write_own_leaf_index own_leaf_index delete_own_leaf_index,
        EpochSecrets: GroupEpochSecrets
            write_group_epoch_secrets group_epoch_secrets delete_group_epoch_secrets,
    }

    of_name! {
        SignatureKeyPair: SignaturePublicKey SignatureKeyPair
            write_signature_key_pair signature_key_pair delete_signature_key_pair,
        EncryptionKeyPair: EncryptionKey HpkeKeyPair
            write_encryption_key_pair encryption_key_pair delete_encryption_key_pair,
        KeyPackage: HashReference KeyPackage write_key_package key_package delete_key_package,
        Psk: PskId PskBundle write_psk psk delete_psk,
    }

    fn write_group_state<S: traits::GroupState<V>, G: traits::GroupId<V>>(
        &self,
        group: &G,
        state: &S,
    ) -> Done {
        self.put(Kind::GroupState, group, state)
    }
    fn group_state<S: traits::GroupState<V>, G: traits::GroupId<V>>(&self, group: &G) -> Found<S> {
        self.get(Kind::GroupState, group)
    }
    fn delete_group_state<G: traits::GroupId<V>>(&self, group: &G) -> Done {
        self.delete(Kind::GroupState, group)
    }

    fn append_own_leaf_node<G: traits::GroupId<V>, L: traits::LeafNode<V>>(
        &self,
        group: &G,
        leaf: &L,
    ) -> Done {
        let mut leaves = self.items(Kind::OwnLeafNodes, group)?;
        leaves.push((Vec::new(), bytes(leaf)?));
        self.put(Kind::OwnLeafNodes, group, &leaves)
    }
    fn own_leaf_nodes<G: traits::GroupId<V>, L: traits::LeafNode<V>>(
        &self,
        group: &G,
    ) -> Result<Vec<L>, StorageError> {
        self.items(Kind::OwnLeafNodes, group)?.iter().map(|(_, leaf)| value(leaf)).collect()
    }
    fn delete_own_leaf_nodes<G: traits::GroupId<V>>(&self, group: &G) -> Done {
        self.delete(Kind::OwnLeafNodes, group)
    }

    fn queue_proposal<G: traits::GroupId<V>, R: traits::ProposalRef<V>, P: traits::QueuedProposal<V>>(
        &self,
        group: &G,
        reference: &R,
        proposal: &P,
    ) -> Done {
        let mut items = self.items(Kind::Proposals, group)?;
        let name = bytes(reference)?;
        items.retain(|(known, _)| *known != name);
        items.push((name, bytes(proposal)?));
        self.put(Kind::Proposals, group, &items)
    }
    fn queued_proposal_refs<G: traits::GroupId<V>, R: traits::ProposalRef<V>>(
        &self,
        group: &G,
    ) -> Result<Vec<R>, StorageError> {
        self.items(Kind::Proposals, group)?.iter().map(|(name, _)| value(name)).collect()
    }
    fn queued_proposals<G: traits::GroupId<V>, R: traits::ProposalRef<V>, P: traits::QueuedProposal<V>>(
        &self,
        group: &G,
    ) -> Result<Vec<(R, P)>, StorageError> {
        let items = self.items(Kind::Proposals, group)?;
        items.iter().map(|(name, proposal)| Ok((value(name)?, value(proposal)?))).collect()
    }
    fn remove_proposal<G: traits::GroupId<V>, R: traits::ProposalRef<V>>(
        &self,
        group: &G,
        reference: &R,
    ) -> Done {
        let mut items = self.items(Kind::Proposals, group)?;
        let name = bytes(reference)?;
        items.retain(|(known, _)| *known != name);
        self.put(Kind::Proposals, group, &items)
    }
    fn clear_proposal_queue<G: traits::GroupId<V>, R: traits::ProposalRef<V>>(&self, group: &G) -> Done {
        self.delete(Kind::Proposals, group)
    }

    fn write_encryption_epoch_key_pairs<
        G: traits::GroupId<V>,
        E: traits::EpochKey<V>,
        K: traits::HpkeKeyPair<V>,
    >(
        &self,
        group: &G,
        epoch: &E,
        leaf: u32,
        pairs: &[K],
    ) -> Done {
        self.put(Kind::EpochKeyPairs, &(group, epoch, leaf), pairs)
    }
    fn encryption_epoch_key_pairs<
        G: traits::GroupId<V>,
        E: traits::EpochKey<V>,
        K: traits::HpkeKeyPair<V>,
    >(
        &self,
        group: &G,
        epoch: &E,
        leaf: u32,
    ) -> Result<Vec<K>, StorageError> {
        Ok(self.get(Kind::EpochKeyPairs, &(group, epoch, leaf))?.unwrap_or_default())
    }
    fn delete_encryption_epoch_key_pairs<G: traits::GroupId<V>, E: traits::EpochKey<V>>(
        &self,
        group: &G,
        epoch: &E,
        leaf: u32,
    ) -> Done {
        self.delete(Kind::EpochKeyPairs, &(group, epoch, leaf))
    }
}
