//! Folders of images: what is read, and what is refused by name.
#![cfg(feature = "images")]
#![allow(clippy::unwrap_used)] // a test may panic

use std::fs;
use std::path::{Path, PathBuf};

use pal::Error;
use pal::data::augment::ImageShape;
use pal::data::images::{Colour, ImageOptions, Images, read_images};
use png::{BitDepth, ColorType};
use tempfile::TempDir;

#[path = "support/jpeg.rs"]
mod jpeg;

use jpeg::jpeg;

/// A png file of these bytes.
fn png_of(path: &Path, (width, height): (u32, u32), colour: ColorType, depth: BitDepth, bytes: &[u8]) {
    write_png(path, (width, height), colour, depth, bytes, |_| ());
}

fn write_png(
    path: &Path,
    (width, height): (u32, u32),
    colour: ColorType,
    depth: BitDepth,
    bytes: &[u8],
    more: impl FnOnce(&mut png::Info),
) {
    let mut info = png::Info::with_size(width, height);
    (info.color_type, info.bit_depth) = (colour, depth);
    more(&mut info);
    let encoder = png::Encoder::with_info(fs::File::create(path).unwrap(), info).unwrap();
    encoder.write_header().unwrap().write_image_data(bytes).unwrap();
}

fn grey(path: &Path, size: (u32, u32), bytes: &[u8]) {
    png_of(path, size, ColorType::Grayscale, BitDepth::Eight, bytes);
}

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    (folder, path)
}

/// The numbers of the only image.
fn only(path: &Path) -> Vec<f64> {
    let Images { numbers, .. } = read_images(path, &ImageOptions::default()).unwrap();
    assert_eq!(numbers.nrows(), 1);
    numbers.row(0).to_vec()
}

/// EXIF with an orientation and a tag before it, in either order of bytes.
fn exif(orientation: u16, is_big: bool) -> Vec<u8> {
    let mut block: Vec<u8> = if is_big { b"MM\0*".to_vec() } else { b"II*\0".to_vec() };
    let mut push = |number: u32, bytes: usize| {
        let big = number.to_be_bytes()[4 - bytes..].to_vec();
        block.extend(if is_big { big } else { big.into_iter().rev().collect() });
    };
    push(8, 4);
    push(2, 2); // tags
    for (tag, value) in [(0x0110, 7), (0x0112, u32::from(orientation))] {
        push(tag, 2);
        push(3, 2);
        push(1, 4);
        push(value, 2);
        push(0, 2);
    }
    push(0, 4);
    block
}

#[track_caller]
fn refused(path: &Path, options: &ImageOptions, words: &[&str]) {
    let error = read_images(path, options).unwrap_err();
    assert!(matches!(error, Error::Format { .. }), "{error}");
    for word in words {
        assert!(error.to_string().contains(word), "{word:?} is not in {error}");
    }
}

#[test]
fn images_come_sorted_by_name_row_by_row() {
    let (_kept, path) = folder();
    grey(&path.join("b.png"), (3, 2), &[0, 1, 2, 3, 4, 255]);
    grey(&path.join("a.PNG"), (3, 2), &[9; 6]);
    fs::write(path.join("notes.txt"), "no image").unwrap();
    fs::create_dir(path.join("deeper")).unwrap();
    grey(&path.join("deeper").join("c.png"), (3, 2), &[7; 6]);
    let images = read_images(&path, &ImageOptions::default()).unwrap();
    assert_eq!(images.shape, ImageShape::grey(2, 3));
    assert_eq!(images.names, ["a.PNG", "b.png"]);
    assert_eq!(images.numbers.row(1).to_vec(), [0.0, 1.0, 2.0, 3.0, 4.0, 255.0]);
    let deep = read_images(&path, &ImageOptions { subfolders: true, ..ImageOptions::default() }).unwrap();
    assert_eq!(deep.names[2], Path::new("deeper").join("c.png").to_string_lossy());
    assert_eq!(deep.numbers.row(2).to_vec(), [7.0; 6]);
}

