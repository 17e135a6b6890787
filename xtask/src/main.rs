//! `cargo xtask`: every recipe of the project.
fn main() {}
