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
use crate::oracle::{Answered, Pair};

const COLUMNS: [&str; 4] = ["row", "column", "weight", "together"];

/// What can be exported of a [`State`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exported {
    /// By [`State::write_labels`].
    Labels,
    /// By [`State::write_pairs`].
    Pairs,
    /// By [`State::write_graph`].
    Graph,
}

impl Exported {
    /// The endings of names that it can be written to.
    #[must_use]
    pub fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Labels => &["npy", "npz", "csv", "jsonl"],
            Self::Pairs => &["csv", "jsonl"],
            Self::Graph => &["npz", "csv"],
        }
    }

    /// The ending of a name that it can be written to, in lower case; nothing is written.
    ///
    /// # Errors
    /// [`Error::Format`](crate::Error::Format) for another ending.
    pub fn ending_of(self, path: impl AsRef<Path>) -> Result<&'static str> {
        let (path, endings) = (path.as_ref(), self.endings());
        let given = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        endings
            .iter()
            .copied()
            .find(|&ending| ending == given)
            .ok_or_else(|| malformed(path, format!("a name that ends in {given:?}"), endings.join(" or ")))
    }
}

impl State {
    /// Writes the class of each sample and how sure the belief is of it; the number of rows, `n`.
    ///
    /// By the ending of the name: `.csv` or `.jsonl` with sample, class, confidence, asked (whether an answer was about it),
    /// name if the settings have names, and `class_name` if an answer that stands names a class: the name that most of them
    /// give to samples of that class, of several the one given first, empty if none does; `.npz` with class and asked as integers
    /// and confidence; or `.npy` with a row (class, confidence) a sample. Samples and classes count from 0.
    ///
    /// The confidence is the probability that the [belief](crate::active::Belief::confidence) itself gives, from its start and
    /// the answers: nobody has checked it. What audits prove is the [remaining error](crate::active::remaining_error).
    ///
    /// # Errors
    /// [`Error::Format`](crate::Error::Format) for another ending, [`Error::Io`](crate::Error::Io).
    pub fn write_labels(&self, path: impl AsRef<Path>) -> Result<usize> {
        let (path, belief) = (path.as_ref(), self.belief());
        let (classes, confidence) = (belief.classes(), belief.confidence());
        match Exported::Labels.ending_of(path)? {
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
            format => {
                let (names, class_names) = (&self.settings().names, self.class_names());
                let mut columns = vec!["sample", "class", "confidence", "asked"];
                columns.extend((!names.is_empty()).then_some("name"));
                columns.extend((!class_names.is_empty()).then_some("class_name"));
                let rows = (0..belief.len()).map(|at| {
                    let class = classes[at];
                    let mut row =
                        vec![json!(at), json!(class), json!(confidence[at]), json!(belief.was_asked(at))];
                    row.extend((!names.is_empty()).then(|| json!(names.get(at))));
                    row.extend(
                        (!class_names.is_empty()).then(|| json!(class_names.get(&class).unwrap_or(&""))),
                    );
                    row
                });
                table(path, format, &columns, rows)
            }
        }
    }

    /// The names of the classes to samples of which answers that stand gave some: of each the one that most gave, of several
    /// the one given first. `O(m)` for `m` answers.
    fn class_names(&self) -> BTreeMap<usize, &str> {
        let mut given: BTreeMap<usize, Vec<(&str, usize)>> = BTreeMap::new();
        for (_, record) in self.log().records() {
            if let Answered::Label { sample, class: name } = &record.answered {
                let names = given.entry(self.belief().classes()[*sample]).or_default();
                match names.iter_mut().find(|(other, _)| other == name) {
                    Some((_, times)) => *times += 1,
                    None => names.push((name, 1)),
                }
            }
        }
        let most = |names: Vec<_>| names.into_iter().rev().max_by_key(|&(_, times)| times);
        given.into_iter().filter_map(|(class, names)| Some((class, most(names)?.0))).collect()
    }

    /// Writes what answers that stand say of pairs i < j, with id, i, j, same, annotator, seconds, as `.csv` or `.jsonl`; the number
    /// of rows.
    ///
    /// # Errors
    /// As [`State::write_labels`].
    pub fn write_pairs(&self, path: impl AsRef<Path>) -> Result<usize> {
        let rows = self.statements().map(|(id, record, (pair, same))| {
            let (i, j) = (pair.first(), pair.second());
            vec![json!(id), json!(i), json!(j), json!(same), json!(record.annotator), json!(record.seconds)]
        });
        let columns = ["id", "i", "j", "same", "annotator", "seconds"];
        let path = path.as_ref();
        table(path, Exported::Pairs.ending_of(path)?, &columns, rows)
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
        let format = Exported::Graph.ending_of(path)?;
        let mut weights: BTreeMap<Pair, f64> = belief.asked().iter().map(|&pair| (pair, 0.0)).collect();
        for (i, j, weight) in self.edges().filter(|(i, j, _)| i < j) {
            *weights.entry(Pair::new(i, j)?).or_default() += weight;
        }
        let mut rows = Vec::new();
        for (pair, weight) in weights {
            rows.push((pair.first(), pair.second(), weight, belief.probability_same(pair)?));
        }
        if format == "npz" {
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
        let rows = rows
            .iter()
            .map(|(i, j, weight, together)| vec![json!(i), json!(j), json!(weight), json!(together)]);
        table(path, format, &COLUMNS, rows)
    }
}

/// Writes rows as csv or else as JSON lines; their number.
fn table(path: &Path, format: &str, names: &[&str], rows: impl Iterator<Item = Vec<Value>>) -> Result<usize> {
    let mut count = 0;
    let rows = rows.inspect(|_| count += 1);
    write_atomically(path, |file| {
        if format == "csv" { csv(file, names, rows) } else { json_lines(file, names, rows) }
    })?;
    Ok(count)
}

fn csv(
    file: &mut BufWriter<&mut File>,
    names: &[&str],
    rows: impl Iterator<Item = Vec<Value>>,
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

fn json_lines(
    file: &mut BufWriter<&mut File>,
    names: &[&str],
    rows: impl Iterator<Item = Vec<Value>>,
) -> io::Result<()> {
    for row in rows {
        let object: serde_json::Map<_, _> = names.iter().map(|&name| name.to_owned()).zip(row).collect();
        serde_json::to_writer(&mut *file, &object)?;
        writeln!(file)?;
    }
    Ok(())
}

/// A count as an integer of the width that array programs index with.
fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
