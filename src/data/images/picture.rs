//! One image file.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use png::{BitDepth, ColorType, Transformations};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::orientation::{of_exif, of_png, turned};
use super::resize::resized;
use super::{Colour, ImageOptions};
use crate::data::augment::ImageShape;
use crate::data::io::{at, malformed};
use crate::error::Result;

/// What the first bytes of the files are.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
const JPEG: &[u8] = b"\xff\xd8\xff";

/// Luma of red, green and blue, ITU-R BT.601.
const LUMA: [f64; 3] = [0.299, 0.587, 0.114];

/// Largest value of a channel of 16 bits, over that of 8.
const WIDE: f64 = 257.0;

/// An image as it is read, upright: grey or RGB from 0 to 255.
pub(super) struct Picture {
    pub(super) numbers: Vec<f64>,
    pub(super) shape: ImageShape,
}

impl Picture {
    /// By the first bytes of the file, whatever its name says.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let bytes = fs::read(path).map_err(at(path))?;
        let read = if bytes.starts_with(PNG) {
            png(&bytes)
        } else if bytes.starts_with(JPEG) {
            jpeg(&bytes)
        } else {
            Err(["another kind of file".to_owned(), "a png or jpeg image".to_owned()])
        };
        read.map_err(|[found, expected]| malformed(path, found, expected))
    }

    /// In the colour and size of the options.
    pub(super) fn prepared(self, options: &ImageOptions) -> Self {
        let Self { numbers, shape } = self;
        let (numbers, channels) = match (options.colour, shape.channels) {
            (Colour::Grey, 3) => {
                let (pixels, _) = numbers.as_chunks::<3>();
                let luma = pixels.iter().map(|pixel| pixel.iter().zip(LUMA).map(|(c, part)| c * part).sum());
                (luma.collect(), 1)
            }
            (Colour::Rgb, 1) => (numbers.into_iter().flat_map(|grey| [grey; 3]).collect(), 3),
            (_, channels) => (numbers, channels),
        };
        let shape = ImageShape { channels, ..shape };
        match options.side {
            Some(side) => Self {
                numbers: resized(numbers, shape, side),
                shape: ImageShape { height: side, width: side, channels },
            },
            None => Self { numbers, shape },
        }
    }
}

/// What was found, and what was expected.
type Refused = [String; 2];

fn damaged(error: impl std::fmt::Display) -> Refused {
    [error.to_string(), "an undamaged image".to_owned()]
}

fn png(file: &[u8]) -> Result<Picture, Refused> {
    let mut decoder = png::Decoder::new(Cursor::new(file));
    decoder.set_transformations(Transformations::EXPAND); // palettes, fewer than 8 bits, one transparent colour
    let mut reader = decoder.read_info().map_err(damaged)?;
    if reader.info().animation_control.is_some() {
        return Err(["an animation".to_owned(), "a single image".to_owned()]);
    }
    let mut bytes = vec![0; reader.output_buffer_size()];
    let frame = reader.next_frame(&mut bytes).map_err(damaged)?;
    reader.finish().map_err(damaged)?; // the checksum of what follows
    bytes.truncate(frame.buffer_size());
    let wide = frame.bit_depth == BitDepth::Sixteen;
    let numbers: Vec<f64> = if wide {
        bytes.as_chunks().0.iter().map(|&pair| f64::from(u16::from_be_bytes(pair)) / WIDE).collect()
    } else {
        bytes.into_iter().map(f64::from).collect()
    };
    let channels = frame.color_type.samples();
    let numbers = match frame.color_type {
        ColorType::GrayscaleAlpha | ColorType::Rgba => {
            if numbers.chunks_exact(channels).any(|pixel| pixel[channels - 1] < 255.0) {
                let found = "pixels that can be seen through".to_owned();
                return Err([found, "an image that hides what is behind it".to_owned()]);
            }
            numbers.chunks_exact(channels).flat_map(|pixel| &pixel[..channels - 1]).copied().collect()
        }
        _ => numbers,
    };
    let channels = if channels < 3 { 1 } else { 3 };
    let shape = ImageShape { height: frame.height as usize, width: frame.width as usize, channels };
    upright(numbers, shape, of_png(file))
}

fn jpeg(file: &[u8]) -> Result<Picture, Refused> {
    // Strict: a file that is cut short is no grey area.
    let options = DecoderOptions::default().set_strict_mode(true).set_use_unsafe(true);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(file), options);
    decoder.decode_headers().map_err(damaged)?;
    let channels = match decoder.input_colorspace() {
        Some(ColorSpace::Luma) => 1,
        Some(ColorSpace::RGB | ColorSpace::YCbCr) => 3,
        other => {
            let found = other.map_or("no colours".to_owned(), |other| format!("colours {other:?}"));
            return Err([found, "grey or RGB".to_owned()]);
        }
    };
    let output = if channels == 1 { ColorSpace::Luma } else { ColorSpace::RGB };
    decoder.set_options(options.jpeg_set_out_colorspace(output));
    let bytes = decoder.decode().map_err(damaged)?;
    let (width, height) = decoder.dimensions().unwrap_or_default();
    let shape = ImageShape { height, width, channels };
    let orientation = decoder.exif().map_or(Ok(1), |exif| of_exif(exif));
    upright(bytes.into_iter().map(f64::from).collect(), shape, orientation)
}

fn upright(
    numbers: Vec<f64>,
    shape: ImageShape,
    orientation: Result<usize, String>,
) -> Result<Picture, Refused> {
    if shape.len() == 0 || numbers.len() != shape.len() {
        return Err(damaged(format!("{} numbers for {shape:?}", numbers.len())));
    }
    let orientation = orientation.map_err(damaged)?;
    let (numbers, shape) = turned(numbers, shape, orientation);
    Ok(Picture { numbers, shape })
}
