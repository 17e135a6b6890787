//! As much of MQTT 3.1.1 as a pair needs: CONNECT, SUBSCRIBE, PUBLISH with `QoS` 1, PUBACK.
use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Packet {
    /// A message, to be acknowledged by its number.
    Publish {
        /// The broker's number for it.
        id: u16,
        /// What it says.
        payload: Bytes,
    },
    /// The broker has a message.
    Puback(u16),
    /// CONNACK, SUBACK and whatever else.
    Other(u8),
}

/// Queues CONNECT, with a session that outlives the connection.
pub(crate) fn connect(out: &mut BytesMut, client: &str) {
    let mut body = BytesMut::new();
    text(&mut body, "MQTT");
    // Level 4; flags 0: not a clean session, no name, no password. No keep-alive.
    body.extend_from_slice(&[4, 0, 0, 0]);
    text(&mut body, client);
    packet(out, 0x10, &body);
}

/// Queues SUBSCRIBE with `QoS` 1.
pub(crate) fn subscribe(out: &mut BytesMut, topic: &str) {
    let mut body = BytesMut::new();
    body.put_u16(1);
    text(&mut body, topic);
    body.put_u8(1);
    packet(out, 0x82, &body);
}

/// Queues PUBLISH with `QoS` 1.
pub(crate) fn publish(out: &mut BytesMut, topic: &str, id: u16, payload: &[u8]) {
    let length = 2 + topic.len() + 2 + payload.len();
    out.put_u8(0x32);
    put_length(out, length);
    text(out, topic);
    out.put_u16(id);
    out.extend_from_slice(payload);
}

/// Queues PUBACK.
pub(crate) fn puback(out: &mut BytesMut, id: u16) {
    out.extend_from_slice(&[0x40, 2]);
    out.put_u16(id);
}

/// Takes a packet from the front, or says that it is not all here.
pub(crate) fn take(arrived: &mut BytesMut) -> Option<Packet> {
    let first = *arrived.first()?;
    let (mut length, mut header) = (0_usize, 1);
    loop {
        let byte = *arrived.get(header)?;
        length |= usize::from(byte & 0x7F) << (7 * (header - 1));
        header += 1;
        if byte & 0x80 == 0 {
            break;
        }
    }
    if arrived.len() < header + length {
        return None;
    }
    let mut body = arrived.split_to(header + length).freeze();
    body.advance(header);
    Some(match first >> 4 {
        3 => {
            let topic = usize::from(body.get_u16());
            body.advance(topic);
            Packet::Publish { id: body.get_u16(), payload: body }
        }
        4 => Packet::Puback(body.get_u16()),
        _ => Packet::Other(first),
    })
}

fn packet(out: &mut BytesMut, first: u8, body: &[u8]) {
    out.put_u8(first);
    put_length(out, body.len());
    out.extend_from_slice(body);
}

fn put_length(out: &mut BytesMut, mut length: usize) {
    loop {
        let low = u8::try_from(length & 0x7F).unwrap_or(0);
        length >>= 7;
        out.put_u8(if length == 0 { low } else { low | 0x80 });
        if length == 0 {
            return;
        }
    }
}

fn text(out: &mut BytesMut, text: &str) {
    out.put_u16(u16::try_from(text.len()).unwrap_or(0));
    out.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_published_reads_back() {
        let mut wire = BytesMut::new();
        publish(&mut wire, "in/7", 9, &[1; 300]);
        puback(&mut wire, 8);
        assert_eq!(take(&mut wire.clone().split_to(20)), None);
        assert_eq!(take(&mut wire), Some(Packet::Publish { id: 9, payload: vec![1; 300].into() }));
        assert_eq!(take(&mut wire), Some(Packet::Puback(8)));
        assert_eq!(take(&mut wire), None);
    }
}
