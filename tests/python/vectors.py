#!/usr/bin/env python3
"""The independent client's own codec against protocol/vectors: both ways, byte for byte."""
import base64
import json
import re
import sys

import ed25519
import wire

PASSED, FAILED = [], []


def vectors(file):
    return json.loads((wire.PROTOCOL / "vectors" / file).read_text("utf-8"))["vectors"]


def check(name, good):
    (PASSED if good else FAILED).append(name)
    if not good:
        print(f"FAILED {name}")


def from_json(message, fields):
    """Protobuf's JSON mapping, as the vectors have it, to what wire.py takes."""
    values = {}
    for camel, value in fields.items():
        field = re.sub(r"(?<!^)([A-Z])", r"_\1", camel).lower()
        _, kind, label = wire.MESSAGES[message][field]

        def one(item):
            if kind == "bytes":
                return base64.b64decode(item)
            if kind in ("uint64", "fixed64"):
                return int(item)
            if kind in wire.ENUMS:
                prefix = re.sub(r"(?<!^)(?=[A-Z])", "_", kind).upper() + "_"
                return item[len(prefix):]
            return from_json(kind, item) if kind in wire.MESSAGES else item

        values[field] = [one(item) for item in value] if label == "repeated" else one(value)
    return values


def same(message, read, expected):
    """Whether all that was expected was read, and all else is absent."""
    for field, (_, kind, label) in wire.MESSAGES[message].items():
        have, want = read[field], expected.get(field)
        if kind in wire.MESSAGES and want is not None:
            pairs = zip(have, want) if label == "repeated" else [(have, want)]
            if not all(same(kind, a, b) for a, b in pairs):
                return False
        elif have != want and (have or want):
            return False
    return True


for file in ("requests.json", "responses.json", "pushes.json", "refusals.json"):
    for vector in vectors(file):
        frame, message = bytes.fromhex(vector["frame"]), vector["message"]
        number, kind, stream, payload = wire.unframe(bytearray(frame))
        check(f"{vector['name']}: the frame", wire.frame(number, kind, stream, payload) == frame)
        check(f"{vector['name']}: its type", vector["name"].split()[0] == wire.NAMES[number])
        if message is None:
            continue
        fields = from_json(message, vector["fields"])
        check(f"{vector['name']}: reading", same(message, wire.decode(message, payload), fields))
        if message != "Refusal":
            check(f"{vector['name']}: writing", wire.encode(message, fields) == payload)

for vector in vectors("signed.json"):
    signed, seed = bytes.fromhex(vector["signed_bytes"]), vector.get("identity_key_seed", vector.get("device_key_seed"))
    check(f"{vector['name']}: the signature", ed25519.sign(bytes.fromhex(seed), signed).hex() == vector["signature"])

for vector in vectors("invites.json"):
    pin, code, addresses = wire.invite(vector["text"].lower())
    check(f"an invite {vector['name']}: its pin", pin.hex() == vector["pin"])
    check(f"an invite {vector['name']}: its code", code.hex() == (vector["code"] or ""))
    joined = [f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in addresses]
    check(f"an invite {vector['name']}: its addresses", joined == vector["addresses"])

print(f"{len(PASSED)} passed, {len(FAILED)} failed")
sys.exit(bool(FAILED) or not PASSED)
