//! Tables of numbers as delimited text, with names, labels and columns to leave out if the options say so.

use std::path::Path;

use csv::WriterBuilder;
use ndarray::Array2;

use super::csv::{CsvFile, Dialect, Row};
use super::decode::TextEncoding;
use super::dialect::{Decimal, Delimiter, Header};
use super::{malformed, shortest, write_atomically};
use crate::data::Labels;
use crate::data::units::retain_columns;
use crate::error::{Error, Result, check};

/// How to read a table of text. The default takes all literally: comma separated numbers without a header, in UTF-8.
///
/// Errors name an option as the program spells it: `--decimal=comma` is `decimal: Decimal::Comma`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CsvOptions {
    /// Whether the first row names the columns.
    pub header: Header,
    /// What separates the cells.
    pub delimiter: Delimiter,
    /// How the decimals of a number are set off.
    pub decimal: Decimal,
    /// How the file's bytes stand for characters.
    pub encoding: TextEncoding,
    /// What the last column holds. Default: an input like the others.
    pub last_column: LastColumn,
    /// What becomes of a column that counts the rows. Default: an input like the others.
    pub row_numbers: RowNumbers,
    /// The column with the samples' names, by its name or its number, counted from 1.
    pub sample_names: Option<String>,
    /// Columns to leave out, likewise.
    pub drop: Vec<String>,
}

impl CsvOptions {
    /// The options of a file that little is known of: header and delimiter are guessed, and a column that counts the rows is
    /// left out. [`TableFile`] says what was found.
    #[must_use]
    pub fn guessed() -> Self {
        Self {
            header: Header::Auto,
            delimiter: Delimiter::Auto,
            row_numbers: RowNumbers::LeaveOut,
            ..Self::default()
        }
    }

    fn dialect(&self) -> Dialect {
        let Self { header, delimiter, decimal, encoding, .. } = *self;
        Dialect { header, delimiter, decimal, encoding }
    }
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

/// What becomes of a column whose cells are `0, 1, 2, …` or `1, 2, 3, …`, as tables get when they are written with the
/// numbers of their rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RowNumbers {
    /// It is an input like the others.
    #[default]
    Keep,
    /// It is left out, if there are at least three rows and another column remains.
    LeaveOut,
}

/// What a csv file holds: a row a sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Names of the columns of inputs, and that of the labels; empty if the file has no header.
    pub names: Vec<String>,
    /// Inputs, `(n, p)`.
    pub inputs: Array2<f64>,
    /// Classes of the rows, if the last column holds them.
    pub labels: Option<Labels>,
}

/// A table, and how it was found in its file.
#[derive(Clone, Debug, PartialEq)]
pub struct TableFile {
    /// The numbers.
    pub table: Table,
    /// The samples' names, if a column of them was asked for.
    pub sample_names: Option<Vec<String>>,
    /// Whether the first row named the columns.
    pub header: bool,
    /// What separates the cells.
    pub delimiter: Delimiter,
    /// The columns of inputs: each the name, or without one the number in the file, counted from 1.
    pub columns: Vec<String>,
    /// The columns that count the rows and were left out for it, likewise.
    pub row_numbers: Vec<String>,
    /// Whether the first row, which was found to be no header, looks like names: 2019, 2020, …
    pub has_names_like_numbers: bool,
    /// Lines at the top that begin with `#` and are no rows.
    pub comment_lines: usize,
}

/// What a column is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Input,
    Name,
    Dropped,
}

/// Fewest rows that can be said to be counted.
const FEWEST_COUNTED: usize = 3;

