//! Taking words out of a picture again.

use zeroize::Zeroizing;

use crate::carriers::{Bits, Carriers};
use crate::cover::{CoverError, Decoded, Format, SIDE_MAX, SIDE_MIN, decode};
use crate::key::{Key, PictureKey, SALT_BYTES};
use crate::pixels::Size;
use crate::stc::{self, Columns, Shape};
use crate::{ladder, sealed};

/// What a picture gave.
#[derive(Debug, PartialEq, Eq)]
pub enum Revealed {
    /// The words, as they were hidden.
    Words(Zeroizing<Vec<u8>>),
    /// This key finds nothing. Another key, a picture without words and one that was edited all look like this, and
    /// take as long.
    Nothing,
    /// The picture went through something that changes pixels, so it cannot hold words any more.
    Recompressed(Recompressed),
}

/// How it shows that a picture is not as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recompressed {
    /// It was saved in a lossy format.
    Lossy(Format),
    /// It was saved with a table of colours.
    Palette,
    /// It has a size, in pixels, that is never written.
    Resized {
        /// Width in pixels.
        width: usize,
        /// Height in pixels.
        height: usize,
    },
}

impl std::fmt::Display for Recompressed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Lossy(format) => {
                write!(f, "the picture was saved as {format} on its way, which destroys hidden words; ")?;
            }
            Self::Palette => {
                f.write_str("the picture's colours were reduced, which destroys hidden words; ")?
            }
            Self::Resized { width, height } => {
                write!(f, "the picture was resized to {width} x {height}, which destroys hidden words; ")?;
            }
        }
        f.write_str("ask for the PNG file itself")
    }
}

/// Why a picture was not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RevealError {
    /// It is no picture that could be read.
    #[error(transparent)]
    Picture(#[from] CoverError),
    /// Argon2id did not get its 64 MiB.
    #[error("there is not enough memory to stretch the passphrase (64 MiB are needed)")]
    Memory,
}

/// Looks for words in a picture with this key.
///
/// # Errors
///
/// [`RevealError::Picture`] when the file cannot be read as a picture, [`RevealError::Memory`] when a passphrase
/// cannot be stretched.
pub fn reveal(file: &[u8], key: &Key) -> Result<Revealed, RevealError> {
    reveal_with(file, |salt| key.for_picture(salt))
}

/// [`reveal`] with whatever makes a picture's keys out of its salt.
pub(crate) fn reveal_with(
    file: &[u8],
    keys: impl FnOnce(&[u8; SALT_BYTES]) -> Option<PictureKey>,
) -> Result<Revealed, RevealError> {
    let bits = match bits_of_file(file)? {
        Ok(bits) => bits,
        Err(changed) => return Ok(Revealed::Recompressed(changed)),
    };
    // Dealt twice, so that nothing large is held while a passphrase is stretched.
    let Some(salt) = salt(&bits, Carriers::deal(bits.size()).public()) else { return Ok(Revealed::Nothing) };
    let key = keys(&salt).ok_or(RevealError::Memory)?;
    let mut carriers = Carriers::deal(bits.size());
    carriers.shuffle(&key.order);
    let found = words(&bits.of(carriers.private()), bits.size(), &key);
    Ok(found.map_or(Revealed::Nothing, Revealed::Words))
}

fn bits_of_file(file: &[u8]) -> Result<Result<Bits, Recompressed>, CoverError> {
    let Decoded { pixels, format } = match decode(file) {
        Err(CoverError::Palette { .. }) => return Ok(Err(Recompressed::Palette)),
        other => other?,
    };
    if format.is_lossy() {
        return Ok(Err(Recompressed::Lossy(format)));
    }
    let (width, height) = pixels.size();
    if width.min(height) < SIDE_MIN || width.max(height) > SIDE_MAX {
        return Ok(Err(Recompressed::Resized { width, height }));
    }
    Ok(Ok(Bits::of_picture(&pixels)))
}

/// Every picture has a salt; in most it is chance.
fn salt(bits: &Bits, public: &[u32]) -> Option<[u8; SALT_BYTES]> {
    let shape = Shape::new(public.len(), SALT_BYTES * 8)?;
    let salt = stc::extract(&bits.of(public), shape, &Columns::new(shape.width_max()));
    sealed::to_bytes(&salt).try_into().ok()
}

/// Tries every length of the ladder.
fn words(bits: &[u8], size: Size, key: &PictureKey) -> Option<Zeroizing<Vec<u8>>> {
    let shapes: Vec<Shape> = ladder::steps(size.0 * size.1)
        .into_iter()
        .filter_map(|step| Shape::new(bits.len(), step * 8))
        .collect();
    let columns = Columns::new(shapes.iter().map(|shape| shape.width_max()).max()?);
    shapes
        .into_iter()
        .find_map(|shape| sealed::open(sealed::to_bytes(&stc::extract(bits, shape, &columns)), key))
}
