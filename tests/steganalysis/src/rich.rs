//! A small colour rich model (after Fridrich and Kodovský's SRM, 2012): how often short runs of quantised residuals
//! occur, in the channels and in the differences of red and blue to green.

use crate::picture::{Picture, Plane};

/// Residuals are cut to -TWO..=TWO.
const TWO: i16 = 2;
const VALUES: usize = 5;
const RUNS: usize = VALUES * VALUES * VALUES * VALUES;
/// Runs that differ only in sign or direction are one.
const CLASSES: usize = 169;
const MODELS: usize = 10;

/// Features of one plane.
pub(crate) const PLANE_FEATURES: usize = MODELS * CLASSES;

/// Planes that are looked at.
#[cfg(test)]
const PLANES: usize = 5;

/// Green first, then red less green and blue less green, then red and blue.
pub(crate) fn features(picture: &Picture, classes: &Classes) -> Vec<f32> {
    let green = picture.channel(1);
    let red = picture.plane(|[red, green, _]| i16::from(red) - i16::from(green));
    let blue = picture.plane(|[_, green, blue]| i16::from(blue) - i16::from(green));
    [green, red, blue, picture.channel(0), picture.channel(2)]
        .iter()
        .flat_map(|plane| of_plane(plane, classes))
        .collect()
}

fn of_plane(plane: &Plane, classes: &Classes) -> Vec<f32> {
    let mut counts = vec![[0u32; CLASSES]; MODELS];
    for plane in [plane, &plane.transposed()] {
        let first = line(plane, 2, |w| w[1] - w[0]);
        let second = line(plane, 3, |w| w[0] - 2 * w[1] + w[2]);
        let third = line(plane, 4, |w| w[3] - 3 * w[2] + 3 * w[1] - w[0]);
        count(&quantised(&first, 1), &mut counts[0], classes);
        count(&quantised(&first, 1).transposed(), &mut counts[1], classes);
        count(&quantised(&second, 2), &mut counts[2], classes);
        count(&quantised(&second, 2).transposed(), &mut counts[3], classes);
        count(&quantised(&third, 3), &mut counts[4], classes);
        count(&quantised(&third, 3).transposed(), &mut counts[5], classes);
        count(&quantised(&square(plane), 4), &mut counts[6], classes);
        count(&quantised(&edge(plane), 4), &mut counts[7], classes);
        let steps = extremes(plane, |c, n| n - c, 4);
        let bends = extremes(plane, |c, n| n - 2 * c, 2);
        for (extremes, quantum, model) in [(steps, 1, 8), (bends, 2, 9)] {
            count(&quantised(&extremes.0, quantum), &mut counts[model], classes);
            count(&quantised(&extremes.1, quantum), &mut counts[model], classes);
        }
    }
    counts
        .iter()
        .flat_map(|model| {
            let all = model.iter().sum::<u32>().max(1) as f32;
            model.map(|count| count as f32 / all)
        })
        .collect()
}

/// A residual of neighbours along each row.
fn line(plane: &Plane, taps: usize, of: impl Fn(&[i16]) -> i16) -> Plane {
    let values = plane.rows().flat_map(|row| row.windows(taps).map(&of)).collect();
    Plane { width: plane.width + 1 - taps, height: plane.height, values }
}

/// A residual of each pixel's square of nine.
fn nine(plane: &Plane, of: impl Fn([&[i16]; 3]) -> i16) -> Plane {
    let rows: Vec<&[i16]> = plane.rows().collect();
    let width = plane.width - 2;
    let values = rows.windows(3).flat_map(|three| {
        let of = &of;
        (0..width).map(move |x| of([&three[0][x..x + 3], &three[1][x..x + 3], &three[2][x..x + 3]]))
    });
    Plane { width, height: plane.height - 2, values: values.collect() }
}

fn square(plane: &Plane) -> Plane {
    nine(plane, |[a, b, c]| 2 * (a[1] + b[0] + b[2] + c[1]) - a[0] - a[2] - c[0] - c[2] - 4 * b[1])
}

