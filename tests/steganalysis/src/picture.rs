//! A small picture to judge, and its planes.

use anyhow::{Context, ensure};
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};

/// Eight bits each of red, green and blue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) rgb: Vec<u8>,
}

/// One number a pixel, row by row.
#[derive(Clone, Debug)]
pub(crate) struct Plane {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) values: Vec<i16>,
}

impl Picture {
    /// Any format, as stored: tiles are the same whichever way is up.
    pub(crate) fn from_file(file: &[u8]) -> anyhow::Result<Self> {
        let rgb = image::load_from_memory(file).context("While decoding a picture")?.into_rgb8();
        let (width, height) = (usize::try_from(rgb.width())?, usize::try_from(rgb.height())?);
        Ok(Self { width, height, rgb: rgb.into_raw() })
    }

    pub(crate) fn to_png(&self) -> anyhow::Result<Vec<u8>> {
        let mut file = Vec::new();
        let (width, height) = (u32::try_from(self.width)?, u32::try_from(self.height)?);
        PngEncoder::new(&mut file).write_image(&self.rgb, width, height, ExtendedColorType::Rgb8)?;
        Ok(file)
    }

    /// The square of this side whose upper left corner is at (x, y).
    pub(crate) fn crop(&self, x: usize, y: usize, side: usize) -> anyhow::Result<Self> {
        ensure!(x + side <= self.width && y + side <= self.height, "the tile lies outside of the picture");
        let rows = self.rgb.chunks_exact(self.width * 3).skip(y).take(side);
        let rgb = rows.flat_map(|row| &row[x * 3..(x + side) * 3]).copied().collect();
        Ok(Self { width: side, height: side, rgb })
    }

    /// Red, green or blue.
    pub(crate) fn channel(&self, nth: usize) -> Plane {
        self.plane(|pixel| i16::from(pixel[nth]))
    }

    pub(crate) fn channels(&self) -> [Plane; 3] {
        [self.channel(0), self.channel(1), self.channel(2)]
    }

    pub(crate) fn plane(&self, of: impl Fn([u8; 3]) -> i16) -> Plane {
        let values = self.rgb.as_chunks::<3>().0.iter().map(|pixel| of(*pixel)).collect();
        Plane { width: self.width, height: self.height, values }
    }
}

impl Plane {
    pub(crate) fn rows(&self) -> impl DoubleEndedIterator<Item = &[i16]> {
        self.values.chunks_exact(self.width)
    }

    pub(crate) fn transposed(&self) -> Self {
        let columns = (0..self.width).flat_map(|x| self.values[x..].iter().step_by(self.width).copied());
        Self { width: self.height, height: self.width, values: columns.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_is_cut_where_it_was_asked_for() {
        let rgb: Vec<u8> = (0..6 * 4).flat_map(|at| [at, at, at]).collect();
        let tile = Picture { width: 6, height: 4, rgb }.crop(2, 1, 3).unwrap();
        assert_eq!(tile.channel(0).values, [8, 9, 10, 14, 15, 16, 20, 21, 22]);
        assert_eq!(tile.channel(0).transposed().values, [8, 14, 20, 9, 15, 21, 10, 16, 22]);
    }
}
