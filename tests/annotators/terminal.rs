//! A person at a terminal, played by two buffers.

use std::io::{self, BufReader, Read, Write};

use pal::Error;
use pal::oracle::{Reply, Terminal};

use crate::support::refused;

/// The replies to `ask`ing until the end of the input, and what was shown.
fn session(input: &[u8]) -> (Vec<Reply>, String) {
    let mut shown = Vec::new();
    let mut terminal = Terminal::new(input, &mut shown);
    let mut replies = Vec::new();
    loop {
        replies.push(terminal.ask("Do these belong together?").unwrap());
        if replies.last() == Some(&Reply::Quit) {
            return (replies, String::from_utf8(shown).unwrap());
        }
    }
}

#[test]
fn every_reply_is_understood() {
    use Reply::{No, Quit, Skip, Undo, Yes};
    let (replies, shown) = session(b"y\nn\ns\nu\nYES\n  No \nSkip\r\nundo\nq\ny\n");
    assert_eq!(replies, [Yes, No, Skip, Undo, Yes, No, Skip, Undo, Quit]);
    assert_eq!(shown, "Do these belong together? [y/n/s/u/q/?] ".repeat(9));
    assert_eq!(session(b"quit\n").0, [Quit]);
    assert_eq!(session(b"y").0, [Yes, Quit], "a last line without an end");
    assert_eq!(session(b"").0, [Quit]);
}

#[test]
fn anything_else_is_explained_and_asked_again() {
    let (replies, shown) = session(b"?\nmaybe\n\n\xff\xfe\nyy\nn\n");
    assert_eq!(replies, [Reply::No, Reply::Quit]);
    assert_eq!(shown.matches("Do these belong together?").count(), 7);
    assert_eq!(shown.matches("skip this one").count(), 5, "the help each time");
    for said in ["\"maybe\"", "\"\"", "\"yy\""] {
        assert!(shown.contains(&format!("{said} is no reply")), "{shown}");
    }
}

/// Nothing that can be typed makes it fail, and control characters are not echoed raw.
#[test]
fn noise_is_no_reply() {
    let mut input: Vec<u8> = (0..=255).flat_map(|byte| [byte, b'\x1b', b'\n']).collect();
    input.extend(b"y\n");
    let (replies, shown) = session(&input);
    assert_eq!(replies, [Reply::Yes, Reply::Quit]);
    assert!(!shown.contains('\x1b'));
}

struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("gone"))
    }
}

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::Error::other("gone"))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn broken_streams_are_reported() {
    refused!(Terminal::new(BufReader::new(Broken), Vec::new()).ask("?"), Error::Io { .. });
    refused!(Terminal::new(&b"y\n"[..], Broken).ask("?"), Error::Io { .. });
    let error = Terminal::new(&b"y\n"[..], Broken).ask("?").unwrap_err();
    assert_eq!(error.to_string(), "terminal: gone");
}
