//! The dialect of a table of text: delimiter, decimal sign, header; and guesses of it from the first cells.

use std::io;

use serde::{Deserialize, Serialize};

use super::decode::LineCount;
use super::records::{Cells, Records};
use crate::data::units::LARGEST_COUNT;

/// Whether the first row of a table of text names its columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Header {
    /// It does if it can be told, and else it is a row like the others.
    ///
    /// It names the columns if one of the names that the options ask for is among its cells; or if one of its cells begins
    /// with a letter where the cells below it, those of the first lines, are numbers, while none of its cells is a number
    /// or begins like one. Words for missing values (`NA`, `nan`, `?`, …) and numbers written in another way (`1,234.5`) are
    /// no names: a table whose first row holds one is refused with the place, as in any other row.
    Auto,
    /// It holds numbers.
    #[default]
    Absent,
    /// It holds the names of the columns.
    Present,
}

/// What separates the cells of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Delimiter {
    /// Comma, semicolon, tab or bar: the one that cuts the first lines into equally many cells, and if several do, that of
    /// which most cells are numbers.
    Auto,
    /// `,`
    #[default]
    Comma,
    /// `;`
    Semicolon,
    /// The tabulator.
    Tab,
    /// `|`
    Bar,
}

impl Delimiter {
    /// All there are, those first that cannot be part of a number.
    const ALL: [Self; 4] = [Self::Tab, Self::Semicolon, Self::Bar, Self::Comma];

    /// The character; that of [`Delimiter::Auto`] until it is known is the comma.
    pub(super) fn byte(self) -> u8 {
        match self {
            Self::Auto | Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Bar => b'|',
        }
    }
}

/// What stands before the decimals of a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decimal {
    /// `1.5`
    #[default]
    Point,
    /// `1,5`
    Comma,
}

impl Decimal {
    /// The number that a cell holds, blanks around it ignored; it may not be finite.
    pub(super) fn number(self, cell: &str) -> Option<f64> {
        let cell = cell.trim();
        match self {
            Self::Point => cell.parse().ok(),
            Self::Comma if cell.contains('.') => None,
            Self::Comma => cell.replace(',', ".").parse().ok(),
        }
    }

    fn is_number(self, cell: &str) -> bool {
        self.number(cell).is_some_and(f64::is_finite)
    }

    /// The sign before the decimals.
    fn sign(self) -> char {
        match self {
            Self::Point => '.',
            Self::Comma => ',',
        }
    }

    /// Whether the cell is a whole number that `value`, which was read from it, is not: one of more digits than a double tells
    /// apart. Digits filled up with zeros, as programs write large doubles, are what they stand for.
    pub(super) fn is_rounded_count(self, cell: &str, value: f64) -> bool {
        if value.abs() < LARGEST_COUNT {
            return false;
        }
        let cell = cell.trim();
        let whole = match cell.split_once(self.sign()) {
            Some((whole, decimals)) if decimals.bytes().all(|byte| byte == b'0') => whole,
            Some(_) => return false,
            None => cell,
        };
        let digits = whole.trim_start_matches(['+', '-']).trim_start_matches('0');
        let value = value.abs();
        digits.bytes().all(|byte| byte.is_ascii_digit())
            && digits != format!("{value:.0}")
            && digits != value.to_string()
    }

    /// Whether the cell is a number whose digits are set off in threes, as `1,234` where the decimal sign is the point.
    pub(super) fn has_thousands(self, cell: &str) -> bool {
        let unsigned = cell.trim().trim_start_matches(['+', '-']);
        let whole = unsigned.split_once(self.sign()).map_or(unsigned, |(whole, _)| whole);
        let is_set_off = |separator: char| {
            let mut groups = whole.split(separator);
            let is_group = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
            let first = groups.next().is_some_and(|first| (1..=3).contains(&first.len()) && is_group(first));
            let mut others = groups.peekable();
            first && others.peek().is_some() && others.all(|group| group.len() == 3 && is_group(group))
        };
        THOUSANDS.into_iter().filter(|&separator| separator != self.sign()).any(is_set_off)
    }
}

