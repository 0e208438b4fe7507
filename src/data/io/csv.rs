//! Tables of numbers as csv, with a header and a label column if the options say so.

use std::fs;
use std::path::Path;
use std::str::FromStr;

use csv::{ReaderBuilder, StringRecord, WriterBuilder};
use ndarray::Array2;

use super::{at, malformed, shortest, write_atomically};
use crate::data::Labels;
use crate::error::{Error, Result, check};

/// How to read a csv file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CsvOptions {
    /// Whether the first line names the columns. Default: it does not.
    pub header: Header,
    /// What the last column holds. Default: an input like the others.
    pub last_column: LastColumn,
}

/// Whether the first line of a csv file names the columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Header {
    /// The first line holds numbers.
    #[default]
    Absent,
    /// The first line holds the names of the columns.
    Present,
}

/// What the last column of a csv file holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LastColumn {
    /// A number, like the others.
    #[default]
    Input,
    /// The sample's class `0, 1, 2, …`; an empty cell means unknown. There are as many classes as the largest
    /// says.
    Label,
}

/// What a csv file holds: a row a sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Names of all columns, that of the labels included; empty if the file has no header.
    pub names: Vec<String>,
    /// Inputs, `(n, p)`.
    pub inputs: Array2<f64>,
    /// Classes of the rows, if the last column holds them.
    pub labels: Option<Labels>,
}

impl Table {
    /// Reads a csv file: comma separated, every row as wide as the first, blanks around numbers ignored.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read; [`Error::Format`] with the line if a row is shorter or longer
    /// than the first or a cell is not a finite number (or not a class), and if there is no row.
    pub fn read(path: impl AsRef<Path>, options: CsvOptions) -> Result<Self> {
        let path = path.as_ref();
        let file = CsvFile::read(path, options.header)?;
        let width = file.width();
        let mut inputs = Vec::new();
        let mut class_of = Vec::new();
        let mut n = 0;
        for row in file.rows() {
            row.require_width(width)?;
            let cells = match options.last_column {
                LastColumn::Input => width,
                LastColumn::Label => {
                    class_of.push(row.class(width - 1)?);
                    width - 1
                }
            };
            for column in 0..cells {
                inputs.push(row.number(column)?);
            }
            n += 1;
        }
        let p = inputs.len().checked_div(n).unwrap_or(0);
        if n == 0 {
            return Err(malformed(path, "no row of numbers", "at least one"));
        }
        if p == 0 {
            return Err(malformed(path, "a label column only", "at least one input column before it"));
        }
        let labels = match options.last_column {
            LastColumn::Input => None,
            LastColumn::Label => {
                let Some(largest) = class_of.iter().flatten().max() else {
                    return Err(malformed(path, "no known label", "at least one"));
                };
                let classes = largest + 1;
                Some(Labels::partial(class_of, classes)?)
            }
        };
        let inputs = Array2::from_shape_vec((n, p), inputs)
            .map_err(|error| malformed(path, error.to_string(), "rows of equal width"))?;
        Ok(Self { names: file.names, inputs, labels })
    }

    /// Writes the table: a header if the columns have names, labels as the last column if there are any, every
    /// number as the shortest text that reads back exactly.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be written; [`Error::Empty`] without rows or inputs, [`Error::Shape`]
    /// if names or labels do not fit the inputs, [`Error::NotFinite`] if an input is NaN or infinite.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        let (n, p) = self.inputs.dim();
        if n * p == 0 {
            return Err(Error::Empty { argument: "inputs", expected: "row and column" });
        }
        check::finite("inputs", &self.inputs)?;
        if let Some(labels) = &self.labels {
            check::shape("labels", &[n], &[labels.len()])?;
        }
        if !self.names.is_empty() {
            let width = p + usize::from(self.labels.is_some());
            check::shape("names", &[width], &[self.names.len()])?;
        }
        write_atomically(path.as_ref(), |file| {
            let mut writer = WriterBuilder::new().from_writer(file);
            if !self.names.is_empty() {
                writer.write_record(&self.names)?;
            }
            for (i, row) in self.inputs.rows().into_iter().enumerate() {
                let class = self.labels.as_ref().map(|labels| match labels.class_of(i) {
                    Some(class) => class.to_string(),
                    None => String::new(),
                });
                writer.write_record(row.iter().map(|&value| shortest(value)).chain(class))?;
            }
            writer.flush()
        })
    }
}

