//! Clients that cost less than what they measure: a few tasks, frames by hand, no store.

mod body;
mod pair;
mod reader;
mod sender;

pub(crate) use body::{Body, now_ns};
pub(crate) use pair::{Meter, Pace, Pair, pairs};
pub(crate) use reader::Reader;
pub(crate) use sender::Sender;