impl TableFile {
    /// Reads a table of text, every row as wide as the first, blanks around numbers ignored.
    ///
    /// Lines at the top that begin with `#`, blank lines, and a delimiter that ends every row are no part of it; what could be
    /// a row all the same is refused: a comment with cells that fit the columns, and a blank line within one column. Numbers
    /// are rounded to the nearest double, those nearest to zero to zero, but for whole numbers beyond `2^53`, which must be
    /// exact. The file is read once, a piece at a time: it needs little more memory than its numbers.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read; [`Error::Format`] with the line if it is not text of its encoding, a row is
    /// shorter or longer than the first, a quote is never closed or a cell is not a finite number (or not a class), and if
    /// there is no row, or not the columns that are asked for.
    pub fn read(path: impl AsRef<Path>, options: &CsvOptions) -> Result<Self> {
        let path = path.as_ref();
        let text = options.drop.iter().chain(&options.sample_names).map(String::as_str);
        let mut file = CsvFile::open(path, options.dialect(), &text.collect::<Vec<_>>())?;
        if options.last_column == LastColumn::Label {
            file.keep_empty_last_column();
        }
        let (width, roles) = (file.width(), roles(path, &file, options)?);
        file.require_no_row_among_comments(|column| match roles.get(column) {
            Some(role) => *role != Role::Input,
            None => false, // a label
        })?;
        let of = |role| (0..roles.len()).filter(|&column| roles[column] == role).collect::<Vec<_>>();
        let (columns, name) = (of(Role::Input), of(Role::Name).first().copied());
        let mut counting = Counting::new(&columns, options.row_numbers);
        let (mut inputs, mut names, mut class_of, mut n) = (Vec::new(), Vec::new(), Vec::new(), 0);
        while let Some(row) = file.next_row()? {
            row.require_width(width)?;
            for &column in &columns {
                inputs.push(row.number(column).map_err(|_| row.no_number(column))?);
            }
            counting.see(n, &inputs[inputs.len() - columns.len()..]);
            names.extend(name.map(|column| row.text(column).to_owned()));
            if options.last_column == LastColumn::Label {
                class_of.push(class(&row, width - 1)?);
            }
            n += 1;
        }
        if n == 0 {
            return Err(malformed(path, "no row of numbers", "at least one"));
        }
        if columns.is_empty() {
            let found = match options.last_column {
                LastColumn::Label => "a label column only",
                LastColumn::Input => "no column of numbers left",
            };
            return Err(malformed(path, found, "at least one input column before it"));
        }
        let counting = counting.found(n);
        let called = |at: usize| {
            let column = columns[at];
            let name = file.names.get(column).filter(|name| !name.is_empty());
            name.cloned().unwrap_or_else(|| (column + 1).to_string())
        };
        let is_kept = |at: usize| !counting.contains(&at);
        let of_inputs = (0..columns.len()).filter(|&at| is_kept(at)).map(called).collect();
        let row_numbers = counting.iter().copied().map(called).collect();
        let p = columns.len();
        if !counting.is_empty() {
            retain_columns(&mut inputs, p, is_kept);
        }
        let inputs = Array2::from_shape_vec((n, p - counting.len()), inputs)
            .map_err(|error| malformed(path, error.to_string(), "rows of equal width"))?;
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
        let header = file.dialect.header == Header::Present;
        let kept = columns.iter().enumerate().filter(|&(at, _)| is_kept(at)).map(|(_, &column)| column);
        let last = labels.is_some().then(|| width - 1);
        let of_columns = kept.chain(last).filter_map(|column| file.names.get(column).cloned()).collect();
        Ok(Self {
            table: Table { names: of_columns, inputs, labels },
            sample_names: name.is_some().then_some(names),
            header,
            delimiter: file.dialect.delimiter,
            columns: of_inputs,
            row_numbers,
            has_names_like_numbers: file.has_names_like_numbers,
            comment_lines: file.comment_lines(),
        })
    }
}

/// What each column is read as, but for the labels.
fn roles(path: &Path, file: &CsvFile, options: &CsvOptions) -> Result<Vec<Role>> {
    let mut roles = vec![Role::Input; file.width()];
    let named = options.sample_names.iter().map(|name| (name, Role::Name));
    for (reference, role) in named.chain(options.drop.iter().map(|name| (name, Role::Dropped))) {
        let column = file.column(reference)?;
        let is_label = options.last_column == LastColumn::Label && column + 1 == roles.len();
        if roles[column] != Role::Input || is_label {
            let found = format!("column {reference:?} in two roles");
            return Err(malformed(path, found, "one, of names, labels or left out"));
        }
        roles[column] = role;
    }
    if options.last_column == LastColumn::Label {
        roles.pop();
    }
    Ok(roles)
}

