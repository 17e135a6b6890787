//! What a device needs to rejoin must be the committer's word about exactly the state after its commit: a wrong one
//! would keep everybody out who has lost their way.
use openmls::prelude::{GroupContext, SignaturePublicKey, Verifiable as _, group_info::VerifiableGroupInfo};

use crate::{Leaf, Refused, SUITE, verifier::Verifier};

/// Checks a group info against the context after the commit, and that the committer has signed it.
pub(crate) fn check(
    info: VerifiableGroupInfo,
    context: &GroupContext,
    committer: Leaf,
    crypto: &Verifier,
) -> Result<(), Refused> {
    if *info.group_context() != *context || info.extensions().external_pub().is_none() {
        return Err(Refused::GroupInfo);
    }
    if u16::from(context.ciphersuite()) != SUITE {
        return Err(Refused::Suite);
    }
    let scheme = context.ciphersuite().signature_algorithm();
    let key = SignaturePublicKey::from(committer.key.as_bytes().as_slice())
        .into_signature_public_key_enriched(scheme);
    info.verify(crypto, &key).map(|_| ()).map_err(|_| Refused::GroupInfo)
}
