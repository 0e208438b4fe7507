//! Text of files and people, made harmless to show.

use std::borrow::Cow;
use std::fmt::Write;

/// The text with every character that acts instead of being seen replaced by its escape, as `\u001b` for the escape
/// character: a name that holds one cannot clear a terminal, feign a line of output or turn what follows it around.
///
/// Escaped are the control characters (line ends and tabs included), the marks that change the direction of writing, line
/// and paragraph separators, and characters without width other than the joiners that scripts need. The form is that of
/// JSON: a line of JSON stays what it is, with the same meaning. Borrowed if there is none.
#[must_use]
pub fn escape_controls(text: &str) -> Cow<'_, str> {
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if acts(character) {
            let _ = write!(shown, "\\u{:04x}", u32::from(character));
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// Whether a terminal or a page obeys the character instead of drawing it. All of them have four hexadecimal digits.
fn acts(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{061c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_escaped_and_the_rest_stays() {
        for (text, shown) in [
            ("naïve 猫 \u{1f468}\u{200d}\u{1f469} ‘x’", "naïve 猫 \u{1f468}\u{200d}\u{1f469} ‘x’"),
            ("a\u{1b}[2J\u{7}", "a\\u001b[2J\\u0007"),
            ("one\ntwo\tthree\r", "one\\u000atwo\\u0009three\\u000d"),
            ("\u{9b}31m\u{7f}", "\\u009b31m\\u007f"),
            ("\u{202e}txt.exe\u{2066}\u{2028}\u{feff}", "\\u202etxt.exe\\u2066\\u2028\\ufeff"),
        ] {
            assert_eq!(escape_controls(text), shown);
        }
    }
}
