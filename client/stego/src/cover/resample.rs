//! Scaling down with a Lanczos window, a few rows in memory at a time. Fresh averages of many pixels replace what a
//! lossy format, or a camera's own grid, had left in the old ones.

use super::SIDE_MAX;
use crate::pixels::Pixels;

/// A lossy picture shrinks to this share at most.
const LOSSY_SCALE_MAX: f64 = 0.7;
const LOBES: f64 = 3.0;

/// Scales a decoded picture down to what hiding works on, if the rule asks for it.
pub(super) fn for_hiding(picture: Pixels, lossy: bool) -> Pixels {
    let long = picture.width().max(picture.height());
    if !lossy && long <= SIDE_MAX {
        return picture;
    }
    let scale = LOSSY_SCALE_MAX.min(SIDE_MAX as f64 / long as f64);
    let (width, height) = (scaled(picture.width(), scale), scaled(picture.height(), scale));
    scale_down(&picture, width, height)
}

fn scaled(side: usize, scale: f64) -> usize {
    (1..=SIDE_MAX).rev().find(|length| *length as f64 <= side as f64 * scale + 0.5).unwrap_or(1)
}

fn scale_down(from: &Pixels, width: usize, height: usize) -> Pixels {
    let across = windows(from.width(), width);
    let down = windows(from.height(), height);
    let reach = down.iter().map(|window| window.weights.len()).max().unwrap_or(1);
    let mut ring = vec![vec![0.0f32; width * 3]; reach];
    let mut ready = 0;
    let mut sums = vec![0.0f32; width * 3];
    let mut rgb = Vec::with_capacity(width * height * 3);
    for window in &down {
        let end = window.first + window.weights.len();
        for y in ready.max(window.first)..end {
            squeeze_row(&from.rgb()[y * from.width() * 3..], &across, &mut ring[y % reach]);
        }
        ready = ready.max(end);
        sums.fill(0.5);
        for (offset, weight) in window.weights.iter().enumerate() {
            let row = &ring[(window.first + offset) % reach];
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += weight * value);
        }
        rgb.extend(sums.iter().map(|sum| to_byte(*sum)));
    }
    Pixels::new(width, height, rgb).unwrap_or_else(|| from.clone())
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
    value.clamp(0.0, 255.0) as u8
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
        assert_eq!(for_hiding(picture.clone(), false), picture);
    }

    #[test]
    fn a_lossy_picture_shrinks_to_seven_tenths_and_a_long_one_to_the_longest_side() {
        let sides = |width, height, lossy| {
            let scaled = for_hiding(slope(width, height), lossy);
            (scaled.width(), scaled.height())
        };
        assert_eq!(sides(1000, 500, true), (700, 350));
        assert_eq!(sides(3200, 1000, true), (1600, 500));
        assert_eq!(sides(1601, 1000, false), (1121, 700));
        assert_eq!(sides(400, 4000, false), (160, 1600));
    }

    #[test]
    fn a_slope_stays_a_slope_and_a_plain_colour_stays_itself() {
        let scaled = for_hiding(slope(1000, 1000), true);
        for (at, [red, green, blue]) in scaled.iter().enumerate() {
            let (x, y) = (at % 700, at / 700);
            assert!((i64::from(red) - (x * 255 / 700) as i64).abs() <= 2, "{x} {red}");
            assert!((i64::from(green) - (y * 255 / 700) as i64).abs() <= 2, "{y} {green}");
            assert_eq!(blue, 77);
        }
    }
}
