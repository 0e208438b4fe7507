//! Lines of delimited text cut into cells, one record in memory at a time.

use std::io::{self, BufRead};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::decode::{LineCount, count, refused};

/// Longest cell: beyond it, a quote is taken to be never closed, before the rest of the file is in memory.
const LONGEST_CELL: usize = 1 << 20;

/// The cells of one record; quotes are resolved.
#[derive(Debug, Default)]
pub(super) struct Cells {
    text: Vec<u8>,
    /// Where each cell ends in `text`, and beyond `count` what is left of longer records.
    ends: Vec<usize>,
    count: usize,
    /// Whether each cell stood in quotes.
    quoted: Vec<bool>,
}

impl Cells {
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Where the first `cells` cells end.
    fn end(&self, cells: usize) -> usize {
        if cells == 0 { 0 } else { self.ends[cells - 1] }
    }

    /// The cell's text, valid UTF-8 as all that is decoded.
    pub(super) fn get(&self, column: usize) -> &str {
        std::str::from_utf8(&self.text[self.end(column)..self.end(column + 1)]).unwrap_or_default()
    }

    /// Whether the cell stood in quotes.
    pub(super) fn is_quoted(&self, column: usize) -> bool {
        self.quoted.get(column).copied().unwrap_or_default()
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &str> + ExactSizeIterator {
        (0..self.count).map(|column| self.get(column))
    }

    /// Forgets the last cell.
    pub(super) fn pop(&mut self) {
        self.count = self.count.saturating_sub(1);
    }

    /// A copy that is no larger than need be.
    pub(super) fn copied(&self) -> Self {
        let (text, ends) = (self.text[..self.end(self.count)].to_vec(), self.ends[..self.count].to_vec());
        Self { text, ends, count: self.count, quoted: self.quoted.clone() }
    }
}

/// Where in a cell the text stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Start,
    Unquoted,
    Quoted,
    /// After a quote within quotes: the first of two that stand for one, or the closing one.
    AfterQuote,
}

/// Follows the quotes of one record: the cutter takes what stands between a closing quote and the delimiter for a part of the
/// cell, so that `"1"2` would be 12.
struct Quotes {
    delimiter: u8,
    place: Place,
}

impl Quotes {
    /// Follows the next bytes; for each cell that begins in them `quoted` gets whether it is in quotes. Where text stands
    /// after a closing quote, if it does; blanks may.
    fn follow(&mut self, bytes: &[u8], quoted: &mut Vec<bool>) -> Option<usize> {
        let last = *bytes.last()?;
        if matches!(self.place, Place::Start | Place::Unquoted) && count(bytes, b'"') == 0 {
            // Most pieces are so: to count their cells takes a fraction of the time.
            let begun = usize::from(self.place == Place::Start) + count(bytes, self.delimiter)
                - usize::from(last == self.delimiter);
            quoted.resize(quoted.len() + begun, false);
            let is_between = last == self.delimiter || b"\r\n".contains(&last);
            self.place = if is_between { Place::Start } else { Place::Unquoted };
            return None;
        }
        for (at, &byte) in bytes.iter().enumerate() {
            if self.place == Place::Start {
                quoted.push(byte == b'"');
            }
            self.place = match (self.place, byte) {
                (Place::Quoted, b'"') => Place::AfterQuote,
                (Place::Start | Place::AfterQuote, b'"') | (Place::Quoted, _) => Place::Quoted,
                (_, b'\r' | b'\n') => Place::Start,
                (_, byte) if byte == self.delimiter => Place::Start,
                (Place::AfterQuote, b' ' | b'\t') => Place::AfterQuote,
                (Place::AfterQuote, _) => return Some(at),
                (Place::Start | Place::Unquoted, _) => Place::Unquoted,
            };
        }
        None
    }
}

/// Reads records; blank lines are skipped, and every line is counted.
pub(super) struct Records<R> {
    source: R,
    core: Reader,
    /// Of which `filled` and `cells` are in use while a record is read.
    buffer: Cells,
    lines: LineCount,
    /// The line that the record starts on.
    start: usize,
    /// Whether blank lines stood before it.
    is_after_blank: bool,
    quotes: Quotes,
}