/// What may set digits off in threes.
const THOUSANDS: [char; 8] = [',', '.', ' ', '\'', '’', '_', '\u{a0}', '\u{202f}'];

/// Words that stand where a number is missing, in lower case: those of pandas, R, Excel, and of the older data sets.
const MISSING: [&str; 42] = [
    "",
    "na",
    "n/a",
    "n.a.",
    "n.a",
    "n.d.",
    "n.d",
    "<na>",
    "nan",
    "-nan",
    "nat",
    "null",
    "nil",
    "none",
    "(none)",
    "missing",
    "?",
    "-",
    "--",
    "—",
    "–",
    ".",
    "..",
    "...",
    "#n/a",
    "#n/a n/a",
    "#na",
    "#null!",
    "#div/0!",
    "#value!",
    "#num!",
    "#ref!",
    "#name?",
    "#spill!",
    "#calc!",
    "#field!",
    "#busy!",
    "#blocked!",
    "#connect!",
    "#unknown!",
    "#getting_data",
    "#error!",
];

/// Bytes of the longest of these words.
const LONGEST_MISSING: usize = 13;

/// Whether the cell of a table is a word for a missing value: nothing, `NA`, `NaN`, `null`, `?`, `-`, `#N/A` and the like,
/// in any case.
#[must_use]
pub fn is_missing(cell: &str) -> bool {
    let cell = cell.trim();
    cell.len() <= LONGEST_MISSING && MISSING.contains(&cell.to_lowercase().as_str())
}

/// Whether the cell may name a column: its first character that is no punctuation is a letter, and it is neither missing
/// nor a number such as `inf`.
fn is_name(cell: &str) -> bool {
    let first = cell.chars().find(|character| character.is_alphanumeric() || *character == '_');
    let begins_with_letter = first.is_some_and(|character| character.is_alphabetic() || character == '_');
    begins_with_letter && !is_missing(cell) && cell.trim().parse::<f64>().is_err()
}

/// Rows that are looked at.
const MOST_ROWS: usize = 100;

/// The first records of a text that is whole or goes on beyond `head`, as far as there are some.
pub(super) fn first_records(head: &[u8], is_whole: bool, delimiter: Delimiter) -> Vec<Cells> {
    let mut records = Vec::new();
    let _ = read_first(head, is_whole, delimiter, LineCount::default(), &mut records);
    records
}

