//! A file of delimited text cut into cells, a row in memory at a time.

use std::fs::File;
use std::io::{self, BufRead, Chain, Cursor, Read};
use std::path::Path;
use std::str::FromStr;

use super::decode::{Decoded, LineCount, TextEncoding, not_text};
use super::dialect::{
    Decimal, Delimiter, Header, decimals_or_cells, ends_with_delimiter, first_records, guess_delimiter,
    guess_header, is_missing, looks_like_names, read_first,
};
use super::malformed;
use super::records::{Cells, Records, skip_blank_lines};
use crate::error::{Error, Result};

/// How the text is written.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Dialect {
    pub(crate) header: Header,
    pub(crate) delimiter: Delimiter,
    pub(crate) decimal: Decimal,
    pub(crate) encoding: TextEncoding,
}

/// Bytes, and line ends, that guesses look at.
const HEAD: usize = 1 << 16;
const HEAD_LINES: usize = 8;
/// More than that no guess waits for its lines.
const LONGEST_HEAD: usize = 1 << 26;
/// Names that an error lists.
const MOST_NAMES: usize = 20;

/// The rows of a file.
pub(crate) struct CsvFile<'a> {
    path: &'a Path,
    records: Records<Chain<Cursor<Vec<u8>>, Decoded<File>>>,
    /// The cells of the header, if there is one.
    pub(crate) names: Vec<String>,
    /// What was found of the dialect: neither header nor delimiter is left to guess.
    pub(crate) dialect: Dialect,
    /// Whether the first row was not found to be a header, and is numbers that look like names.
    pub(crate) has_names_like_numbers: bool,
    /// The lines at the top that were taken for comments.
    comments: Vec<Comment>,
    /// Whether the header was guessed.
    is_guessed: bool,
    width: usize,
    /// Whether each row ends with a delimiter that nothing follows.
    ends_with_delimiter: bool,
    rows: usize,
}

impl<'a> CsvFile<'a> {
    /// Reads as far as the header. `columns` are those that will be asked for, by name or number.
    pub(crate) fn open(path: &'a Path, dialect: Dialect, columns: &[&str]) -> Result<Self> {
        let mut text = Decoded::open(path, dialect.encoding)?;
        let (comments, lines) = comments(&mut text).map_err(not_text(path))?;
        let (head, is_whole) = head(&mut text).map_err(not_text(path))?;
        let delimiter = match dialect.delimiter {
            Delimiter::Auto => guess_delimiter(&head, is_whole, dialect.decimal),
            given => given,
        };
        let mut first = Vec::new();
        read_first(&head, is_whole, delimiter, lines, &mut first).map_err(not_text(path))?;
        let is_header = match dialect.header {
            Header::Present => true,
            Header::Absent => false,
            Header::Auto => is_header(&first, dialect.decimal, columns),
        };
        let records = Records::new(Cursor::new(head).chain(text), delimiter.byte(), lines);
        let mut file = Self {
            path,
            records,
            names: Vec::new(),
            dialect: Dialect {
                header: if is_header { Header::Present } else { Header::Absent },
                delimiter,
                ..dialect
            },
            has_names_like_numbers: dialect.header == Header::Auto
                && !is_header
                && looks_like_names(&first, dialect.decimal),
            comments,
            is_guessed: dialect.header == Header::Auto,
            width: first.first().map_or(0, Cells::len),
            ends_with_delimiter: false,
            rows: 0,
        };
        if is_header {
            if !file.advance()? {
                return Err(malformed(path, "an empty file", "a header and rows"));
            }
            file.names = file.records.cells().iter().map(str::to_owned).collect();
            file.width = file.names.len();
        }
        file.ends_with_delimiter = ends_with_delimiter(&first, is_header);
        if file.ends_with_delimiter {
            file.width = first[usize::from(is_header)].len() - 1;
            file.names.truncate(file.width);
        }
        Ok(file)
    }

    /// Columns of the header, or of the first row if there is none.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// How many lines at the top were taken for comments.
    pub(crate) fn comment_lines(&self) -> usize {
        self.comments.len()
    }

