//! Folders of png and jpeg files.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use ndarray::Array2;
use rayon::prelude::*;

use super::picture::Picture;
use super::{ImageOptions, Images};
use crate::data::augment::ImageShape;
use crate::data::io::{at, malformed};
use crate::error::{Result, check};

/// Longest side that images are brought to.
const LONGEST_SIDE: usize = 4096;

/// Endings of the names of images, in small letters.
const ENDINGS: [&str; 3] = ["png", "jpg", "jpeg"];

/// Reads the png and jpeg files of a folder, sorted by name; other files are passed over.
///
/// Files are decoded in parallel; takes 8 bytes a number, `n · shape.len()` of them.
///
/// # Errors
/// [`Error::Io`](crate::Error::Io); [`Error::Format`](crate::Error::Format) with the file's name for one that is damaged, cut short, of another kind than its name says, of
/// neither grey nor RGB colours or seen through, with the folder's if it holds no image, and with the first two that differ where sizes
/// or, as they are, colours are mixed; [`Error::Domain`](crate::Error::Domain) for a side of 0 or above 4096.
pub fn read_images(folder: impl AsRef<Path>, options: &ImageOptions) -> Result<Images> {
    let folder = folder.as_ref();
    if let Some(side) = options.side {
        check::count("side", side, LONGEST_SIDE, "at least 1 and at most 4096")?;
    }
    let names = files_of(folder, options.subfolders)?;
    let read = |name: &PathBuf| Picture::read(&folder.join(name)).map(|picture| picture.prepared(options));
    let pictures: Vec<Result<Picture>> = names.par_iter().map(read).collect();
    let pictures = pictures.into_iter().collect::<Result<Vec<Picture>>>()?;
    let Some(first) = pictures.first() else {
        return Err(malformed(folder, "no image", "files whose names end in .png, .jpg or .jpeg"));
    };
    let shape = first.shape;
    for (name, picture) in names.iter().zip(&pictures) {
        if picture.shape == shape {
            continue;
        }
        let path = folder.join(name);
        let first = names[0].display();
        return Err(if picture.shape.channels == shape.channels {
            let size = |shape: ImageShape| format!("{} × {} pixels", shape.width, shape.height);
            let expected = format!("{} as {first}, or a side that all are brought to", size(shape));
            malformed(&path, size(picture.shape), expected)
        } else {
            let colours = |shape: ImageShape| if shape.channels == 1 { "grey" } else { "RGB" };
            let expected = format!("{} as {first}, or a colour that all are turned into", colours(shape));
            malformed(&path, colours(picture.shape), expected)
        });
    }
    let mut numbers = Vec::with_capacity(names.len() * shape.len());
    for picture in pictures {
        numbers.extend(picture.numbers);
    }
    let numbers = Array2::from_shape_vec((names.len(), shape.len()), numbers)
        .map_err(|error| malformed(folder, error.to_string(), "images of one shape"))?;
    let names = names.iter().map(|name| name.to_string_lossy().into_owned()).collect();
    Ok(Images { numbers, shape, names })
}

/// The images in a folder by their path from it, sorted.
fn files_of(folder: &Path, with_subfolders: bool) -> Result<Vec<PathBuf>> {
    let mut found = BTreeSet::new();
    let mut open = vec![folder.to_owned()];
    while let Some(inner) = open.pop() {
        for entry in fs::read_dir(&inner).map_err(at(&inner))? {
            let entry = entry.map_err(at(&inner))?;
            let path = entry.path();
            if entry.file_type().map_err(at(&path))?.is_dir() {
                if with_subfolders {
                    open.push(path);
                }
                continue;
            }
            let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
            if ENDINGS.iter().any(|&known| ending == known) && !path.is_dir() {
                found.insert(path.strip_prefix(folder).unwrap_or(&path).to_owned());
            }
        }
    }
    Ok(found.into_iter().collect())
}