impl<R: BufRead> Records<R> {
    /// From text of which `lines` were read before.
    pub(super) fn new(source: R, delimiter: u8, lines: LineCount) -> Self {
        let core = ReaderBuilder::new().delimiter(delimiter).build();
        let quotes = Quotes { delimiter, place: Place::Start };
        Self {
            source,
            core,
            buffer: Cells::default(),
            lines,
            start: lines.line(),
            is_after_blank: false,
            quotes,
        }
    }

    /// The record read last.
    pub(super) fn cells(&self) -> &Cells {
        &self.buffer
    }

    /// The line it starts on, counted from 1.
    pub(super) fn line(&self) -> usize {
        self.start
    }

    /// Whether blank lines stood before it.
    pub(super) fn is_after_blank(&self) -> bool {
        self.is_after_blank
    }

    /// Whether the text that was read ends within quotes.
    pub(super) fn is_within_quotes(&self) -> bool {
        self.quotes.place == Place::Quoted
    }

    /// Reads the next record; `false` at the end.
    pub(super) fn advance(&mut self) -> io::Result<bool> {
        let end_of_last = self.lines.line();
        self.lines = skip_blank_lines(&mut self.source, self.lines)?;
        self.start = self.lines.line();
        self.is_after_blank = self.start > end_of_last;
        self.quotes.place = Place::Start;
        let Cells { text, ends, count: cells, quoted } = &mut self.buffer;
        quoted.clear();
        text.resize(text.len().max(1024), 0);
        ends.resize(ends.len().max(64), 0);
        *cells = 0;
        let (mut filled, mut is_past_end) = (0, false);
        loop {
            let input = self.source.fill_buf()?;
            let is_end = input.is_empty();
            let start = if *cells == 0 { 0 } else { ends[*cells - 1] };
            if is_end && is_past_end {
                // The line end that was added is part of a cell: it stands in quotes.
                let line = self.start + count(&text[..start], b'\n');
                let found = format!("line {line}, column {}: a quote that is never closed", *cells + 1);
                return Err(refused(found, "a quote at the end of the cell"));
            }
            let piece = if is_end { &b"\n"[..] } else { input };
            let (result, read, written, ended) =
                self.core.read_record(piece, &mut text[filled..], &mut ends[*cells..]);
            if let Some(place) = self.quotes.follow(&piece[..read], quoted) {
                self.lines.add(&piece[..place]);
                let (line, column) = (self.lines.line(), quoted.len());
                let found = format!("line {line}, column {column}: text after a closing quote");
                return Err(refused(found, "a delimiter there; a quote within quotes is written twice"));
            }
            self.lines.add(&piece[..read]);
            filled += written;
            *cells += ended;
            if is_end {
                is_past_end = written > 0;
            } else {
                self.source.consume(read);
            }
            match result {
                ReadRecordResult::Record => return Ok(true),
                ReadRecordResult::End => return Ok(false),
                ReadRecordResult::InputEmpty if is_end && !is_past_end => return Ok(false),
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputEndsFull => ends.resize(2 * ends.len(), 0),
                ReadRecordResult::OutputFull if ended == 0 && filled - start > LONGEST_CELL => {
                    let (line, column) = (self.start, *cells + 1);
                    let found =
                        format!("line {line}, column {column}: a cell of more than {LONGEST_CELL} bytes");
                    return Err(refused(found, "a shorter one; perhaps its quote is never closed"));
                }
                ReadRecordResult::OutputFull => text.resize(2 * text.len(), 0),
            }
        }
    }
}

/// Reads line ends, and what was counted with them.
pub(super) fn skip_blank_lines(source: &mut impl BufRead, mut lines: LineCount) -> io::Result<LineCount> {
    loop {
        let text = source.fill_buf()?;
        let blank = text.iter().take_while(|byte| b"\r\n".contains(byte)).count();
        lines.add(&text[..blank]);
        let is_done = blank < text.len() || text.is_empty();
        source.consume(blank);
        if is_done {
            return Ok(lines);
        }
    }
}
