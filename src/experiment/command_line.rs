//! The command line all experiments share.

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;
use std::{env, io, slice};

use clap::{CommandFactory, FromArgMatches};

use super::{Args, Experiment, Run};
use crate::data::io::escape_controls;
use crate::error::Result;

/// The whole `main` of one experiment: reads the command line, runs, reports.
///
/// Returns exit code 0; or 2 after one line on standard error that says what is wrong.
#[must_use]
pub fn run_main(experiment: &Experiment) -> ExitCode {
    let Experiment { name, about, .. } = *experiment;
    Program { name, about, experiments: slice::from_ref(experiment), finish: |_| Ok(()) }.main()
}

/// Experiments run one after the other, with the same arguments, by one command.
#[derive(Clone, Copy, Debug)]
pub struct Program<'a> {
    /// Name of the command.
    pub name: &'static str,
    /// One sentence: what it is for.
    pub about: &'static str,
    /// The experiments in the order they run.
    pub experiments: &'a [Experiment],
    /// What is left to do when all have run, such as an index of their figures.
    pub finish: fn(&Args) -> Result<()>,
}

impl Program<'_> {
    /// Runs on the arguments, output and error of this process; exit codes as [`run_main`].
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
        let parsed = self
            .command()
            .try_get_matches_from(arguments)
            .and_then(|matches| Args::from_arg_matches(&matches));
        // A closed output or error stream is no reason to fail, nor is there anyone left to tell.
        let complaint = match parsed {
            Ok(args) => match self.run(&args, output) {
                Ok(()) => return 0,
                Err(failed) => failed.to_string(),
            },
            Err(asked) if !asked.use_stderr() => {
                let _ = write!(output, "{asked}");
                return 0;
            }
            Err(refused) => format!("{} (see --help)", first_paragraph(&refused.to_string())),
        };
        let _ = writeln!(error, "{}: error: {}", self.name, escape_controls(&one_line(&complaint)));
        2
    }

    fn run(&self, args: &Args, output: &mut impl Write) -> Result<()> {
        for experiment in self.experiments {
            let run = Run::new(experiment, args)?;
            (experiment.body)(&run)?;
            let _ = writeln!(
                output,
                "{}: {} trials, seed {}, {:.1} s on {} threads, in {}",
                run.name,
                run.trial_count,
                run.seed,
                run.wall_seconds(),
                run.threads,
                escape_controls(&run.out.display().to_string()),
            );
        }
        (self.finish)(args)
    }

    /// The command line with this program's name, sentence and numbers of trials in its help.
    fn command(&self) -> clap::Command {
        let trials = self.experiments.iter().map(|Experiment { name, trials, quick_trials, .. }| {
            let whose = if self.experiments.len() > 1 { format!("{name} ") } else { String::new() };
            format!("{whose}{trials} ({quick_trials} with --quick)")
        });
        let trials = trials.collect::<Vec<_>>().join(", ");
        Args::command().name(self.name).bin_name(self.name).about(self.about).mut_arg("trials", |arg| {
            arg.help(format!("Independent trials to average over [default: {trials}]"))
        })
    }
}

/// The first paragraph of a message of the argument parser, without its own "error: ".
fn first_paragraph(message: &str) -> &str {
    let message = message.strip_prefix("error: ").unwrap_or(message);
    message.split("\n\n").next().unwrap_or(message)
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}
