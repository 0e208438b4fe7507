//! One HTML page that shows figures with what they mean and how they were made.
//!
//! The page is a single file: figures are embedded, nothing is loaded from elsewhere.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use base64::prelude::{BASE64_STANDARD, Engine};

use super::{Provenance, Scale};
use crate::data::io::{at, escape_controls, malformed, write_atomically};
use crate::error::Result;

/// A page of figures. All text is plain: what looks like markup is shown, not obeyed.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Title of the page.
    pub title: String,
    /// A paragraph before the sections.
    pub introduction: String,
    /// The sections in the order they appear.
    pub sections: Vec<Section>,
}

/// One experiment on a [`Page`].
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// Heading.
    pub title: String,
    /// What was done, in two sentences.
    pub description: String,
    /// Said of figures whose numbers were not computed for this page.
    pub notice: Option<Notice>,
    /// What came out, in two sentences.
    pub findings: String,
    /// The figures in the order they appear.
    pub images: Vec<Image>,
    /// How they were made.
    pub provenance: Provenance,
}

/// A sentence that ends with a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The sentence up to the command.
    pub text: String,
    /// What to type.
    pub command: String,
}

/// A figure that is already written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Its file, SVG or PNG.
    pub path: PathBuf,
    /// What it shows: the caption, and the text in place of the figure where it cannot be seen.
    pub caption: String,
}

impl Page {
    /// Writes the page with all figures in it.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) if a figure cannot be read or the page not be written,
    /// [`Error::Format`](crate::Error::Format) if a figure's name does not end in `.svg` or `.png`.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        let html = self.html()?;
        write_atomically(path.as_ref(), |file| file.write_all(html.as_bytes()))
    }

    fn html(&self) -> Result<String> {
        let sections = self.sections.iter().map(Section::html).collect::<Result<String>>()?;
        Ok(html_page(&self.title, &format!("<p>{}</p>\n{sections}", escape_html(&self.introduction))))
    }
}

/// A whole page with this title, the title as its heading, and `body`, which is HTML.
#[must_use]
pub fn html_page(title: &str, body: &str) -> String {
    let title = escape_html(title);
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>{title}</h1>\n{body}</main>\n</body>\n</html>\n"
    )
}

impl Section {
    fn html(&self) -> Result<String> {
        let [title, description, findings] =
            [&self.title, &self.description, &self.findings].map(|text| escape_html(text));
        let notice = self.notice.as_ref().map(Notice::html).unwrap_or_default();
        let figures = self.images.iter().map(Image::html).collect::<Result<String>>()?;
        let facts = facts(&self.provenance).into_iter().fold(String::new(), |mut rows, (name, value)| {
            let _ = writeln!(
                rows,
                "<tr><th scope=\"row\">{}</th><td>{}</td></tr>",
                escape_html(&name),
                escape_html(&value)
            );
            rows
        });
        Ok(format!(
            "<section>\n<h2>{title}</h2>\n<p>{description}</p>\n{notice}{figures}<p class=\"findings\">{findings}</p>\n\
             <details>\n<summary>Parameters</summary>\n<table>\n{facts}</table>\n</details>\n</section>\n"
        ))
    }
}

impl Notice {
    fn html(&self) -> String {
        let [text, command] = [&self.text, &self.command].map(|text| escape_html(text));
        format!("<p class=\"notice\">{text} <code>{command}</code></p>\n")
    }
}

impl Image {
    fn html(&self) -> Result<String> {
        let kind = match self.path.extension().and_then(|extension| extension.to_str()) {
            Some("svg") => "svg+xml",
            Some("png") => "png",
            _ => return Err(malformed(&self.path, "a figure of another format", ".svg or .png")),
        };
        let bytes = BASE64_STANDARD.encode(fs::read(&self.path).map_err(at(&self.path))?);
        let caption = escape_html(&self.caption);
        Ok(format!(
            "<figure>\n<img alt=\"{caption}\" src=\"data:image/{kind};base64,{bytes}\">\n\
             <figcaption>{caption}</figcaption>\n</figure>\n"
        ))
    }
}

/// The rows of the table: the experiment's parameters, then what every run has.
fn facts(provenance: &Provenance) -> Vec<(String, String)> {
    let mut facts: Vec<_> = match &provenance.parameters {
        serde_json::Value::Object(parameters) => {
            parameters.iter().map(|(name, value)| (name.clone(), plain(value))).collect()
        }
        serde_json::Value::Null => Vec::new(),
        other => vec![("parameters".to_owned(), plain(other))],
    };
    let scale = match provenance.scale {
        Scale::Full => "full protocol",
        Scale::Quick => "quick look",
    };
    let of_every_run = [
        ("trials", format!("{} ({scale})", provenance.trials)),
        ("seed", provenance.seed.to_string()),
        ("wall time", format!("{:.1} s on {} threads", provenance.wall_seconds, provenance.threads)),
        ("made with", format!("version {}, {}", provenance.crate_version, provenance.backend)),
    ];
    facts.extend(of_every_run.map(|(name, value)| (name.to_owned(), value)));
    facts.extend(provenance.date.clone().map(|date| ("date".to_owned(), date)));
    facts.extend(provenance.machine.as_ref().map(|machine| ("machine".to_owned(), machine.to_string())));
    facts
}

/// A JSON value as read by people: text without quotes, lists without brackets.
fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// Text as HTML that shows it, between tags or in a quoted attribute; of what acts instead of being seen, as the marks that
/// turn the direction of writing around, line ends and tabs alone are kept ([`escape_controls`]).
#[must_use]
pub fn escape_html(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for piece in text.split_inclusive(['\n', '\t']) {
        let (piece, end) = match piece.char_indices().next_back() {
            Some((place, '\n' | '\t')) => piece.split_at(place),
            _ => (piece, ""),
        };
        escape_markup(&escape_controls(piece), &mut html);
        html += end;
    }
    html
}

fn escape_markup(text: &str, html: &mut String) {
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
}

/// Black on white whatever the reader's theme, as the figures are.
const STYLE: &str = "
:root { color-scheme: light; }
body { margin: 0; background: #fff; color: #1b1b1b; font: 1.05rem/1.6 Georgia, 'Times New Roman', serif; }
main { max-width: 44rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1, h2, summary, table, figcaption { font-family: system-ui, 'Helvetica Neue', Arial, sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 1rem; }
h2 { font-size: 1.3rem; line-height: 1.3; margin: 3rem 0 .5rem; }
figure { margin: 1.25rem 0; }
img { display: block; max-width: 100%; height: auto; margin: 0 auto; }
figcaption { font-size: .85rem; line-height: 1.4; color: #595959; margin-top: .4rem; }
.notice { border-left: 3px solid #595959; padding-left: .8rem; font-size: .95rem; }
code { font: .9em/1.4 ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; overflow-wrap: anywhere; }
summary { font-size: .85rem; cursor: pointer; }
table { border-collapse: collapse; font-size: .85rem; line-height: 1.4; margin-top: .5rem; }
th, td { text-align: left; vertical-align: top; padding: .2rem 1.5rem .2rem 0; border-top: 1px solid #e3e3e3; }
th { font-weight: 500; color: #595959; }
td { overflow-wrap: anywhere; }
";
