//! `pal report`: one page that shows where things stand.

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use pal::active::{RemainingError, WarmStart, remaining_error};
use pal::data::Labels;
use pal::data::io::{at, readable, write_atomically};
use pal::experiment::{Curve, escape_html, html_page};
use pal::oracle::{Answered, Contradiction, Statement};
use pal::plot::{self, Axes, Link, ScatterPanel};
use pal::session::{Entry, Learned, State};

use crate::apart::require_apart;
use crate::failure::{Outcome, Result};
use crate::layout::layout;
use crate::output::Output;
use crate::protocol;
use crate::show::{Items, Lines, how};

/// Write one HTML page: error against cost, a map of the samples, contradictions, annotators, the spectrum
///
/// The page is a single file that loads nothing from elsewhere.
#[derive(Debug, clap::Args)]
pub(crate) struct Report {
    /// The state directory; another program may be asking meanwhile
    #[arg(long, value_name = "DIR")]
    state: PathBuf,
    /// The page
    #[arg(long, value_name = "FILE.html")]
    out: PathBuf,
    #[command(flatten)]
    lines: Lines,
}

/// Answers that are named as the likeliest cause of contradictions.
const MOST_SUSPECTS: usize = 3;
/// Eigenvalues that are drawn.
const MOST_EIGENVALUES: usize = 60;

impl Report {
    pub(crate) fn run(&self, output: Output) -> Result<Outcome> {
        let mut errors: Vec<(f64, RemainingError)> = Vec::new();
        let state = State::watched(&self.state, |ledger, belief| {
            // What costs nothing changes the last point.
            if errors.last().is_some_and(|&(spent, _)| spent >= ledger.spent()) {
                errors.pop();
            }
            errors.push((ledger.spent(), remaining_error(belief)));
            Ok(())
        })?;
        let items = self.lines.items(state.settings())?;
        let inputs = self.lines.file().into_iter().chain([Path::new(&state.settings().features)]);
        require_apart([("--out", &*self.out)], inputs, Some(&self.state))?;
        let folder = tempfile::tempdir().map_err(at(&self.out))?;
        let pictures = folder.path();
        draw_errors(&pictures.join("error"), &errors)?;
        draw_map(&pictures.join("map"), &state, state.start())?;
        let before = state.start_of_features()?;
        if let Some(before) = &before {
            draw_map(&pictures.join("before"), &state, before)?;
        }
        draw_spectrum(&pictures.join("spectrum"), &state)?;
        let body = summary(&state)
            + "<h2>Error against cost</h2>\n"
            + &figure(
                &pictures.join("error.svg"),
                "The estimated share of samples in the wrong class after each answer, and the share that it is below at every moment \
                 with a confidence of 95 %, against what the answers had cost by then: asking on pays while they fall.",
            )?
            + "<h2>Map</h2>\n"
            + &figure(
                &pictures.join("map.svg"),
                "Each mark is a sample, in the colour and shape of the class it is believed to be of; near each other are those \
                 that are alike. Dark lines join pairs that were said to belong together, orange lines pairs that were said not to: \
                 a dark line across the map is something that the features alone do not tell.",
            )?
            + &match before {
                None => String::new(),
                Some(_) => figure(
                    &pictures.join("before.svg"),
                    "The same classes and answers on the map of the features themselves, before a representation was learned.",
                )?,
            }
            + &classes(&state)
            + &contradictions(&state, &items)
            + &people(&state)
            + "<h2>Spectrum</h2>\n"
            + &figure(
                &pictures.join("spectrum.svg"),
                "The leading eigenvalues of the neighbours' graph: as many clusters stand out, before any answer, as there are \
                 eigenvalues near 1 before the first large gap.",
            )?;
        let title = format!("Classes of {}", state.settings().features);
        write_atomically(&self.out, |file| file.write_all(html_page(&title, &body).as_bytes()))?;
        let mut object = protocol::summary(&state);
        object["report"] = self.out.display().to_string().into();
        output.result(format_args!("the report is in {}", self.out.display()), &object)?;
        Ok(Outcome::Done)
    }
}

