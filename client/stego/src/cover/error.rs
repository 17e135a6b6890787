//! Why a file cannot be a cover: one variant and one sentence each, for people who chose the wrong picture.

use super::{FILE_BYTES_MAX, PIXELS_MAX, SIDE_MIN};

/// A file that cannot carry words. The text says why and what would do instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CoverError {
    /// Not one of the four formats.
    #[error("this is not a PNG, JPEG, WebP or BMP picture")]
    UnknownFormat,
    /// The file is longer than [`FILE_BYTES_MAX`].
    #[error("the file has {} MB and at most {} MB are read; save the picture smaller", mb(*bytes), mb(FILE_BYTES_MAX))]
    FileTooLong {
        /// The file's length.
        bytes: usize,
    },
    /// A table of colours instead of true colour.
    #[error(
        "the picture has a table of {colours} colours at most, where every change shows; choose a photograph"
    )]
    Palette {
        /// How many entries its table may have.
        colours: usize,
    },
    /// More than eight bits a colour.
    #[error("the picture has {bits} bits a colour and only 8 are supported; save it with 8")]
    DeepColour {
        /// Bits a colour.
        bits: u32,
    },
    /// Fewer than eight bits a colour.
    #[error("the picture has only {bits} bits a pixel, where every change shows; choose a photograph")]
    ShallowColour {
        /// Bits a pixel.
        bits: u32,
    },
    /// More than one frame.
    #[error("the picture is animated; choose one that stands still")]
    Animated,
    /// An alpha channel that says something.
    #[error("the picture is partly transparent; choose one without transparency")]
    Transparent,
    /// Inks instead of light.
    #[error("the picture is stored as CMYK for printing; save it as RGB")]
    Cmyk,
    /// Smaller than [`SIDE_MIN`] as it is.
    #[error(
        "the picture has {width} x {height} pixels and {SIDE_MIN} x {SIDE_MIN} are needed; choose a larger one"
    )]
    TooSmall {
        /// Width in pixels.
        width: usize,
        /// Height in pixels.
        height: usize,
    },
    /// Large enough, but not after the scaling that a lossy format needs.
    #[error(
        "the picture has {width} x {height} pixels, and scaled down to remove the traces of its format it falls \
         under {SIDE_MIN} x {SIDE_MIN}; choose a larger one"
    )]
    TooSmallOnceScaled {
        /// Width in pixels, before.
        width: usize,
        /// Height in pixels, before.
        height: usize,
    },
    /// Hardly any grain to hide in.
    #[error(
        "only {percent} % of the picture have any grain to hide in; choose a photograph with more detail"
    )]
    TooFlat {
        /// The share of usable pixels.
        percent: usize,
    },
    /// More than [`PIXELS_MAX`].
    #[error("the picture has {} million pixels and at most {} are read; scale it down first", pixels / 1_000_000, PIXELS_MAX / 1_000_000)]
    TooLarge {
        /// How many the header claims.
        pixels: u64,
    },
    /// A small file that claims a picture far too large for it.
    #[error(
        "{bytes} bytes claim to unpack to {pixels} pixels, which no photograph does; the file was not opened"
    )]
    Bomb {
        /// The file's length.
        bytes: usize,
        /// How many the header claims.
        pixels: u64,
    },
    /// The end is missing.
    #[error("the file ends in the middle of the picture; fetch it again")]
    Truncated,
    /// It has the right beginning, and then breaks its format's rules.
    #[error("the file is damaged: its {0} data does not decode")]
    Damaged(super::Format),
}

fn mb(bytes: usize) -> usize {
    bytes.div_ceil(1024 * 1024)
}
