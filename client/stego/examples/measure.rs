//! Measures hiding and revealing on one core: `cargo run --release -p client-stego --example measure [PICTURE]`.
//! Without a picture it draws a grainy one of 1600 x 1200. Prints seconds, and the most memory the process ever held.

#![expect(clippy::print_stdout, reason = "a measurement prints")]

use std::hint::black_box;
use std::time::Instant;

use client_stego::{Cover, Key, Rate, Revealed, hide, reveal};
use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let file = match std::env::args().nth(1) {
        Some(path) => std::fs::read(path)?,
        None => grainy(1600, 1200)?,
    };
    println!("before: peak memory {}", peak_memory()?);
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let started = Instant::now();
    let cover = Cover::read(&file)?;
    println!("cover: {:?} read in {:.3} s", cover.size(), started.elapsed().as_secs_f64());
    println!("capacity: {} safe, {} hard", cover.capacity(Rate::Safe), cover.capacity(Rate::Hard));
    let secret = Key::from_secret([7; 32]);
    let passphrase = Key::from_passphrase("correct horse battery staple")?;
    let runs = [("200 B", 200, Rate::Safe), ("safe", cover.capacity(Rate::Safe), Rate::Safe)];
    for (name, bytes, rate) in runs.into_iter().chain([("hard", cover.capacity(Rate::Hard), Rate::Hard)]) {
        let mut words = vec![0; bytes];
        rng.fill_bytes(&mut words);
        for (kind, key) in [("secret", &secret), ("passphrase", &passphrase)] {
            let started = Instant::now();
            let fresh = Cover::read(&file)?;
            let stego = hide(&fresh, &words, key, rate, &mut rng)?;
            let hidden = started.elapsed().as_secs_f64();
            let started = Instant::now();
            let found = reveal(&stego, key)?;
            let revealed = started.elapsed().as_secs_f64();
            assert!(matches!(found, Revealed::Words(found) if *found == words));
            println!(
                "{name} by {kind}: read and hide {hidden:.3} s, reveal {revealed:.3} s, {} KiB",
                stego.len() / 1024
            );
        }
    }
    let started = Instant::now();
    black_box(cover.to_png()?);
    println!("writing the PNG alone: {:.3} s", started.elapsed().as_secs_f64());
    let plain = cover.to_png()?;
    let started = Instant::now();
    assert_eq!(reveal(&plain, &secret)?, Revealed::Nothing);
    println!("finding nothing: {:.3} s", started.elapsed().as_secs_f64());
    println!("after: peak memory {}", peak_memory()?);
    Ok(())
}

/// Slopes with grain of several strengths.
fn grainy(width: u32, height: u32) -> Outcome<Vec<u8>> {
    let mut rng = ChaCha20Rng::seed_from_u64(9);
    let mut rgb = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let grain = 2 + (x / 200 + y / 200) % 5 * 4;
            let base = 40 + x * 90 / width + y * 80 / height;
            for tint in [0, 10, 25] {
                rgb.push(u8::try_from(base + tint + rng.next_u32() % grain)?);
            }
        }
    }
    let mut file = Vec::new();
    PngEncoder::new(&mut file).write_image(&rgb, width, height, ExtendedColorType::Rgb8)?;
    Ok(file)
}

fn peak_memory() -> Outcome<String> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    Ok(line.map_or_else(|| "not known on this system".to_owned(), |peak| peak.trim().to_owned()))
}
