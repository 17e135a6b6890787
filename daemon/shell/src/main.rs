//! The binary sottod.
fn main() {}
