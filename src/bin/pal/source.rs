//! Where features and labels come from: npy and csv files, and the data sets that are part of the program.

use std::fs;
use std::path::Path;

use csv::ReaderBuilder;
use ndarray::{Array2, ArrayD};
use pal::data::io::{CsvOptions, Header, Table, at, read_npy};
use pal::data::{self, Labelled, Labels};

use crate::failure::{Failure, Result};

/// How the help describes a source of features.
pub(crate) const FEATURES_HELP: &str = "\
Features, a row a sample: an .npy file (two axes, any real numbers), a .csv file (with or without a header), or one of \
bundled:iris, bundled:wine, bundled:breast_cancer, bundled:digits";

const BUNDLED: &str = "bundled:";

type Bundled = (&'static str, fn() -> pal::Result<Labelled>);

const SETS: [Bundled; 4] = [
    ("bundled:iris", data::iris),
    ("bundled:wine", data::wine),
    ("bundled:breast_cancer", data::breast_cancer),
    ("bundled:digits", data::digits),
];

/// Features `(n, p)`.
pub(crate) fn features(source: &str) -> Result<Array2<f64>> {
    if source.starts_with(BUNDLED) {
        return Ok(bundled(source)?.inputs);
    }
    if has_extension(source, "npy") {
        return Ok(read_npy(source)?);
    }
    if has_extension(source, "csv") {
        let first = text(source)?.lines().next().unwrap_or_default().to_owned();
        let is_number = |cell: &str| cell.trim().is_empty() || cell.trim().parse::<f64>().is_ok();
        let header = if first.split(',').all(is_number) { Header::Absent } else { Header::Present };
        return Ok(Table::read(source, CsvOptions { header, ..CsvOptions::default() })?.inputs);
    }
    Err(other_format("features", source))
}

/// The class of each of `samples`, numbered in the order of the names.
pub(crate) fn labels(source: &str, samples: usize) -> Result<Labels> {
    let names: Vec<String> = if source.starts_with(BUNDLED) {
        bundled(source)?.labels.iter().map(|class| class.unwrap_or_default().to_string()).collect()
    } else if has_extension(source, "npy") {
        let numbers: ArrayD<f64> = read_npy(source)?;
        let other_axes = numbers.shape().iter().filter(|&&length| length > 1).count();
        if other_axes > 1 {
            let found = format!("an array of shape {:?}", numbers.shape());
            return Err(unfit("labels", source, found, "one class a sample"));
        }
        numbers.iter().map(ToString::to_string).collect()
    } else if has_extension(source, "csv") {
        last_column(source, samples)?
    } else {
        return Err(other_format("labels", source));
    };
    if names.len() != samples {
        return Err(unfit(
            "labels",
            source,
            format!("{} labels", names.len()),
            &format!("{samples}, one a sample"),
        ));
    }
    let mut classes = names.clone();
    classes.sort_unstable();
    classes.dedup();
    let class_of = names.iter().map(|name| classes.partition_point(|class| class < name)).collect();
    Ok(Labels::new(class_of, classes.len())?)
}

/// The last column of a csv file of `samples` rows and perhaps a header.
fn last_column(source: &str, samples: usize) -> Result<Vec<String>> {
    let text = text(source)?;
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut names = Vec::new();
    for record in reader.records() {
        let record =
            record.map_err(|error| unfit("labels", source, error.to_string(), "comma separated text"))?;
        names.push(record.iter().next_back().unwrap_or_default().trim().to_owned());
    }
    if names.len() == samples + 1 {
        names.remove(0);
    }
    match names.iter().position(String::is_empty) {
        Some(row) => Err(unfit("labels", source, format!("no label in row {}", row + 1), "one a sample")),
        None => Ok(names),
    }
}

fn bundled(source: &str) -> Result<Labelled> {
    match SETS.iter().find(|(name, _)| *name == source) {
        Some((_, read)) => Ok(read()?),
        None => {
            Err(Failure::NotBundled { given: source.to_owned(), known: SETS.map(|(name, _)| name).to_vec() })
        }
    }
}

fn has_extension(source: &str, extension: &str) -> bool {
    Path::new(source).extension().is_some_and(|found| found.eq_ignore_ascii_case(extension))
}

/// What a text file holds, whatever is no UTF-8 replaced.
pub(crate) fn text(path: impl AsRef<Path>) -> Result<String> {
    let path = path.as_ref();
    let bytes = fs::read(path).map_err(at(path))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn other_format(argument: &str, source: &str) -> Failure {
    unfit(
        argument,
        source,
        "another kind of file".into(),
        "a name that ends in .npy or .csv, or bundled:NAME",
    )
}

fn unfit(argument: &str, source: &str, found: String, expected: &str) -> Failure {
    Failure::Unfit { what: format!("{argument} {source}"), found, expected: expected.to_owned() }
}