    /// Refuses a comment that could be a row: as many cells as there are columns, and each what its column may hold, which is
    /// anything for one of text, else a number or a word for a missing value. The first cell begins with `#` and says nothing;
    /// where no other is one of numbers, a blank after the `#` tells a comment.
    pub(crate) fn require_no_row_among_comments(&self, is_text: impl Fn(usize) -> bool) -> Result<()> {
        let Dialect { delimiter, decimal, .. } = self.dialect;
        let is_value = |cell: &str| decimal.number(cell).is_some() || is_missing(cell);
        let mut others = 1..self.width;
        let is_told_by_numbers = others.any(|column| !is_text(column));
        let could_be_row = |cells: &Cells| {
            let is_as_wide = match cells.len().checked_sub(self.width) {
                Some(more) => more == 0 || more == 1 && self.ends_with_delimiter,
                None => false,
            };
            let first = cells.get(0);
            let first_could_be = is_told_by_numbers
                || if is_text(0) { !first[1..].starts_with([' ', '\t']) } else { is_missing(first) };
            let fits = |column: usize| is_text(column) || is_value(cells.get(column));
            is_as_wide && first_could_be && (1..self.width).all(fits)
        };
        for (line, comment) in &self.comments {
            if first_records(comment, true, delimiter).first().is_some_and(could_be_row) {
                let found = format!(
                    "line {line} begins with # as a comment and has the cells of a row: {:?}",
                    String::from_utf8_lossy(comment)
                );
                let expected = "the first cell in quotes if it is a row, and no such line if it is none";
                return Err(malformed(self.path, found, expected));
            }
        }
        Ok(())
    }

    /// A last column without a name may be one: nothing but a label is missing in it.
    pub(crate) fn keep_empty_last_column(&mut self) {
        if std::mem::take(&mut self.ends_with_delimiter) {
            self.width += 1;
            if !self.names.is_empty() {
                self.names.push(String::new());
            }
        }
    }

    /// The next row, if there is one.
    pub(crate) fn next_row(&mut self) -> Result<Option<Row<'_, 'a>>> {
        if !self.advance()? {
            return Ok(None);
        }
        if self.width == 1 && self.records.is_after_blank() && (self.rows > 0 || !self.names.is_empty()) {
            let found = format!("line {}: after a blank line", self.records.line());
            let expected =
                "no blank line within a table of one column, where it could be a row without its value";
            return Err(malformed(self.path, found, expected));
        }
        let (cells, Dialect { delimiter, decimal, .. }) = (self.records.cells(), self.dialect);
        if let Some(column) = decimals_or_cells(cells, delimiter, decimal) {
            let (line, before, after) = (self.records.line(), cells.get(column), cells.get(column + 1));
            let found = format!(
                "line {line}, column {}: {before},{after}, which is one number or two where commas set off decimals \
                 and separate cells",
                column + 1
            );
            return Err(malformed(self.path, found, "another delimiter, or cells in quotes"));
        }
        self.rows += 1;
        Ok(Some(Row { file: self }))
    }

    /// The number of the column that is called so, or that has this number, counted from 1.
    pub(crate) fn column(&self, reference: &str) -> Result<usize> {
        let mut called =
            (0..self.names.len()).filter(|&column| self.names[column].trim() == reference.trim());
        match (called.next(), called.next()) {
            (Some(column), None) => return Ok(column),
            (Some(_), Some(_)) => {
                let found = format!("several columns called {reference:?}");
                return Err(malformed(self.path, found, "one, or the number of the column"));
            }
            (None, _) => {}
        }
        match reference.trim().parse::<usize>() {
            Ok(number) if (1..=self.width).contains(&number) => Ok(number - 1),
            _ => {
                let expected = if self.names.is_empty() {
                    format!("a number from 1 to {}, as there is no header", self.width)
                } else {
                    let shown = self.names.len().min(MOST_NAMES);
                    let more = if shown < self.names.len() { ", …" } else { "" };
                    format!("a number from 1 to {} or one of {:?}{more}", self.width, &self.names[..shown])
                };
                Err(malformed(self.path, format!("no column {reference:?}"), expected))
            }
        }
    }

    fn advance(&mut self) -> Result<bool> {
        self.records.advance().map_err(not_text(self.path))
    }
}

/// One row of the file, to be read cell by cell with errors that say where.
pub(crate) struct Row<'f, 'a> {
    file: &'f CsvFile<'a>,
}

impl Row<'_, '_> {
    fn cells(&self) -> &Cells {
        self.file.records.cells()
    }

    /// The line it starts on, counted from 1.
    pub(crate) fn line(&self) -> usize {
        self.file.records.line()
    }

    pub(crate) fn require_width(&self, width: usize) -> Result<()> {
        let found = self.cells().len();
        if found == width && !self.file.ends_with_delimiter {
            return Ok(());
        }
        if self.file.ends_with_delimiter && found == width + 1 {
            return if self.text(width).trim().is_empty() {
                Ok(())
            } else {
                Err(self.bad_cell(width, "nothing, as in the rows above"))
            };
        }
        let first = self.text(0);
        let comment =
            if first.starts_with('#') { "; comments stand at the top of the file only" } else { "" };
        let ends = self.file.ends_with_delimiter;
        let end = if ends { ", and a delimiter at the end of the line, as in the first rows" } else { "" };
        let without = if ends && found == width { " without a delimiter at the end" } else { "" };
        let found = format!("line {}: {found} columns{without}", self.line());
        Err(malformed(self.file.path, found, format!("{width}{end}{comment}")))
    }

