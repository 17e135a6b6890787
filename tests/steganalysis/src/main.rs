//! Tries to tell pictures with hidden words from pictures without: `cargo run --release -p sotto-steganalysis`.
//!
//! Every run hides with two classics as well, which must be caught: a judge that catches nobody proves nothing.
//! Exits with 0 when every promise held, 1 when one broke, 3 when there were no photographs.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command that prints its findings")]

mod detectors;
mod ensemble;
mod hiders;
mod judge;
mod photographs;
mod picture;
mod report;
mod rich;
mod roc;
#[cfg(test)]
mod synthetic;
mod work;

use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

use clap::Parser;

use crate::detectors::Detector;
use crate::hiders::Hider;
use crate::judge::{Case, View};
use crate::report::Report;

/// Judges how well hidden words are hidden.
#[derive(Parser)]
struct Options {
    /// Folders to search for photographs.
    #[arg(long, value_name = "DIR", default_values = ["/usr/share/backgrounds", "/usr/share/wallpapers"])]
    photos: Vec<PathBuf>,
    /// Take every picture found, not only those known to be photographs.
    #[arg(long)]
    all: bool,
    /// A short run without the trained detector: 48 tiles and wider bounds.
    #[arg(long)]
    short: bool,
    /// Tiles to cut out of one photograph at most.
    #[arg(long, default_value_t = 12)]
    tiles: usize,
    /// How often the trained detector is trained anew, on another half of the photographs.
    #[arg(long, default_value_t = 5)]
    splits: u64,
    /// Leave the controls out: quicker while working on the encoder, and proves nothing.
    #[arg(long)]
    ours_only: bool,
    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
    /// Exit with 0 when there are no photographs; still says so.
    #[arg(long)]
    if_present: bool,
}

fn main() -> anyhow::Result<ExitCode> {
    let options = Options::parse();
    let paths = photographs::find(&options.photos, options.all);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let most = if options.short { 2 } else { options.tiles };
    let numbered: Vec<_> = (0..).zip(&paths).collect();
    let cut = work::in_parallel(&numbered, threads, |(nth, path)| photographs::tiles(path, *nth, most));
    let mut tiles: Vec<_> =
        cut.into_iter().collect::<anyhow::Result<Vec<_>>>()?.into_iter().flatten().collect();
    if options.short {
        tiles.truncate(48);
    }
    if tiles.is_empty() {
        eprintln!("{}", photographs::INSTALL);
        return Ok(ExitCode::from(if options.if_present { 0 } else { 3 }));
    }
    let report = if options.short { short(&tiles, threads)? } else { full(&tiles, &options, threads)? };
    if options.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        println!("{}", report.table());
    }
    Ok(ExitCode::from(if report.all_held() { 0 } else { 1 }))
}

fn begin(tiles: &[photographs::Tile]) -> Report {
    let mut photographs: Vec<usize> = tiles.iter().map(|tile| tile.photograph).collect();
    photographs.dedup();
    let (tiles, photographs) = (tiles.len(), photographs.len());
    Report { photographs, tiles, tile_side: photographs::TILE, ..Report::default() }
}

fn short(tiles: &[photographs::Tile], threads: usize) -> anyhow::Result<Report> {
    let mut report = begin(tiles);
    for hider in [Hider::LsbReplacement, Hider::Ours] {
        classic_detectors(&mut report, tiles, (hider, 30), threads)?;
    }
    promise_classic(&mut report, (0.3, 0.7), 0.8);
    Ok(report)
}

fn full(tiles: &[photographs::Tile], options: &Options, threads: usize) -> anyhow::Result<Report> {
    let mut report = begin(tiles);
    let clean: Vec<_> = tiles.iter().map(|tile| tile.clean.clone()).collect();
    let clean = judge::features(&clean, threads);
    for case @ (hider, percent) in [
        (Hider::Ours, 5),
        (Hider::Ours, 15),
        (Hider::Ours, 30),
        (Hider::OursUnscaled, 5),
        (Hider::OursUnscaled, 15),
        (Hider::OursUnscaled, 30),
        (Hider::LsbReplacement, 30),
        (Hider::LsbMatching, 5),
        (Hider::LsbMatching, 30),
    ] {
        if options.ours_only && matches!(hider, Hider::LsbReplacement | Hider::LsbMatching) {
            continue;
        }
        let stego = classic_detectors(&mut report, tiles, case, threads)?;
        let stego = judge::features(&stego, threads);
        for view in [View::Colour, View::Green, View::Channels] {
            let separation = judge::learn(tiles, &clean, &stego, view, options.splits, threads);
            eprintln!("{}, {percent} %, {}: AUC {:.3}", hider.name(), view.name(), separation.auc);
            report.add(hider, percent, view.name(), separation);
        }
    }
    promise_classic(&mut report, (0.45, 0.55), 0.9);
    report.promise(Hider::LsbMatching, 30, View::Colour.name(), (0.85, 1.0));
    for (percent, most) in [(5, 0.52), (15, 0.55), (30, 0.60)] {
        report.promise(Hider::Ours, percent, View::Colour.name(), (0.0, most));
    }
    Ok(report)
}

/// Hides in all tiles, lets the untrained detectors look, and hands the pictures on.
fn classic_detectors(
    report: &mut Report,
    tiles: &[photographs::Tile],
    case: Case,
    threads: usize,
) -> anyhow::Result<Vec<picture::Picture>> {
    let clean: Vec<_> = tiles.iter().map(|tile| tile.clean.clone()).collect();
    let stego = judge::hide_all(tiles, case, threads)?;
    for detector in Detector::ALL {
        let (before, after) =
            (judge::scores(&clean, detector, threads), judge::scores(&stego, detector, threads));
        report.add(case.0, case.1, detector.name(), roc::Separation::of(&before, &after));
    }
    Ok(stego)
}

fn promise_classic(report: &mut Report, ours: (f64, f64), control_least: f64) {
    for detector in Detector::ALL {
        report.promise(Hider::Ours, 30, detector.name(), ours);
    }
    for detector in [Detector::SamplePairs, Detector::Rs, Detector::WeightedStego] {
        report.promise(Hider::LsbReplacement, 30, detector.name(), (control_least, 1.0));
    }
}
