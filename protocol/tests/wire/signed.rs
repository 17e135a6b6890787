//! What is signed, byte by byte, with signatures that any Ed25519 must make the same; and invites.
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::json;
use sotto_protocol::*;

use crate::{
    any::Any as _,
    vectors::{compare, hex},
};

#[test]
fn what_is_signed_is_what_always_was() {
    let identity = SigningKey::from_bytes(&[0x11; 32]);
    let device = SigningKey::from_bytes(&[0x22; 32]);
    let identity_key = IdentityKey::new(identity.verifying_key().to_bytes());
    let mut certificate = DeviceCertificate::sample();
    certificate.device_key = DeviceKey::new(device.verifying_key().to_bytes());
    let signed = certificate.signed_bytes(AccountId::sample(), identity_key);
    assert_eq!(signed.len(), 163);
    let (exporter, pin) = ([0x33; 32], Pin::new([0x44; 32]));
    let proof = device_proof(&exporter, pin, AccountId::sample(), DeviceId::sample());
    assert_eq!(proof.len(), 117);
    let vectors = [
        json!({
            "name": "device certificate",
            "identity_key_seed": hex(identity.as_bytes()),
            "identity_key": hex(identity_key.as_bytes()),
            "account": hex(AccountId::sample().as_bytes()),
            "device": hex(certificate.device.as_bytes()),
            "device_key": hex(certificate.device_key.as_bytes()),
            "agreement_key": hex(certificate.agreement_key.as_bytes()),
            "created_ms": certificate.created_ms,
            "signed_bytes": hex(&signed),
            "signature": hex(&identity.sign(&signed).to_bytes()),
        }),
        json!({
            "name": "device proof",
            "device_key_seed": hex(device.as_bytes()),
            "device_key": hex(certificate.device_key.as_bytes()),
            "exporter": hex(&exporter),
            "pin": hex(pin.as_bytes()),
            "account": hex(AccountId::sample().as_bytes()),
            "device": hex(DeviceId::sample().as_bytes()),
            "signed_bytes": hex(&proof),
            "signature": hex(&device.sign(&proof).to_bytes()),
        }),
    ];
    compare("signed.json", "The bytes that are signed, and their Ed25519 signatures.", &vectors);
}

#[test]
fn invites_are_what_they_always_were() {
    let cases = [
        (
            "by name and by address",
            Some(InviteCode::new(*b"0123456789abcdef")),
            vec!["home-pi.local:7688", "192.168.1.20:7688"],
        ),
        ("IPv6, where registration is open", None, vec!["[fd12:3456::20]:7688"]),
    ];
    let vectors: Vec<_> = cases
        .into_iter()
        .map(|(name, code, addresses)| {
            let addresses = addresses.into_iter().map(str::to_owned).collect();
            let invite = Invite { pin: Pin::new([0x44; 32]), code, addresses };
            assert_eq!(Invite::parse(&invite.to_string()), Ok(invite.clone()));
            json!({
                "name": name,
                "text": invite.to_string(),
                "pin": hex(invite.pin.as_bytes()),
                "code": invite.code.map(|code| hex(code.as_bytes())),
                "addresses": invite.addresses,
            })
        })
        .collect();
    compare("invites.json", "Invites as people pass them on.", &vectors);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn what_reads_as_an_invite_reads_the_same_when_written_again(
        damage in proptest::collection::vec((0_usize..140, proptest::char::range(' ', '~')), 0..3),
    ) {
        let invite = Invite {
            pin: Pin::new([0x44; 32]),
            code: Some(InviteCode::sample()),
            addresses: vec!["home-pi.local:7688".into(), "[fd12::20]:1".into(), "10.0.0.1:65535".into()],
        };
        let mut text: Vec<char> = invite.to_string().chars().collect();
        for (at, c) in damage {
            if let Some(place) = text.get_mut(at) {
                *place = c;
            }
        }
        if let Ok(read) = Invite::parse(&text.into_iter().collect::<String>()) {
            proptest::prop_assert_eq!(Invite::parse(&read.to_string()), Ok(read));
        }
    }
}

#[test]
fn an_invite_has_one_address_at_least_and_eight_at_most() {
    let with = |addresses: usize| {
        let addresses = vec!["10.0.0.1:7688".to_owned(); addresses];
        Invite::parse(&Invite { pin: Pin::new([1; 32]), code: None, addresses }.to_string())
    };
    assert_eq!(with(0), Err(InviteError::Damaged));
    assert!(with(1).is_ok());
    assert!(with(Invite::ADDRESSES_MAX).is_ok());
    assert_eq!(with(Invite::ADDRESSES_MAX + 1), Err(InviteError::Damaged));
}
