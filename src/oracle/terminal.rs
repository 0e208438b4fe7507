//! Someone at a terminal.

use std::io::{BufRead, Write};
use std::path::PathBuf;

use crate::data::io::escape_controls;
use crate::error::{Error, Result};

const HELP: &str = "\
y  yes, they belong together
n  no, they do not
s  skip this one: do not answer it
u  undo: take the last answer back
q  quit
?  this help
";

/// What someone replied to a question about two samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// They belong together.
    Yes,
    /// They do not.
    No,
    /// The question is left open.
    Skip,
    /// The answer before is to be taken back.
    Undo,
    /// No more questions.
    Quit,
}

/// Asks on a pair of streams, a line a reply.
///
/// ```
/// # fn main() -> pal::Result<()> {
/// use pal::oracle::{Reply, Terminal};
///
/// let mut shown = Vec::new();
/// let mut terminal = Terminal::new("maybe\ny\n".as_bytes(), &mut shown);
/// assert_eq!(terminal.ask("Do a.png and b.png belong together?")?, Reply::Yes);
/// assert_eq!(terminal.ask("Do a.png and c.png belong together?")?, Reply::Quit); // end of input
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Terminal<R, W> {
    input: R,
    output: W,
}

impl<R: BufRead, W: Write> Terminal<R, W> {
    /// Reads replies from `input`, writes questions to `output`.
    pub fn new(input: R, output: W) -> Self {
        Self { input, output }
    }

    /// Asks until it understands the reply: `y`, `n`, `s`, `u` or `q`, or the word it begins, in either case.
    ///
    /// Of what acts on a terminal instead of being seen, line ends alone are shown as they are.
    ///
    /// `?` shows what there is to reply, and so does anything else. The end of the input is [`Reply::Quit`].
    ///
    /// # Errors
    /// [`Error::Io`] if a stream fails.
    pub fn ask(&mut self, question: &str) -> Result<Reply> {
        let failed = |source| Error::Io { path: PathBuf::from("terminal"), source };
        let question = question.split('\n').map(escape_controls).collect::<Vec<_>>().join("\n");
        loop {
            write!(self.output, "{question} [y/n/s/u/q/?] ").map_err(failed)?;
            self.output.flush().map_err(failed)?;
            let mut line = Vec::new();
            if self.input.read_until(b'\n', &mut line).map_err(failed)? == 0 {
                writeln!(self.output).map_err(failed)?;
                return Ok(Reply::Quit);
            }
            let line = String::from_utf8_lossy(&line);
            let said = line.trim();
            match said.to_lowercase().as_str() {
                "y" | "yes" => return Ok(Reply::Yes),
                "n" | "no" => return Ok(Reply::No),
                "s" | "skip" => return Ok(Reply::Skip),
                "u" | "undo" => return Ok(Reply::Undo),
                "q" | "quit" => return Ok(Reply::Quit),
                "?" | "help" => write!(self.output, "{HELP}"),
                _ => write!(self.output, "{said:?} is no reply; there are:\n{HELP}"),
            }
            .map_err(failed)?;
        }
    }
}
