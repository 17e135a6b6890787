//! A picture in memory: eight bits each of red, green and blue, and nothing else.

use zeroize::Zeroize;

/// Width and height in pixels.
pub(crate) type Size = (usize, usize);

/// Pixels row by row. Width, height and the length of the buffer agree, and neither side is zero.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Pixels {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

impl Pixels {
    /// `None` when the buffer's length is not three times the pixels, or there are none.
    pub(crate) fn new(width: usize, height: usize, rgb: Vec<u8>) -> Option<Self> {
        let bytes = width.checked_mul(height)?.checked_mul(3)?;
        (bytes > 0 && bytes == rgb.len()).then_some(Self { width, height, rgb })
    }

    /// Moves all three channels of a pixel by one. Never called on a pixel that would clip.
    pub(crate) fn nudge(&mut self, pixel: usize, up: bool) {
        for channel in self.rgb.iter_mut().skip(pixel * 3).take(3) {
            *channel = if up { channel.saturating_add(1) } else { channel.saturating_sub(1) };
        }
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    pub(crate) fn height(&self) -> usize {
        self.height
    }

    pub(crate) fn size(&self) -> Size {
        (self.width, self.height)
    }

    /// How many pixels there are, and so how many carriers.
    pub(crate) fn count(&self) -> usize {
        self.width * self.height
    }

    pub(crate) fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// The pixels, row by row, as [red, green, blue].
    pub(crate) fn iter(&self) -> impl Iterator<Item = [u8; 3]> + '_ {
        self.rgb.as_chunks::<3>().0.iter().copied()
    }
}

/// The untouched cover must not outlive its use: next to the sent picture it proves everything.
impl Drop for Pixels {
    fn drop(&mut self) {
        self.rgb.zeroize();
    }
}

impl std::fmt::Debug for Pixels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pixels({} x {})", self.width, self.height)
    }
}
