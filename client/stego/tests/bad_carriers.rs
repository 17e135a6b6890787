//! Every picture that cannot carry words has a sentence of its own that says why.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod pictures;

use client_stego::{Cover, CoverError, Format, Key, Recompressed, Revealed, judge, reveal};
use pictures::Drawing;

#[track_caller]
fn refused(file: &[u8], because: &CoverError, sentence: &str) {
    let refusal = Cover::read(file).unwrap_err();
    assert_eq!(&refusal, because);
    assert_eq!(refusal.to_string(), sentence);
    assert_eq!(&judge(file).unwrap_err(), because);
}

/// A PNG file's header with some chunks after it; the checksums are not right, and nobody looks at them so early.
fn png(width: u32, height: u32, bits: u8, colour: u8, chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    header.extend([bits, colour, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, body) in std::iter::once(&(b"IHDR", header.as_slice())).chain(chunks) {
        file.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
        file.extend(*name);
        file.extend(*body);
        let checked = [*name as &[u8], body].concat();
        file.extend(crc(&checked).to_be_bytes());
    }
    file
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 })
    })
}

#[test]
fn a_text_is_no_picture() {
    refused(b"hello", &CoverError::UnknownFormat, "this is not a PNG, JPEG, WebP or BMP picture");
    refused(b"", &CoverError::UnknownFormat, "this is not a PNG, JPEG, WebP or BMP picture");
}

#[test]
fn a_palette_is_refused() {
    let sentence =
        "the picture has a table of 256 colours at most, where every change shows; choose a photograph";
    refused(&png(300, 300, 8, 3, &[]), &CoverError::Palette { colours: 256 }, sentence);
    let mut bmp = Drawing::photo(300, 300, 1).bmp();
    bmp[28] = 8;
    refused(&bmp, &CoverError::Palette { colours: 256 }, sentence);
}

#[test]
fn sixteen_bits_a_colour_are_refused() {
    let sentence = "the picture has 16 bits a colour and only 8 are supported; save it with 8";
    refused(&png(300, 300, 16, 2, &[]), &CoverError::DeepColour { bits: 16 }, sentence);
}

#[test]
fn few_bits_a_pixel_are_refused() {
    let sentence = "the picture has only 4 bits a pixel, where every change shows; choose a photograph";
    refused(&png(300, 300, 4, 0, &[]), &CoverError::ShallowColour { bits: 4 }, sentence);
    let mut bmp = Drawing::photo(300, 300, 1).bmp();
    bmp[28] = 16;
    let sentence = "the picture has only 16 bits a pixel, where every change shows; choose a photograph";
    refused(&bmp, &CoverError::ShallowColour { bits: 16 }, sentence);
}

#[test]
fn animation_is_refused() {
    let sentence = "the picture is animated; choose one that stands still";
    refused(&png(300, 300, 8, 2, &[(b"acTL", &[0; 8])]), &CoverError::Animated, sentence);
    let mut webp = b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0".to_vec();
    webp.extend([0; 6]);
    refused(&webp, &CoverError::Animated, sentence);
}

#[test]
fn transparency_that_varies_is_refused_and_transparency_that_says_nothing_dropped() {
    let drawing = Drawing::photo(300, 300, 1);
    let sentence = "the picture is partly transparent; choose one without transparency";
    refused(&drawing.png_with_alpha(|x, _| u8::from(x < 9) * 255), &CoverError::Transparent, sentence);
    assert!(Cover::read(&drawing.png_with_alpha(|_, _| 255)).is_ok());
}

#[test]
fn inks_are_refused() {
    let mut jpeg = Drawing::photo(400, 400, 1).jpeg();
    let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    jpeg[frame + 9] = 4;
    refused(&jpeg, &CoverError::Cmyk, "the picture is stored as CMYK for printing; save it as RGB");
}

#[test]
fn a_small_picture_is_refused() {
    let sentence = "the picture has 256 x 255 pixels and 256 x 256 are needed; choose a larger one";
    let because = CoverError::TooSmall { width: 256, height: 255 };
    refused(&Drawing::photo(256, 255, 1).png(), &because, sentence);
}

