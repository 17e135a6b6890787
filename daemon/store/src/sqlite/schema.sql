-- Version 1. Ids are bytes as on the wire; times are Unix milliseconds; enums have their wire numbers; '' and x'' mean
-- absent. What is written here once keeps its meaning for good: changes are new versions.

CREATE TABLE server (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    certificate BLOB NOT NULL DEFAULT x'',
    certificate_key BLOB NOT NULL DEFAULT x'',
    pin BLOB NOT NULL DEFAULT x'',
    opaque_setup BLOB NOT NULL DEFAULT x'',
    incarnation INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE account (
    account BLOB PRIMARY KEY NOT NULL CHECK (length(account) = 16),
    user_name TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    display_folded TEXT NOT NULL,
    email TEXT NOT NULL DEFAULT '',
    email_folded TEXT NOT NULL DEFAULT '',
    identity_key BLOB NOT NULL CHECK (length(identity_key) = 32),
    created_ms INTEGER NOT NULL DEFAULT 0,
    source TEXT NOT NULL DEFAULT '',
    visibility INTEGER NOT NULL DEFAULT 1,
    shares_last_seen INTEGER NOT NULL DEFAULT 0,
    open_to_all INTEGER NOT NULL DEFAULT 0,
    disabled INTEGER NOT NULL DEFAULT 0,
    password_file BLOB NOT NULL DEFAULT x'',
    recovery_blob BLOB NOT NULL DEFAULT x'',
    roster_revision INTEGER NOT NULL DEFAULT 0,
    rooms_revision INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX account_by_email ON account (email_folded) WHERE email_folded <> '';

-- Short numbers for who wrote and who reads. They outlive their device while entries name them, and never return.
CREATE TABLE actor (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    device BLOB NOT NULL CHECK (length(device) = 16),
    account BLOB NOT NULL CHECK (length(account) = 16)
) STRICT;

CREATE TABLE device (
    device BLOB PRIMARY KEY NOT NULL CHECK (length(device) = 16),
    account BLOB NOT NULL REFERENCES account,
    number INTEGER NOT NULL UNIQUE,
    device_key BLOB NOT NULL CHECK (length(device_key) = 32),
    agreement_key BLOB NOT NULL CHECK (length(agreement_key) = 32),
    created_ms INTEGER NOT NULL DEFAULT 0,
    signature BLOB NOT NULL CHECK (length(signature) = 64),
    name TEXT NOT NULL,
    signed_out INTEGER NOT NULL DEFAULT 0,
    last_seen_ms INTEGER NOT NULL DEFAULT 0,
    last_address TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE INDEX device_by_account ON device (account);

CREATE TABLE token (
    hash BLOB PRIMARY KEY NOT NULL CHECK (length(hash) = 32),
    account BLOB NOT NULL,
    device BLOB NOT NULL REFERENCES device,
    token_type INTEGER NOT NULL DEFAULT 1,
    name TEXT NOT NULL DEFAULT '',
    scopes TEXT NOT NULL DEFAULT '',
    created_ms INTEGER NOT NULL DEFAULT 0,
    expires_ms INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX token_by_account ON token (account);
CREATE INDEX token_by_device ON token (device);

CREATE TABLE invite (
    hash BLOB PRIMARY KEY NOT NULL CHECK (length(hash) = 32),
    account BLOB NOT NULL DEFAULT x'',
    name TEXT NOT NULL DEFAULT '',
    uses INTEGER NOT NULL DEFAULT 1,
    used INTEGER NOT NULL DEFAULT 0,
    created_ms INTEGER NOT NULL DEFAULT 0,
    expires_ms INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX invite_by_account ON invite (account);

CREATE TABLE contact (
    account BLOB NOT NULL REFERENCES account,
    peer BLOB NOT NULL REFERENCES account,
    status INTEGER NOT NULL,
    remark TEXT NOT NULL DEFAULT '',
    labels TEXT NOT NULL DEFAULT '',
    created_ms INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account, peer)
) STRICT, WITHOUT ROWID;
CREATE INDEX contact_by_peer ON contact (peer);

CREATE TABLE room (
    room BLOB PRIMARY KEY NOT NULL CHECK (length(room) = 16),
    kind INTEGER NOT NULL,
    creator BLOB NOT NULL,
    low BLOB NOT NULL DEFAULT x'',
    high BLOB NOT NULL DEFAULT x'',
    epoch INTEGER NOT NULL DEFAULT 0,
    title BLOB NOT NULL DEFAULT x'',
    created_ms INTEGER NOT NULL DEFAULT 0,
    suite INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX room_by_pair ON room (low, high) WHERE low <> x'';

CREATE TABLE group_info (
    room BLOB PRIMARY KEY NOT NULL REFERENCES room,
    bytes BLOB NOT NULL
) STRICT;

CREATE TABLE member (
    room BLOB NOT NULL REFERENCES room,
    account BLOB NOT NULL REFERENCES account,
    role INTEGER NOT NULL DEFAULT 1,
    joined_ms INTEGER NOT NULL DEFAULT 0,
    read INTEGER NOT NULL DEFAULT 0,
    told INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (room, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_by_account ON member (account, room);

-- What the entries that are left do not say of their log.
CREATE TABLE log (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    log BLOB NOT NULL UNIQUE CHECK (length(log) = 16),
    head INTEGER NOT NULL DEFAULT 0,
    passed INTEGER NOT NULL DEFAULT 0,
    lost INTEGER NOT NULL DEFAULT 0,
    lost_why INTEGER NOT NULL DEFAULT 1,
    last_at_ms INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE cursor (
    log INTEGER NOT NULL,
    device INTEGER NOT NULL,
    upto INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (log, device)
) STRICT, WITHOUT ROWID;

-- All logs in the order of arrival. No second index: who reads what is kept in memory and rebuilt by one scan.
CREATE TABLE entry (
    position INTEGER PRIMARY KEY,
    log INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    device INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    envelope_id BLOB NOT NULL,
    sealed BLOB NOT NULL
) STRICT;

-- What was answered to an envelope. Ids grow with time: new rows come at the right edge.
CREATE TABLE sent (
    envelope_id BLOB NOT NULL,
    device INTEGER NOT NULL,
    log INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (envelope_id, device)
) STRICT, WITHOUT ROWID;

CREATE TABLE key_package (
    number INTEGER PRIMARY KEY,
    device BLOB NOT NULL REFERENCES device,
    package BLOB NOT NULL
) STRICT;
CREATE INDEX key_package_by_device ON key_package (device);

CREATE TABLE last_resort (
    device BLOB PRIMARY KEY NOT NULL REFERENCES device,
    package BLOB NOT NULL
) STRICT;

CREATE TABLE blob (
    blob BLOB PRIMARY KEY NOT NULL CHECK (length(blob) = 32),
    size INTEGER NOT NULL,
    complete INTEGER NOT NULL DEFAULT 0,
    expires_ms INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE blob_owner (
    blob BLOB NOT NULL REFERENCES blob,
    account BLOB NOT NULL,
    PRIMARY KEY (blob, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX blob_owner_by_account ON blob_owner (account);

CREATE TABLE chunk (
    number INTEGER PRIMARY KEY,
    blob BLOB NOT NULL REFERENCES blob,
    place INTEGER NOT NULL,
    data BLOB NOT NULL,
    UNIQUE (blob, place)
) STRICT;
