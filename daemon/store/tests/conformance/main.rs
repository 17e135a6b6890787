//! What every store must do, over both of them.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    clippy::cast_possible_truncation,
    clippy::large_enum_variant,
    reason = "these are tests: what goes wrong shall stop them"
)]

#[macro_use]
mod kit;

mod account;
mod admin;
mod append;
mod batch;
mod blobs;
mod blocking;
mod commits;
mod contacts;
mod cursors;
mod delete;
mod devices;
mod invites;
mod keys;
mod people;
mod quota;
mod register;
mod rooms_change;
mod rooms_create;
mod rooms_leave;
mod rooms_list;
mod sign_in;
mod sweep;
mod tokens;
