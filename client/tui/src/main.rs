//! The binary sotto.
fn main() {}