/// A csv file cut into cells.
pub(crate) struct CsvFile<'a> {
    path: &'a Path,
    text: Vec<u8>,
    /// The cells of the header, if there is one.
    pub(crate) names: Vec<String>,
    records: Vec<StringRecord>,
}

impl<'a> CsvFile<'a> {
    pub(crate) fn read(path: &'a Path, header: Header) -> Result<Self> {
        let text = fs::read(path).map_err(at(path))?;
        let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(&text[..]);
        let mut records: Vec<_> = reader
            .records()
            .collect::<Result<_, _>>()
            .map_err(|error| malformed(path, error.to_string(), "comma separated text in UTF-8"))?;
        let names = match header {
            Header::Absent => Vec::new(),
            Header::Present if records.is_empty() => {
                return Err(malformed(path, "an empty file", "a header and rows"));
            }
            Header::Present => records.remove(0).iter().map(str::to_owned).collect(),
        };
        Ok(Self { path, text, names, records })
    }

    /// Cells of the header, or of the first row if there is none.
    pub(crate) fn width(&self) -> usize {
        let first = self.records.first().map_or(0, StringRecord::len);
        if self.names.is_empty() { first } else { self.names.len() }
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.records.iter().map(|record| Row { file: self, record })
    }
}

/// One line of the file, to be read cell by cell with errors that say where.
pub(crate) struct Row<'a> {
    file: &'a CsvFile<'a>,
    record: &'a StringRecord,
}

impl Row<'_> {
    pub(crate) fn require_width(&self, width: usize) -> Result<()> {
        if self.record.len() == width {
            return Ok(());
        }
        let found = format!("line {}: {} columns", self.line(), self.record.len());
        Err(malformed(self.file.path, found, width.to_string()))
    }

    pub(crate) fn text(&self, column: usize) -> &str {
        &self.record[column]
    }

    pub(crate) fn number(&self, column: usize) -> Result<f64> {
        match self.parsed(column) {
            Some(number) if f64::is_finite(number) => Ok(number),
            _ => Err(self.bad_cell(column, "a finite number")),
        }
    }

    fn class(&self, column: usize) -> Result<Option<usize>> {
        if self.record[column].trim().is_empty() {
            return Ok(None);
        }
        match self.parsed(column) {
            // The number of classes, one more, must fit as well.
            Some(class) if class < usize::MAX => Ok(Some(class)),
            _ => Err(self.bad_cell(column, "a class 0, 1, 2, … or nothing")),
        }
    }

    pub(crate) fn parsed<T: FromStr>(&self, column: usize) -> Option<T> {
        self.record[column].trim().parse().ok()
    }

    pub(crate) fn bad_cell(&self, column: usize, expected: &str) -> Error {
        let name = self.file.names.get(column).map(|name| format!(" ({name})")).unwrap_or_default();
        let found = format!("line {}, column {}{name}: {:?}", self.line(), column + 1, &self.record[column]);
        malformed(self.file.path, found, expected)
    }

    /// The line the record starts on, counted from 1. The csv library's own count stops at the blank lines
    /// before it.
    fn line(&self) -> usize {
        let text = &self.file.text;
        let byte = self.record.position().map_or(0, csv::Position::byte);
        let start = usize::try_from(byte).unwrap_or(usize::MAX).min(text.len());
        let blank = text[start..].iter().take_while(|byte| b"\r\n".contains(byte)).count();
        1 + text[..start + blank].iter().filter(|&&byte| byte == b'\n').count()
    }
}
