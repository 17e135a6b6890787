//! From a file's bytes to upright pixels. Nothing is allocated before the header was believed.

use std::io::Cursor;

use image::error::{ImageError, LimitErrorKind};
use image::{DynamicImage, ImageDecoder, ImageReader, Limits};

use super::{CoverError, FILE_BYTES_MAX, Format, PIXELS_MAX};
use crate::pixels::Pixels;

/// What the decoders may allocate: forty million pixels of three bytes, and a little.
const DECODER_BYTES_MAX: u64 = 128 * 1024 * 1024;

/// From this many pixels on, a file must not claim more of them than it could hold of any photograph.
const BOMB_PIXELS_MIN: u64 = 1_000_000;
const BOMB_PIXELS_A_BYTE: u64 = 200;

/// A picture as it came, upright, and the format that it came in.
pub(crate) struct Decoded {
    pub(crate) pixels: Pixels,
    pub(crate) format: Format,
}

/// Decodes one picture.
pub(crate) fn decode(file: &[u8]) -> Result<Decoded, CoverError> {
    if file.len() > FILE_BYTES_MAX {
        return Err(CoverError::FileTooLong { bytes: file.len() });
    }
    let format = Format::sniff(file)?;
    let fault = |error: ImageError| fault(&error, format);
    let mut reader = ImageReader::with_format(Cursor::new(file), format.codec());
    // The decoder's own limit refuses huge claims before we can say what is wrong with them.
    reader.no_limits();
    let mut decoder = reader.into_decoder().map_err(fault)?;
    let (width, height) = decoder.dimensions();
    believable(u64::from(width) * u64::from(height), file.len())?;
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(DECODER_BYTES_MAX);
    decoder.set_limits(limits).map_err(fault)?;
    let orientation = decoder.orientation().map_err(fault)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(fault)?;
    picture.apply_orientation(orientation);
    let pixels = opaque(picture)?.ok_or(CoverError::Damaged(format))?;
    Ok(Decoded { pixels, format })
}

fn believable(pixels: u64, bytes: usize) -> Result<(), CoverError> {
    if pixels >= BOMB_PIXELS_MIN && pixels / BOMB_PIXELS_A_BYTE > bytes as u64 {
        return Err(CoverError::Bomb { bytes, pixels });
    }
    if pixels > PIXELS_MAX as u64 {
        return Err(CoverError::TooLarge { pixels });
    }
    Ok(())
}

/// Drops an alpha channel that is the same everywhere, and refuses one that is not.
fn opaque(picture: DynamicImage) -> Result<Option<Pixels>, CoverError> {
    if picture.color().has_alpha() {
        let rgba = picture.as_rgba8().map(|rgba| same(rgba.iter().skip(3).step_by(4)));
        let grey = picture.as_luma_alpha8().map(|grey| same(grey.iter().skip(1).step_by(2)));
        if !rgba.or(grey).unwrap_or(false) {
            return Err(CoverError::Transparent);
        }
    }
    let rgb = picture.into_rgb8();
    let (width, height) = (rgb.width() as usize, rgb.height() as usize);
    Ok(Pixels::new(width, height, rgb.into_raw()))
}

fn same<'a>(mut values: impl Iterator<Item = &'a u8>) -> bool {
    values.next().is_none_or(|first| values.all(|value| value == first))
}

fn fault(error: &ImageError, format: Format) -> CoverError {
    match error {
        ImageError::IoError(io) if io.kind() == std::io::ErrorKind::UnexpectedEof => CoverError::Truncated,
        ImageError::Limits(limit) if limit.kind() == LimitErrorKind::InsufficientMemory => {
            CoverError::TooLarge { pixels: PIXELS_MAX as u64 }
        }
        _ => CoverError::Damaged(format),
    }
}