fn draw_errors(stem: &Path, errors: &[(f64, RemainingError)]) -> Result<()> {
    let x: Vec<f64> = errors.iter().map(|&(spent, _)| spent).collect();
    let curve = |name: &str, of: fn(&RemainingError) -> f64| {
        let row: Vec<f64> = errors.iter().map(|(_, error)| of(error)).collect();
        Curve::from_trials(name, &x, &[row])
    };
    let curves = [curve("estimate", |error| error.share)?, curve("at most", |error| error.interval.1)?];
    Ok(plot::curves(stem, &curves, &Axes::new("Cost of the answers", "Share in the wrong class"))?)
}

fn draw_map(stem: &Path, state: &State, start: &WarmStart) -> Result<()> {
    let belief = state.belief();
    let labels = Labels::new(belief.classes().to_vec(), belief.number_of_classes())?;
    let points = layout(start, state.settings().seed);
    let links: Vec<Link> =
        state.statements().map(|(_, _, (pair, same))| Link { pair: pair.into(), same }).collect();
    let title = format!("{} samples, {} statements about pairs", belief.len(), links.len());
    Ok(plot::map(stem, ScatterPanel { title: &title, points: points.view(), labels: &labels }, &links)?)
}

fn draw_spectrum(stem: &Path, state: &State) -> Result<()> {
    let values = state.start().eigenvalues();
    let shown: Vec<f64> = values.iter().copied().take(MOST_EIGENVALUES).collect();
    let x: Vec<f64> = (1..=shown.len()).map(|index| index as f64).collect();
    let curve = Curve::from_trials("eigenvalue", &x, &[shown])?;
    Ok(plot::curves(stem, &[curve], &Axes::new("Index", "Eigenvalue"))?)
}

fn summary(state: &State) -> String {
    let (belief, log) = (state.belief(), state.log());
    let error = remaining_error(belief);
    let given = log.entries().filter(|(_, entry)| matches!(entry, Entry::Answer(_))).count();
    let standing = log.records().count();
    let facts = [
        ["samples".to_owned(), state.settings().fingerprint.samples.to_string()],
        ["answers".to_owned(), format!("{standing}, and {} taken back", given - standing)],
        ["cost".to_owned(), readable(state.ledger().spent())],
        ["classes".to_owned(), belief.number_of_classes().to_string()],
        [
            "in the wrong class".to_owned(),
            format!(
                "about {} of the samples, at most {} with a confidence of 95 %",
                percent(error.share),
                percent(error.interval.1)
            ),
        ],
        [
            "what this rests on".to_owned(),
            format!(
                "{} samples drawn at random were audited, of which {} were right; {} pairs of classes were not told apart",
                error.audited,
                error.audited - error.refused,
                error.uncompared
            ),
        ],
        ["contradictions".to_owned(), state.evidence().contradictions().len().to_string()],
    ];
    let learned = state.settings().learned.as_ref().map(|learned| {
        let Learned { loss, epochs, answers, .. } = learned;
        let value = format!("learned by {loss} in {epochs} epochs from {answers} answers");
        ["representation".to_owned(), value]
    });
    let rows = facts.into_iter().chain(learned).map(|[name, value]| {
        format!("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", name, escape_html(&value))
    });
    format!("<table>\n{}</table>\n", rows.collect::<String>())
}

fn classes(state: &State) -> String {
    let (belief, confidence) = (state.belief(), state.belief().confidence());
    let rows = (0..belief.number_of_classes()).map(|class| {
        let members: Vec<usize> =
            (0..belief.len()).filter(|&sample| belief.classes()[sample] == class).collect();
        let sure: f64 = members.iter().map(|&sample| confidence[sample]).sum();
        let asked = members.iter().filter(|&&sample| belief.was_asked(sample)).count();
        let mean = if members.is_empty() { "—".to_owned() } else { percent(sure / members.len() as f64) };
        [class.to_string(), members.len().to_string(), asked.to_string(), mean]
    });
    format!(
        "<h2>Classes</h2>\n<p>What each class holds, how many of its samples an answer was about, and how sure it is of them \
         on average.</p>\n{}",
        table(["class", "samples", "asked about", "confidence"], rows)
    )
}

