//! A wrong key, a picture without words and an ordinary picture cannot be told apart: not by the answer, not by its
//! time, and not by the file.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod pictures;

use std::time::{Duration, Instant};

use client_stego::{Cover, Key, Rate, Revealed, hide, reveal};
use pictures::{Drawing, random_bytes, times};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

#[test]
fn a_wrong_key_and_no_words_have_the_same_answer() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    for seed in 0..times(20) {
        let drawing = Drawing::photo(256, 256 + u32::try_from(seed % 40).unwrap(), seed);
        let cover = Cover::read(&drawing.png()).unwrap();
        let stego = hide(&cover, b"words", &Key::from_secret([1; 32]), Rate::Safe, &mut rng).unwrap();
        let other = Key::from_secret(random_bytes(&mut rng, 32).try_into().unwrap());
        assert_eq!(reveal(&stego, &other).unwrap(), Revealed::Nothing);
        assert_eq!(reveal(&cover.to_png().unwrap(), &other).unwrap(), Revealed::Nothing);
        assert_eq!(reveal(&drawing.png(), &other).unwrap(), Revealed::Nothing);
    }
}

#[test]
#[ignore = "takes times: run it alone on a quiet machine, with --release"]
fn a_wrong_key_and_no_words_take_the_same_time() {
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let cover = Cover::read(&Drawing::photo(500, 500, 1).png()).unwrap();
    let stego = hide(&cover, b"words", &Key::from_secret([1; 32]), Rate::Safe, &mut rng).unwrap();
    let plain = cover.to_png().unwrap();
    let key = Key::from_secret([2; 32]);
    let timed = |file: &[u8]| {
        let started = Instant::now();
        assert_eq!(reveal(file, &key).unwrap(), Revealed::Nothing);
        started.elapsed()
    };
    let mut pairs: Vec<(Duration, Duration)> =
        (0..times(25)).map(|_| (timed(&stego), timed(&plain))).collect();
    // The quickest runs are those that nobody disturbed.
    let best =
        |side: fn(&(Duration, Duration)) -> Duration| pairs.iter().map(side).min().unwrap().as_secs_f64();
    let ratio = best(|pair| pair.0) / best(|pair| pair.1);
    pairs.clear();
    assert!((0.8..1.25).contains(&ratio), "{ratio}");
}

#[test]
fn with_and_without_words_only_pixel_data_differs() {
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    for file in [Drawing::photo(500, 400, 1).png(), Drawing::photo(500, 400, 2).jpeg()] {
        let cover = Cover::read(&file).unwrap();
        let words = random_bytes(&mut rng, cover.capacity(Rate::Safe));
        let stego = hide(&cover, &words, &Key::from_secret([1; 32]), Rate::Safe, &mut rng).unwrap();
        let plain = cover.to_png().unwrap();
        let ((plain_frame, plain_data), (stego_frame, stego_data)) = (parts(&plain), parts(&stego));
        assert_eq!(plain_frame, stego_frame);
        assert_ne!(plain_data, stego_data);
        let apart = plain.len().abs_diff(stego.len());
        assert!(apart * 100 < plain.len(), "{apart} bytes apart of {}", plain.len());
    }
}

#[test]
fn a_file_has_a_header_data_in_even_pieces_and_an_end_and_nothing_else() {
    let cover = Cover::read(&Drawing::photo(400, 400, 1).jpeg()).unwrap();
    let file = cover.to_png().unwrap();
    let chunks = chunks(&file);
    let names: Vec<&[u8]> = chunks.iter().map(|(name, _)| *name).collect();
    let data = names.len() - 2;
    assert_eq!((names[0], names[data + 1]), (b"IHDR".as_slice(), b"IEND".as_slice()));
    assert!(names[1..=data].iter().all(|name| name == b"IDAT"));
    assert!(chunks[1..data].iter().all(|(_, body)| body.len() == 8192));
}

#[test]
fn a_used_cover_is_known_again_scaled_saved_anew_or_with_words_in_it() {
    let mut rng = ChaCha20Rng::seed_from_u64(4);
    let (one, two) = (Drawing::photo(600, 500, 1), Drawing::photo(600, 500, 2));
    let cover = Cover::read(&one.png()).unwrap();
    let used = cover.fingerprint();
    let stego = hide(&cover, b"words", &Key::from_secret([1; 32]), Rate::Safe, &mut rng).unwrap();
    for file in [one.png(), one.jpeg(), one.webp(), stego] {
        assert!(Cover::read(&file).unwrap().fingerprint().is_same_picture(&used));
    }
    assert!(!Cover::read(&two.png()).unwrap().fingerprint().is_same_picture(&used));
    assert_eq!(client_stego::Fingerprint::from_bytes(used.to_bytes()), used);
}

/// A name and a body.
type Chunk<'a> = (&'a [u8], &'a [u8]);

/// The frame of a file, all chunks but the data, and the data in one piece.
fn parts(file: &[u8]) -> (Vec<Chunk<'_>>, Vec<u8>) {
    let (data, frame): (Vec<_>, Vec<_>) = chunks(file).into_iter().partition(|(name, _)| name == b"IDAT");
    (frame, data.into_iter().flat_map(|(_, body)| body.to_vec()).collect())
}

fn chunks(file: &[u8]) -> Vec<Chunk<'_>> {
    let mut rest = &file[8..];
    let mut found = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap();
        found.push((&after[..4], &after[4..4 + length]));
        rest = &after[length + 8..];
    }
    found
}
