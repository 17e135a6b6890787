//! Writing PNG, always in the same way: with words or without, a file has the same chunks in the same order and
//! differs in pixel data alone.

use png::{BitDepth, ColorType, DeflateCompression, Encoder, Filter};

use crate::pixels::Pixels;

/// The size that the common C library cuts its data chunks to.
const IDAT_BYTES: usize = 8192;
const SIGNATURE_BYTES: usize = 8;
const CHECKSUM_BYTES: usize = 4;

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
    let mut whole = Vec::new();
    header(picture, &mut whole)?.write_image_data(picture.rgb())?;
    // The encoder makes one chunk of all data. It is cut here, which its own stream does unevenly.
    let mut writer = header(picture, file)?;
    let mut rest = whole.get(SIGNATURE_BYTES..).unwrap_or_default();
    while let Some((head, after)) = rest.split_first_chunk::<8>() {
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        if head.ends_with(b"IDAT") {
            for piece in after.get(..length).unwrap_or_default().chunks(IDAT_BYTES) {
                writer.write_chunk(png::chunk::IDAT, piece)?;
            }
        }
        rest = after.get(length + CHECKSUM_BYTES..).unwrap_or_default();
    }
    writer.finish()
}

fn header<W: std::io::Write>(picture: &Pixels, file: W) -> Result<png::Writer<W>, png::EncodingError> {
    let side = |length: usize| u32::try_from(length).map_err(|_| png::EncodingError::LimitsExceeded);
    let mut encoder = Encoder::new(file, side(picture.width())?, side(picture.height())?);
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_filter(Filter::Adaptive);
    encoder.set_deflate_compression(DeflateCompression::Level(LEVEL));
    encoder.write_header()
}