fn contradictions(state: &State, items: &Items) -> String {
    let found = state.evidence().contradictions();
    if found.is_empty() {
        return "<h2>Contradictions</h2>\n<p>No answer contradicts what others imply.</p>\n".to_owned();
    }
    let rows = found.iter().map(|Contradiction { id, statement, implied_by }| {
        let others = implied_by.iter().map(|&other| format!("{other}: {}", said(state, other)));
        let (about, what) = match statement {
            Statement::Pair { pair, same } => (
                format!("{} | {}", items.item(pair.first()), items.item(pair.second())),
                how(*same).to_owned(),
            ),
            Statement::Label { sample, class } => (items.item(*sample), format!("of {class}")),
        };
        [id.to_string(), about, what, said_by(state, *id), others.collect::<Vec<_>>().join("; ")]
    });
    format!(
        "<h2>Contradictions</h2>\n<p>Each of these answers says the opposite of what the answers in the last column imply \
         together. All of them are kept and weighed; the line <code>{{\"retract\":ID}}</code> to <code>pal query</code> takes \
         the wrong one back.{}</p>\n{}",
        suspects(state),
        table(["answer", "about", "said", "by", "against"], rows)
    )
}

/// The answers in most contradictions, if some are in several.
fn suspects(state: &State) -> String {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for Contradiction { id, implied_by, .. } in state.evidence().contradictions() {
        implied_by.iter().chain([id]).for_each(|&id| *counts.entry(id).or_default() += 1);
    }
    let mut several: Vec<_> = counts.into_iter().filter(|&(_, count)| count > 1).collect();
    several.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    several.truncate(MOST_SUSPECTS);
    let named: Vec<String> = several
        .iter()
        .map(|&(id, count)| format!("answer {id} ({}) is in {count}", escape_html(&said(state, id))))
        .collect();
    if named.is_empty() {
        String::new()
    } else {
        format!(" Look first at those in most of them: {}.", named.join(", "))
    }
}

fn people(state: &State) -> String {
    let rows = state.annotators().into_iter().map(|annotator| {
        let rate = |of: fn(&pal::oracle::Reliability) -> f64| {
            annotator
                .reliability
                .as_ref()
                .map_or_else(|| "—".to_owned(), |reliability| percent(of(reliability)))
        };
        let (together, apart) = (rate(|of| of.sensitivity), rate(|of| of.specificity));
        let seconds = format!("{:.1}", annotator.seconds);
        [
            annotator.name,
            annotator.answers.to_string(),
            seconds,
            percent(annotator.agreement),
            together,
            apart,
        ]
    });
    format!(
        "<h2>Annotators</h2>\n<p>How many answers each gave, the median of the seconds it took, and the share of them that fits \
         the classes now believed. Where several answered about the same pairs, also how often each is right where the truth is \
         together, and where it is apart, as their disagreements tell (Dawid and Skene 1979).</p>\n{}",
        table(
            ["annotator", "answers", "seconds", "fit the classes", "right if together", "right if apart"],
            rows
        )
    )
}

/// What an answer said, in words.
fn said(state: &State, id: usize) -> String {
    match state.log().record(id).map(|record| &record.answered) {
        Some(Answered::Pair { pair, same }) => {
            format!("{} and {} {}", pair.first(), pair.second(), how(*same))
        }
        Some(Answered::Label { sample, class }) => format!("{sample} is of {class}"),
        Some(Answered::Captcha { shown, .. }) => format!("which are like {shown:?}"),
        None => "taken back".to_owned(),
    }
}

fn said_by(state: &State, id: usize) -> String {
    state.log().record(id).map_or_else(String::new, |record| record.annotator.clone())
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

fn table<const N: usize>(names: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let row = |tag: &str, cells: &[String]| {
        cells.iter().fold(String::new(), |mut html, cell| {
            let _ = write!(html, "<{tag}>{}</{tag}>", escape_html(cell));
            html
        })
    };
    let mut html = format!("<table>\n<tr>{}</tr>\n", row("th", &names.map(str::to_owned)));
    for cells in rows {
        let _ = writeln!(html, "<tr>{}</tr>", row("td", &cells));
    }
    html + "</table>\n"
}

/// A picture, part of the page, with what it shows.
fn figure(svg: &Path, caption: impl Display) -> Result<String> {
    let picture = fs::read_to_string(svg).map_err(at(svg))?;
    let styled = "<svg role=\"img\" style=\"display:block;max-width:100%;height:auto;margin:0 auto\" ";
    let picture = picture.replacen("<svg ", styled, 1);
    Ok(format!("<figure>\n{picture}<figcaption>{caption}</figcaption>\n</figure>\n"))
}
