//! The server's certificate: made once at the first start, or the admin's own.
use std::{fs, path::Path};

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_ECDSA_P256_SHA256, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject as _};
use sha2::{Digest as _, Sha256};
use sotto_protocol::Pin;

use crate::exit::Failure;

/// A certificate and its key.
#[derive(Debug)]
pub(crate) struct Certificate {
    /// DER, the server's own first.
    pub(crate) chain: Vec<CertificateDer<'static>>,
    /// Its key.
    pub(crate) key: PrivateKeyDer<'static>,
}

impl Certificate {
    /// Makes one that no clock can end. P-256, because small devices cannot verify Ed25519 certificates.
    ///
    /// # Errors
    /// [`Failure::Bug`]: nothing about it depends on the world.
    pub(crate) fn make() -> Result<Self, Failure> {
        let bug = |why: rcgen::Error| Failure::Bug(format!("no certificate could be made: {why}"));
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(bug)?;
        let mut params = CertificateParams::new(vec!["sotto.invalid".to_owned()]).map_err(bug)?;
        params.not_before = date_time_ymd(1970, 1, 1);
        params.not_after = date_time_ymd(9999, 12, 31);
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "sotto");
        let certificate = params.self_signed(&key).map_err(bug)?;
        Ok(Self::of(certificate.der().to_vec(), key.serialize_der()))
    }

    /// One that was made before: DER and PKCS#8.
    pub(crate) fn of(certificate: Vec<u8>, key: Vec<u8>) -> Self {
        Self {
            chain: vec![CertificateDer::from(certificate)],
            key: PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key)),
        }
    }

    /// Reads the admin's own.
    ///
    /// # Errors
    /// [`Failure::Machine`] names the file that cannot be read or holds nothing of use.
    pub(crate) fn read(certificate: &Path, key: &Path) -> Result<Self, Failure> {
        let text = |path: &Path| fs::read(path).map_err(|why| Failure::file("reading", path, &why));
        let holds_no =
            |what: &str, path: &Path| Failure::Machine(format!("{} holds no {what} in PEM.", path.display()));
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&text(certificate)?)
            .collect::<Result<_, _>>()
            .map_err(|_| holds_no("certificate", certificate))?;
        if chain.is_empty() {
            return Err(holds_no("certificate", certificate));
        }
        let key = PrivateKeyDer::from_pem_slice(&text(key)?).map_err(|_| holds_no("private key", key))?;
        Ok(Self { chain, key })
    }

    /// What people know the server by.
    pub(crate) fn pin(&self) -> Pin {
        Pin::new(Sha256::digest(self.chain.first().map_or(&[][..], |own| own.as_ref())).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_that_was_just_made_serves() {
        let made = Certificate::make().unwrap();
        crate::tls::config(made.chain.clone(), made.key.clone_key()).unwrap();
        assert!(made.chain[0].len() < 600, "{} bytes", made.chain[0].len());
    }

    #[test]
    fn two_servers_have_two_pins() {
        assert_ne!(Certificate::make().unwrap().pin(), Certificate::make().unwrap().pin());
    }

    #[test]
    fn a_file_without_a_certificate_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("c.pem");
        fs::write(&file, "hello").unwrap();
        let refused = Certificate::read(&file, &file).unwrap_err().to_string();
        assert_eq!(refused, format!("{} holds no certificate in PEM.", file.display()));
    }
}