/// Reads the first records of a text of which `lines` were read before.
///
/// # Errors
/// What any reader of the text would refuse.
pub(super) fn read_first(
    head: &[u8],
    is_whole: bool,
    delimiter: Delimiter,
    lines: LineCount,
    records: &mut Vec<Cells>,
) -> io::Result<()> {
    let mut reader = Records::new(head, delimiter.byte(), lines);
    while records.len() < MOST_ROWS {
        match reader.advance() {
            Ok(true) => records.push(reader.cells().copied()),
            Ok(false) if is_whole => break,
            Ok(false) => {
                // The last one is cut off.
                match &mut records[..] {
                    [only] => only.pop(),
                    _ => drop(records.pop()),
                }
                break;
            }
            // So is one that ends in quotes.
            Err(_) if !is_whole && reader.is_within_quotes() => break,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The delimiter that the first lines are written with. If there is none the comma, or the semicolon where commas set off
/// decimals.
pub(super) fn guess_delimiter(head: &[u8], is_whole: bool, decimal: Decimal) -> Delimiter {
    let none = if decimal == Decimal::Comma { Delimiter::Semicolon } else { Delimiter::Comma };
    let mut best = (none, 0.0);
    for delimiter in Delimiter::ALL {
        let records = first_records(head, is_whole, delimiter);
        let width = records.last().map_or(0, Cells::len);
        let is_even = records.iter().all(|cells| cells.len() == width) || ends_with_delimiter(&records, true);
        let is_unclear =
            || records.iter().any(|cells| decimals_or_cells(cells, delimiter, decimal).is_some());
        if width < 2 || !is_even || is_unclear() {
            continue;
        }
        // Where the comma separates no cells, it may be part of numbers.
        let is_number = |cell: &str| {
            decimal.is_number(cell) || delimiter != Delimiter::Comma && Decimal::Comma.is_number(cell)
        };
        let numbers = records.iter().flat_map(Cells::iter).filter(|cell| is_number(cell)).count();
        // One more, so that text alone is better than nothing; on a tie the first stays.
        let score = (numbers + 1) as f64 / (width * records.len() + 1) as f64;
        if score > best.1 {
            best = (delimiter, score);
        }
    }
    best.0
}

/// Two neighbouring cells, by the first of them, that could be one number, where the comma both separates cells and sets off
/// decimals: digits on both sides of it, without quotes.
pub(super) fn decimals_or_cells(cells: &Cells, delimiter: Delimiter, decimal: Decimal) -> Option<usize> {
    if (delimiter.byte(), decimal) != (b',', Decimal::Comma) {
        return None;
    }
    let digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    (1..cells.len()).map(|second| second - 1).find(|&first| {
        let (before, after) = (cells.get(first).as_bytes(), cells.get(first + 1).as_bytes());
        let is_bare = !cells.is_quoted(first) && !cells.is_quoted(first + 1);
        is_bare && digit(before.last()) && digit(after.first())
    })
}

/// Whether all rows, of one width, end with a cell that is empty and has no name.
pub(super) fn ends_with_delimiter(first: &[Cells], is_header: bool) -> bool {
    let (header, rows) = first.split_at(usize::from(is_header).min(first.len()));
    let width = rows.first().map_or(0, Cells::len);
    let is_open = |cells: &Cells| {
        cells.len() == width && cells.iter().next_back().is_some_and(|cell| cell.trim().is_empty())
    };
    width > 1
        && rows.iter().all(is_open)
        && header.iter().all(|names| names.len() == width - 1 || is_open(names))
}

/// Whether the first record names the columns, as [`Header::Auto`] says, by its cells and those below alone.
pub(super) fn guess_header(records: &[Cells], decimal: Decimal) -> bool {
    let Some((first, below)) = records.split_first() else { return false };
    let mut is_header = false;
    for (column, cell) in first.iter().enumerate() {
        if is_name(cell) {
            is_header |= is_above_numbers(column, below, decimal);
        } else if !is_missing(cell) && cell.chars().any(char::is_alphanumeric) {
            return false;
        }
    }
    is_header
}

/// Whether the cells of a column are numbers, or missing, and some are.
fn is_above_numbers(column: usize, below: &[Cells], decimal: Decimal) -> bool {
    let cells = below.iter().filter(|cells| column < cells.len()).map(|cells| cells.get(column));
    let mut cells = cells.filter(|cell| !is_missing(cell)).peekable();
    // Decimal commas are numbers as well, so that the error is about them.
    let is_number = |cell: &str| decimal.is_number(cell) || Decimal::Comma.is_number(cell);
    cells.peek().is_some() && cells.all(is_number)
}

/// Whether a first row of numbers looks like names all the same: whole numbers above columns that hold others, or three or
/// more that count on.
pub(super) fn looks_like_names(records: &[Cells], decimal: Decimal) -> bool {
    let Some((first, below @ [_, _, ..])) = records.split_first() else { return false };
    let is_whole = |cell: &str| cell.trim().bytes().all(|byte| byte.is_ascii_digit());
    if first.len() == 0 || !first.iter().all(is_whole) {
        return false;
    }
    let numbers: Vec<f64> = first.iter().filter_map(|cell| decimal.number(cell)).collect();
    #[allow(clippy::float_cmp, reason = "whole numbers")]
    let counts_on = numbers.len() > 2 && numbers.windows(2).all(|pair| pair[1] - pair[0] == 1.0);
    let has_no_whole_number = |column: usize| {
        let mut cells = below.iter().filter(|cells| column < cells.len()).map(|cells| cells.get(column));
        cells.all(|cell| !is_whole(cell) && decimal.is_number(cell))
    };
    counts_on || (0..first.len()).all(has_no_whole_number)
}
