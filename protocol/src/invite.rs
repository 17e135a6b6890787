//! An invite as people pass it on: where the server is, how to know it, and the permission.
//!
//! `SOTTO:1:PIN:CODE:HOST/PORT:HOST/PORT…`, upper case throughout so that a QR code stays small; any case is read. The
//! bytes are base32 (RFC 4648, no padding). IPv6 addresses stand with plus signs for their colons, without a zone.
use std::{fmt, net::Ipv6Addr};

use crate::{InviteCode, Pin};

/// What an invite says.
#[derive(Clone, PartialEq, Eq)]
pub struct Invite {
    /// The SHA-256 of the server's certificate.
    pub pin: Pin,
    /// The permission; absent where registration is open.
    pub code: Option<InviteCode>,
    /// Where the server may be found: `host:port`, most likely first, at most [`Invite::ADDRESSES_MAX`].
    pub addresses: Vec<String>,
}

/// Why a text is no invite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InviteError {
    /// It does not begin like one.
    #[error("an invite begins with SOTTO:1:")]
    Prefix,
    /// Something is cut off or mistyped.
    #[error("the invite is not complete: copy all of it, or scan it")]
    Damaged,
}

const PREFIX: &str = "SOTTO:1:";
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

impl Invite {
    /// Addresses of one server.
    pub const ADDRESSES_MAX: usize = 8;

    /// Reads an invite that somebody pasted; white space around and inside it does no harm.
    ///
    /// # Errors
    /// [`InviteError`] says whether it is another text or a damaged invite.
    pub fn parse(text: &str) -> Result<Self, InviteError> {
        let text: String = text.split_whitespace().collect::<String>().to_ascii_uppercase();
        let rest = text.strip_prefix(PREFIX).ok_or(InviteError::Prefix)?;
        let mut parts = rest.split(':');
        let pin = parts.next().and_then(base32).ok_or(InviteError::Damaged)?;
        let pin = Pin::from_slice(&pin).ok_or(InviteError::Damaged)?;
        let code = match parts.next().ok_or(InviteError::Damaged)? {
            "" => None,
            code => {
                let code = base32(code).ok_or(InviteError::Damaged)?;
                Some(InviteCode::from_slice(&code).ok_or(InviteError::Damaged)?)
            }
        };
        let addresses = parts.map(address).collect::<Option<Vec<_>>>().ok_or(InviteError::Damaged)?;
        if addresses.is_empty() || addresses.len() > Self::ADDRESSES_MAX {
            return Err(InviteError::Damaged);
        }
        Ok(Self { pin, code, addresses })
    }
}

impl fmt::Display for Invite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}:", to_base32(self.pin.as_bytes()))?;
        if let Some(code) = &self.code {
            f.write_str(&to_base32(code.as_bytes()))?;
        }
        for address in &self.addresses {
            let (host, port) = address.rsplit_once(':').unwrap_or((address, "7688"));
            let host = host.trim_start_matches('[').trim_end_matches(']').replace(':', "+");
            write!(f, ":{}/{port}", host.to_ascii_uppercase())?;
        }
        Ok(())
    }
}

impl fmt::Debug for Invite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invite")
            .field("pin", &self.pin)
            .field("addresses", &self.addresses)
            .finish_non_exhaustive()
    }
}

fn address(part: &str) -> Option<String> {
    let (host, port) = part.rsplit_once('/')?;
    let port: u16 = port.parse().ok().filter(|port| *port != 0)?;
    if host.contains('+') {
        let host: Ipv6Addr = host.replace('+', ":").parse().ok()?;
        return Some(format!("[{host}]:{port}"));
    }
    let fits = !host.is_empty()
        && host.len() <= 253
        && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
    fits.then(|| format!("{}:{port}", host.to_ascii_lowercase()))
}

fn to_base32(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for chunk in bytes.chunks(5) {
        let mut group = [0_u8; 8];
        group[3..3 + chunk.len()].copy_from_slice(chunk);
        let bits = u64::from_be_bytes(group);
        for index in 0..(chunk.len() * 8).div_ceil(5) {
            let letter = (bits >> (35 - 5 * index)) & 31;
            out.push(char::from(ALPHABET[usize::try_from(letter).unwrap_or(0)]));
        }
    }
    out
}

fn base32(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() * 5 / 8);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for letter in text.bytes() {
        let value = ALPHABET.iter().position(|known| *known == letter)?;
        bits = (bits << 5) | u32::try_from(value).ok()?;
        held += 5;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from((bits >> held) & 0xFF).ok()?);
            bits &= (1 << held) - 1;
        }
    }
    (bits == 0).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invite() -> Invite {
        Invite {
            pin: Pin::new([7; 32]),
            code: Some(InviteCode::new(*b"0123456789abcdef")),
            addresses: vec![
                "192.168.1.20:7688".into(),
                "[fd12::20]:7688".into(),
                "home-pi.local:7688".into(),
            ],
        }
    }

    #[test]
    fn an_invite_reads_back_as_it_was_written() {
        let text = invite().to_string();
        assert_eq!(Invite::parse(&text).unwrap(), invite());
        assert_eq!(
            Invite::parse(&format!("  {}\n{}", &text[..40], text[40..].to_lowercase())).unwrap(),
            invite()
        );
        assert!(text.starts_with(
            "SOTTO:1:A4DQOBYHA4DQOBYHA4DQOBYHA4DQOBYHA4DQOBYHA4DQOBYHA4DQ:GAYTEMZUGU3DOOBZMFRGGZDFMY:192.168.1.20/7688"
        ));
    }

    #[test]
    fn an_invite_that_was_cut_off_says_so() {
        let text = invite().to_string();
        assert_eq!(Invite::parse("hello"), Err(InviteError::Prefix));
        assert_eq!(Invite::parse(&text[..60]), Err(InviteError::Damaged));
        assert_eq!(Invite::parse(&text.replace("A4DQ", "A4D!")), Err(InviteError::Damaged));
    }
}
