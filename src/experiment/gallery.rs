//! Experiments one after the other, and one page of their figures.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::{env, io};

use clap::{CommandFactory, Parser};

use super::command_line::{answer, describe};
use super::{
    Args, Curves, Experiment, Image, Length, Notice, Outputs, Page, Picture, Provenance, Scale, Section,
};
use crate::data::io::{at, require_writable_folder, write_atomically};
use crate::error::Result;

/// Experiments that one command runs and shows on a page, `DIR/index.html`.
///
/// Long ones are drawn from curves that were computed before, unless all are asked for; the page says so.
#[derive(Clone, Copy, Debug)]
pub struct Gallery<'a> {
    /// Name of the command.
    pub name: &'static str,
    /// One sentence: what it is for.
    pub about: &'static str,
    /// The experiments in the order they run and appear.
    pub experiments: &'a [Experiment],
    /// Title of the page.
    pub title: &'static str,
    /// The paragraph that the page begins with.
    pub introduction: &'static str,
    /// Folder of the curves of long experiments.
    pub committed: &'a Path,
}

#[derive(Clone, Debug, Parser)]
#[command(version, no_binary_name = true, after_help = AFTER_HELP)]
struct GalleryArgs {
    #[command(flatten)]
    run: Args,
    /// Compute the full protocols that take over a minute, too
    #[arg(long, conflicts_with_all = ["redraw", "scale"])]
    all: bool,
    /// Only print the names of the experiments, each on its own line
    #[arg(long)]
    list: bool,
}

const AFTER_HELP: &str = "\
Writes to DIR the page (index.html) and, named after each experiment, its figures (.svg, .png), their numbers (.csv) and how
they were made (.json). Full protocols that take over a minute on two cores are computed with --all only; without it their
figures are drawn from the numbers that come with the sources.
Exit code: 0 if all is written, 2 if an argument or a computation is at fault.";

/// Where the curves of a section come from.
#[derive(Clone, Copy, PartialEq)]
enum Origin {
    /// Computed for the page.
    Computed,
    /// Those that lie in its folder.
    Found,
    /// Those of a long experiment, computed before.
    Committed,
}

impl Origin {
    fn of(experiment: &Experiment, args: &GalleryArgs) -> Self {
        match (experiment.length, args.run.scale) {
            _ if args.run.redraw => Self::Found,
            (Length::Long, Scale::Full) if !args.all => Self::Committed,
            _ => Self::Computed,
        }
    }
}

impl Gallery<'_> {
    /// Runs on the arguments, output and error of this process; exit codes as [`run_main`](super::run_main).
    #[must_use]
    pub fn main(&self) -> ExitCode {
        self.run_from(env::args_os().skip(1), &mut io::stdout(), &mut io::stderr()).into()
    }

    /// Runs on the given arguments (without the command's name), output and error; returns the exit code.
    pub fn run_from(
        &self,
        arguments: impl IntoIterator<Item: Into<OsString> + Clone>,
        output: &mut impl Write,
        error: &mut impl Write,
    ) -> u8 {
        let trials = self.experiments.iter().map(|Experiment { name, trials, quick_trials, .. }| {
            format!("{name} {trials} ({quick_trials} with --quick)")
        });
        let trials = trials.collect::<Vec<_>>().join(", ");
        let command = describe(GalleryArgs::command(), self.name, self.about, &trials);
        answer(command, arguments, output, error, |args: &GalleryArgs, output| self.run(args, output))
    }

    fn run(&self, args: &GalleryArgs, output: &mut impl Write) -> Result<()> {
        if args.list {
            for experiment in self.experiments {
                let _ = writeln!(output, "{}", experiment.name);
            }
            return Ok(());
        }
        require_writable_folder(&args.run.out)?;
        let mut sections = Vec::new();
        for experiment in self.experiments {
            let outputs = Outputs::new(&args.run.out, experiment.name);
            let origin = Origin::of(experiment, args);
            match origin {
                Origin::Computed => experiment.run_and_report(&args.run, output)?,
                Origin::Found => experiment.redraw(&outputs)?,
                Origin::Committed => {
                    self.fetch(&outputs)?;
                    experiment.redraw(&outputs)?;
                }
            }
            let section = section(experiment, &outputs, origin)?;
            if let Some(Notice { text, command }) = &section.notice {
                let _ = writeln!(output, "{}: {text} {command}", experiment.name);
            }
            sections.push(section);
        }
        let page =
            Page { title: self.title.to_owned(), introduction: self.introduction.to_owned(), sections };
        let path = args.run.out.join("index.html");
        page.write(&path)?;
        let _ = writeln!(output, "the page: {}", path.display());
        Ok(())
    }

    /// Copies curves and their record to where the page is, if that is another folder.
    fn fetch(&self, outputs: &Outputs) -> Result<()> {
        let committed = Outputs::new(self.committed, outputs.name);
        for extension in ["csv", "json"] {
            let (from, to) = (committed.path(extension), outputs.path(extension));
            let bytes = fs::read(&from).map_err(at(&from))?;
            if fs::read(&to).ok().as_ref() != Some(&bytes) {
                write_atomically(&to, |file| file.write_all(&bytes))?;
            }
        }
        Ok(())
    }
}

fn section(experiment: &Experiment, outputs: &Outputs, origin: Origin) -> Result<Section> {
    let story = &experiment.story;
    let provenance: Provenance = Provenance::read(outputs.path("json"))?;
    let image = |&Picture { ending, caption }: &Picture| Image {
        path: outputs.picture(&format!("{ending}.svg")),
        caption: caption.to_owned(),
    };
    let notice = (origin != Origin::Computed)
        .then(|| Notice { text: notice(origin, &provenance), command: command(experiment, &provenance) });
    Ok(Section {
        title: story.title.to_owned(),
        description: story.description.to_owned(),
        notice,
        findings: (story.findings)(&Curves::read(outputs.path("csv"))?)?,
        images: story.pictures.iter().map(image).collect(),
        provenance,
    })
}

/// What is said of curves that were not computed for the page.
fn notice(origin: Origin, provenance: &Provenance) -> String {
    let why = match origin {
        Origin::Committed => {
            "The full protocol takes over a minute on two cores. These curves were computed before"
        }
        _ => "These curves were computed before",
    };
    let date = provenance.date.as_ref().map_or(String::new(), |date| format!(" on {date}"));
    let machine = provenance.machine.as_ref().map_or(String::new(), |machine| format!(" ({machine})"));
    let (seconds, threads) = (provenance.wall_seconds, provenance.threads);
    format!("{why},{date} in {seconds:.0} s on {threads} threads{machine}. To compute them:")
}

/// The command that computes the curves of this record.
fn command(experiment: &Experiment, provenance: &Provenance) -> String {
    let Provenance { scale, trials, seed, .. } = provenance;
    let mut words = vec![format!("cargo run --release --example {}", experiment.name)];
    let quick = (*scale == Scale::Quick).then(|| "--quick".to_owned());
    let trials = (*trials != scale.of(experiment.trials, experiment.quick_trials))
        .then(|| format!("--trials {trials}"));
    let seed = (*seed != 0).then(|| format!("--seed {seed}"));
    let options: Vec<String> = [quick, trials, seed].into_iter().flatten().collect();
    if !options.is_empty() {
        words.push("--".to_owned());
        words.extend(options);
    }
    words.join(" ")
}
