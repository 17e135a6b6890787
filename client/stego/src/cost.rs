//! What a change of one pixel costs in suspicion: HILL (Li, Wang, Huang, Li 2014), computed on green. Busy regions
//! are cheap, smooth ones dear, and what would show at once is wet.

use crate::lean::Lean;
use crate::pixels::Pixels;

/// A region's mean residual below this counts as this, so that one flat pixel does not make its whole
/// neighbourhood unusable.
const RESIDUAL_FLOOR: f32 = 0.01;

/// From this cost on a pixel lies in a region without grain: drawn, filled or overexposed.
const FLAT: f32 = 2.0;

/// Even a change that rounding all but made is not quite free.
const EFFORT_MIN: f32 = 0.02;

/// The cost of every pixel, row by row; infinite for those that must not change. A pixel that was rounded here costs
/// less the nearer it was to being rounded the other way.
pub(crate) fn of_changes(picture: &Pixels, lean: Option<&Lean>) -> Vec<f32> {
    let mut costs = hill(picture);
    if let Some(lean) = lean {
        for (pixel, cost) in costs.iter_mut().enumerate() {
            *cost *= lean.effort(pixel).max(EFFORT_MIN);
        }
    }
    costs
}

fn hill(picture: &Pixels) -> Vec<f32> {
    let (width, height) = (picture.width(), picture.height());
    let mut plane = high_pass(picture);
    box_mean(&mut plane, width, height, 1);
    plane.iter_mut().for_each(|residual| *residual = 1.0 / residual.max(RESIDUAL_FLOOR));
    box_mean(&mut plane, width, height, 7);
    for (cost, [red, green, blue]) in plane.iter_mut().zip(picture.iter()) {
        let clips = [red, green, blue].into_iter().any(|channel| channel == 0 || channel == u8::MAX);
        if clips || *cost >= FLAT {
            *cost = f32::INFINITY;
        }
    }
    plane
}

/// The size of the Ker-Böhme residual: -1 2 -1 / 2 -4 2 / -1 2 -1.
fn high_pass(picture: &Pixels) -> Vec<f32> {
    let (width, height) = (picture.width(), picture.height());
    let green: Vec<i16> = picture.iter().map(|[_, green, _]| i16::from(green)).collect();
    let mut residuals = Vec::with_capacity(green.len());
    let row = |y: usize| &green[y * width..(y + 1) * width];
    for y in 0..height {
        let (above, here, below) = (row(mirror_down(y)), row(y), row(mirror_up(y, height)));
        // Down each column first: 1 -2 1, then the same across.
        let down = |x: usize| above[x] - 2 * here[x] + below[x];
        for x in 0..width {
            let residual = down(mirror_down(x)) - 2 * down(x) + down(mirror_up(x, width));
            residuals.push(f32::from(residual.abs()));
        }
    }
    residuals
}

/// Replaces every value by the mean of the square of `2 * radius + 1` around it; edges repeat.
fn box_mean(plane: &mut [f32], width: usize, height: usize, radius: usize) {
    let share = 1.0 / (2.0 * f32::from(u8::try_from(radius).unwrap_or(u8::MAX)) + 1.0);
    let mut padded = vec![0.0; width + 2 * radius];
    for row in plane.chunks_exact_mut(width) {
        padded[..radius].fill(row[0]);
        padded[radius..radius + width].copy_from_slice(row);
        padded[radius + width..].fill(row[width - 1]);
        for (x, value) in row.iter_mut().enumerate() {
            *value = padded[x..=x + 2 * radius].iter().sum::<f32>() * share;
        }
    }
    // Down the columns: the rows above are already replaced, so the last few originals are kept in a ring.
    let reach = 2 * radius + 1;
    let mut ring: Vec<Vec<f32>> = (0..reach)
        .map(|k| {
            let y = k.saturating_sub(radius).min(height - 1);
            plane[y * width..(y + 1) * width].to_vec()
        })
        .collect();
    for y in 0..height {
        let row = &mut plane[y * width..(y + 1) * width];
        row.fill(0.0);
        for kept in &ring {
            row.iter_mut().zip(kept).for_each(|(sum, value)| *sum += value);
        }
        row.iter_mut().for_each(|sum| *sum *= share);
        let incoming = (y + radius + 1).min(height - 1);
        let slot = y % reach;
        if incoming > y {
            ring[slot].copy_from_slice(&plane[incoming * width..(incoming + 1) * width]);
        }
    }
}

fn mirror_down(at: usize) -> usize {
    if at == 0 { 1 } else { at - 1 }
}

fn mirror_up(at: usize, end: usize) -> usize {
    if at + 1 == end { end.saturating_sub(2) } else { at + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(width: usize, height: usize, value: impl Fn(usize, usize) -> u8) -> Pixels {
        let rgb = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let rgb = rgb.flat_map(|(x, y)| [value(x, y); 3]).collect();
        Pixels::new(width, height, rgb).unwrap()
    }

    #[test]
    fn grain_is_cheap_and_smoothness_dear() {
        let half = grey(64, 64, |x, y| if x < 32 { 100 } else { 80 + ((x * 7 + y * 13) % 40) as u8 });
        let costs = hill(&half);
        let (smooth, busy) = (costs[32 * 64 + 4], costs[32 * 64 + 54]);
        assert!(busy < 1.0, "{busy}");
        assert!(smooth.is_infinite(), "{smooth}");
    }

    #[test]
    fn a_pixel_that_would_clip_is_wet() {
        let noisy = grey(64, 64, |x, y| if (x + y) % 2 == 0 { 255 } else { 200 });
        let costs = hill(&noisy);
        assert!(costs[0].is_infinite());
        assert!(costs[1].is_finite());
    }

    #[test]
    fn the_mean_is_the_mean_of_its_square() {
        let (width, height) = (9, 7);
        let plane: Vec<f32> = (0..63).map(|i| ((i * 37) % 11) as f32).collect();
        let mut got = plane.clone();
        box_mean(&mut got, width, height, 2);
        for y in 0..height {
            for x in 0..width {
                let mut sum = 0.0;
                for dy in -2i64..=2 {
                    for dx in -2i64..=2 {
                        let yy = (y as i64 + dy).clamp(0, 6) as usize;
                        let xx = (x as i64 + dx).clamp(0, 8) as usize;
                        sum += plane[yy * width + xx];
                    }
                }
                assert!((got[y * width + x] - sum / 25.0).abs() < 1e-4, "{x},{y}");
            }
        }
    }
}
