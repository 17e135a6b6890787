//! Whatever goes in comes out again, or there is an error that says why not.

#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "tests draw with small numbers")]
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod pictures;

use client_stego::{Cover, CoverError, HideError, Key, Rate, Revealed, hide, reveal};
use pictures::{Drawing, random_bytes, rgb_of, times};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};

fn words_in(file: &[u8], key: &Key) -> Vec<u8> {
    match reveal(file, key).unwrap() {
        Revealed::Words(words) => words.to_vec(),
        other => panic!("expected words, found {other:?}"),
    }
}

#[test]
fn words_survive_every_format_of_cover() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let drawing = Drawing::photo(420, 380, 1);
    let key = Key::from_secret([9; 32]);
    for file in
        [drawing.png(), drawing.jpeg(), drawing.webp(), drawing.bmp(), drawing.png_with_alpha(|_, _| 255)]
    {
        let cover = Cover::read(&file).unwrap();
        let stego = hide(&cover, "gefunden, 找到了".as_bytes(), &key, Rate::Safe, &mut rng).unwrap();
        assert_eq!(words_in(&stego, &key), "gefunden, 找到了".as_bytes());
    }
}

#[test]
fn words_survive_under_a_passphrase() {
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let cover = Cover::read(&Drawing::photo(300, 300, 2).png()).unwrap();
    let key = Key::from_passphrase("五個字的密語").unwrap();
    let stego = hide(&cover, b"see you at eight", &key, Rate::Safe, &mut rng).unwrap();
    assert_eq!(words_in(&stego, &key), b"see you at eight");
    let wrong = Key::from_passphrase("五個字的密語 ").unwrap();
    assert_eq!(reveal(&stego, &wrong).unwrap(), Revealed::Nothing);
}

#[test]
fn every_length_up_to_the_capacity_fits_and_one_more_is_refused() {
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    let cover = Cover::read(&Drawing::photo(256, 256, 3).png()).unwrap();
    let key = Key::from_secret([1; 32]);
    for rate in [Rate::Safe, Rate::Hard] {
        let capacity = cover.capacity(rate);
        for length in [0, 1, 43, 44, 45, 255, 256, 257, capacity - 1, capacity] {
            let words = random_bytes(&mut rng, length);
            assert_eq!(words_in(&hide(&cover, &words, &key, rate, &mut rng).unwrap(), &key), words);
        }
        let bytes = capacity + 1;
        let refusal = hide(&cover, &vec![0; bytes], &key, rate, &mut rng).unwrap_err();
        assert_eq!(refusal, HideError::TooLong { bytes, capacity });
    }
}

#[test]
fn the_safe_rate_is_a_twentieth_of_a_bit_a_pixel() {
    let cover = Cover::read(&Drawing::photo(400, 300, 4).png()).unwrap();
    assert_eq!(cover.capacity(Rate::Safe) + 20, 400 * 300 / 20 / 8);
    assert_eq!(cover.capacity(Rate::Hard) + 20, 400 * 300 * 3 / 10 / 8);
}

#[test]
fn all_channels_of_a_pixel_move_together_and_by_one() {
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    let cover = Cover::read(&Drawing::noise(256, 256, 5).png()).unwrap();
    let words = random_bytes(&mut rng, cover.capacity(Rate::Hard));
    let stego = hide(&cover, &words, &Key::from_secret([1; 32]), Rate::Hard, &mut rng).unwrap();
    let (before, after) = (rgb_of(&cover.to_png().unwrap()), rgb_of(&stego));
    let mut changed = 0;
    for (before, after) in before.chunks_exact(3).zip(after.chunks_exact(3)) {
        let moved: Vec<i16> = before.iter().zip(after).map(|(b, a)| i16::from(*a) - i16::from(*b)).collect();
        assert!(moved.iter().all(|step| *step == moved[0] && step.abs() <= 1), "{moved:?}");
        changed += usize::from(moved[0] != 0);
    }
    assert!((1000..20_000).contains(&changed), "{changed}");
}

#[test]
fn the_same_words_in_the_same_picture_never_change_the_same_pixels() {
    let mut rng = ChaCha20Rng::seed_from_u64(6);
    let cover = Cover::read(&Drawing::photo(256, 256, 6).png()).unwrap();
    let key = Key::from_secret([1; 32]);
    let mut seen = std::collections::HashSet::new();
    for _ in 0..times(30) {
        let stego = hide(&cover, b"the same words", &key, Rate::Safe, &mut rng).unwrap();
        assert!(seen.insert(rgb_of(&stego)), "a change map came twice");
    }
}

/// One random picture, key and message.
fn one_of_many(kind: u64, width: u32, height: u32, seed: u64, share: f64) -> Result<(), TestCaseError> {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let drawing = match kind {
        0 => Drawing::photo(width, height, seed),
        1 => Drawing::noise(width, height, seed),
        2 => Drawing::flat(width, height, (seed % 256) as u8),
        3 => Drawing::new(width, height, |x, _| {
            if x < width / 3 { [255; 3] } else { [(rng.next_u32() % 256) as u8; 3] }
        }),
        _ => Drawing::new(width, height, |x, y| [((x * y) % 251) as u8, (x % 256) as u8, (y % 256) as u8]),
    };
    let cover = match Cover::read(&drawing.png()) {
        Ok(cover) => cover,
        Err(CoverError::TooFlat { .. }) => return Ok(()),
        Err(other) => return Err(TestCaseError::fail(other.to_string())),
    };
    let key = Key::from_secret(random_bytes(&mut rng, 32).try_into().unwrap());
    let words = random_bytes(&mut rng, (cover.capacity(Rate::Hard) as f64 * share) as usize);
    match hide(&cover, &words, &key, Rate::Hard, &mut rng) {
        Ok(stego) => prop_assert_eq!(words_in(&stego, &key), words),
        Err(error) => prop_assert_eq!(error, HideError::NoRoom),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(u32::try_from(times(30)).unwrap()))]

    #[test]
    fn any_words_in_any_picture_come_back_or_are_refused_aloud(
        kind in 0u64..5, width in 256u32..330, height in 256u32..330, seed: u64, share in 0.0f64..=1.0,
    ) {
        one_of_many(kind, width, height, seed, share)?;
    }
}