#[test]
fn sixteen_bits_few_bits_and_palettes_are_read_right() {
    let (_kept, path) = folder();
    let file = path.join("a.png");
    png_of(&file, (2, 1), ColorType::Grayscale, BitDepth::Sixteen, &[0xff, 0xff, 0x01, 0x00]);
    assert_eq!(only(&path), [255.0, 256.0 / 257.0]);
    png_of(&file, (4, 1), ColorType::Grayscale, BitDepth::Two, &[0b0001_1011]);
    assert_eq!(only(&path), [0.0, 85.0, 170.0, 255.0]);
    write_png(&file, (2, 1), ColorType::Indexed, BitDepth::Eight, &[1, 0], |info| {
        info.palette = Some(vec![1, 2, 3, 40, 50, 60].into());
    });
    assert_eq!(only(&path), [40.0, 50.0, 60.0, 1.0, 2.0, 3.0]);
}

#[test]
fn what_can_be_seen_through_is_refused_and_an_opaque_alpha_is_left_out() {
    let (_kept, path) = folder();
    let file = path.join("a.png");
    png_of(&file, (2, 1), ColorType::Rgba, BitDepth::Eight, &[1, 2, 3, 255, 4, 5, 6, 255]);
    assert_eq!(only(&path), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    png_of(&file, (1, 1), ColorType::GrayscaleAlpha, BitDepth::Sixteen, &[1, 1, 255, 255]);
    assert_eq!(only(&path), [1.0]);
    png_of(&file, (2, 1), ColorType::Rgba, BitDepth::Eight, &[1, 2, 3, 255, 4, 5, 6, 254]);
    refused(&path, &ImageOptions::default(), &["a.png", "seen through"]);
}

#[test]
fn jpeg_is_read_grey_and_in_colour() {
    let (_kept, path) = folder();
    let file = path.join("a.jpg");
    fs::write(&file, jpeg((16, 8), &[&[40, 200]], None)).unwrap();
    let images = read_images(&path, &ImageOptions::default()).unwrap();
    assert_eq!(images.shape, ImageShape::grey(8, 16));
    let expected = |column: usize| if column < 8 { 40.0 } else { 200.0 };
    assert!(images.numbers.row(0).indexed_iter().all(|(at, &pixel)| pixel == expected(at % 16)));
    // Y, Cb, Cr: the red of ITU-R BT.601.
    fs::write(&file, jpeg((8, 8), &[&[76], &[85], &[255]], None)).unwrap();
    let red = only(&path);
    assert!(red.iter().zip([254.0, 0.0, 0.0].iter().cycle()).all(|(a, b)| (a - b).abs() <= 1.0), "{red:?}");
    // An ending may say the other of the two.
    fs::rename(&file, path.join("b.png")).unwrap();
    assert_eq!(only(&path), red);
}

#[test]
fn a_camera_that_was_turned_is_turned_back() {
    let (_kept, path) = folder();
    // Rows 1 2 3 and 4 5 6 are what stands in the file.
    let upright: [&[u8]; 8] = [
        &[1, 2, 3, 4, 5, 6],
        &[3, 2, 1, 6, 5, 4],
        &[6, 5, 4, 3, 2, 1],
        &[4, 5, 6, 1, 2, 3],
        &[1, 4, 2, 5, 3, 6],
        &[4, 1, 5, 2, 6, 3],
        &[6, 3, 5, 2, 4, 1],
        &[3, 6, 2, 5, 1, 4],
    ];
    for (orientation, expected) in (1..).zip(upright) {
        for is_big in [false, true] {
            write_png(
                &path.join("a.png"),
                (3, 2),
                ColorType::Grayscale,
                BitDepth::Eight,
                &[1, 2, 3, 4, 5, 6],
                |info| info.exif_metadata = Some(exif(orientation, is_big).into()),
            );
            let images = read_images(&path, &ImageOptions::default()).unwrap();
            let found: Vec<f64> = expected.iter().copied().map(f64::from).collect();
            assert_eq!(images.numbers.row(0).to_vec(), found, "orientation {orientation}");
            let shape = if orientation < 5 { ImageShape::grey(2, 3) } else { ImageShape::grey(3, 2) };
            assert_eq!(images.shape, shape);
        }
    }
    fs::remove_file(path.join("a.png")).unwrap();
    fs::write(path.join("a.jpg"), jpeg((16, 8), &[&[40, 200]], Some(&exif(6, true)))).unwrap();
    let images = read_images(&path, &ImageOptions::default()).unwrap();
    assert_eq!(images.shape, ImageShape::grey(16, 8));
    assert_eq!((images.numbers[[0, 0]], images.numbers[[0, 127]]), (40.0, 200.0));
    fs::write(path.join("a.jpg"), jpeg((16, 8), &[&[40, 200]], Some(&exif(9, true)))).unwrap();
    refused(&path, &ImageOptions::default(), &["a.jpg", "orientation 9"]);
}

#[test]
fn sizes_that_differ_are_refused_or_brought_to_a_side() {
    let (_kept, path) = folder();
    grey(&path.join("a.png"), (2, 2), &[0, 100, 200, 100]);
    grey(&path.join("b.png"), (2, 2), &[0; 4]);
    grey(&path.join("c.png"), (3, 1), &[30, 60, 90]);
    refused(&path, &ImageOptions::default(), &["c.png", "3 × 1", "2 × 2 pixels as a.png", "a side"]);
    let of_side = |side| read_images(&path, &ImageOptions { side: Some(side), ..ImageOptions::default() });
    let small = of_side(1).unwrap();
    assert_eq!(small.numbers.column(0).to_vec(), [100.0, 0.0, 60.0]);
    let images = of_side(2).unwrap();
    assert_eq!(images.numbers.row(0).to_vec(), [0.0, 100.0, 200.0, 100.0]); // untouched
    // Three columns to two: each covers one and a half; the single row is there twice.
    assert_eq!(images.numbers.row(2).to_vec(), [40.0, 80.0, 40.0, 80.0]);
    // Two columns to four: linear between the centres.
    assert_eq!(of_side(4).unwrap().numbers.row(0).to_vec()[..4], [0.0, 25.0, 75.0, 100.0]);
    for side in [0, 5000] {
        assert!(matches!(of_side(side), Err(Error::Domain { argument: "side", .. })));
    }
}

#[test]
fn colours_that_are_mixed_are_refused_or_turned() {
    let (_kept, path) = folder();
    grey(&path.join("a.png"), (1, 1), &[10]);
    png_of(&path.join("b.png"), (1, 1), ColorType::Rgb, BitDepth::Eight, &[100, 200, 50]);
    refused(&path, &ImageOptions::default(), &["b.png", "RGB", "grey as a.png", "a colour"]);
    let turned = |colour| read_images(&path, &ImageOptions { colour, ..ImageOptions::default() }).unwrap();
    let (grey, rgb) = (turned(Colour::Grey), turned(Colour::Rgb));
    assert_eq!((grey.shape.channels, rgb.shape.channels), (1, 3));
    assert_eq!(grey.numbers[[0, 0]], 10.0);
    assert!((grey.numbers[[1, 0]] - (29.9 + 117.4 + 5.7)).abs() < 1e-12);
    assert_eq!(rgb.numbers.row(0).to_vec(), [10.0; 3]);
    assert_eq!(rgb.numbers.row(1).to_vec(), [100.0, 200.0, 50.0]);
    assert!(matches!("pink".parse::<Colour>(), Err(Error::UnknownName { .. })));
}

#[test]
fn a_folder_without_images_and_broken_files_are_refused_by_name() {
    let (_kept, path) = folder();
    refused(&path, &ImageOptions::default(), &["no image", ".png"]);
    assert!(matches!(read_images(path.join("none"), &ImageOptions::default()), Err(Error::Io { .. })));
    grey(&path.join("a.png"), (4, 4), &(0..16).collect::<Vec<u8>>());
    let whole = fs::read(path.join("a.png")).unwrap();
    let bad = path.join("b.png");
    for length in [0, 7, 8, 20, 40, whole.len() - 14, whole.len() - 1] {
        fs::write(&bad, &whole[..length]).unwrap();
        refused(&path, &ImageOptions::default(), &["b.png"]);
    }
    let mut damaged = whole.clone();
    damaged[45] ^= 0x55; // in the pixels
    fs::write(&bad, &damaged).unwrap();
    refused(&path, &ImageOptions::default(), &["b.png"]);
    fs::write(&bad, "GIF89a and so on").unwrap();
    refused(&path, &ImageOptions::default(), &["b.png", "another kind", "png or jpeg"]);
    let whole = jpeg((64, 64), &[&(0..64).map(|at| at * 3).collect::<Vec<u8>>()], None);
    for length in [3, 20, whole.len() / 2, whole.len() - 8] {
        fs::write(&bad, &whole[..length]).unwrap();
        refused(&path, &ImageOptions::default(), &["b.png"]);
    }
    // Four components are inks.
    fs::write(&bad, jpeg((8, 8), &[&[1], &[2], &[3], &[4]], None)).unwrap();
    refused(&path, &ImageOptions::default(), &["b.png", "CMYK", "grey or RGB"]);
}
