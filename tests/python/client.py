#!/usr/bin/env python3
"""An independent client of Sotto, written from protocol/SPEC.md: Python's standard library and nothing else.

It says hello, registers, signs in with a device's key or a bot's token, asks, is delivered to, acknowledges, and goes
on where it stopped. It has no password login (Python has no ristretto255) and opens no sealed text.

    python3 client.py INVITE NAME    joins as NAME, keeps the device in NAME.json, and prints what arrives
"""
import collections
import hashlib
import hmac
import json
import os
import socket
import ssl
import sys
import tempfile
import time

import ed25519
import wire


class Refused(Exception):
    """A no, with its reason."""

    def __init__(self, refusal):
        super().__init__(f"{refusal['reason']} {refusal['detail']}")
        self.reason, self.detail, self.refusal = refusal["reason"], refusal["detail"], refusal


class Closed(Exception):
    """The connection is over; `bye` is the server's last word, if it had one."""

    def __init__(self, bye=None):
        super().__init__(f"closed: {bye}")
        self.bye = bye


class Device:
    """One key holder of an account, with everything that must survive a restart."""

    def __init__(self, name, keep=None):
        self.name, self.keep = name, keep
        self.account, self.device = os.urandom(16), os.urandom(16)
        self.identity_seed, self.seed, self.agreement_key = os.urandom(32), os.urandom(32), os.urandom(32)
        self.token, self.cursors, self.stored = b"", collections.defaultdict(int), []

    def certificate(self):
        """SPEC 4, the device certificate."""
        created_ms = int(time.time() * 1000)
        signed = b"sotto/1 device certificate\0" + self.account + ed25519.public(self.identity_seed)
        signed += self.device + ed25519.public(self.seed) + self.agreement_key + created_ms.to_bytes(8, "big")
        return {
            "device": self.device, "device_key": ed25519.public(self.seed), "agreement_key": self.agreement_key,
            "created_ms": created_ms, "signature": ed25519.sign(self.identity_seed, signed),
        }

    def proof(self, link):
        """SPEC 4, the device proof: of this device, on this connection, to this server."""
        signed = b"sotto/1 device proof\0" + link.exporter() + link.pin + self.account + self.device
        return ed25519.sign(self.seed, signed)

    def store(self, entry):
        """Keeps an entry once; False if it was here already. A real client commits to its disk here."""
        if entry["sequence"] <= self.cursors[entry["log"]]:
            return False
        self.cursors[entry["log"]] = entry["sequence"]
        self.stored.append(entry)
        if self.keep:
            state = {log.hex(): upto for log, upto in self.cursors.items()}
            with open(self.keep, "w", encoding="utf-8") as file:
                json.dump({"cursors": state, "token": self.token.hex()}, file)
        return True


