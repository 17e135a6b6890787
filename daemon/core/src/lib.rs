//! What the server decides, and nothing else: no clock, no socket, no disk, no task. Time and chance come in as
//! arguments, wishes go out as data.

pub mod gate;
pub mod password;
pub mod policy;
pub mod router;
pub mod session;
pub mod store;

mod now;
mod proof;
mod rate;

pub use now::Now;
