#!/usr/bin/env python3
"""The independent client's journey through the real daemon: join, befriend, talk, go away, come back, misbehave.

    python3 journey.py [SOTTOD]     default: target/debug/sottod

It starts the daemon in a folder of its own on a free port, and ends it. Names of checks are sentences; the last line is
`N passed, N failed`.
"""
import json
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import traceback

import ed25519
import wire
from client import Closed, Device, Link, Refused, message, uuid7

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Daemon:
    """The real sottod, by hand: no root, no configuration."""

    def __init__(self, program, folder):
        self.program, self.folder, self.process, self.invites = program, folder, None, []
        self.listen = "127.0.0.1:0"
        self.start("--invite")

    def start(self, *more):
        log = open(self.folder / "sottod.log", "ab")
        self.process = subprocess.Popen(
            [self.program, "--data", self.folder / "state", "--listen", self.listen, "--json", *more],
            stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL)
        line = self.process.stdout.readline()
        assert line, "sottod said nothing: " + (self.folder / "sottod.log").read_text()
        said = json.loads(line)
        # After a restart the port must be the same one.
        self.listen = said["listening"][0]
        host, port = self.listen.rsplit(":", 1)
        self.address, self.pin = (host, int(port)), bytes.fromhex(said["pin"])
        self.invites += [wire.invite(text)[1] for text in said["invites"]]

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(20)


class World:
    """What the checks share."""


W = World()
CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


def link(host=1, **more):
    """A connection from 127.0.0.`host`: who misbehaves does it from a place of its own, and is penalised there."""
    return Link(W.daemon.address, W.daemon.pin, source=f"127.0.0.{host}", **more)


def refused(reason, work, **detail):
    """Checks that `work` is refused for this reason."""
    try:
        answer = work()
    except Refused as no:
        assert no.reason == reason, f"refused with {no}, not {reason}"
        for key, value in detail.items():
            assert no.detail.get(key) == str(value), f"{no}: {key} is not {value}"
        return no
    raise AssertionError(f"not refused with {reason}, but answered: {answer}")


def closed(connection, reason):
    """Checks that the server says BYE for this reason, then closes."""
    try:
        while True:
            connection._read(10)
    except Closed as end:
        assert end.bye and end.bye["reason"] == reason, f"{end}, not {reason}"
        return end.bye


def alive(connection):
    assert connection.ask("Ping")["time_ms"] > 0


def inbox(connection, device, event):
    """The next event of this kind in the device's inbox."""
    while (entry := connection.receive(device)) is not None:
        if entry["log"] == device.device and (found := wire.decode("InboxEvent", entry["sealed"])[event]):
            return found
    raise AssertionError(f"no {event} event came")


def texts(connection, device, count):
    """The next messages, acknowledged one by one."""
    found = []
    while len(found) < count:
        entry = connection.receive(device)
        assert entry is not None, f"only {len(found)} of {count} came"
        if entry["kind"] == "MESSAGE":
            found.append(entry["sealed"].decode())
    return found


# The door.


@check
def the_server_greets_whoever_brings_the_right_pin():
    greeted = link()
    assert greeted.welcome["server_name"] and greeted.welcome["limits"]["frame_max"] >= 16384
    alive(greeted)
    greeted.close()


@check
def another_server_than_the_one_of_the_invite_is_not_spoken_to():
    try:
        Link(W.daemon.address, b"\0" * 32)
    except ssl.SSLError as error:
        assert "not the server" in str(error)
    else:
        raise AssertionError("the client went on")


@check
def another_protocol_or_an_older_tls_gets_an_alert():
    try:
        link(alpn="sotto/9")
    except (ssl.SSLError, ConnectionError) as error:
        assert "ALERT" in str(error).upper() or isinstance(error, ConnectionError), error
    else:
        raise AssertionError("the server took sotto/9")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.wrap_socket(socket.create_connection(W.daemon.address, 5, ("127.0.0.2", 0)))
    except (ssl.SSLError, ConnectionError):
        return
    raise AssertionError("the server took TLS 1.2")


