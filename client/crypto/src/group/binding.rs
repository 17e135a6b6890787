//! What an envelope is bound to: its room, its id, its sender. Authenticated with it, and compared when it is opened.
use sotto_protocol::{AccountId, DeviceId, EnvelopeId, RoomId};

/// Separates these bytes from any other associated data.
const LABEL: &[u8] = b"sotto/1 envelope\0";

/// The facts about an envelope that the server could otherwise exchange: the ones of its delivery must be those under
/// which it was sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The room that it is in.
    pub room: RoomId,
    /// Its id.
    pub envelope: EnvelopeId,
    /// Who sent it.
    pub account: AccountId,
    /// From which device.
    pub device: DeviceId,
}

impl Binding {
    /// The associated data: label, room, envelope id, account, device. 81 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        [
            LABEL,
            self.room.as_bytes(),
            self.envelope.as_bytes(),
            self.account.as_bytes(),
            self.device.as_bytes(),
        ]
        .concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_is_bound_to_these_bytes_and_no_others() {
        let binding = Binding {
            room: RoomId::new([1; 16]),
            envelope: EnvelopeId::new([2; 16]),
            account: AccountId::new([3; 16]),
            device: DeviceId::new([4; 16]),
        };
        let hex: String = binding.to_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        let ids = ["01", "02", "03", "04"].map(|byte| byte.repeat(16)).concat();
        assert_eq!(hex, format!("736f74746f2f3120656e76656c6f706500{ids}"));
    }
}
