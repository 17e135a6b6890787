"""Sotto's wire from its own documents: message shapes are read from `proto/`, frame types from SPEC.md's table.

Frames are SPEC.md section 2. Protobuf is the forty lines in the middle.
"""
import pathlib
import re
import struct

PROTOCOL = pathlib.Path(__file__).resolve().parents[2] / "protocol"

REQUEST, RESPONSE, PUSH, REFUSAL = range(4)
MORE = 4


def _read_protos():
    messages, enums = {}, {}
    for path in sorted(PROTOCOL.glob("proto/sotto/v1/*.proto")):
        text = re.sub(r"//[^\n]*", "", path.read_text("utf-8"))
        for name, body in re.findall(r"enum (\w+) \{([^}]*)\}", text):
            prefix = re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper() + "_"
            enums[name] = {n[len(prefix):]: int(v) for n, v in re.findall(r"(\w+) = (\d+);", body)}
        for name, body in re.findall(r"message (\w+) \{((?:[^{}]|\{[^{}]*\})*)\}", text):
            fields = re.findall(r"(repeated |optional )?(map<string, string>|\w+) (\w+) = (\d+);", body)
            messages[name] = {field: (int(number), kind, label.strip()) for label, kind, field, number in fields}
    return messages, enums


def _read_types():
    types = {}
    row = re.compile(r"^\| (0x[0-9a-f]{4}) \| (\w+) \| [^|]* \| [^|]* \| ([^|]*) \|", re.M)
    for number, name, answer in row.findall((PROTOCOL / "SPEC.md").read_text("utf-8")):
        types[name] = (int(number, 16), answer.strip())
    return types


MESSAGES, ENUMS = _read_protos()
TYPES = _read_types()
NAMES = {number: name for name, (number, _) in TYPES.items()}


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def read_varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 0x80:
            return value, at


def encode(message, values):
    """A message of this name; absent, zero and empty are the same, but for `optional` fields."""
    out = b""
    unknown = set(values) - set(MESSAGES[message])
    assert not unknown, f"{message} has no {unknown}"
    for field, (number, kind, label) in sorted(MESSAGES[message].items(), key=lambda item: item[1][0]):
        value = values.get(field)
        for item in value or [] if label == "repeated" else [] if value is None else [value]:
            if kind in ENUMS and isinstance(item, str):
                item = ENUMS[kind][item]
            if kind == "fixed64":
                tag, body = 1, struct.pack("<Q", item)
            elif kind in ("bytes", "string"):
                item = item.encode() if isinstance(item, str) else item
                tag, body = 2, varint(len(item)) + item
            elif kind in MESSAGES:
                item = encode(kind, item)
                tag, body = 2, varint(len(item)) + item
            else:
                tag, body = 0, varint(int(item))
            if label or item or kind in MESSAGES:
                out += varint(number << 3 | tag) + body
    return out


def decode(message, data):
    """A message of this name as a dictionary; fields that nobody knows are skipped."""
    shape = {number: (field, kind, label) for field, (number, kind, label) in MESSAGES[message].items()}
    values = {field: [] if label == "repeated" else None for field, kind, label in shape.values()}
    plain = {"bytes": b"", "string": "", "bool": False}
    for field, kind, label in shape.values():
        if not label and kind not in MESSAGES:
            values[field] = {} if kind.startswith("map") else plain.get(kind, 0)
    at = 0
    while at < len(data):
        tag, at = read_varint(data, at)
        if tag & 7 == 0:
            raw, at = read_varint(data, at)
        else:
            length, at = {1: (8, at), 5: (4, at)}.get(tag & 7) or read_varint(data, at)
            raw, at = data[at:at + length], at + length
            assert len(raw) == length, "cut off"
        field, kind, label = shape.get(tag >> 3, (None, None, None))
        if field is None:
            continue
        if kind.startswith("map"):
            entry = {1: b"", 2: b"", **dict(_fields(raw))}
            values[field][entry[1].decode()] = entry[2].decode()
            continue
        if kind == "fixed64":
            raw = struct.unpack("<Q", raw)[0]
        elif kind == "string":
            raw = raw.decode()
        elif kind == "bool":
            raw = bool(raw)
        elif kind in MESSAGES:
            raw = decode(kind, raw)
        elif kind in ENUMS:
            raw = next((name for name, number in ENUMS[kind].items() if number == raw), raw)
        values[field] = values[field] + [raw] if label == "repeated" else raw
    return values


def _fields(data):
    at = 0
    while at < len(data):
        tag, at = read_varint(data, at)
        length, at = read_varint(data, at)
        yield tag >> 3, data[at:at + length]
        at += length


def frame(number, kind, stream, payload, flags=0, reserved=0):
    """A frame; `flags` and `reserved` take the bits that mean nothing."""
    return struct.pack(">IHBBI", len(payload) + 8, number, kind | flags & 0xF8, reserved, stream) + payload


def unframe(buffer):
    """Takes one frame from the front of a bytearray: (number, kind, stream, payload), or None."""
    if len(buffer) < 4 or len(buffer) < 4 + int.from_bytes(buffer[:4], "big"):
        return None
    length, number, flags, _, stream = struct.unpack(">IHBBI", buffer[:12])
    payload = bytes(buffer[12:4 + length])
    del buffer[:4 + length]
    return number, flags & 3, stream, payload


def invite(text):
    """What an invite says: pin, code, [(host, port)]."""
    import base64
    head, version, pin, code, *addresses = "".join(text.split()).upper().split(":")
    assert (head, version) == ("SOTTO", "1"), "no invite"
    unpack = lambda part: base64.b32decode(part + "=" * (-len(part) % 8))
    places = [address.replace("+", ":").lower().rsplit("/", 1) for address in addresses]
    return unpack(pin), unpack(code), [(host, int(port)) for host, port in places]