@check
def a_request_before_sign_in_is_refused_and_the_connection_stays():
    stranger = link()
    refused("auth.required", lambda: stranger.ask("ContactList"))
    refused("auth.required", lambda: stranger.append(b"\1" * 16, b"hello"))
    alive(stranger)
    refused("request.out_of_place", lambda: stranger.ask("Hello"))
    alive(stranger)
    stranger.close()


@check
def an_unknown_type_is_refused_and_an_unknown_push_ignored():
    stranger = link()
    stranger.stream += 2
    stranger.send_raw(wire.frame(0x7E2A, wire.REQUEST, stranger.stream, b"grease"))
    refused("type.unknown", lambda: stranger.answer(stranger.stream))
    stranger.send_raw(wire.frame(0x7E2B, wire.PUSH, 0, b"grease"))
    alive(stranger)
    stranger.close()


@check
def streams_must_be_odd_and_rise():
    stranger = link()
    for stream in (2, 0, 1):
        stranger.send_raw(wire.frame(wire.TYPES["Ping"][0], wire.REQUEST, stream, b""))
        refused("stream.invalid", lambda: stranger.answer(stream))
    alive(stranger)
    stranger.close()


@check
def a_message_that_makes_no_sense_is_refused_with_the_field():
    stranger = link()
    refused("request.malformed", lambda: stranger.ask("Auth", raw=b"\x0a\xff\xff"))
    refused("request.malformed", lambda: stranger.ask("Auth", account=b"short", device=b"2" * 16), field="account")
    refused("request.malformed", lambda: stranger.ask("LoginStart", raw=b"\x0a\x00" * 600))
    refused("request.malformed", lambda: stranger.ask("LoginStart", raw=b"\x0a" * 5000))
    alive(stranger)
    stranger.close()


# People.


@check
def two_people_join_by_invite():
    W.anna, W.ben = Device("anna"), Device("ben")
    W.a, W.b = link(), link()
    signed = W.a.register(W.anna, W.daemon.invites[0])
    assert signed["account"] == W.anna.account and signed["token"]["token_type"] == "DEVICE"
    W.b.register(W.ben, W.daemon.invites[1])


@check
def registering_again_after_a_lost_answer_is_safe():
    again = link()
    assert again.register(W.ben, W.daemon.invites[1])["account"] == W.ben.account
    W.b.close()
    W.b = again


@check
def an_invite_is_used_once():
    stranger = link()
    refused("invite.used", lambda: stranger.register(Device("carl"), W.daemon.invites[0]))
    refused("invite.required", lambda: stranger.register(Device("carl"), b""))
    stranger.close()


@check
def a_name_that_deceives_the_eye_is_refused():
    stranger = link()
    field = "display_name"
    refused("request.malformed", lambda: stranger.register(Device("carl"), b"", display_name="Ca\u202erl"), field=field)
    refused("request.malformed", lambda: stranger.register(Device("Carl"), b""), field="user_name")
    stranger.close()


@check
def a_certificate_or_proof_of_another_key_is_refused():
    stranger, carl = link(3), Device("carl")
    certificate = {**carl.certificate(), "agreement_key": b"\7" * 32}
    refused("certificate.invalid", lambda: stranger.register(carl, b"x" * 16, device=certificate))
    refused("auth.failed", lambda: stranger.register(carl, b"x" * 16, proof=ed25519.sign(carl.seed, b"else")))
    stranger.close()


@check
def a_device_signs_in_with_its_key_and_its_token_is_not_renewed():
    W.a.close()
    W.a = link()
    assert W.a.sign_in(W.anna)["token"] is None


@check
def a_proof_of_another_connection_or_key_is_refused():
    thief, other = link(4), link(4)
    proof = W.anna.proof(other)
    fields = {"account": W.anna.account, "device": W.anna.device, "token": W.anna.token}
    refused("auth.failed", lambda: thief.ask("Auth", signature=proof, **fields))
    refused("auth.failed", lambda: thief.ask("Auth", **fields))
    thief.close(), other.close()


