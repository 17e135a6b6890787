//! Measures hiding and revealing on one core: `cargo run --release -p client-stego --example measure [PICTURE]`.
//! Without a picture it draws a grainy one of 1600 x 1200. Prints the processor's seconds, which other work on the
//! machine does not change, and the most memory that a process of its own held for it.

#![expect(clippy::print_stdout, reason = "a measurement prints")]

use client_stego::{Cover, Key, Rate, Revealed, hide, reveal};
use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["hide", from, to, kind, amount] => hide_once(from, to, &key(kind)?, amount),
        ["reveal", from, kind] => reveal_once(from, &key(kind)?),
        [picture] => measure(&std::fs::read(picture)?),
        _ => measure(&grainy(1600, 1200)?),
    }
}

fn measure(file: &[u8]) -> Outcome<()> {
    let folder = std::env::temp_dir().join(format!("stego-measure-{}", std::process::id()));
    std::fs::create_dir(&folder)?;
    let (from, to) = (folder.join("cover"), folder.join("stego.png"));
    std::fs::write(&from, file)?;
    let (from, to) = (from.display().to_string(), to.display().to_string());
    for amount in ["few", "safe", "hard"] {
        for kind in ["secret", "passphrase"] {
            again(&["hide", &from, &to, kind, amount])?;
            again(&["reveal", &to, kind])?;
        }
    }
    again(&["reveal", &to, "wrong"])?;
    std::fs::write(&to, Cover::read(file)?.to_png()?)?;
    again(&["reveal", &to, "secret"])?;
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

fn again(arguments: &[&str]) -> Outcome<()> {
    let status = std::process::Command::new(std::env::current_exe()?).args(arguments).status()?;
    if status.success() { Ok(()) } else { Err("a measurement failed".into()) }
}

fn key(kind: &str) -> Outcome<Key> {
    Ok(match kind {
        "secret" => Key::from_secret([7; 32]),
        "wrong" => Key::from_secret([8; 32]),
        _ => Key::from_passphrase("correct horse battery staple")?,
    })
}

fn hide_once(from: &str, to: &str, key: &Key, amount: &str) -> Outcome<()> {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let file = std::fs::read(from)?;
    let started = cpu_seconds();
    let cover = Cover::read(&file)?;
    drop(file);
    let (bytes, rate) = match amount {
        "few" => (200, Rate::Safe),
        "safe" => (cover.capacity(Rate::Safe), Rate::Safe),
        _ => (cover.capacity(Rate::Hard), Rate::Hard),
    };
    let mut words = vec![0; bytes];
    rng.fill_bytes(&mut words);
    let stego = hide(&cover, &words, key, rate, &mut rng)?;
    let seconds = cpu_seconds() - started;
    println!("{:?}, {bytes} B, {key:?}: read and hide {seconds:.3} s, peak {}", cover.size(), peak_memory());
    std::fs::write(to, stego)?;
    Ok(())
}

fn reveal_once(from: &str, key: &Key) -> Outcome<()> {
    let file = std::fs::read(from)?;
    let started = cpu_seconds();
    let found = match reveal(&file, key)? {
        Revealed::Words(words) => format!("{} B", words.len()),
        other => format!("{other:?}"),
    };
    let seconds = cpu_seconds() - started;
    println!("    {found}, {key:?}: reveal {seconds:.3} s, peak {}", peak_memory());
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

/// Seconds that this process was on a processor, as Linux counts them.
fn cpu_seconds() -> f64 {
    let counted = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    counted.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).map_or(0.0, |ns| ns / 1e9)
}

fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or_else(|| "not known on this system".to_owned(), |peak| peak.trim().to_owned())
}
