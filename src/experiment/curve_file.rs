//! Curves as csv: header `series,x,mean,std,n`, one row per point, series one after the other.

use std::path::Path;

use csv::WriterBuilder;

use super::Curve;
use crate::data::io::{CsvFile, Dialect, Header, malformed, shortest, write_atomically};
use crate::error::{Error, Result};

const HEADER: [&str; 5] = ["series", "x", "mean", "std", "n"];

/// Writes `curves`, in their order, every number as the shortest text that reads back exactly.
///
/// # Errors
/// [`Error::Io`] if the file cannot be written; [`Error::Empty`] without curves or points, [`Error::Shape`] if a
/// curve's columns differ in length, [`Error::Format`] if two curves share a name.
pub fn write_curves(path: impl AsRef<Path>, curves: &[Curve]) -> Result<()> {
    let path = path.as_ref();
    if curves.is_empty() {
        return Err(Error::Empty { argument: "curves", expected: "curve" });
    }
    for (i, curve) in curves.iter().enumerate() {
        if curve.x.is_empty() {
            return Err(Error::Empty { argument: "curve", expected: "point" });
        }
        let lengths = vec![curve.x.len(), curve.mean.len(), curve.std.len()];
        if lengths.iter().any(|&length| length != curve.x.len()) {
            let expected = vec![curve.x.len(); 3];
            return Err(Error::Shape { argument: "lengths of x, mean and std", expected, got: lengths });
        }
        if curves[..i].iter().any(|earlier| earlier.series == curve.series) {
            return Err(named_twice(path, &curve.series));
        }
    }
    write_atomically(path, |file| {
        let mut writer = WriterBuilder::new().from_writer(file);
        writer.write_record(HEADER)?;
        for curve in curves {
            for ((&x, &mean), &std) in curve.x.iter().zip(&curve.mean).zip(&curve.std) {
                let [x, mean, std] = [x, mean, std].map(shortest);
                writer.write_record([&curve.series, &x, &mean, &std, &curve.n.to_string()])?;
            }
        }
        writer.flush()
    })
}

/// Reads what [`write_curves`] wrote.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read; [`Error::Format`], with the line where there is one, if the header
/// is another, a row is short or long, a number is not one, `n` changes within a series, or a series comes back
/// after another.
pub fn read_curves(path: impl AsRef<Path>) -> Result<Vec<Curve>> {
    let path = path.as_ref();
    let dialect = Dialect { header: Header::Present, ..Dialect::default() };
    let mut file = CsvFile::open(path, dialect, &[])?;
    if file.names != HEADER {
        return Err(malformed(path, format!("the header {:?}", file.names.join(",")), HEADER.join(",")));
    }
    file.require_no_row_among_comments(|column| column == 0)?;
    let mut curves: Vec<Curve> = Vec::new();
    while let Some(row) = file.next_row()? {
        row.require_width(HEADER.len())?;
        let n: usize = row.parsed(4).ok_or_else(|| row.bad_cell(4, "a number of trials"))?;
        let series = row.text(0);
        if curves.last().is_none_or(|curve| curve.series != series) {
            if curves.iter().any(|earlier| earlier.series == series) {
                return Err(named_twice(path, series));
            }
            curves.push(Curve { series: series.to_owned(), x: vec![], mean: vec![], std: vec![], n });
        }
        let Some(curve) = curves.last_mut() else { continue };
        if curve.n != n {
            return Err(row.bad_cell(4, &format!("{} as before in this series", curve.n)));
        }
        curve.x.push(row.number(1)?);
        curve.mean.push(row.number(2)?);
        curve.std.push(row.number(3)?);
    }
    if curves.is_empty() {
        return Err(malformed(path, "no point", "at least one"));
    }
    Ok(curves)
}

fn named_twice(path: &Path, series: &str) -> Error {
    malformed(path, format!("the series {series:?} twice"), "one stretch of rows for each series")
}