@check
def the_same_device_elsewhere_replaces_the_older_session():
    newer = link()
    newer.sign_in(W.anna)
    bye = closed(W.a, "session.replaced")
    assert bye["reconnect_after_ms"] == 0xFFFFFFFF
    W.a = newer


@check
def a_contact_is_asked_for_and_accepted_and_never_oneself():
    refused("contact.self", lambda: W.a.ask("ContactRequest", account=W.anna.account))
    asked = W.a.ask("ContactRequest", account=W.ben.account, note="it is me")
    assert asked["status"] == "REQUESTED" and asked["person"]["user_name"] == "ben"
    event = inbox(W.b, W.ben, "contact")
    assert (event["contact"]["status"], event["note"]) == ("ASKED", "it is me")
    assert W.b.ask("ContactAccept", account=W.anna.account)["status"] == "ACCEPTED"
    assert inbox(W.a, W.anna, "contact")["contact"]["status"] == "ACCEPTED"
    page = W.a.ask("ContactList", limit=1_000_000_000)
    assert [contact["person"]["user_name"] for contact in page["contacts"]] == ["ben"] and not page["more"]


@check
def presence_is_told_to_contacts():
    W.b.ask("PresenceSet", status="AWAY", port=40000)
    found = W.a.ask("PresenceGet", accounts=[W.ben.account])["presences"]
    assert [presence["status"] for presence in found] == ["AWAY"]
    assert found[0]["devices"][0]["port"] == 40000
    assert W.a.next_push("Presence") is not None


# Talking.


@check
def a_direct_room_is_made_once():
    fields = {"kind": "DIRECT", "seats": [{"account": W.ben.account}], "title": b"sealed"}
    made = W.a.ask("RoomCreate", room=os.urandom(16), envelope_id=uuid7(), **fields)
    again = W.a.ask("RoomCreate", room=os.urandom(16), envelope_id=uuid7(), **fields)
    assert not made["existed"] and again["existed"] and again["room"] == made["room"]
    W.room = made["room"]
    assert inbox(W.b, W.ben, "room")["state"]["room"] == W.room
    assert len(W.b.ask("RoomList")["rooms"]) == 1


@check
def what_one_says_the_other_hears_and_not_oneself():
    accepted = W.a.append(W.room, "hello, 本".encode())
    assert accepted["sequence"] > 0 and accepted["log"] == W.room and not accepted["duplicate"]
    assert texts(W.b, W.ben, 1) == ["hello, 本"]
    W.b.append(W.room, b"hello yourself")
    assert texts(W.a, W.anna, 1) == ["hello yourself"]
    assert W.b.receive(W.ben, timeout=0.3) is None, "one's own words came back"


@check
def the_same_envelope_is_taken_once_and_never_for_something_else():
    envelope = uuid7()
    first = W.a.append(W.room, b"once", envelope)
    again = W.a.append(W.room, b"once", envelope)
    assert again["duplicate"] and again["sequence"] == first["sequence"] and again["at_ms"] == first["at_ms"]
    refused("envelope.conflict", lambda: W.a.append(W.anna.device, b"elsewhere", envelope))
    assert texts(W.b, W.ben, 1) == ["once"]
    assert W.b.receive(W.ben, timeout=0.3) is None


@check
def a_pipeline_keeps_its_order():
    streams = []
    for number in range(200):
        if len(streams) >= 30:
            W.a.answer(streams.pop(0))
        streams.append(W.a.send("Append", **message(W.room, f"line {number}".encode())))
    sequences = [W.a.answer(stream)["sequence"] for stream in streams]
    assert sequences == sorted(sequences)
    assert texts(W.b, W.ben, 200) == [f"line {number}" for number in range(200)]


