//! The learner: an ensemble of Fisher's linear discriminants on random parts of the features (Kodovský, Fridrich, Holub
//! 2012).

use rand_chacha::ChaCha20Rng;
use rand_core::RngCore;

const LEARNERS: usize = 51;
const PART: usize = 200;
/// Added to the diagonal, as a share of its mean: there are few pictures for so many features.
const RIDGE: f64 = 0.01;

/// Many weak learners that vote together.
pub(crate) struct Ensemble {
    learners: Vec<Learner>,
}

struct Learner {
    features: Vec<usize>,
    weights: Vec<f64>,
    offset: f64,
}

impl Ensemble {
    /// Trains on clean pictures and on the same ones with words.
    pub(crate) fn train(clean: &[Vec<f32>], stego: &[Vec<f32>], rng: &mut ChaCha20Rng) -> Self {
        let useful = scales(clean, stego);
        let learners = (0..LEARNERS).map(|_| Learner::train(clean, stego, &useful, rng)).collect();
        Self { learners }
    }

    /// Higher is more suspicious.
    pub(crate) fn score(&self, features: &[f32]) -> f64 {
        self.learners.iter().map(|learner| learner.project(features)).sum()
    }
}

/// The features that vary at all, with what brings each to a spread of one.
fn scales(clean: &[Vec<f32>], stego: &[Vec<f32>]) -> Vec<(usize, f64)> {
    let count = clean.first().map_or(0, |features| features.len());
    let all = (clean.len() + stego.len()).max(1) as f64;
    (0..count)
        .filter_map(|at| {
            let values = || clean.iter().chain(stego).map(|features| f64::from(features[at]));
            let mean = values().sum::<f64>() / all;
            let spread = (values().map(|value| (value - mean).powi(2)).sum::<f64>() / all).sqrt();
            (spread > 1e-9).then(|| (at, 1.0 / spread))
        })
        .collect()
}

impl Learner {
    fn train(clean: &[Vec<f32>], stego: &[Vec<f32>], useful: &[(usize, f64)], rng: &mut ChaCha20Rng) -> Self {
        let mut draw = |below: usize| usize::try_from(rng.next_u32()).unwrap_or(0) % below.max(1);
        let mut deck = useful.to_vec();
        let size = PART.min(deck.len());
        for at in 0..size {
            let other = at + draw(deck.len() - at);
            deck.swap(at, other);
        }
        deck.truncate(size);
        // Pairs are drawn together, so that what they share cancels out.
        let pairs: Vec<usize> = (0..clean.len()).map(|_| draw(clean.len())).collect();
        let rows_of = |set: &[Vec<f32>]| -> Vec<Vec<f64>> {
            pairs
                .iter()
                .map(|nth| deck.iter().map(|(at, scale)| f64::from(set[*nth][*at]) * scale).collect())
                .collect()
        };
        let (clean, stego) = (rows_of(clean), rows_of(stego));
        let (clean_mean, stego_mean) = (mean(&clean), mean(&stego));
        let mut scatter = vec![vec![0.0; size]; size];
        add_scatter(&mut scatter, &clean, &clean_mean);
        add_scatter(&mut scatter, &stego, &stego_mean);
        let ridge = RIDGE * (0..size).map(|at| scatter[at][at]).sum::<f64>() / size.max(1) as f64;
        (0..size).for_each(|at| scatter[at][at] += ridge);
        let apart: Vec<f64> = stego_mean.iter().zip(&clean_mean).map(|(s, c)| s - c).collect();
        let mut weights = solve(scatter, apart);
        // Each learner's two means come to lie one apart, so that all have an equal voice.
        let (low, high) = (dot(&weights, &clean_mean), dot(&weights, &stego_mean));
        let gap = (high - low).max(1e-12);
        weights.iter_mut().zip(&deck).for_each(|(weight, (_, scale))| *weight *= scale / gap);
        Self {
            features: deck.into_iter().map(|(at, _)| at).collect(),
            weights,
            offset: (low + high) / 2.0 / gap,
        }
    }

    fn project(&self, features: &[f32]) -> f64 {
        let parts =
            self.features.iter().zip(&self.weights).map(|(at, weight)| f64::from(features[*at]) * weight);
        (parts.sum::<f64>() - self.offset).clamp(-2.0, 2.0)
    }
}

fn mean(rows: &[Vec<f64>]) -> Vec<f64> {
    let mut sums = vec![0.0; rows.first().map_or(0, Vec::len)];
    rows.iter().for_each(|row| sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value));
    sums.iter_mut().for_each(|sum| *sum /= rows.len().max(1) as f64);
    sums
}

fn add_scatter(scatter: &mut [Vec<f64>], rows: &[Vec<f64>], mean: &[f64]) {
    for row in rows {
        let centred: Vec<f64> = row.iter().zip(mean).map(|(value, mean)| value - mean).collect();
        for (at, left) in centred.iter().enumerate() {
            scatter[at][..=at].iter_mut().zip(&centred).for_each(|(sum, right)| *sum += left * right);
        }
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Solves `matrix x = right` after Cholesky; only the lower half of the matrix is read.
fn solve(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Vec<f64> {
    let size = right.len();
    for row in 0..size {
        for column in 0..=row {
            let (above, below) = matrix.split_at(row);
            let other = if column == row { &below[0] } else { &above[column] };
            let rest = below[0][column] - dot(&below[0][..column], &other[..column]);
            let diagonal = if column == row { 1.0 } else { above[column][column] };
            matrix[row][column] = if column == row { rest.max(1e-12).sqrt() } else { rest / diagonal };
        }
    }
    for row in 0..size {
        right[row] = (right[row] - dot(&matrix[row][..row], &right[..row])) / matrix[row][row];
    }
    for row in (0..size).rev() {
        let known: f64 = (row + 1..size).map(|below| matrix[below][row] * right[below]).sum();
        right[row] = (right[row] - known) / matrix[row][row];
    }
    right
}

#[cfg(test)]
mod tests {
    use rand_core::SeedableRng;

    use super::*;
    use crate::roc::Separation;

    #[test]
    fn a_system_of_equations_is_solved() {
        let solution = solve(vec![vec![4.0, 0.0], vec![2.0, 3.0]], vec![10.0, 9.0]);
        assert!((solution[0] - 1.5).abs() < 1e-9 && (solution[1] - 2.0).abs() < 1e-9, "{solution:?}");
    }

    #[test]
    fn a_small_shift_in_one_feature_of_many_is_learnt() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut unit = || rng.next_u32() as f32 / u32::MAX as f32;
        let clean: Vec<Vec<f32>> = (0..400).map(|_| (0..40).map(|_| unit()).collect()).collect();
        let mut stego = clean.clone();
        stego.iter_mut().for_each(|features| features[7] += 0.7);
        let ensemble = Ensemble::train(&clean[..200], &stego[..200], &mut ChaCha20Rng::seed_from_u64(2));
        let scores = |set: &[Vec<f32>]| set[200..].iter().map(|f| ensemble.score(f)).collect::<Vec<_>>();
        assert!(Separation::of(&scores(&clean), &scores(&stego)).auc > 0.9);
    }
}
