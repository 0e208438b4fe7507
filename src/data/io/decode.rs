//! Text of any encoding, a piece at a time.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, ErrorKind, Read};
use std::path::Path;
use std::str::FromStr;

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8};
use serde::{Deserialize, Serialize};

use super::{at, malformed};
use crate::error::{Error, Result};

/// How the bytes of a file stand for characters. Default: UTF-8.
///
/// A byte-order mark, of UTF-8 or UTF-16, comes first: it says what the file is, and is no part of the text. Text that is not
/// of its encoding is refused, never replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TextEncoding(&'static Encoding);

impl Default for TextEncoding {
    fn default() -> Self {
        Self(UTF_8)
    }
}

impl FromStr for TextEncoding {
    type Err = Error;

    /// By a label of the [Encoding Standard](https://encoding.spec.whatwg.org/#names-and-labels): `utf-8`, `utf-16le`,
    /// `latin1` (which there is `windows-1252`), `shift_jis`, `gb18030`, …
    fn from_str(label: &str) -> Result<Self> {
        Encoding::for_label(label.as_bytes()).map(Self).ok_or_else(|| Error::UnknownName {
            argument: "encoding",
            name: label.to_owned(),
            known: &["utf-8", "utf-16le", "utf-16be", "latin1", "windows-1252", "shift_jis", "gb18030", "…"],
        })
    }
}

impl TryFrom<String> for TextEncoding {
    type Error = Error;

    fn try_from(label: String) -> Result<Self> {
        label.parse()
    }
}

impl From<TextEncoding> for String {
    fn from(encoding: TextEncoding) -> Self {
        encoding.to_string()
    }
}

impl fmt::Display for TextEncoding {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

/// The lines of a text file, without their ends: LF, CR or CRLF.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read; [`Error::Format`] with the line if it is not text of this encoding.
pub fn read_lines(path: impl AsRef<Path>, encoding: TextEncoding) -> Result<Vec<String>> {
    let path = path.as_ref();
    let mut text = String::new();
    Decoded::open(path, encoding)?.read_to_string(&mut text).map_err(not_text(path))?;
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    Ok(text.lines().map(str::to_owned).collect())
}

/// The error of reading decoded text from `path`.
pub(super) fn not_text(path: &Path) -> impl FnOnce(io::Error) -> Error {
    move |error| match error.get_ref().and_then(|inner| inner.downcast_ref::<Refused>()) {
        Some(Refused { found, expected }) => malformed(path, found, *expected),
        None => at(path)(error),
    }
}

/// What a reader of text refuses, on its way through [`io::Error`].
#[derive(Debug)]
pub(super) struct Refused {
    found: String,
    expected: &'static str,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}, expected {}", self.found, self.expected)
    }
}

impl std::error::Error for Refused {}

pub(super) fn refused(found: String, expected: &'static str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, Refused { found, expected })
}

const PIECE: usize = 1 << 16;

/// UTF-8 without a byte-order mark, of a file of any encoding; characters are never cut between two pieces.
pub(super) struct Decoded<R> {
    input: R,
    encoding: TextEncoding,
    decoder: Decoder,
    raw: Vec<u8>,
    /// The part of `raw` that is not yet decoded.
    waiting: std::ops::Range<usize>,
    is_at_end: bool,
    text: Vec<u8>,
    /// The part of `text` that is not yet read.
    ready: std::ops::Range<usize>,
    lines: LineCount,
}

impl Decoded<File> {
    pub(super) fn open(path: &Path, encoding: TextEncoding) -> Result<Self> {
        let input = File::open(path).map_err(at(path))?;
        Ok(Self {
            input,
            encoding,
            decoder: encoding.0.new_decoder(),
            raw: vec![0; PIECE],
            waiting: 0..0,
            is_at_end: false,
            text: vec![0; PIECE],
            ready: 0..0,
            lines: LineCount::default(),
        })
    }
}

impl<R: Read> Decoded<R> {
    fn decode(&mut self) -> io::Result<()> {
        if self.waiting.is_empty() && !self.is_at_end {
            let length = loop {
                match self.input.read(&mut self.raw) {
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    read => break read?,
                }
            };
            self.waiting = 0..length;
            self.is_at_end = length == 0;
        }
        let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(
            &self.raw[self.waiting.clone()],
            &mut self.text,
            self.is_at_end,
        );
        self.waiting.start += read;
        self.ready = 0..written;
        let text = &self.text[..written];
        if let Some(place) = text.iter().position(|&byte| byte == 0) {
            self.lines.add(&text[..place]);
            let found = format!("line {}: a NUL character", self.lines.line());
            return Err(refused(
                found,
                "text; UTF-16 without a byte-order mark is read with --encoding=utf-16le",
            ));
        }
        self.lines.add(text);
        if let DecoderResult::Malformed(..) = result {
            let encoding = TextEncoding(self.decoder.encoding());
            let found = format!("line {}: bytes that are not {encoding}", self.lines.line());
            let expected = if encoding == self.encoding && encoding == TextEncoding::default() {
                "text in UTF-8; another encoding must be named, for example --encoding=latin1"
            } else {
                "text of the encoding that is named or that its byte-order mark says"
            };
            return Err(refused(found, expected));
        }
        Ok(())
    }
}

impl<R: Read> BufRead for Decoded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.ready.is_empty() && !(self.is_at_end && self.waiting.is_empty()) {
            self.decode()?;
        }
        Ok(&self.text[self.ready.clone()])
    }

    fn consume(&mut self, amount: usize) {
        self.ready.start += amount;
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

/// How often a byte stands there.
#[allow(clippy::naive_bytecount, reason = "the compiler makes it vector code")]
pub(super) fn count(text: &[u8], wanted: u8) -> usize {
    text.iter().filter(|&&byte| byte == wanted).count()
}

/// Counts line ends: LF, CR or CRLF.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LineCount {
    ends: usize,
    is_after_return: bool,
}

impl LineCount {
    pub(super) fn add(&mut self, text: &[u8]) {
        let (Some(&first), Some(&last)) = (text.first(), text.last()) else { return };
        self.ends += count(text, b'\n');
        let returns = count(text, b'\r');
        if returns > 0 {
            self.ends += returns - text.windows(2).filter(|pair| pair == b"\r\n").count();
        }
        if self.is_after_return && first == b'\n' {
            self.ends -= 1;
        }
        self.is_after_return = last == b'\r';
    }

    /// The line that the next character is in, counted from 1.
    pub(super) fn line(self) -> usize {
        self.ends + 1
    }
}