@check
def one_request_too_many_at_once_is_refused_and_may_be_sent_again():
    drafts = [message(W.room, f"crowd {number}".encode()) for number in range(200)]
    requests = [W.a.request_bytes("Append", draft) for draft in drafts]
    first = W.a.stream - 2 * (len(drafts) - 1)
    W.a.send_raw(b"".join(requests))
    accepted, again = [], []
    for place, draft in enumerate(drafts):
        try:
            accepted.append(W.a.answer(first + 2 * place)["sequence"])
        except Refused as no:
            assert no.reason == "limit.in_flight" and no.refusal["retryable"], no
            again.append(draft)
    assert again, "200 requests in one packet were all taken"
    for draft in again:
        accepted.append(W.a.ask("Append", **draft)["sequence"])
    assert len(set(accepted)) == 200
    assert sorted(texts(W.b, W.ben, 200)) == sorted(f"crowd {number}" for number in range(200))


@check
def who_does_not_acknowledge_gets_no_more_than_the_window():
    window = W.b.welcome["limits"]["envelopes_unacknowledged"]
    for number in range(window + 10):
        W.a.append(W.room, f"window {number}".encode())
    held = []
    while (push := W.b.next_push("Deliver", timeout=1)) is not None:
        held.append(push[1])
    assert len(held) == window, f"{len(held)} came unacknowledged"
    for entry in held:
        W.ben.store(entry)
    W.b.push("Ack", log=W.room, upto=held[-1]["sequence"])
    assert texts(W.b, W.ben, 10) == [f"window {window + number}" for number in range(10)]


@check
def who_was_away_gets_everything_and_what_was_not_acknowledged_again():
    W.a.append(W.room, b"before")
    assert W.b.next_push("Deliver")[1]["sealed"] == b"before"
    W.b.close()
    for number in range(5):
        W.a.append(W.room, f"away {number}".encode())
    W.b = link()
    W.b.sign_in(W.ben)
    assert texts(W.b, W.ben, 6) == ["before"] + [f"away {number}" for number in range(5)]
    assert W.b.receive(W.ben, timeout=0.3) is None


@check
def hello_sign_in_and_a_request_fit_one_packet():
    eager = link(hello=False)
    hello = eager.request_bytes("Hello", {"client": "eager"})
    auth = {"account": W.ben.account, "device": W.ben.device, "signature": W.ben.proof(eager), "token": W.ben.token}
    asked = [hello, eager.request_bytes("Auth", auth), eager.request_bytes("AccountShow", {})]
    eager.send_raw(b"".join(asked))
    assert eager.answer(1)["server_name"] and eager.answer(3)["session"]
    assert eager.answer(5)["user_name"] == "ben"
    W.b = eager


@check
def nothing_accepted_is_lost_when_the_server_is_killed():
    W.b.close()
    said = [f"kill {number}" for number in range(40)]
    for text in said:
        W.a.append(W.room, text.encode())
    W.daemon.stop(signal.SIGKILL)
    W.a.close()
    W.daemon.start()
    W.a, W.b = link(), link()
    W.a.sign_in(W.anna), W.b.sign_in(W.ben)
    assert texts(W.b, W.ben, 40) == said
    W.a.append(W.room, b"and on it goes")
    assert texts(W.b, W.ben, 1) == ["and on it goes"]


@check
def a_server_that_stops_says_so():
    W.daemon.stop()
    assert closed(W.a, "server.stopping")["reconnect_after_ms"] != 0xFFFFFFFF
    W.daemon.start()
    W.a, W.b = link(), link()
    W.a.sign_in(W.anna), W.b.sign_in(W.ben)


@check
def nobody_else_reads_or_writes_the_room():
    made = W.a.ask("InviteCreate", name="for eve")
    W.eve, W.e = Device("eve"), link()
    W.e.register(W.eve, made["code"])
    contacts = [contact["person"]["user_name"] for contact in W.e.ask("ContactList")["contacts"]]
    assert contacts == ["anna"], "who joins by somebody's invite is their contact"
    for work in (lambda: W.e.append(W.room, b"me too"), lambda: W.e.append(W.ben.device, b"into an inbox")):
        refused("log.unknown", work)
    refused("room.unknown", lambda: W.e.ask("RoomMembers", room=W.room))
    fields = {"room": os.urandom(16), "envelope_id": uuid7(), "kind": "DIRECT"}
    refused("room.not_contacts", lambda: W.e.ask("RoomCreate", seats=[{"account": W.ben.account}], **fields))


