//! How the message's rows are spread over the carriers: evenly, every carrier used, in blocks that the writer can
//! keep in memory.

use std::ops::Range;

use super::HEIGHT;

/// At most this many carriers of one row are candidates for a change. With hundreds to choose from the rest are too
/// dear to matter, and a short message in a large picture then costs milliseconds.
pub(crate) const CANDIDATES_A_ROW: usize = 160;

/// Candidates in one block: the trellis remembers 2^[`HEIGHT`] bits for each, so this is 8 MiB.
const CANDIDATES_A_BLOCK: usize = 64 * 1024;

/// A message of `rows` bits laid over `carriers` carriers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    carriers: usize,
    rows: usize,
    rows_a_block: usize,
}

impl Shape {
    /// `None` when there is no message, or fewer than two carriers a bit.
    pub(crate) fn new(carriers: usize, rows: usize) -> Option<Self> {
        if rows == 0 || carriers / rows < 2 {
            return None;
        }
        let candidates_a_row = carriers.div_ceil(rows).min(CANDIDATES_A_ROW);
        let rows_a_block = (CANDIDATES_A_BLOCK / candidates_a_row).max(8 * HEIGHT);
        Some(Self { carriers, rows, rows_a_block })
    }

    pub(crate) fn rows(self) -> usize {
        self.rows
    }

    /// The most carriers that any row has.
    pub(crate) fn width_max(self) -> usize {
        self.carriers.div_ceil(self.rows)
    }

    pub(crate) fn carriers_of(self, row: usize) -> Range<usize> {
        self.start_of(row)..self.start_of(row + 1)
    }

    pub(crate) fn starts_block(self, row: usize) -> bool {
        row.is_multiple_of(self.rows_a_block)
    }

    /// The rows of each block, in order.
    pub(crate) fn blocks(self) -> impl Iterator<Item = Range<usize>> {
        (0..self.rows)
            .step_by(self.rows_a_block)
            .map(move |first| first..(first + self.rows_a_block).min(self.rows))
    }

    fn start_of(self, row: usize) -> usize {
        // Both factors stay under 2^32: pictures are bounded, and usize may be 32 bits on a small board.
        let start = (row as u64) * (self.carriers as u64) / (self.rows as u64);
        usize::try_from(start).unwrap_or(self.carriers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_share_all_carriers_and_differ_by_one_at_most() {
        let shape = Shape::new(10_007, 300).unwrap();
        let widths: Vec<usize> = (0..300).map(|row| shape.carriers_of(row).len()).collect();
        assert_eq!(widths.iter().sum::<usize>(), 10_007);
        assert!(widths.iter().all(|width| (33..=34).contains(width)));
        assert_eq!(shape.width_max(), 34);
    }

    #[test]
    fn fewer_than_two_carriers_a_bit_is_no_shape() {
        assert!(Shape::new(200, 100).is_some());
        assert!(Shape::new(199, 100).is_none());
        assert!(Shape::new(199, 0).is_none());
    }

    #[test]
    fn blocks_cover_every_row_once() {
        let shape = Shape::new(400_000, 30_000).unwrap();
        let rows: Vec<usize> = shape.blocks().flatten().collect();
        assert_eq!(rows, (0..30_000).collect::<Vec<_>>());
        assert!(shape.blocks().count() > 1);
        assert!(shape.blocks().all(|block| shape.starts_block(block.start)));
    }
}
