//! How samples are shown to a person: by number, by a line of text, or as an image drawn with characters.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use ndarray::Array2;
use pal::data::io::{TextEncoding, escape_controls, read_lines};
use pal::oracle::Pair;
use pal::session::{Fingerprint, Reading, Settings};

use crate::failure::{Failure, Result};
use crate::output::Output;
use crate::source;

/// What to show of samples.
#[derive(Debug, clap::Args)]
pub(crate) struct Shown {
    #[command(flatten)]
    lines: Lines,
    /// Draw the features of the two samples side by side, as grey images of this width and height: 8x8
    #[arg(long, value_name = "WxH")]
    image: Option<ImageSize>,
}

/// A file of text about the samples.
#[derive(Debug, clap::Args)]
pub(crate) struct Lines {
    /// Text that is shown of the samples: a file with a line for each [default: their names, if the features have some]
    #[arg(long, value_name = "FILE")]
    items: Option<PathBuf>,
    /// How that file is encoded: utf-8, latin1, utf-16le, … A byte-order mark comes first
    #[arg(long, value_name = "LABEL", default_value_t)]
    encoding: TextEncoding,
}

/// `WxH`.
#[derive(Clone, Copy, Debug)]
struct ImageSize {
    width: usize,
    height: usize,
}

impl FromStr for ImageSize {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let sides = text.split_once('x').map(|(width, height)| (width.parse(), height.parse()));
        match sides {
            Some((Ok(width), Ok(height))) if width > 0 && height > 0 => Ok(Self { width, height }),
            _ => Err("expected a width and a height such as 8x8".into()),
        }
    }
}

/// What there is to show.
pub(crate) struct Items {
    lines: Option<Vec<String>>,
    images: Option<(Array2<f64>, ImageSize)>,
}

impl Lines {
    /// The file, if there is one.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.items.as_deref()
    }

    /// The lines of the file if there is one, else the names that the state has.
    pub(crate) fn items(&self, settings: &Settings) -> Result<Items> {
        let lines = match &self.items {
            Some(path) => Some(self.read(path, settings)?),
            None => (!settings.names.is_empty()).then(|| settings.names.clone()),
        };
        Ok(Items { lines, images: None })
    }

    fn read(&self, path: &Path, settings: &Settings) -> Result<Vec<String>> {
        let lines = read_lines(path, self.encoding)?;
        let samples = settings.fingerprint.samples;
        if lines.len() != samples {
            let (what, found) = (path.display().to_string(), format!("{} lines", lines.len()));
            return Err(Failure::Unfit { what, found, expected: format!("{samples}, one a sample") });
        }
        Ok(lines)
    }
}

impl Shown {
    /// Reads what is to be shown of the samples of a state.
    pub(crate) fn items(&self, settings: &Settings, output: Output) -> Result<Items> {
        let images = self.image.map(|size| images(size, settings, output)).transpose()?;
        Ok(Items { images, ..self.lines.items(settings)? })
    }
}

fn images(size: ImageSize, settings: &Settings, output: Output) -> Result<(Array2<f64>, ImageSize)> {
    let reading = settings.reading.clone().unwrap_or_else(Reading::of_old);
    let features = source::features(&settings.features, &reading, output)?.numbers;
    let (given, found) = (Fingerprint::of(features.view()), settings.fingerprint.clone());
    if given != found {
        return Err(Failure::ChangedFeatures { path: settings.features.clone(), found, given });
    }
    let pixels = size.width.checked_mul(size.height);
    if pixels != Some(found.columns) {
        return Err(Failure::Unfit {
            what: format!("--image {}x{}", size.width, size.height),
            found: pixels
                .map_or("more pixels than can be counted".into(), |pixels| format!("{pixels} pixels")),
            expected: format!("{}, as many as a sample has numbers", found.columns),
        });
    }
    Ok((features, size))
}

/// What an answer says of two samples.
pub(crate) fn how(same: bool) -> &'static str {
    if same { "together" } else { "apart" }
}

/// From nothing to ink.
const SHADES: [&str; 5] = ["  ", "░░", "▒▒", "▓▓", "██"];

impl Items {
    /// The question about a pair, with what there is to see of both.
    pub(crate) fn question(&self, pair: Pair) -> String {
        let (first, second) = (pair.first(), pair.second());
        let mut text = String::new();
        if let Some((features, size)) = &self.images {
            let (low, high) =
                features.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &pixel| {
                    (low.min(pixel), high.max(pixel))
                });
            let shade = |sample: usize, pixel: usize| {
                let share = (features[[sample, pixel]] - low) / (high - low).max(f64::MIN_POSITIVE);
                #[allow(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a share of a few"
                )]
                let level = (share * SHADES.len() as f64) as usize;
                SHADES[level.min(SHADES.len() - 1)]
            };
            for row in 0..size.height {
                let line =
                    |sample| (0..size.width).map(move |column| shade(sample, row * size.width + column));
                let _ = writeln!(
                    text,
                    "{}  │  {}",
                    line(first).collect::<String>(),
                    line(second).collect::<String>()
                );
            }
        }
        if self.lines.is_some() {
            let _ = writeln!(text, "{}\n{}", self.item(first), self.item(second));
        }
        text + &format!("Do {first} and {second} belong together?")
    }

    /// A sample's number and its line of text, harmless to show.
    pub(crate) fn item(&self, sample: usize) -> String {
        match self.lines.as_ref().and_then(|lines| lines.get(sample)) {
            Some(line) => format!("{sample}: {}", escape_controls(line)),
            None => sample.to_string(),
        }
    }
}
