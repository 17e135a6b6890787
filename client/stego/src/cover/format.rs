//! What a file is, read from its first bytes and its chunk headers before any decoder sees it: cheap questions first,
//! and the answers that decoders hide.

use super::CoverError;

/// A format that covers may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Lossless.
    Png,
    /// Lossy.
    Jpeg,
    /// WebP with its lossy codec.
    WebpLossy,
    /// WebP with its lossless codec.
    WebpLossless,
    /// Lossless.
    Bmp,
}

impl Format {
    /// Looks at the file's structure and refuses what could not serve however well it decodes.
    pub(crate) fn sniff(file: &[u8]) -> Result<Self, CoverError> {
        if file.starts_with(b"\x89PNG\r\n\x1a\n") {
            return png(file);
        }
        if file.starts_with(&[0xff, 0xd8, 0xff]) {
            return jpeg(file);
        }
        if file.starts_with(b"RIFF") && file.get(8..12) == Some(b"WEBP") {
            return webp(file);
        }
        if file.starts_with(b"BM") {
            return bmp(file);
        }
        Err(CoverError::UnknownFormat)
    }

    /// Whether saving in this format changes pixels.
    pub fn is_lossy(self) -> bool {
        match self {
            Self::Jpeg | Self::WebpLossy => true,
            Self::Png | Self::WebpLossless | Self::Bmp => false,
        }
    }

    pub(super) fn codec(self) -> image::ImageFormat {
        match self {
            Self::Png => image::ImageFormat::Png,
            Self::Jpeg => image::ImageFormat::Jpeg,
            Self::WebpLossy | Self::WebpLossless => image::ImageFormat::WebP,
            Self::Bmp => image::ImageFormat::Bmp,
        }
    }
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::WebpLossy | Self::WebpLossless => "WebP",
            Self::Bmp => "BMP",
        })
    }
}

fn png(file: &[u8]) -> Result<Format, CoverError> {
    let header = file.get(16..33).ok_or(CoverError::Truncated)?;
    let (bits, colour) = (header[8], header[9]);
    match (colour, bits) {
        (3, _) => return Err(CoverError::Palette { colours: 1 << bits.min(8) }),
        (_, 16) => return Err(CoverError::DeepColour { bits: 16 }),
        (0, 1 | 2 | 4) => return Err(CoverError::ShallowColour { bits: u32::from(bits) }),
        _ => {}
    }
    let mut rest = file.get(8..).unwrap_or_default();
    while let Some((head, after)) = rest.split_first_chunk::<8>() {
        match &head[4..] {
            b"acTL" => return Err(CoverError::Animated),
            b"IDAT" => break,
            _ => {}
        }
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        rest = after.get(length.saturating_add(4)..).ok_or(CoverError::Truncated)?;
    }
    Ok(Format::Png)
}

/// Walks the markers up to the frame header, and asks for the end marker: the decoder fills what is missing with grey
/// and says nothing.
fn jpeg(file: &[u8]) -> Result<Format, CoverError> {
    let mut at = 2;
    loop {
        let marker = file.get(at..at + 4).ok_or(CoverError::Truncated)?;
        if marker[0] != 0xff {
            return Err(CoverError::Damaged(Format::Jpeg));
        }
        let body = at + 4;
        match marker[1] {
            0xff => {
                at += 1;
                continue;
            }
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                let frame = file.get(body..body + 6).ok_or(CoverError::Truncated)?;
                return match (frame[0], frame[5]) {
                    (_, 4) => Err(CoverError::Cmyk),
                    (9.., _) => Err(CoverError::DeepColour { bits: u32::from(frame[0]) }),
                    _ if !file[body..].windows(2).any(|pair| pair == [0xff, 0xd9]) => {
                        Err(CoverError::Truncated)
                    }
                    _ => Ok(Format::Jpeg),
                };
            }
            _ => at += 2 + usize::from(u16::from_be_bytes([marker[2], marker[3]]).max(2)),
        }
    }
}

fn webp(file: &[u8]) -> Result<Format, CoverError> {
    let claimed = file.get(4..8).and_then(|four| four.try_into().ok()).map_or(0, u32::from_le_bytes);
    if (claimed as usize).saturating_add(8) > file.len() {
        return Err(CoverError::Truncated);
    }
    let mut rest = &file[12..];
    while let Some((head, body)) = rest.split_first_chunk::<8>() {
        match &head[..4] {
            b"VP8 " => return Ok(Format::WebpLossy),
            b"VP8L" => return Ok(Format::WebpLossless),
            b"VP8X" if body.first().is_some_and(|flags| flags & 2 != 0) => return Err(CoverError::Animated),
            b"ANIM" | b"ANMF" => return Err(CoverError::Animated),
            _ => {}
        }
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        rest = body.get(length.saturating_add(length & 1)..).unwrap_or_default();
    }
    Err(CoverError::Truncated)
}

fn bmp(file: &[u8]) -> Result<Format, CoverError> {
    let header = file.get(14..18).ok_or(CoverError::Truncated)?;
    // The oldest header has 16-bit sides and therefore its depth four bytes earlier.
    let depth_at = if header[0] == 12 { 24 } else { 28 };
    let depth = file.get(depth_at..depth_at + 2).ok_or(CoverError::Truncated)?;
    match u16::from_le_bytes([depth[0], depth[1]]) {
        bits @ 1..=8 => Err(CoverError::Palette { colours: 1 << bits }),
        24 | 32 => Ok(Format::Bmp),
        bits => Err(CoverError::ShallowColour { bits: u32::from(bits) }),
    }
}
