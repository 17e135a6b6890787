//! Scaling down with a Lanczos window, a few rows in memory at a time. Fresh averages of many pixels replace what a
//! lossy format, or a camera's own grid, had left in the old ones; and what rounding them throws away is kept, because
//! nobody who sees only the result can know it.

use super::SIDE_MAX;
use crate::lean::Lean;
use crate::pixels::Pixels;

/// A lossy picture shrinks to this share at most.
const LOSSY_SCALE_MAX: f64 = 0.7;
const LOBES: f64 = 3.0;

/// A picture ready for hiding, with what rounding threw away if it was scaled.
pub(super) struct Scaled {
    pub(super) pixels: Pixels,
    pub(super) lean: Option<Lean>,
}

/// Scales a decoded picture down to what hiding works on, if the rule asks for it.
pub(super) fn for_hiding(pixels: Pixels, lossy: bool) -> Scaled {
    let long = pixels.width().max(pixels.height());
    if !lossy && long <= SIDE_MAX {
        return Scaled { pixels, lean: None };
    }
    to_fit(&pixels, SIDE_MAX)
}

/// Scales a picture down so that neither side is longer than this, and by no less than a lossy one.
pub(super) fn to_fit(pixels: &Pixels, longest: usize) -> Scaled {
    let long = pixels.width().max(pixels.height());
    let scale = LOSSY_SCALE_MAX.min(longest as f64 / long as f64);
    scale_down(pixels, scaled(pixels.width(), scale), scaled(pixels.height(), scale))
}

fn scaled(side: usize, scale: f64) -> usize {
    (1..=SIDE_MAX).rev().find(|length| *length as f64 <= side as f64 * scale + 0.5).unwrap_or(1)
}

fn scale_down(from: &Pixels, width: usize, height: usize) -> Scaled {
    let across = windows(from.width(), width);
    let down = windows(from.height(), height);
    let reach = down.iter().map(|window| window.weights.len()).max().unwrap_or(1);
    let mut ring = vec![vec![0.0f32; width * 3]; reach];
    let mut ready = 0;
    let mut sums = vec![0.0f32; width * 3];
    let mut rgb = Vec::with_capacity(width * height * 3);
    let mut lean = Vec::with_capacity(width * height * 3);
    for window in &down {
        let end = window.first + window.weights.len();
        for y in ready.max(window.first)..end {
            squeeze_row(&from.rgb()[y * from.width() * 3..], &across, &mut ring[y % reach]);
        }
        ready = ready.max(end);
        sums.fill(0.0);
        for (offset, weight) in window.weights.iter().enumerate() {
            let row = &ring[(window.first + offset) % reach];
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += weight * value);
        }
        rgb.extend(sums.iter().map(|sum| to_byte(*sum)));
        lean.extend(sums.iter().map(|sum| Lean::of(*sum)));
    }
    match Pixels::new(width, height, rgb) {
        Some(pixels) => Scaled { pixels, lean: Some(Lean::new(lean)) },
        None => Scaled { pixels: from.clone(), lean: None },
    }
}

fn squeeze_row(row: &[u8], across: &[Window], out: &mut [f32]) {
    for (window, out) in across.iter().zip(out.as_chunks_mut::<3>().0) {
        *out = [0.0; 3];
        let pixels = row[window.first * 3..].as_chunks::<3>().0;
        for (weight, pixel) in window.weights.iter().zip(pixels) {
            for channel in 0..3 {
                out[channel] += weight * f32::from(pixel[channel]);
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte first")]
fn to_byte(value: f32) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}

/// The old pixels that one new pixel is made of.
struct Window {
    first: usize,
    weights: Vec<f32>,
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the side first")]
fn windows(from: usize, to: usize) -> Vec<Window> {
    let ratio = from as f64 / to as f64;
    (0..to)
        .map(|at| {
            let centre = (at as f64 + 0.5) * ratio;
            let first = (centre - LOBES * ratio).max(0.0) as usize;
            let end = ((centre + LOBES * ratio).ceil().max(0.0) as usize).min(from);
            let raw: Vec<f64> = (first..end).map(|x| lanczos((x as f64 + 0.5 - centre) / ratio)).collect();
            let sum: f64 = raw.iter().sum();
            Window { first, weights: raw.into_iter().map(|weight| (weight / sum) as f32).collect() }
        })
        .collect()
}

fn lanczos(x: f64) -> f64 {
    use std::f64::consts::PI;
    match x.abs() {
        near if near < 1e-9 => 1.0,
        far if far >= LOBES => 0.0,
        _ => LOBES * (PI * x).sin() * (PI * x / LOBES).sin() / (PI * PI * x * x),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slope(width: usize, height: usize) -> Pixels {
        let rgb = (0..height).flat_map(|y| (0..width).map(move |x| (x * 255 / width, y * 255 / height)));
        let rgb = rgb.flat_map(|(r, g)| [r as u8, g as u8, 77]).collect();
        Pixels::new(width, height, rgb).unwrap()
    }

    #[test]
    fn a_lossless_picture_of_the_right_size_keeps_its_pixels() {
        let picture = slope(1600, 300);
        let kept = for_hiding(picture.clone(), false);
        assert_eq!(kept.pixels, picture);
        assert!(kept.lean.is_none());
    }

    #[test]
    fn a_lossy_picture_shrinks_to_seven_tenths_and_a_long_one_to_the_longest_side() {
        let sides = |width, height, lossy| {
            let scaled = for_hiding(slope(width, height), lossy).pixels;
            (scaled.width(), scaled.height())
        };
        assert_eq!(sides(1000, 500, true), (700, 350));
        assert_eq!(sides(3200, 1000, true), (1600, 500));
        assert_eq!(sides(1601, 1000, false), (1121, 700));
        assert_eq!(sides(400, 4000, false), (160, 1600));
    }

    #[test]
    fn a_slope_stays_a_slope_and_a_plain_colour_stays_itself() {
        let scaled = for_hiding(slope(1000, 1000), true).pixels;
        for (at, [red, green, blue]) in scaled.iter().enumerate() {
            let (x, y) = (at % 700, at / 700);
            assert!((i64::from(red) - (x * 255 / 700) as i64).abs() <= 2, "{x} {red}");
            assert!((i64::from(green) - (y * 255 / 700) as i64).abs() <= 2, "{y} {green}");
            assert_eq!(blue, 77);
        }
    }
}
