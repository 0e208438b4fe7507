//! Labels, answers and the similarity graph of a state, written for other programs.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use ndarray::{Array1, Array2, aview1};
use serde_json::{Value, json};

use super::State;
use crate::data::io::{Numbers, malformed, write_atomically, write_npy, write_npz};
use crate::error::Result;
use crate::oracle::Pair;

const COLUMNS: [&str; 4] = ["row", "column", "weight", "together"];

impl State {
    /// Writes the class of each sample and how sure it is; the number of rows, `n`.
    ///
    /// By the ending of the name: `.csv` or `.jsonl` with sample, class, confidence, asked (whether an answer was about it),
    /// and name if the settings have names; `.npz` with class and asked as integers and confidence; or `.npy` with a row
    /// (class, confidence) a sample. Samples and classes count from 0.
    ///
    /// # Errors
    /// [`Error::Format`](crate::Error::Format) for another ending, [`Error::Io`](crate::Error::Io).
    pub fn write_labels(&self, path: impl AsRef<Path>) -> Result<usize> {
        let (path, belief) = (path.as_ref(), self.belief());
        let (classes, confidence) = (belief.classes(), belief.confidence());
        match extension(path).as_str() {
            "npz" => {
                let class: Vec<i64> = classes.iter().copied().map(whole).collect();
                let asked: Vec<i64> =
                    (0..belief.len()).map(|sample| belief.was_asked(sample).into()).collect();
                let arrays = [
                    ("class", aview1(&class).into()),
                    ("confidence", confidence.view().into()),
                    ("asked", aview1(&asked).into()),
                ];
                write_npz(path, &arrays)?;
                Ok(belief.len())
            }
            "npy" => {
                let mut rows = Array2::zeros((belief.len(), 2));
                rows.column_mut(0)
                    .assign(&classes.iter().map(|&class| class as f64).collect::<Array1<f64>>());
                rows.column_mut(1).assign(&confidence);
                write_npy(path, &rows)?;
                Ok(belief.len())
            }
            _ => {
                let (formats, columns) =
                    (["npy", "npz", "csv", "jsonl"], ["sample", "class", "confidence", "asked"]);
                let cells = |sample: usize| {
                    [
                        json!(sample),
                        json!(classes[sample]),
                        json!(confidence[sample]),
                        json!(belief.was_asked(sample)),
                    ]
                };
                let samples = 0..belief.len();
                let names = &self.settings().names;
                if names.is_empty() {
                    return table(path, &formats, columns, samples.map(cells));
                }
                let [sample, class, confidence, asked] = columns;
                let rows = samples.map(|at| {
                    let [sample, class, confidence, asked] = cells(at);
                    [sample, class, confidence, asked, json!(names.get(at))]
                });
                table(path, &formats, [sample, class, confidence, asked, "name"], rows)
            }
        }
    }

    /// Writes what answers that stand say of pairs i < j, with id, i, j, same, annotator, seconds, as `.csv` or `.jsonl`; the number
    /// of rows.
    ///
    /// # Errors
    /// As [`State::write_labels`].
    pub fn write_pairs(&self, path: impl AsRef<Path>) -> Result<usize> {
        let rows = self.statements().map(|(id, record, (pair, same))| {
            let (i, j) = (pair.first(), pair.second());
            [json!(id), json!(i), json!(j), json!(same), json!(record.annotator), json!(record.seconds)]
        });
        let columns = ["id", "i", "j", "same", "annotator", "seconds"];
        table(path.as_ref(), &["csv", "jsonl"], columns, rows)
    }

    /// Writes the similarity graph, once a pair of samples i < j that are neighbours or were asked about; the number of rows.
    ///
    /// As coordinates, `.csv` or `.npz`, with row, column, weight (of the neighbours' graph, or 0) and together (how probably
    /// they belong together, in `[0, 1]`).
    ///
    /// # Errors
    /// As [`State::write_labels`].
    pub fn write_graph(&self, path: impl AsRef<Path>) -> Result<usize> {
        let (path, belief) = (path.as_ref(), self.belief());
        let mut weights: BTreeMap<Pair, f64> = belief.asked().iter().map(|&pair| (pair, 0.0)).collect();
        for (i, j, weight) in self.edges().filter(|(i, j, _)| i < j) {
            *weights.entry(Pair::new(i, j)?).or_default() += weight;
        }
        let mut rows = Vec::new();
        for (pair, weight) in weights {
            rows.push((pair.first(), pair.second(), weight, belief.probability_same(pair)?));
        }
        if extension(path) == "npz" {
            let first: Vec<i64> = rows.iter().map(|row| whole(row.0)).collect();
            let second: Vec<i64> = rows.iter().map(|row| whole(row.1)).collect();
            let weights: Vec<f64> = rows.iter().map(|row| row.2).collect();
            let together: Vec<f64> = rows.iter().map(|row| row.3).collect();
            let arrays: [Numbers; COLUMNS.len()] = [
                aview1(&first).into(),
                aview1(&second).into(),
                aview1(&weights).into(),
                aview1(&together).into(),
            ];
            let arrays: Vec<_> = COLUMNS.into_iter().zip(arrays).collect();
            write_npz(path, &arrays)?;
            return Ok(rows.len());
        }
        let rows =
            rows.iter().map(|(i, j, weight, together)| [json!(i), json!(j), json!(weight), json!(together)]);
        table(path, &["npz", "csv"], COLUMNS, rows)
    }
}

/// Writes rows as csv or as JSON lines, as the name's ending says and `formats` allow; their number.
fn table<const N: usize>(
    path: &Path,
    formats: &[&str],
    names: [&str; N],
    rows: impl Iterator<Item = [Value; N]>,
) -> Result<usize> {
    let format = extension(path);
    if !formats.contains(&format.as_str()) {
        return Err(malformed(path, format!("a name that ends in {format:?}"), formats.join(" or ")));
    }
    let mut count = 0;
    let rows = rows.inspect(|_| count += 1);
    write_atomically(path, |file| {
        if format == "csv" { csv(file, names, rows) } else { json_lines(file, names, rows) }
    })?;
    Ok(count)
}

fn csv<const N: usize>(
    file: &mut BufWriter<&mut File>,
    names: [&str; N],
    rows: impl Iterator<Item = [Value; N]>,
) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(file);
    writer.write_record(names)?;
    for row in rows {
        writer.write_record(
            row.iter().map(|cell| cell.as_str().map_or_else(|| cell.to_string(), str::to_owned)),
        )?;
    }
    writer.flush()
}

fn json_lines<const N: usize>(
    file: &mut BufWriter<&mut File>,
    names: [&str; N],
    rows: impl Iterator<Item = [Value; N]>,
) -> io::Result<()> {
    for row in rows {
        let object: serde_json::Map<_, _> = names.iter().map(|&name| name.to_owned()).zip(row).collect();
        serde_json::to_writer(&mut *file, &object)?;
        writeln!(file)?;
    }
    Ok(())
}

/// The ending of a file's name, in lower case.
fn extension(path: &Path) -> String {
    path.extension().and_then(|extension| extension.to_str()).unwrap_or_default().to_ascii_lowercase()
}

/// A count as an integer of the width that array programs index with.
fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