    pub(crate) fn text(&self, column: usize) -> &str {
        self.cells().get(column)
    }

    pub(crate) fn number(&self, column: usize) -> Result<f64> {
        match self.file.dialect.decimal.number(self.text(column)) {
            Some(number) if number.is_finite() && !self.is_rounded_count(column, number) => Ok(number),
            _ => Err(self.bad_cell(column, "a finite number")),
        }
    }

    fn is_rounded_count(&self, column: usize, number: f64) -> bool {
        self.file.dialect.decimal.is_rounded_count(self.text(column), number)
    }

    pub(crate) fn parsed<T: FromStr>(&self, column: usize) -> Option<T> {
        self.text(column).trim().parse().ok()
    }

    pub(crate) fn bad_cell(&self, column: usize, expected: &str) -> Error {
        let name = self.file.names.get(column).map(|name| format!(" ({name})")).unwrap_or_default();
        let found = format!("line {}, column {}{name}: {:?}", self.line(), column + 1, self.text(column));
        malformed(self.file.path, found, expected)
    }

    /// The error of a cell that is no number, with what can be done about it.
    pub(crate) fn no_number(&self, column: usize) -> Error {
        let cell = self.text(column);
        let own = self.file.dialect.decimal;
        let is_finite = |decimal: Decimal| decimal.number(cell).is_some_and(f64::is_finite);
        let first = cell.chars().find(|character| character.is_alphanumeric());
        let mut expected = "a finite number".to_owned();
        expected += if is_missing(cell) {
            "; what is missing must be filled in, or its row removed, or its column left out with --drop=COLUMN"
        } else if own.number(cell).is_some_and(|number| self.is_rounded_count(column, number)) {
            ", and a whole one that is exact as a 64-bit floating point number, as not all beyond 2^53 are; what names the \
             samples is read with --names=COLUMN, or left out with --drop=COLUMN"
        } else if own.has_thousands(cell) {
            "; thousands separators are not read: write the number without them"
        } else if is_finite(Decimal::Comma) {
            "; decimal commas are read with --decimal=comma"
        } else if is_finite(Decimal::Point) {
            "; decimal points are read with --decimal=point"
        } else if own.number(cell).is_none() && first.is_some_and(char::is_alphabetic) {
            "; a column of text names the samples with --names=COLUMN or is left out with --drop=COLUMN"
        } else {
            ""
        };
        if self.file.rows == 1 && self.file.is_guessed && self.file.names.is_empty() {
            expected += "; if this line names the columns, say --header=present";
        }
        self.bad_cell(column, &expected)
    }
}

/// A line at the top that begins with `#`: where, and all of it.
type Comment = (usize, Vec<u8>);

/// Takes the lines at the top that begin with `#`, and blank ones; each comment with its line, and what was counted.
fn comments(text: &mut Decoded<File>) -> io::Result<(Vec<Comment>, LineCount)> {
    let mut comments = Vec::new();
    let mut lines = LineCount::default();
    loop {
        lines = skip_blank_lines(text, lines)?;
        if text.fill_buf()?.first() != Some(&b'#') {
            return Ok((comments, lines));
        }
        let mut comment = Vec::new();
        loop {
            let piece = text.fill_buf()?;
            let length = piece.iter().position(|byte| b"\r\n".contains(byte));
            comment.extend_from_slice(&piece[..length.unwrap_or(piece.len())]);
            let (is_done, read) = (length.is_some() || piece.is_empty(), length.unwrap_or(piece.len()));
            text.consume(read);
            if is_done {
                break;
            }
        }
        let line = lines.line();
        lines.add(&comment);
        comments.push((line, comment));
    }
}

/// The beginning of a text, and whether that is all of it: a few lines, however long they are.
fn head(text: &mut Decoded<File>) -> io::Result<(Vec<u8>, bool)> {
    let (mut head, mut lines) = (Vec::new(), LineCount::default());
    loop {
        let piece = text.fill_buf()?;
        if piece.is_empty() {
            return Ok((head, true));
        }
        lines.add(piece);
        head.extend_from_slice(piece);
        let read = piece.len();
        text.consume(read);
        if head.len() >= HEAD && lines.line() > HEAD_LINES || head.len() >= LONGEST_HEAD {
            return Ok((head, false));
        }
    }
}

/// Whether the first record is a header, where `columns` are asked for.
fn is_header(first: &[Cells], decimal: Decimal, columns: &[&str]) -> bool {
    let Some(cells) = first.first() else { return false };
    let is_asked_for = |cell: &str| {
        let mut names = columns.iter().map(|name| name.trim()).filter(|name| name.parse::<usize>().is_err());
        names.any(|name| name == cell.trim())
    };
    cells.iter().any(is_asked_for) || guess_header(first, decimal)
}