/// A class, or none.
fn class(row: &Row, column: usize) -> Result<Option<usize>> {
    if row.text(column).trim().is_empty() {
        return Ok(None);
    }
    match row.parsed(column) {
        // The number of classes, one more, must fit as well.
        Some(class) if class < usize::MAX => Ok(Some(class)),
        _ => Err(row.bad_cell(column, "a class 0, 1, 2, … or nothing")),
    }
}

/// The columns, by their place among the inputs, that have counted the rows so far, and from where.
struct Counting {
    columns: usize,
    places: Vec<(usize, f64)>,
}

impl Counting {
    fn new(columns: &[usize], row_numbers: RowNumbers) -> Self {
        let columns = columns.len();
        let candidates = if row_numbers == RowNumbers::LeaveOut { columns } else { 0 };
        let places = (0..candidates).flat_map(|place| [(place, 0.0), (place, 1.0)]).collect();
        Self { columns, places }
    }

    /// Sees the inputs of row `n`, counted from 0.
    #[allow(clippy::float_cmp, reason = "whole numbers, as the numbers of rows are")]
    fn see(&mut self, n: usize, row: &[f64]) {
        self.places.retain(|&(place, from)| row[place] == n as f64 + from);
    }

    /// The places of those that counted all `n` rows and can be left out.
    fn found(self, n: usize) -> Vec<usize> {
        let places: Vec<usize> = self.places.into_iter().map(|(place, _)| place).collect();
        if n >= FEWEST_COUNTED && places.len() < self.columns { places } else { Vec::new() }
    }
}

/// The cells of one column of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextColumn {
    /// Each cell, blanks around it removed, with the line its row starts on, counted from 1.
    pub cells: Vec<(usize, String)>,
    /// Whether the first row named the columns.
    pub header: bool,
    /// Which column it is, counted from 1, and of how many.
    pub column: (usize, usize),
    /// What separates the cells.
    pub delimiter: Delimiter,
    /// Lines at the top that begin with `#` and are no rows.
    pub comment_lines: usize,
}

impl TextColumn {
    /// Reads the column that is called `column`, or has this number, counted from 1; without one the last. Of the options,
    /// those count that say how the text is written.
    ///
    /// # Errors
    /// As [`TableFile::read`], but for cells that are no numbers.
    pub fn read(path: impl AsRef<Path>, options: &CsvOptions, column: Option<&str>) -> Result<Self> {
        let path = path.as_ref();
        let mut file = CsvFile::open(path, options.dialect(), column.as_slice())?;
        file.keep_empty_last_column();
        let width = file.width();
        let column = match column {
            Some(reference) => file.column(reference)?,
            None => width.saturating_sub(1),
        };
        file.require_no_row_among_comments(|_| true)?;
        let mut cells = Vec::new();
        while let Some(row) = file.next_row()? {
            row.require_width(width)?;
            cells.push((row.line(), row.text(column).trim().to_owned()));
        }
        Ok(Self {
            cells,
            header: file.dialect.header == Header::Present,
            column: (column + 1, width),
            delimiter: file.dialect.delimiter,
            comment_lines: file.comment_lines(),
        })
    }
}

impl Table {
    /// Reads the table of a file, as [`TableFile::read`].
    ///
    /// # Errors
    /// As [`TableFile::read`].
    pub fn read(path: impl AsRef<Path>, options: &CsvOptions) -> Result<Self> {
        Ok(TableFile::read(path, options)?.table)
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
            // A name that begins like a comment is quoted.
            let mut writer = WriterBuilder::new().comment(Some(b'#')).from_writer(file);
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
