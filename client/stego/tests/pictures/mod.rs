//! Pictures to test with, drawn from a seed.

#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use image::codecs::{bmp::BmpEncoder, jpeg::JpegEncoder, png::PngEncoder, webp::WebPEncoder};
use image::{ExtendedColorType, ImageEncoder};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};

/// Pixels to be encoded somehow.
#[derive(Clone)]
pub(crate) struct Drawing {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) rgb: Vec<u8>,
}

impl Drawing {
    pub(crate) fn new(width: u32, height: u32, mut pixel: impl FnMut(u32, u32) -> [u8; 3]) -> Self {
        let mut rgb = Vec::new();
        for y in 0..height {
            for x in 0..width {
                rgb.extend(pixel(x, y));
            }
        }
        Self { width, height, rgb }
    }

    /// Something like a photograph: slopes, soft spots, and grain that differs from place to place.
    pub(crate) fn photo(width: u32, height: u32, seed: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let spots: Vec<[u32; 4]> = (0..12)
            .map(|_| {
                [
                    rng.next_u32() % width,
                    rng.next_u32() % height,
                    20 + rng.next_u32() % 80,
                    rng.next_u32() % 90,
                ]
            })
            .collect();
        Self::new(width, height, |x, y| {
            let mut light = 40 + 60 * x / width + 40 * y / height;
            for [at_x, at_y, radius, strength] in &spots {
                let apart = x.abs_diff(*at_x).pow(2) + y.abs_diff(*at_y).pow(2);
                light += strength * radius * radius / (radius * radius + 4 * apart) / 2;
            }
            let grain = 3 + (x / 64 + y / 48 + u32::try_from(seed % 5).unwrap()) % 6 * 2;
            let base = light + rng.next_u32() % grain;
            [0, 9, 21].map(|tint| u8::try_from((base + tint + rng.next_u32() % 3).min(255)).unwrap())
        })
    }

    pub(crate) fn noise(width: u32, height: u32, seed: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        Self::new(width, height, |_, _| rng.next_u32().to_le_bytes()[..3].try_into().unwrap())
    }

    pub(crate) fn flat(width: u32, height: u32, value: u8) -> Self {
        Self::new(width, height, |_, _| [value; 3])
    }

    pub(crate) fn png(&self) -> Vec<u8> {
        let mut file = Vec::new();
        let encoder = PngEncoder::new(&mut file);
        encoder.write_image(&self.rgb, self.width, self.height, ExtendedColorType::Rgb8).unwrap();
        file
    }

    pub(crate) fn jpeg(&self) -> Vec<u8> {
        let mut file = Vec::new();
        let encoder = JpegEncoder::new_with_quality(&mut file, 92);
        encoder.write_image(&self.rgb, self.width, self.height, ExtendedColorType::Rgb8).unwrap();
        file
    }

    pub(crate) fn webp(&self) -> Vec<u8> {
        let mut file = Vec::new();
        let encoder = WebPEncoder::new_lossless(&mut file);
        encoder.write_image(&self.rgb, self.width, self.height, ExtendedColorType::Rgb8).unwrap();
        file
    }

    pub(crate) fn bmp(&self) -> Vec<u8> {
        let mut file = Vec::new();
        let encoder = BmpEncoder::new(&mut file);
        encoder.write_image(&self.rgb, self.width, self.height, ExtendedColorType::Rgb8).unwrap();
        file
    }

    /// The same with an alpha channel.
    pub(crate) fn png_with_alpha(&self, alpha: impl Fn(u32, u32) -> u8) -> Vec<u8> {
        let pixels = self.rgb.chunks_exact(3).zip(0u32..);
        let rgba: Vec<u8> = pixels
            .flat_map(|(rgb, at)| [rgb[0], rgb[1], rgb[2], alpha(at % self.width, at / self.width)])
            .collect();
        let mut file = Vec::new();
        let encoder = PngEncoder::new(&mut file);
        encoder.write_image(&rgba, self.width, self.height, ExtendedColorType::Rgba8).unwrap();
        file
    }
}

pub(crate) fn rgb_of(png: &[u8]) -> Vec<u8> {
    image::load_from_memory(png).unwrap().into_rgb8().into_raw()
}

pub(crate) fn random_bytes(rng: &mut ChaCha20Rng, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    rng.fill_bytes(&mut bytes);
    bytes
}

/// A loop's length: short here, and longer by `STEGO_TIMES` for who has the time.
pub(crate) fn times(short: u64) -> u64 {
    let factor = std::env::var("STEGO_TIMES").ok().and_then(|times| times.parse().ok()).unwrap_or(1);
    short * factor
}