fn edge(plane: &Plane) -> Plane {
    nine(plane, |[a, b, _]| 2 * (a[1] + b[0] + b[2]) - a[0] - a[2] - 4 * b[1])
}

/// The lowest and the highest of several directions' residuals; the lowest with its sign turned, so that both count
/// alike. Two directions: across and down, the sum of both neighbours; four: each neighbour.
fn extremes(plane: &Plane, of: impl Fn(i16, i16) -> i16, directions: usize) -> (Plane, Plane) {
    let several = |[a, b, c]: [&[i16]; 3]| -> Vec<i16> {
        if directions == 4 {
            [a[1], b[0], b[2], c[1]].map(|near| of(b[1], near)).to_vec()
        } else {
            [a[1] + c[1], b[0] + b[2]].map(|near| of(b[1], near)).to_vec()
        }
    };
    let highest = nine(plane, |square| several(square).into_iter().max().unwrap_or(0));
    let lowest = nine(plane, |square| -several(square).into_iter().min().unwrap_or(0));
    (lowest, highest)
}

fn quantised(residual: &Plane, quantum: i16) -> Plane {
    let half = quantum / 2;
    let values = residual.values.iter().map(|value| {
        let rounded = (value.abs() + half) / quantum * value.signum();
        rounded.clamp(-TWO, TWO)
    });
    Plane { width: residual.width, height: residual.height, values: values.collect() }
}

fn count(residual: &Plane, counts: &mut [u32; CLASSES], classes: &Classes) {
    for row in residual.rows() {
        let mut run = 0usize;
        for (at, value) in row.iter().enumerate() {
            let digit = usize::try_from(value + TWO).unwrap_or(0);
            run = (run * VALUES + digit) % RUNS;
            if at >= 3 {
                counts[usize::from(classes.of_run[run])] += 1;
            }
        }
    }
}

/// Which class each run of four belongs to.
pub(crate) struct Classes {
    of_run: Vec<u8>,
}

impl Classes {
    pub(crate) fn new() -> Self {
        let mut of_run = vec![u8::MAX; RUNS];
        let mut next = 0;
        for run in 0..RUNS {
            if of_run[run] == u8::MAX {
                for same in Self::same(run) {
                    of_run[same] = next;
                }
                next += 1;
            }
        }
        Self { of_run }
    }

    fn same(run: usize) -> [usize; 4] {
        let digits = [run / 125, run / 25 % 5, run / 5 % 5, run % 5];
        let value = |digits: [usize; 4]| digits.iter().fold(0, |run, digit| run * VALUES + digit);
        let mirrored = [digits[3], digits[2], digits[1], digits[0]];
        [digits, mirrored, digits.map(|d| 4 - d), mirrored.map(|d| 4 - d)].map(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic;

    #[test]
    fn runs_fall_into_169_classes() {
        let classes = Classes::new();
        assert_eq!(classes.of_run.iter().max(), Some(&168));
    }

    #[test]
    fn mirroring_a_picture_changes_no_feature_but_those_of_edges_which_look_one_way() {
        let picture = synthetic::photo(64, 64, 1);
        let mut mirrored = picture.clone();
        mirrored.rgb = picture
            .rgb
            .as_chunks::<3>()
            .0
            .chunks(64)
            .flat_map(|row| row.iter().rev().flatten().copied())
            .collect();
        let classes = Classes::new();
        let (one, two) = (features(&picture, &classes), features(&mirrored, &classes));
        assert_eq!(one.len(), PLANES * PLANE_FEATURES);
        const EDGES: usize = 7;
        for (at, (a, b)) in one.iter().zip(&two).enumerate() {
            let model = at % PLANE_FEATURES / CLASSES;
            assert!(model == EDGES || (a - b).abs() < 1e-6, "model {model}: {a} and {b}");
        }
    }
}
