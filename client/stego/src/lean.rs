//! Which way each rounded value leans. A picture that was scaled here was rounded here, and a value of 100.48 could as
//! well have become 101: changing it is all but free, and leaves nothing that its neighbours contradict.

/// How finely a lean is kept: half a step is this.
const HALF: f32 = 127.0;

/// For each channel of each pixel, the true value less the rounded one.
pub(crate) struct Lean(Vec<i8>);

impl Lean {
    /// Takes three leans a pixel.
    pub(crate) fn new(leans: Vec<i8>) -> Self {
        Self(leans)
    }

    /// The lean of one value, as it is kept.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "rounding throws half a step away at most; clipping is clamped"
    )]
    pub(crate) fn of(value: f32) -> i8 {
        ((value - value.round()) * 2.0 * HALF).clamp(-HALF, HALF) as i8
    }

    /// What it takes to move all channels together by one, the way they lean: 0 if they were about to go, 1 if they
    /// lean nowhere.
    pub(crate) fn effort(&self, pixel: usize) -> f32 {
        1.0 - f32::from(self.sum(pixel)).abs() / (3.0 * HALF)
    }

    /// Whether a pixel's channels together would rather have been rounded up.
    pub(crate) fn is_up(&self, pixel: usize) -> bool {
        self.sum(pixel) >= 0
    }

    /// All channels count alike: what favours one is paid by another, and a detector may look at any.
    fn sum(&self, pixel: usize) -> i16 {
        self.at(pixel).into_iter().map(i16::from).sum()
    }

    fn at(&self, pixel: usize) -> [i8; 3] {
        self.0.as_chunks::<3>().0.get(pixel).copied().unwrap_or_default()
    }
}

impl std::fmt::Debug for Lean {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Lean({} values)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pixel_near_the_border_takes_little_effort() {
        let lean = Lean::new([7.47, 100.49, 9.48, 7.0, 100.0, 9.0, 6.8, 99.9, 9.2].map(Lean::of).to_vec());
        assert!(lean.effort(0) < 0.1 && lean.is_up(0));
        assert!(lean.effort(1) > 0.99);
        assert!((lean.effort(2) - 0.93).abs() < 0.02 && !lean.is_up(2));
    }
}
