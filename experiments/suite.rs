//! The suite of data sets that `benches/peers/sets.csv` describes.

use ndarray::{Array1, Array2};
use pal::data::io::read_npy;
use pal::data::{Labelled, Labels, breast_cancer, digits, iris, wine};
use pal::{Error, Result};

use super::peers;

/// A set of the suite that is there.
pub struct DataSet {
    pub name: String,
    pub half: String,
    pub inputs: Array2<f64>,
    pub labels: Labels,
    pub truth: Vec<usize>,
}

/// The sets that are there or bundled, as `sets.csv` lists them.
pub fn suite() -> Result<Vec<DataSet>> {
    let mut sets = Vec::new();
    for (name, half) in halves()? {
        let file = |ending: &str| peers::file("sets").join(format!("{name}{ending}.npy"));
        let Labelled { inputs, labels } = match &*name {
            "digits" => digits()?,
            "iris" => iris()?,
            "wine" => wine()?,
            "breast_cancer" => breast_cancer()?,
            _ if !file("").exists() => {
                println!("{name} is skipped: there is no {}", file("").display());
                continue;
            }
            _ => {
                let numbers: Array1<f64> = read_npy(file("_labels"))?;
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // classes count from 0
                let truth: Vec<usize> = numbers.iter().map(|&class| class as usize).collect();
                let classes = truth.iter().max().map_or(0, |&last| last + 1);
                Labelled { inputs: read_npy(file(""))?, labels: Labels::new(truth, classes)? }
            }
        };
        let truth = labels.iter().flatten().collect();
        sets.push(DataSet { name, half, inputs, labels, truth });
    }
    Ok(sets)
}

/// The name and the half of every set of `sets.csv`.
pub fn halves() -> Result<Vec<(String, String)>> {
    let name_and_half = |row: Vec<String>| Some((row.first()?.clone(), row.get(2)?.clone()));
    Ok(rows("sets.csv")?.into_iter().filter_map(name_and_half).collect())
}

/// The cells of a table of `benches/peers` in rows, without its header; no cell holds a comma.
pub fn rows(name: &str) -> Result<Vec<Vec<String>>> {
    let path = peers::file(name);
    let text = std::fs::read_to_string(&path).map_err(|source| Error::Io { path, source })?;
    Ok(text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect())
}
