//! The command line of experiments: what one asks for, and what its user is told.

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;
use std::{env, io};

use clap::{CommandFactory, FromArgMatches};

use super::{Args, Experiment, Outputs, Run, progress_bar};
use crate::data::io::escape_controls;
use crate::error::Result;

/// The whole `main` of one experiment: reads the command line, runs, reports.
///
/// Returns exit code 0; or 2 after one line on standard error that says what is wrong.
#[must_use]
pub fn run_main(experiment: &Experiment) -> ExitCode {
    experiment.run_from(env::args_os().skip(1), &mut io::stdout(), &mut io::stderr()).into()
}

impl Experiment {
    /// Runs on the given arguments (without the command's name), output and error; exit codes as [`run_main`].
    pub fn run_from(
        &self,
        arguments: impl IntoIterator<Item: Into<OsString> + Clone>,
        output: &mut impl Write,
        error: &mut impl Write,
    ) -> u8 {
        let trials = format!("{} ({} with --quick)", self.trials, self.quick_trials);
        let command = describe(Args::command(), self.name, self.about, &trials);
        answer(command, arguments, output, error, |args: &Args, output| {
            if args.redraw {
                self.redraw(&Outputs::new(&args.out, self.name))
            } else {
                self.run_and_report(args, output)
            }
        })
    }

    /// Runs, and says in one line what was run.
    pub(super) fn run_and_report(&self, args: &Args, output: &mut impl Write) -> Result<()> {
        let mut run = self.start(args)?;
        run.observer = progress_bar();
        (self.body)(&run)?;
        report(&run, output);
        Ok(())
    }
}

fn report(run: &Run, output: &mut impl Write) {
    let _ = writeln!(
        output,
        "{}: {} trials, seed {}, {:.1} s on {} threads, in {}",
        run.outputs.name,
        run.trial_count,
        run.seed,
        run.wall_seconds(),
        run.threads,
        escape_controls(&run.outputs.folder.display().to_string()),
    );
}

/// A command line with a name, a sentence and the numbers of trials in its help.
pub(super) fn describe(
    command: clap::Command,
    name: &'static str,
    about: &'static str,
    trials: &str,
) -> clap::Command {
    let help = format!("Independent trials to average over [default: {trials}]");
    command.name(name).bin_name(name).about(about).mut_arg("trials", |arg| arg.help(help))
}

/// Reads the arguments and does what they ask for; help goes to `output`, and one line to `error` if something is wrong.
pub(super) fn answer<A: FromArgMatches, W: Write>(
    command: clap::Command,
    arguments: impl IntoIterator<Item: Into<OsString> + Clone>,
    output: &mut W,
    error: &mut impl Write,
    run: impl FnOnce(&A, &mut W) -> Result<()>,
) -> u8 {
    let name = command.get_name().to_owned();
    let parsed = command.try_get_matches_from(arguments).and_then(|matches| A::from_arg_matches(&matches));
    // A closed output or error stream is no reason to fail, nor is there anyone left to tell.
    let complaint = match parsed {
        Ok(args) => match run(&args, output) {
            Ok(()) => return 0,
            Err(failed) => failed.to_string(),
        },
        Err(asked) if !asked.use_stderr() => {
            let _ = write!(output, "{asked}");
            return 0;
        }
        Err(refused) => format!("{} (see --help)", first_paragraph(&refused.to_string())),
    };
    let _ = writeln!(error, "{name}: error: {}", escape_controls(&one_line(&complaint)));
    2
}

/// The first paragraph of a message of the argument parser, without its own "error: ".
fn first_paragraph(message: &str) -> &str {
    let message = message.strip_prefix("error: ").unwrap_or(message);
    message.split("\n\n").next().unwrap_or(message)
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}
