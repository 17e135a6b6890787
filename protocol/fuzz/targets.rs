//! What is fuzzed: each function takes any bytes and panics where a promise is broken. The tests replay the corpus
//! through the same functions.
use bytes::{Bytes, BytesMut};
use sotto_protocol::{
    Change, ClientPush, Frame, FrameType, Hello, InboxEvent, Invite, Request, Response, ServerPush,
    decode_frame, encode_frame, limits,
};

/// The stream of a connection, as it arrives: what is read as a frame is written the same again.
pub(super) fn frame(data: &[u8]) {
    let mut buffer = BytesMut::from(data);
    let mut read = 0;
    while let Ok(Some(Frame { header, payload })) =
        decode_frame(&mut buffer, limits::FRAME_BEFORE_SIGN_IN_MAX)
    {
        let bytes = &data[read..read + 12 + payload.len()];
        read += bytes.len();
        let mut again = BytesMut::new();
        encode_frame(header, &payload, &mut again);
        let mut expected = bytes.to_vec();
        expected[6] &= 0b111;
        expected[7] = 0;
        assert_eq!(again, expected);
    }
    assert_eq!(buffer, data[read..], "what is no whole frame is left alone");
}

/// The payload of a client's first frame.
pub(super) fn hello(data: &[u8]) {
    if let Ok(hello) = Hello::decode(Bytes::copy_from_slice(data)) {
        let mut again = BytesMut::new();
        hello.clone().encode(&mut again);
        assert_eq!(Hello::decode(again.freeze()), Ok(hello));
    }
}

/// A text that somebody pasted.
pub(super) fn invite(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(invite) = Invite::parse(text) {
        assert_eq!(Invite::parse(&invite.to_string()), Ok(invite));
    }
}

/// Two bytes of type, then the payload of a request or of a client's push.
pub(super) fn request(data: &[u8]) {
    let Some((kind, payload)) = typed(data) else { return };
    if let Ok(Some(request)) = Request::decode(kind, payload.clone()) {
        assert_eq!(request.frame_type(), kind);
        let mut again = BytesMut::new();
        request.clone().encode(&mut again);
        assert_eq!(Request::decode(kind, again.freeze()), Ok(Some(request)));
    }
    if let Ok(Some(push)) = ClientPush::decode(kind, payload) {
        let mut again = BytesMut::new();
        push.clone().encode(&mut again);
        assert_eq!(ClientPush::decode(kind, again.freeze()), Ok(Some(push)));
    }
}

/// Two bytes of type, then the payload of what a server says; without a type, what it writes into logs.
pub(super) fn server_push(data: &[u8]) {
    let all = Bytes::copy_from_slice(data);
    if let Ok(event) = InboxEvent::decode(all.clone()) {
        assert_eq!(InboxEvent::decode(event.clone().to_bytes()), Ok(event));
    }
    let _ = Change::decode(all);
    let Some((kind, payload)) = typed(data) else { return };
    if let Ok(Some(response)) = Response::decode(kind, payload.clone()) {
        let mut again = BytesMut::new();
        response.clone().encode(&mut again);
        assert_eq!(Response::decode(kind, again.freeze()), Ok(Some(response)));
    }
    if let Ok(Some(push)) = ServerPush::decode(kind, payload) {
        let mut again = BytesMut::new();
        push.clone().encode(&mut again);
        assert_eq!(ServerPush::decode(kind, again.freeze()), Ok(Some(push)));
    }
}

fn typed(data: &[u8]) -> Option<(FrameType, Bytes)> {
    let (number, payload) = data.split_at_checked(2)?;
    let kind = FrameType::from_number(u16::from_be_bytes([number[0], number[1]]))?;
    Some((kind, Bytes::copy_from_slice(payload)))
}
