//! How a table of text is written: delimiter, decimal sign, header; what is guessed is guessed from parsed cells.

use serde::{Deserialize, Serialize};

use super::decode::LineCount;
use super::records::{Cells, Records};

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
}

/// Words that stand where a number is missing, in lower case: those of pandas, R, Excel, and of the older data sets.
const MISSING: [&str; 31] = [
    "", "na", "n/a", "n.a.", "n.a", "n.d.", "n.d", "<na>", "nan", "-nan", "nat", "null", "nil", "none",
    "(none)", "missing", "?", "-", "--", "—", "–", ".", "..", "...", "#n/a", "#n/a n/a", "#na", "#null!",
    "#div/0!", "#value!", "#num!",
];

/// Whether the cell of a table is a word for a missing value: nothing, `NA`, `NaN`, `null`, `?`, `-`, `#N/A` and the like,
/// in any case.
#[must_use]
pub fn is_missing(cell: &str) -> bool {
    let cell = cell.trim();
    cell.len() <= 12 && MISSING.contains(&cell.to_lowercase().as_str())
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

/// The first records of a text that is whole or goes on beyond `head`.
pub(super) fn first_records(head: &[u8], is_whole: bool, delimiter: Delimiter) -> Vec<Cells> {
    let mut reader = Records::new(head, delimiter.byte(), LineCount::default());
    let mut records = Vec::new();
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
            // One that ends in quotes is not among them.
            Err(_) => break,
        }
    }
    records
}

/// The delimiter that the first lines are written with; the comma if there is none.
pub(super) fn guess_delimiter(head: &[u8], is_whole: bool, decimal: Decimal) -> Delimiter {
    let mut best = (Delimiter::Comma, 0.0);
    for delimiter in Delimiter::ALL {
        let is_decimal = delimiter == Delimiter::Comma && decimal == Decimal::Comma;
        let records = first_records(head, is_whole, delimiter);
        let width = records.first().map_or(0, Cells::len);
        if is_decimal || width < 2 || records.iter().any(|cells| cells.len() != width) {
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
