//! What only the two ends of one TLS connection know (RFC 9266), worked out from the connection's exporter secret.
//!
//! rustls keeps that secret to itself where a connection has no buffers of its own, but hands it to a key log. Ours takes
//! this one secret and no other, keeps it on the thread for the moment of the handshake, and writes it nowhere.
use std::cell::RefCell;

use hkdf::{Hkdf, InvalidLength};
use rustls::KeyLog;
use sha2::{Digest as _, Sha256, Sha384};
use sotto_protocol::{EXPORTER_LABEL, Exporter};
use zeroize::Zeroizing;

const SECRET: &str = "EXPORTER_SECRET";

thread_local! {
    static CAUGHT: RefCell<Option<Zeroizing<Vec<u8>>>> = const { RefCell::new(None) };
}

/// Catches exporter secrets, each on the thread that shakes hands.
#[derive(Debug)]
pub(crate) struct Catch;

impl KeyLog for Catch {
    fn log(&self, label: &str, _: &[u8], secret: &[u8]) {
        if label == SECRET {
            CAUGHT.set(Some(Zeroizing::new(secret.to_vec())));
        }
    }

    fn will_log(&self, label: &str) -> bool {
        label == SECRET
    }
}

/// What `step` lets rustls do, and the exporter if its secret was made in it. Nothing may wait in between.
pub(crate) fn caught_in<T>(step: impl FnOnce() -> T) -> (T, Option<Exporter>) {
    CAUGHT.set(None);
    let done = step();
    (done, CAUGHT.take().and_then(|secret| channel_binding(&secret)))
}

/// RFC 8446, section 7.5, for our label and an empty context. The secret is as long as the hash of its cipher suite.
fn channel_binding(secret: &[u8]) -> Option<Exporter> {
    match secret.len() {
        32 => {
            let empty = Sha256::digest([]);
            let hkdf = |secret: &[u8], info: &[u8], out: &mut [u8]| {
                Hkdf::<Sha256>::from_prk(secret).map_err(|_| InvalidLength)?.expand(info, out)
            };
            twice(hkdf, secret, &empty, &mut Zeroizing::new([0; 32])[..])
        }
        48 => {
            let empty = Sha384::digest([]);
            let hkdf = |secret: &[u8], info: &[u8], out: &mut [u8]| {
                Hkdf::<Sha384>::from_prk(secret).map_err(|_| InvalidLength)?.expand(info, out)
            };
            twice(hkdf, secret, &empty, &mut Zeroizing::new([0; 48])[..])
        }
        _ => None,
    }
}

fn twice(
    hkdf: impl Fn(&[u8], &[u8], &mut [u8]) -> Result<(), InvalidLength>,
    secret: &[u8],
    empty_hash: &[u8],
    derived: &mut [u8],
) -> Option<Exporter> {
    let mut exporter = Exporter::default();
    hkdf(secret, &labelled(derived.len(), EXPORTER_LABEL, empty_hash)?, derived).ok()?;
    hkdf(derived, &labelled(exporter.len(), b"exporter", empty_hash)?, &mut exporter).ok()?;
    Some(exporter)
}

/// HkdfLabel of RFC 8446, section 7.1.
fn labelled(length: usize, label: &[u8], context: &[u8]) -> Option<Vec<u8>> {
    const PREFIX: &[u8] = b"tls13 ";
    let length = u16::try_from(length).ok()?.to_be_bytes();
    let label_length = u8::try_from(PREFIX.len() + label.len()).ok()?;
    let context_length = u8::try_from(context.len()).ok()?;
    Some([&length[..], &[label_length], PREFIX, label, &[context_length], context].concat())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn only_the_exporter_secret_is_caught() {
        let catch = Catch;
        assert!(catch.will_log(SECRET) && !catch.will_log("SERVER_TRAFFIC_SECRET_0"));
        let ((), caught) = caught_in(|| catch.log("CLIENT_TRAFFIC_SECRET_0", &[], &[1; 32]));
        assert_eq!(caught, None);
        let ((), caught) = caught_in(|| catch.log(SECRET, &[], &[1; 32]));
        assert!(caught.is_some());
        assert_eq!(caught_in(|| ()).1, None);
    }

    /// Both hashes, against what rustls itself exports at the other end.
    #[test]
    fn both_ends_come_to_the_same() {
        use rustls::{CipherSuite, pki_types::ServerName, version::TLS13};
        let made = crate::certificate::Certificate::make().unwrap();
        let mut roots = rustls::RootCertStore::empty();
        roots.add(made.chain[0].clone()).unwrap();
        let server_config = crate::tls::config(made.chain, made.key).unwrap();
        for suite in [
            CipherSuite::TLS13_AES_128_GCM_SHA256,
            CipherSuite::TLS13_AES_256_GCM_SHA384,
            CipherSuite::TLS13_CHACHA20_POLY1305_SHA256,
        ] {
            let mut provider = (**server_config.crypto_provider()).clone();
            provider.cipher_suites.retain(|known| known.suite() == suite);
            let mut config = rustls::ClientConfig::builder_with_provider(Arc::new(provider))
                .with_protocol_versions(&[&TLS13])
                .unwrap()
                .with_root_certificates(roots.clone())
                .with_no_client_auth();
            config.alpn_protocols = vec![crate::tls::ALPN.to_vec()];
            let name = ServerName::try_from("sotto.invalid").unwrap();
            let mut client = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
            let mut server = rustls::ServerConnection::new(Arc::clone(&server_config)).unwrap();
            let mut exporter = None;
            while client.is_handshaking() || server.is_handshaking() {
                let mut wire = Vec::new();
                client.write_tls(&mut wire).unwrap();
                server.read_tls(&mut wire.as_slice()).unwrap();
                let (processed, caught) = caught_in(|| server.process_new_packets().map(|_| ()));
                processed.unwrap();
                exporter = exporter.or(caught);
                let mut wire = Vec::new();
                server.write_tls(&mut wire).unwrap();
                client.read_tls(&mut wire.as_slice()).unwrap();
                client.process_new_packets().unwrap();
            }
            let theirs = client.export_keying_material([0; 32], EXPORTER_LABEL, None).unwrap();
            assert_eq!(exporter, Some(theirs), "{suite:?}");
        }
    }
}
