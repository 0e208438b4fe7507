//! Writes some of the bundled handwritten digits as png files, for the guide `docs/learn.md`:
//! `cargo run --release --example write_images FOLDER COUNT`.

use std::env;
use std::error::Error;
use std::fs::{self, File};
use std::path::Path;

use pal::data::{MNIST_SHAPE, mnist};

const CLASSES: usize = 10;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [folder, count] = &arguments[..] else {
        return Err("expected a folder and a number of images".into());
    };
    let (folder, count): (&Path, usize) = (folder.as_ref(), count.parse()?);
    fs::create_dir_all(folder)?;
    let digits = mnist()?;
    let of_each = digits.labels.len() / CLASSES;
    for image in 0..count.min(digits.labels.len()) {
        // One of each class after the other.
        let pixels = digits.inputs.row(of_each * (image % CLASSES) + image / CLASSES);
        let bytes: Vec<u8> = pixels.iter().map(|pixel| (255.0 * pixel).round() as u8).collect();
        let file = File::create(folder.join(format!("{image:04}.png")))?;
        let mut encoder = png::Encoder::new(file, MNIST_SHAPE.width as u32, MNIST_SHAPE.height as u32);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.write_header()?.write_image_data(&bytes)?;
    }
    Ok(())
}
