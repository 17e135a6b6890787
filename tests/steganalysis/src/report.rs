//! What the trial found, for people and for machines, and whether it is what we promise.

use std::fmt::Write;

use serde::Serialize;

use crate::hiders::Hider;
use crate::roc::Separation;

/// All figures of one run, with what they were taken on.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    pub(crate) photographs: usize,
    pub(crate) tiles: usize,
    pub(crate) tile_side: usize,
    pub(crate) rows: Vec<Row>,
    pub(crate) promises: Vec<Promise>,
}

/// One detector against one way of hiding.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) hider: &'static str,
    pub(crate) bits_a_pixel: f64,
    pub(crate) detector: &'static str,
    #[serde(flatten)]
    pub(crate) separation: Separation,
}

/// A bound on an area, and whether it was kept.
#[derive(Debug, Serialize)]
pub(crate) struct Promise {
    pub(crate) text: String,
    pub(crate) auc: f64,
    pub(crate) held: bool,
}

impl Report {
    pub(crate) fn add(
        &mut self,
        hider: Hider,
        percent: usize,
        detector: &'static str,
        separation: Separation,
    ) {
        self.rows.push(Row {
            hider: hider.name(),
            bits_a_pixel: percent as f64 / 100.0,
            detector,
            separation,
        });
    }

    /// Checks that the area of one row lies within a bound; a row that was not measured is not judged.
    pub(crate) fn promise(&mut self, hider: Hider, percent: usize, detector: &str, within: (f64, f64)) {
        let bits = percent as f64 / 100.0;
        let row = self.rows.iter().find(|row| {
            row.hider == hider.name() && row.detector == detector && (row.bits_a_pixel - bits).abs() < 1e-9
        });
        if let Some(row) = row {
            let auc = row.separation.auc;
            let text = format!(
                "{} at {bits} bits a pixel against {detector}: AUC in {:.2} .. {:.2}",
                hider.name(),
                within.0,
                within.1
            );
            self.promises.push(Promise { text, auc, held: (within.0..=within.1).contains(&auc) });
        }
    }

    pub(crate) fn all_held(&self) -> bool {
        self.promises.iter().all(|promise| promise.held)
    }

    pub(crate) fn table(&self) -> String {
        let mut out = format!(
            "{} tiles of {side} x {side} from {} photographs\n\n| hidden by | bits a pixel | detector | AUC | P_E | found at 5 % false alarms |\n| --- | --- | --- | --- | --- | --- |\n",
            self.tiles,
            self.photographs,
            side = self.tile_side,
        );
        for row in &self.rows {
            let Separation { auc, error, detected_at_5 } = row.separation;
            let _ = writeln!(
                out,
                "| {} | {} | {} | {auc:.3} | {error:.3} | {detected_at_5:.3} |",
                row.hider, row.bits_a_pixel, row.detector
            );
        }
        let _ = writeln!(out);
        for promise in &self.promises {
            let word = if promise.held { "held  " } else { "BROKEN" };
            let _ = writeln!(out, "{word} {} ({:.3})", promise.text, promise.auc);
        }
        out
    }
}