class Link:
    """One connection. Requests may be pipelined: `send` gives a stream, `answer` waits for it."""

    def __init__(self, address, pin, alpn="sotto/1", source=None, hello=True, timeout=10):
        self.pin, self.timeout = pin, timeout
        self.buffer, self.answers, self.pushes = bytearray(), {}, collections.deque()
        self.stream, self.bye = -1, None
        # TLS 1.3's exporter secret is only to be had from a key log.
        log = tempfile.NamedTemporaryFile(prefix="sotto-exporter-", suffix=".keys")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.set_alpn_protocols([alpn])
        context.keylog_filename = log.name
        raw = socket.create_connection(address, timeout, source and (source, 0))
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = context.wrap_socket(raw)
        with log:
            lines = [line.split() for line in open(log.name, encoding="ascii")]
        self.secret = next(bytes.fromhex(words[2]) for words in lines if words and words[0] == "EXPORTER_SECRET")
        if self.socket.selected_alpn_protocol() != alpn:
            self.close()
            raise ssl.SSLError("the server does not speak this protocol")
        if hashlib.sha256(self.socket.getpeercert(True)).digest() != pin:
            self.close()
            raise ssl.SSLError("this is not the server of the invite")
        self.welcome = self.ask("Hello", max_minor=0, client="pysotto/0.1", features=["grease-0badcafe"]) if hello else None

    def exporter(self):
        """RFC 8446 7.5 with RFC 9266's label: 32 bytes that only the two ends of this connection know."""
        algorithm = "sha384" if self.socket.cipher()[0].endswith("SHA384") else "sha256"

        def expand_label(secret, label, context, length):
            label, out, block = b"tls13 " + label, b"", b""
            info = length.to_bytes(2, "big") + bytes([len(label)]) + label + bytes([len(context)]) + context
            for count in range(1, 256):
                block = hmac.new(secret, block + info + bytes([count]), algorithm).digest()
                out += block
                if len(out) >= length:
                    return out[:length]

        empty = hashlib.new(algorithm).digest()
        derived = expand_label(self.secret, b"EXPORTER-Channel-Binding", empty, len(empty))
        return expand_label(derived, b"exporter", empty, 32)

    # What goes out.

    def send_raw(self, data):
        self.socket.settimeout(self.timeout)
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise Closed(self.bye) from error

    def request_bytes(self, type_, values, raw=None):
        self.stream += 2
        payload = wire.encode(type_, values) if raw is None else raw
        # GREASE: the bits that mean nothing are never still.
        return wire.frame(wire.TYPES[type_][0], wire.REQUEST, self.stream, payload, *os.urandom(2))

    def send(self, type_, raw=None, **values):
        self.send_raw(self.request_bytes(type_, values, raw))
        return self.stream

    def push(self, type_, **values):
        self.send_raw(wire.frame(wire.TYPES[type_][0], wire.PUSH, 0, wire.encode(type_, values)))

    def ask(self, type_, raw=None, **values):
        return self.answer(self.send(type_, raw, **values))

    # What comes in.

    def answer(self, stream):
        """The answer on this stream; pushes that come first are kept."""
        while stream not in self.answers:
            self._read(self.timeout)
        type_, kind, payload = self.answers.pop(stream)
        if kind == wire.REFUSAL:
            raise Refused(wire.decode("Refusal", payload))
        name = wire.TYPES[type_][1]
        return payload if name == "raw bytes" else wire.decode(name, payload)

    def next_push(self, wanted=None, timeout=5):
        """The next push (of this type) as (type, message); None after the timeout."""
        end = time.monotonic() + timeout
        while True:
            for place, (type_, message) in enumerate(self.pushes):
                if wanted in (None, type_):
                    del self.pushes[place]
                    return type_, message
            left = end - time.monotonic()
            if left <= 0:
                return None
            try:
                self._read(left)
            except TimeoutError:
                return None

    def _read(self, timeout):
        """Reads at least one frame."""
        while not (parts := wire.unframe(self.buffer)):
            if self.bye:
                raise Closed(self.bye)
            self.socket.settimeout(max(timeout, 0.001))
            try:
                data = self.socket.recv(65536)
            except TimeoutError:
                raise
            except OSError as error:
                raise Closed(self.bye) from error
            if not data:
                raise Closed(self.bye)
            self.buffer += data
        number, kind, stream, payload = parts
        type_ = wire.NAMES.get(number)
        if kind in (wire.RESPONSE, wire.REFUSAL):
            self.answers[stream] = (type_, kind, payload)
        elif kind == wire.REQUEST and type_ == "Ping":
            self.send_raw(wire.frame(number, wire.RESPONSE, stream, wire.encode("Pong", {})))
        elif kind == wire.PUSH and type_:
            message = wire.decode(type_, payload)
            if type_ == "Bye":
                self.bye = message
            self.pushes.append((type_, message))

    # What a client does with it.

    def register(self, who, code, **more):
        values = {
            "invite": code, "account": who.account, "user_name": who.name, "display_name": who.name.title(),
            "identity_key": ed25519.public(who.identity_seed), "device": who.certificate(),
            "device_name": "python", "proof": who.proof(self),
        }
        return self._signed_in(who, self.ask("Register", **{**values, **more}))

    def sign_in(self, device):
        answer = self.ask("Auth", account=device.account, device=device.device, signature=device.proof(self),
                          token=device.token)
        return self._signed_in(device, answer)

    def sign_in_bot(self, account, device, token):
        return self.ask("Auth", account=account, device=device, token=token)

    def _signed_in(self, device, answer):
        if answer["token"]:
            device.token = answer["token"]["token"]
        return answer

    def append(self, log, sealed, envelope_id=None):
        return self.ask("Append", **message(log, sealed, envelope_id))

    def receive(self, device, timeout=5, acknowledge=True):
        """Stores the next entry and acknowledges it; None after the timeout."""
        end = time.monotonic() + timeout
        while (push := self.next_push("Deliver", max(end - time.monotonic(), 0))) is not None:
            entry = push[1]
            is_new = device.store(entry)
            if acknowledge:
                self.push("Ack", log=entry["log"], upto=device.cursors[entry["log"]])
            if is_new:
                return entry
        return None

    def close(self):
        try:
            self.socket.close()
        except OSError:
            pass


def message(log, sealed, envelope_id=None):
    """The fields of an APPEND."""
    return {"log": log, "envelope_id": envelope_id or uuid7(), "kind": "MESSAGE", "sealed": sealed}


def uuid7():
    """Made once for an envelope, and kept with it."""
    made = bytearray(int(time.time() * 1000).to_bytes(6, "big") + os.urandom(10))
    made[6], made[8] = made[6] & 0x0F | 0x70, made[8] & 0x3F | 0x80
    return bytes(made)


def main():
    pin, code, addresses = wire.invite(sys.argv[1])
    device = Device(sys.argv[2], keep=f"{sys.argv[2]}.json")
    link = Link(addresses[0], pin)
    print("signed in:", link.register(device, code))
    while True:
        if push := link.next_push(timeout=25):
            print(*push)
            if push[0] == "Deliver" and device.store(push[1]):
                link.push("Ack", log=push[1]["log"], upto=push[1]["sequence"])
        else:
            link.ask("Ping")


if __name__ == "__main__":
    main()
