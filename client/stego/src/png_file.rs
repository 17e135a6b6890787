//! Writing PNG, always in the same way: with words or without, a file has the same chunks in the same order and
//! differs in pixel data alone.

use png::{BitDepth, ColorType, DeflateCompression, Encoder, Filter};

use crate::pixels::Pixels;

/// The size that the common C library cuts its data chunks to.
const IDAT_BYTES: usize = 8192;

/// Grain does not compress: higher levels take twice the time for a hundredth of the size.
const LEVEL: u8 = 4;

/// The encoder refused valid pixels: a bug, not bad input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the PNG encoder failed: {0}")]
pub struct PngError(String);

/// Writes the picture: header, data, end; no date, no program's name, no profile.
pub(crate) fn write(picture: &Pixels) -> Result<Vec<u8>, PngError> {
    let mut file = Vec::new();
    encode(picture, &mut file).map_err(|error| PngError(error.to_string()))?;
    Ok(file)
}

fn encode(picture: &Pixels, file: &mut Vec<u8>) -> Result<(), png::EncodingError> {
    let side = |length: usize| u32::try_from(length).map_err(|_| png::EncodingError::LimitsExceeded);
    let mut encoder = Encoder::new(file, side(picture.width())?, side(picture.height())?);
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_filter(Filter::Adaptive);
    encoder.set_deflate_compression(DeflateCompression::Level(LEVEL));
    let mut writer = encoder.write_header()?;
    let mut data = writer.stream_writer_with_size(IDAT_BYTES)?;
    std::io::Write::write_all(&mut data, picture.rgb())?;
    data.finish()?;
    writer.finish()
}
