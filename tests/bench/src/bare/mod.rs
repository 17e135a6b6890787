//! What the machine can do without us: the limits that ours are measured against.

pub(crate) mod disk;
pub(crate) mod echo;
pub(crate) mod sqlite;
