//! A cover: the picture that words will be hidden in, brought into the one form that everything else works on, or
//! refused with the reason.

mod decode;
mod error;
mod fingerprint;
mod format;
mod resample;

use std::sync::OnceLock;

pub use error::CoverError;
pub use fingerprint::Fingerprint;
pub use format::Format;

pub(crate) use decode::{Decoded, decode};
use resample::Scaled;

use crate::lean::Lean;
use crate::pixels::{Pixels, Size};
use crate::sealed::OVERHEAD_BYTES;
use crate::{Rate, cost, ladder, png_file};

/// The shorter sides that a cover needs, in pixels.
pub const SIDE_MIN: usize = 256;

/// The longest side that a cover keeps, in pixels; larger pictures are scaled down.
pub const SIDE_MAX: usize = 1600;

/// Pictures of more pixels than this are not decoded at all.
pub const PIXELS_MAX: usize = 40_000_000;

/// Files longer than this are not looked at.
pub const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A picture ready for hiding: upright, without metadata, eight bits a colour, and small enough that whatever a lossy
/// format had left in its pixels is gone.
#[derive(Debug)]
pub struct Cover {
    pixels: Pixels,
    format: Format,
    scaled_from: Option<(usize, usize)>,
    lean: Option<Lean>,
    costs: OnceLock<Vec<f32>>,
}

impl Cover {
    /// Reads a PNG, JPEG, WebP or BMP file.
    ///
    /// A picture from a lossy format is scaled to seven tenths or less: the pixels of an unscaled JPEG obey rules
    /// that a single hidden bit breaks. A lossless picture keeps its pixels unless it is longer than [`SIDE_MAX`].
    ///
    /// # Errors
    ///
    /// A [`CoverError`] for every kind of file that cannot serve, saying why and what would.
    pub fn read(file: &[u8]) -> Result<Self, CoverError> {
        let Decoded { pixels, format } = decode(file)?;
        let size = pixels.size();
        Self::new(resample::for_hiding(pixels, format.is_lossy()), format, size)
    }

    /// Reads a picture and scales it down in any case: to seven tenths, or until no side is longer than this.
    ///
    /// Worth it for a lossless picture too: it may have been a JPEG once, and hiding in pixels that were rounded here
    /// shows less than in pixels that came as they are.
    ///
    /// # Errors
    ///
    /// As [`Cover::read`].
    pub fn read_scaled(file: &[u8], longest: usize) -> Result<Self, CoverError> {
        let Decoded { pixels, format } = decode(file)?;
        Self::new(resample::to_fit(&pixels, longest.min(SIDE_MAX)), format, pixels.size())
    }

    fn new(scaled: Scaled, format: Format, (width, height): Size) -> Result<Self, CoverError> {
        let Scaled { pixels, lean } = scaled;
        let scaled_from = lean.is_some().then_some((width, height));
        if pixels.width().min(pixels.height()) < SIDE_MIN {
            return Err(match scaled_from {
                Some(_) if width.min(height) >= SIDE_MIN => CoverError::TooSmallOnceScaled { width, height },
                _ => CoverError::TooSmall { width, height },
            });
        }
        let cover = Self { pixels, format, scaled_from, lean, costs: OnceLock::new() };
        if cover.capacity(Rate::Safe) == 0 {
            return Err(CoverError::TooFlat { percent: cover.usable_pixels() * 100 / cover.pixels.count() });
        }
        Ok(cover)
    }

    /// The most bytes that [`hide`](crate::hide()) takes at this rate.
    pub fn capacity(&self, rate: Rate) -> usize {
        self.step_at_most(rate).saturating_sub(OVERHEAD_BYTES)
    }

    /// The picture as it would be sent with nothing in it, by the same writer. Sending every picture through here
    /// leaves those with words in them nothing to differ by.
    ///
    /// # Errors
    ///
    /// [`PngError`](png_file::PngError) if the encoder fails, which takes a bug.
    pub fn to_png(&self) -> Result<Vec<u8>, png_file::PngError> {
        png_file::write(&self.pixels)
    }

    /// What to remember of a cover that was used, so that it is not used again.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.pixels)
    }

    /// Width and height in pixels of the picture that comes out.
    pub fn size(&self) -> (usize, usize) {
        (self.pixels.width(), self.pixels.height())
    }

    /// Width and height that the file had, if the picture was scaled down.
    pub fn scaled_from(&self) -> Option<(usize, usize)> {
        self.scaled_from
    }

    /// The format that the file had.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Pixels with grain enough around them that a change does not show.
    pub fn usable_pixels(&self) -> usize {
        self.costs().iter().filter(|cost| cost.is_finite()).count()
    }

    pub(crate) fn pixels(&self) -> &Pixels {
        &self.pixels
    }

    pub(crate) fn lean(&self) -> Option<&Lean> {
        self.lean.as_ref()
    }

    /// The cost of changing each pixel, computed once.
    pub(crate) fn costs(&self) -> &[f32] {
        self.costs.get_or_init(|| cost::of_changes(&self.pixels, self.lean.as_ref()))
    }

    /// The longest step of the ladder at this rate, in bytes; 0 if there is none.
    ///
    /// The rate counts the usable pixels. A tenth may be lost to sky and shade before that matters: the costs keep
    /// changes out of there anyway.
    pub(crate) fn step_at_most(&self, rate: Rate) -> usize {
        let count = self.pixels.count();
        let usable = (self.usable_pixels() * 10 / 9).min(count);
        let most = ladder::bytes_at(usable, rate.percent());
        ladder::steps(count).into_iter().take_while(|step| *step <= most).last().unwrap_or(0)
    }
}