#[test]
fn a_jpeg_that_scaling_makes_too_small_is_refused() {
    let sentence = "the picture has 300 x 400 pixels, and scaled down to remove the traces of its format it falls \
                    under 256 x 256; choose a larger one";
    let because = CoverError::TooSmallOnceScaled { width: 300, height: 400 };
    refused(&Drawing::photo(300, 400, 1).jpeg(), &because, sentence);
}

#[test]
fn a_flat_picture_is_refused() {
    let sentence = "only 0 % of the picture have any grain to hide in; choose a photograph with more detail";
    let because = CoverError::TooFlat { percent: 0 };
    refused(&Drawing::flat(300, 300, 90).png(), &because, sentence);
    let overexposed = Drawing::new(300, 300, |x, y| [255, u8::try_from((x * y) % 200).unwrap(), 9]);
    refused(&overexposed.png(), &because, sentence);
}

#[test]
fn a_picture_of_too_many_pixels_is_refused_before_it_is_decoded() {
    let pixels = 8000 * 6000;
    let noise = vec![0x55; 1_000_000];
    let sentence = "the picture has 48 million pixels and at most 40 are read; scale it down first";
    refused(&png(8000, 6000, 8, 2, &[(b"IDAT", &noise)]), &CoverError::TooLarge { pixels }, sentence);
}

#[test]
fn a_bomb_of_pixels_is_refused_before_it_is_decoded() {
    let file = png(60_000, 60_000, 8, 2, &[(b"IDAT", &[0; 100])]);
    let because = CoverError::Bomb { bytes: file.len(), pixels: 3_600_000_000 };
    let sentence =
        "145 bytes claim to unpack to 3600000000 pixels, which no photograph does; the file was not opened";
    refused(&file, &because, sentence);
    let jpeg = {
        let mut jpeg = Drawing::photo(400, 400, 1).jpeg();
        let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
        jpeg[frame + 5..frame + 9].copy_from_slice(&[0xff; 4]);
        jpeg
    };
    assert!(matches!(Cover::read(&jpeg), Err(CoverError::Bomb { .. })));
}

#[test]
fn a_file_that_is_too_long_is_refused_unread() {
    let file = vec![0; 64 * 1024 * 1024 + 1];
    let sentence = "the file has 65 MB and at most 64 MB are read; save the picture smaller";
    refused(&file, &CoverError::FileTooLong { bytes: file.len() }, sentence);
}

#[test]
fn a_truncated_file_is_called_truncated_wherever_it_ends() {
    let drawing = Drawing::photo(400, 400, 1);
    let sentence = "the file ends in the middle of the picture; fetch it again";
    for file in [drawing.png(), drawing.jpeg(), drawing.webp(), drawing.bmp()] {
        for share in [20, 60, 99] {
            refused(&file[..file.len() * share / 100], &CoverError::Truncated, sentence);
        }
    }
}

#[test]
fn a_damaged_file_is_called_damaged() {
    let mut file = Drawing::photo(300, 300, 1).png();
    let middle = file.len() / 2;
    file[middle..middle + 50].fill(0);
    refused(&file, &CoverError::Damaged(Format::Png), "the file is damaged: its PNG data does not decode");
}

#[test]
fn a_picture_that_was_changed_on_its_way_is_told_from_a_wrong_key() {
    let key = Key::from_secret([1; 32]);
    let said = |file: &[u8]| match reveal(file, &key).unwrap() {
        Revealed::Recompressed(how) => (how, how.to_string()),
        Revealed::Words(_) | Revealed::Nothing => (Recompressed::Palette, "was not noticed".to_owned()),
    };
    assert_eq!(
        said(&Drawing::photo(400, 400, 1).jpeg()),
        (
            Recompressed::Lossy(Format::Jpeg),
            "the picture was saved as JPEG on its way, which destroys hidden words; ask for the PNG file itself"
                .to_owned()
        )
    );
    assert_eq!(
        said(&Drawing::photo(1700, 300, 1).png()).1,
        "the picture was resized to 1700 x 300, which destroys hidden words; ask for the PNG file itself"
    );
    assert_eq!(
        said(&png(300, 300, 8, 3, &[])).1,
        "the picture's colours were reduced, which destroys hidden words; ask for the PNG file itself"
    );
}
