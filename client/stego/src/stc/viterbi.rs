//! The cheapest set of flips that gives the wanted syndrome: a Viterbi search over 2^[`HEIGHT`] states, in 16-bit
//! lanes that compilers turn into vector instructions.

use std::array;
use std::ops::Range;

use super::shape::CANDIDATES_A_ROW;
use super::{Columns, HEIGHT, Shape};

const STATES: usize = 1 << HEIGHT;
const HALF: usize = STATES / 2;
const LANES: usize = 8;
const HALF_CHUNKS: usize = HALF / LANES;
const STEPS_A_PAGE: usize = 16;

/// The cost of a carrier that must not change.
pub(crate) const WET: i16 = i16::MAX;

/// A state that no path has reached. Sums saturate here, so a path this dear counts as none.
const UNREACHED: i16 = i16::MAX;

/// The cheapest way to every state, in two halves of chunks of neighbours.
type Metrics = [[Chunk; HALF_CHUNKS]; 2];
type Chunk = [i16; LANES];

/// Sixteen steps' decisions of every state, laid out like [`Metrics`].
type Page = [[[u16; LANES]; HALF_CHUNKS]; 2];

/// Finds the carriers to flip, in ascending order of block, or `None` when the dry ones cannot carry the message.
pub(crate) fn cheapest_flips(
    costs: &[i16],
    target: &[u8],
    shape: Shape,
    columns: &Columns,
) -> Option<Vec<u32>> {
    let mut flips = Vec::new();
    let mut trellis = Trellis::default();
    for rows in shape.blocks() {
        trellis.run(rows, costs, target, shape, columns)?;
        trellis.trace_back(target, &mut flips);
    }
    Some(flips)
}

/// One block's search: who may flip, and which way every state was reached.
#[derive(Default)]
struct Trellis {
    rows: Range<usize>,
    /// (carrier, column) of each candidate, in order.
    candidates: Vec<(u32, u16)>,
    /// How many candidates had been seen at each row's end.
    ends: Vec<usize>,
    /// Pages of one word a state; bit k of a page's word tells of the page's k-th step from its end.
    decisions: Vec<Page>,
    best: usize,
}

impl Trellis {
    fn run(
        &mut self,
        rows: Range<usize>,
        costs: &[i16],
        target: &[u8],
        shape: Shape,
        columns: &Columns,
    ) -> Option<()> {
        self.candidates.clear();
        self.ends.clear();
        self.decisions.clear();
        self.rows = rows.clone();
        let mut metrics = [[[UNREACHED; LANES]; HALF_CHUNKS]; 2];
        metrics[0][0][0] = 0;
        let mut row_candidates = Vec::new();
        for row in rows {
            cheapest_of_row(shape.carriers_of(row), costs, &mut row_candidates);
            for (cost, carrier, place) in &row_candidates {
                if self.candidates.len().is_multiple_of(STEPS_A_PAGE) {
                    self.decisions.push([[[0; LANES]; HALF_CHUNKS]; 2]);
                }
                let (column, page) = (*columns.as_slice().get(*place)?, self.decisions.last_mut()?);
                step(&mut metrics, page, column, *cost);
                self.candidates.push((*carrier, column));
            }
            self.ends.push(self.candidates.len());
            shift(&mut metrics, usize::from(*target.get(row)?))?;
        }
        // What would stick out past the last row counts for nothing, so any state may end the block.
        let metrics = metrics.as_flattened().as_flattened();
        self.best = metrics.iter().enumerate().min_by_key(|(_, metric)| **metric)?.0;
        Some(())
    }

    fn trace_back(&self, target: &[u8], flips: &mut Vec<u32>) {
        let block_flips = flips.len();
        let steps = self.candidates.len();
        let mut state = self.best;
        let mut end = steps;
        for (nth, row) in self.rows.clone().enumerate().rev() {
            state = (state << 1 | usize::from(target[row])) & (STATES - 1);
            let start = if nth == 0 { 0 } else { self.ends[nth - 1] };
            for index in (start..end).rev() {
                let page = index / STEPS_A_PAGE;
                let page_end = ((page + 1) * STEPS_A_PAGE).min(steps);
                let (half, chunk, lane) = place(state);
                if self.decisions[page][half][chunk][lane] >> (page_end - 1 - index) & 1 == 1 {
                    let (carrier, column) = self.candidates[index];
                    flips.push(carrier);
                    state ^= usize::from(column);
                }
            }
            end = start;
        }
        flips[block_flips..].reverse();
    }
}

