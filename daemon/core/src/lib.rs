//! What the server decides, and nothing else: no clock, no socket, no disk, no task. Time and chance come in as
//! arguments, wishes go out as data.

pub mod store;

mod now;

pub use now::Now;
