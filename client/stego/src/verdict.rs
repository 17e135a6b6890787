//! What a person is told about a picture before anything is hidden in it, and about the file they want to write.

use crate::cover::{Cover, CoverError, Fingerprint, Format};
use crate::hide::Rate;

/// A picture's judgement: whether it can serve, how much it holds, and how risky that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The format it came in.
    pub format: Format,
    /// Width and height in pixels that the written picture will have.
    pub size: (usize, usize),
    /// Width and height that it had, if it is scaled down.
    pub scaled_from: Option<(usize, usize)>,
    /// Bytes that it holds at the safe rate.
    pub safe_bytes: usize,
    /// Bytes that it holds at most.
    pub hard_bytes: usize,
    /// The share of its pixels, in percent, that have grain enough to hide in.
    pub usable_percent: usize,
    /// To compare with those of the covers that were used already.
    pub fingerprint: Fingerprint,
}

/// How likely a message of some length is to be noticed by someone who has one picture and a trained detector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    /// Under a tenth of the safe rate.
    Lowest,
    /// Within the safe rate.
    Low,
    /// Past the safe rate: only when asked for.
    Raised,
    /// It does not fit.
    TooLong,
}

/// Judges a picture file.
///
/// # Errors
///
/// The [`CoverError`] that says why it cannot serve.
pub fn judge(file: &[u8]) -> Result<Verdict, CoverError> {
    Cover::read(file).map(|cover| cover.verdict())
}

impl Cover {
    /// Sums up what [`judge`] tells of this cover.
    pub fn verdict(&self) -> Verdict {
        let (width, height) = self.size();
        Verdict {
            format: self.format(),
            size: self.size(),
            scaled_from: self.scaled_from(),
            safe_bytes: self.capacity(Rate::Safe),
            hard_bytes: self.capacity(Rate::Hard),
            usable_percent: self.usable_pixels() * 100 / (width * height),
            fingerprint: self.fingerprint(),
        }
    }
}

impl Verdict {
    /// The risk of hiding this many bytes.
    pub fn risk(&self, bytes: usize) -> Risk {
        match bytes {
            few if few <= self.safe_bytes / 10 => Risk::Lowest,
            some if some <= self.safe_bytes => Risk::Low,
            many if many <= self.hard_bytes => Risk::Raised,
            _ => Risk::TooLong,
        }
    }
}

impl std::fmt::Display for Risk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Lowest => "very low: far fewer words than the picture safely holds",
            Self::Low => "low: the detectors we know do no better than guess",
            Self::Raised => "raised: a trained detector may notice; prefer a larger picture or fewer words",
            Self::TooLong => "too long: this picture does not hold so many words",
        })
    }
}

/// A name that the picture with the words in it cannot be written under.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutputError {
    /// A lossy format was asked for.
    #[error("saving as {extension} would destroy the hidden words; choose a name that ends in .png")]
    Lossy {
        /// What the name ends in.
        extension: String,
    },
    /// Something else than PNG was asked for.
    #[error("the picture is always written as PNG; choose a name that ends in .png")]
    NotPng,
}

/// Checks the name of a file to write: it has to end in `.png`.
///
/// # Errors
///
/// [`OutputError::Lossy`] for a format that would destroy the words, [`OutputError::NotPng`] for any other.
pub fn check_output_name(name: &str) -> Result<(), OutputError> {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    match extension.as_deref() {
        Some("png") => Ok(()),
        Some(lossy @ ("jpg" | "jpeg" | "jpe" | "jfif" | "webp" | "heic" | "avif" | "gif")) => {
            Err(OutputError::Lossy { extension: lossy.to_owned() })
        }
        _ => Err(OutputError::NotPng),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_written_as_png_or_not_at_all() {
        assert_eq!(check_output_name("a.b/holiday.PNG"), Ok(()));
        let lossy = check_output_name("holiday.JPG").unwrap_err();
        assert_eq!(
            lossy.to_string(),
            "saving as jpg would destroy the hidden words; choose a name that ends in .png"
        );
        assert_eq!(check_output_name("holiday"), Err(OutputError::NotPng));
        assert_eq!(check_output_name("holiday.bmp"), Err(OutputError::NotPng));
    }
}