/// The dry carriers of a row as (cost, carrier, place in the row), the cheapest few when there are many.
fn cheapest_of_row(carriers: Range<usize>, costs: &[i16], row: &mut Vec<(i16, u32, usize)>) {
    row.clear();
    let first = carriers.start;
    for (place, cost) in costs[carriers].iter().enumerate() {
        if let (true, Ok(carrier)) = (*cost != WET, u32::try_from(first + place)) {
            row.push((*cost, carrier, place));
        }
    }
    if row.len() > CANDIDATES_A_ROW {
        row.select_nth_unstable(CANDIDATES_A_ROW);
        row.truncate(CANDIDATES_A_ROW);
        row.sort_unstable_by_key(|(_, _, place)| *place);
    }
}

/// One candidate: every state is reached by leaving the carrier alone or by flipping it from `state ^ column`.
fn step(metrics: &mut Metrics, page: &mut Page, column: u16, cost: i16) {
    match column & 7 {
        1 => step_lanes::<1>(metrics, page, column, cost),
        3 => step_lanes::<3>(metrics, page, column, cost),
        5 => step_lanes::<5>(metrics, page, column, cost),
        _ => step_lanes::<7>(metrics, page, column, cost),
    }
}

/// [`step`] for columns whose lowest three bits are `LOW`: within eight neighbouring states the partner's place is
/// then known when this is compiled. Every column has its highest bit set, so partners lie in opposite halves.
fn step_lanes<const LOW: usize>(metrics: &mut Metrics, page: &mut Page, column: u16, cost: i16) {
    let across = usize::from(column) / LANES % HALF_CHUNKS;
    let [lower, upper] = metrics;
    let [lower_page, upper_page] = page;
    for index in 0..HALF_CHUNKS {
        let partner = (index ^ across) % HALF_CHUNKS;
        let (low, high) = (lower[index], upper[partner]);
        let to_low: Chunk = array::from_fn(|lane| high[lane ^ LOW].saturating_add(cost));
        let to_high: Chunk = array::from_fn(|lane| low[lane ^ LOW].saturating_add(cost));
        lower[index] = array::from_fn(|lane| to_low[lane].min(low[lane]));
        upper[partner] = array::from_fn(|lane| to_high[lane].min(high[lane]));
        record(&mut lower_page[index], &to_low, &low);
        record(&mut upper_page[partner], &to_high, &high);
    }
}

/// Appends to each state's word whether flipping was cheaper.
fn record(words: &mut [u16; LANES], flipped: &Chunk, kept: &Chunk) {
    *words = array::from_fn(|lane| words[lane] << 1 | u16::from(flipped[lane] < kept[lane]));
}

/// A row ends: only states that agree with the wanted bit live on, one row further, counted from the cheapest.
fn shift(metrics: &mut Metrics, wanted: usize) -> Option<()> {
    let mut lowest = UNREACHED;
    let mut shifted = [[UNREACHED; LANES]; HALF_CHUNKS];
    let pairs = metrics.as_flattened().as_flattened().as_chunks::<2>().0;
    for (to, pair) in shifted.as_flattened_mut().iter_mut().zip(pairs) {
        *to = pair[wanted & 1];
        lowest = lowest.min(*to);
    }
    for metric in shifted.as_flattened_mut() {
        // Nothing is lower than the lowest, so this cannot wrap; saying so keeps the loop in vector lanes.
        *metric = if *metric == UNREACHED { UNREACHED } else { metric.wrapping_sub(lowest) };
    }
    *metrics = [shifted, [[UNREACHED; LANES]; HALF_CHUNKS]];
    (lowest != UNREACHED).then_some(())
}

/// Where a state stands in [`Metrics`] and in a [`Page`]: half, chunk, lane.
fn place(state: usize) -> (usize, usize, usize) {
    (state / HALF % 2, state / LANES % HALF_CHUNKS, state % LANES)
}
