//! Where the photographs come from, and the tiles they are cut into.

use std::path::{Path, PathBuf};

use anyhow::Context;
use client_stego::{Cover, SIDE_MAX};

use crate::hiders::takes_all_rates;
use crate::picture::Picture;

/// The side of a tile in pixels: the smallest cover there is, and so the hardest.
pub(crate) const TILE: usize = 256;

/// What to say when there is nothing to judge with.
pub(crate) const INSTALL: &str = "NOT RUN: no photographs found. Install some:\n\
    \x20 apt-get install mate-backgrounds plasma-workspace-wallpapers lomiri-wallpapers-16.04 lomiri-wallpapers-20.04\n\
    \x20 pip install scikit-image scikit-learn   (a few more; name their folder with --photos)";

const LISTED: &str = include_str!("photographs.txt");

/// The least that a picture is scaled down by before hiding.
const SCALE_MAX: f64 = 0.7;

/// A tile, and which photograph it was cut from: tiles of one never stand on both sides of a training.
pub(crate) struct Tile {
    pub(crate) photograph: usize,
    /// The part of the photograph as it was, before scaling.
    source: Picture,
    /// The tile as it is sent with nothing in it.
    pub(crate) clean: Picture,
}

impl Tile {
    /// `None` if the encoder does not take its highest rate here.
    fn new(photograph: usize, source: Picture) -> anyhow::Result<Option<Self>> {
        let Ok(cover) = Cover::read_scaled(&source.to_png()?, TILE) else { return Ok(None) };
        let clean = Picture::from_file(&cover.to_png()?)?;
        let unscaled = Cover::read(&clean.to_png()?);
        let usable = takes_all_rates(&cover) && unscaled.is_ok_and(|cover| takes_all_rates(&cover));
        Ok(usable.then_some(Self { photograph, source, clean }))
    }

    /// The cover, scaled by the encoder itself.
    pub(crate) fn cover(&self) -> anyhow::Result<Cover> {
        Ok(Cover::read_scaled(&self.source.to_png()?, TILE)?)
    }

    #[cfg(test)]
    pub(crate) fn of_clean(clean: Picture) -> Self {
        Self { photograph: 0, source: clean.clone(), clean }
    }
}

/// Finds the listed photographs below these folders; with `all`, every picture.
pub(crate) fn find(folders: &[PathBuf], all: bool) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting: Vec<PathBuf> = folders.to_vec();
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => waiting.push(path),
                Ok(kind) if kind.is_file() && (is_listed(&path) || all && is_picture(&path)) => {
                    found.push(path)
                }
                _ => {}
            }
        }
    }
    found.sort();
    found
}

fn is_listed(path: &Path) -> bool {
    LISTED.lines().any(|line| !line.starts_with('#') && path.ends_with(line))
}

fn is_picture(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    ["png", "jpg", "jpeg", "webp", "bmp"].contains(&extension.to_ascii_lowercase().as_str())
}

/// Cuts at most `most` tiles out of a photograph, spread evenly, each of which scales to [`TILE`] by the factor that
/// the encoder would scale the whole by.
pub(crate) fn tiles(path: &Path, photograph: usize, most: usize) -> anyhow::Result<Vec<Tile>> {
    let file = std::fs::read(path).with_context(|| format!("While reading {}", path.display()))?;
    let whole = Picture::from_file(&file).with_context(|| format!("While decoding {}", path.display()))?;
    let scale = SCALE_MAX.min(SIDE_MAX as f64 / whole.width.max(whole.height) as f64);
    let side = (1..=whole.width).find(|side| *side as f64 * scale >= TILE as f64).unwrap_or(whole.width + 1);
    let (across, down) = (whole.width / side, whole.height / side);
    let mut usable = Vec::new();
    for nth in 0..across * down {
        let source = whole.crop(nth % across * side, nth / across * side, side)?;
        usable.extend(Tile::new(photograph, source)?);
    }
    let step = usable.len().div_ceil(most.max(1)).max(1);
    Ok(usable.into_iter().step_by(step).collect())
}