@check
def a_group_message_reaches_everybody():
    W.group = os.urandom(16)
    seats = [{"account": W.ben.account}]
    W.a.ask("RoomCreate", room=W.group, kind="GROUP", seats=seats, title=b"all", envelope_id=uuid7())
    seats = [{"account": W.eve.account}]
    assert W.a.ask("RoomChange", room=W.group, envelope_id=uuid7(), add=seats)["sequence"] > 0
    refused("room.role", lambda: W.b.ask("RoomChange", room=W.group, envelope_id=uuid7(), remove=[W.eve.account]))
    W.a.append(W.group, b"to all of you")
    assert texts(W.b, W.ben, 1) == texts(W.e, W.eve, 1) == ["to all of you"]
    members = W.e.ask("RoomMembers", room=W.group)["members"]
    assert sorted(member["person"]["user_name"] for member in members) == ["anna", "ben", "eve"]


# Bots.


@check
def two_bots_talk_by_their_tokens_alone_within_their_scopes():
    W.bots = []
    for name in ("hoover", "kettle"):
        bot, owner = Device(name), link()
        owner.register(bot, W.a.ask("InviteCreate", name=name)["code"])
        owner.ask("ProfileChange", open_to_all=True)
        refused("request.malformed", lambda: owner.ask("TokenCreate", name=name, scopes=["everything"]), field="scopes")
        made = owner.ask("TokenCreate", name=name, scopes=["send", "receive", "rooms"])
        assert made["token"]["token_type"] == "BOT" and made["token"]["scopes"] == ["send", "receive", "rooms"]
        bound = [token for token in owner.ask("TokenList")["tokens"] if token["token_id"] == made["token_id"]]
        assert [token["device"] for token in bound] == [bot.device]
        owner.close()
        bot.token = made["token"]["token"]
        W.bots.append(bot)
    hoover, kettle = W.bots
    h, k = link(), link()
    for connection, bot in ((h, hoover), (k, kettle)):
        signed = connection.sign_in_bot(bot.account, bot.device, bot.token)
        assert (signed["account"], signed["device"]) == (bot.account, bot.device)
        refused("auth.scope", lambda: connection.ask("AccountDelete", user_name=bot.name), scope="account")
        refused("auth.scope", lambda: connection.ask("ContactRequest", account=W.anna.account), scope="contacts")
    seats, room = [{"account": kettle.account}], os.urandom(16)
    h.ask("RoomCreate", room=room, kind="GROUP", seats=seats, envelope_id=uuid7())
    assert inbox(k, kettle, "room")["state"]["room"] == room
    h.append(room, b"dust found")
    assert texts(k, kettle, 1) == ["dust found"]
    k.close()
    h.append(room, b"more dust")
    k = link()
    k.sign_in_bot(kettle.account, kettle.device, kettle.token)
    assert texts(k, kettle, 1) == ["more dust"]
    W.h, W.k = h, k


@check
def a_revoked_token_is_dead_at_once():
    kettle, owner = W.bots[1], link()
    owner.sign_in(kettle)
    closed(W.k, "session.replaced")
    bot = link()
    token_id = next(token["token_id"] for token in owner.ask("TokenList")["tokens"] if token["token_type"] == "BOT")
    owner.ask("TokenRevoke", token_id=token_id)
    owner.close()
    refused("auth.failed", lambda: bot.sign_in_bot(kettle.account, kettle.device, kettle.token))
    bot.close(), W.h.close()


# Attachments.


