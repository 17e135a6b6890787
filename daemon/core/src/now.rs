//! The two times that the machines are told.

/// The moment at which something is handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds on a clock that only goes forward; its zero means nothing.
    pub monotonic_ms: u64,
    /// Unix milliseconds, as the box believes them; may jump, and may be 1970.
    pub wall_ms: u64,
}
