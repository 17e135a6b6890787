//! How long a sealed message may be: a fixed ladder of lengths for every size of picture. The writer takes the first
//! step that holds the words; the reader tries them all.

/// Payload bits a pixel that hiding stays under unless it is told otherwise.
pub(crate) const SAFE_PERCENT: usize = 5;

/// Payload bits a pixel that hiding never exceeds.
pub(crate) const HARD_PERCENT: usize = 30;

const STEP_BYTES_MIN: usize = 64;

/// Four steps double the length, so that padding wastes a sixth at most.
const QUARTERS: [usize; 4] = [64, 76, 90, 107];

/// Lengths of sealed messages, seal included, in bytes, ascending: the ladder of a picture of this many pixels.
pub(crate) fn steps(pixels: usize) -> Vec<usize> {
    let most = bytes_at(pixels, HARD_PERCENT);
    let marks = [bytes_at(pixels, SAFE_PERCENT), most / 2, most];
    let octaves = (0..usize::BITS - 7).map(|octave| 1usize << octave);
    let mut steps: Vec<usize> = octaves
        .flat_map(|scale| QUARTERS.map(|quarter| quarter.saturating_mul(scale)))
        .take_while(|step| *step < most)
        .chain(marks.into_iter().filter(|mark| *mark >= STEP_BYTES_MIN))
        .collect();
    steps.sort_unstable();
    steps.dedup();
    steps
}

/// The bytes that a picture of this many pixels holds at this many hundredths of a bit a pixel.
pub(crate) fn bytes_at(pixels: usize, percent: usize) -> usize {
    // Pictures are bounded to 40 million pixels, so this cannot overflow even 32 bits.
    pixels / 100 * percent / 8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_rise_and_reach_exactly_the_safe_and_the_hard_rate() {
        for pixels in [256 * 256, 640 * 480, 1600 * 1200, 1600 * 1600] {
            let steps = steps(pixels);
            assert!(steps.is_sorted_by(|a, b| a < b));
            assert!(steps.contains(&bytes_at(pixels, SAFE_PERCENT)));
            assert_eq!(steps.last(), Some(&bytes_at(pixels, HARD_PERCENT)));
            assert!(steps.len() < 64, "{}", steps.len());
            assert!(steps.windows(2).all(|pair| pair[1] * 5 <= pair[0] * 6 || pair[0] < 64));
        }
    }

    #[test]
    fn a_picture_too_small_for_the_first_step_has_no_ladder() {
        assert_eq!(steps(1000), Vec::<usize>::new());
    }
}