@check
def an_attachment_goes_up_in_pieces_and_comes_down_the_same():
    import hashlib
    whole = os.urandom(150_000)
    blob = hashlib.sha256(whole).digest()
    W.a.ask("BlobOpen", blob=blob, size=len(whole))
    put = lambda at: W.a.ask("BlobPut", raw=blob + at.to_bytes(8, "big") + whole[at:at + 65536])
    put(0)
    refused("blob.incomplete", lambda: W.a.ask("BlobCommit", blob=blob))
    assert W.a.ask("BlobOpen", blob=blob, size=len(whole))["have"] == [{"from": 0, "to": 65536}]
    put(65536), put(131072), put(131072)
    assert W.a.ask("BlobCommit", blob=blob)["complete"]
    pieces = [W.b.ask("BlobGet", blob=blob, offset=at, length=65536) for at in range(0, len(whole), 65536)]
    assert b"".join(pieces) == whole
    refused("blob.unknown", lambda: W.b.ask("BlobGet", blob=b"\0" * 32, length=1))


# Goodbye.


@check
def an_account_goes_only_by_its_own_name_and_then_for_good():
    refused("account.name_mismatch", lambda: W.e.ask("AccountDelete", user_name="anna"))
    W.e.ask("AccountDelete", user_name="eve")
    refused("person.unknown", lambda: W.a.ask("PersonShow", user_name="eve"))
    stranger = link(6)
    refused("auth.failed", lambda: stranger.sign_in(W.eve))
    stranger.close()


@check
def a_device_that_signed_out_stays_out():
    W.b.ask("SignOut")
    stranger = link(6)
    refused("auth.signed_out", lambda: stranger.sign_in(W.ben))
    stranger.close()


# Misbehaving: each from an address of its own.


@check
def a_first_word_that_is_not_hello_ends_the_connection():
    rude = link(10, hello=False)
    refused("hello.expected", lambda: rude.ask("Ping"))
    closed(rude, "hello.expected")


@check
def a_frame_that_is_too_long_ends_the_connection():
    rude = link(11)
    rude.send_raw((16385).to_bytes(4, "big"))
    closed(rude, "frame.too_large")
    assert any(type_ == "Bye" for type_, _, _ in rude.answers.values()), "no refusal came before BYE"


@check
def a_frame_that_is_too_short_ends_the_connection():
    rude = link(12)
    rude.send_raw((7).to_bytes(4, "big") + b"\0" * 7)
    closed(rude, "frame.malformed")


@check
def a_browser_or_a_telnet_is_shown_out():
    for host, words in ((13, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"), (14, os.urandom(64))):
        raw = socket.create_connection(W.daemon.address, 5, (f"127.0.0.{host}", 0))
        raw.settimeout(12)
        raw.sendall(words)
        try:
            while raw.recv(4096):
                pass
        except ConnectionError:
            pass
        raw.close()


@check
def who_misbehaves_again_and_again_waits_outside():
    turned_away = False
    for _ in range(6):
        try:
            rude = link(15, hello=False)
            rude.send_raw((16385).to_bytes(4, "big"))
            closed(rude, "frame.too_large")
        except (Closed, OSError, AssertionError):
            turned_away = True
    assert turned_away
    alive(link())


@check
def the_daemon_goes_on_and_has_said_nothing_alarming():
    alive(W.a)
    W.daemon.stop()
    assert W.daemon.process.returncode == 0
    log = (W.daemon.folder / "sottod.log").read_text(errors="replace")
    assert "panicked" not in log, log[-3000:]


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else ROOT / "target/debug/sottod"
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="sotto-journey-") as folder:
        W.daemon = Daemon(program, pathlib.Path(folder))
        try:
            for function in CHECKS:
                name = function.__name__.replace("_", " ")
                began = time.monotonic()
                try:
                    function()
                    passed += 1
                    print(f"ok      {name} ({time.monotonic() - began:.2f} s)", flush=True)
                except Exception:
                    failed += 1
                    print(f"FAILED  {name}\n{traceback.format_exc()}", flush=True)
        finally:
            if W.daemon.process.poll() is None:
                W.daemon.stop(signal.SIGKILL)
            if failed:
                print((W.daemon.folder / "sottod.log").read_text(errors="replace")[-3000:])
    print(f"{passed} passed, {failed} failed")
    sys.exit(bool(failed) or not passed)


if __name__ == "__main__":
    main()
