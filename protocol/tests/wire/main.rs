//! The wire, proved: every message both ways, every limit at its edge, every pinned byte.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod any;
mod corpus;
mod edges;
mod evolution;
mod frames;
mod kinds;
mod schema;
mod signed;
mod spec;
mod texts;
mod vectors;
