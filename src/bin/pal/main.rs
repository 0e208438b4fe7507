//! The program `pal`: questions for people, and what their answers make of a data set.
//!
//! One file a subcommand, each a front of [`pal::session`], which owns the state directory and all that follows from its log.
#![warn(missing_docs, unreachable_pub, clippy::pedantic, clippy::unwrap_used, clippy::expect_used)]
#![allow(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]

mod apart;
mod bench;
mod embed;
mod export;
mod failure;
mod interrupt;
mod label;
mod layout;
mod learn;
mod learner;
mod limits;
mod output;
mod protocol;
mod query;
mod report;
mod shell;
mod show;
mod source;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use failure::{Outcome, Result};
use output::Output;

/// Positive active learning: answer "do these two samples belong together?", and watch the classes form
///
/// `pal embed` makes a state directory of the features of your samples. `pal label` then asks a person at the terminal, and
/// `pal query` another program, as few questions as it can; `pal report` and `pal export` show what came out. `pal learn`
/// trains an encoder of images or vectors on the answers, in place of the features as they are. `pal bench` measures on labelled data how many answers a strategy needs.
///
/// Every answer is on disk before it is acknowledged: a program killed at any moment goes on where it stopped.
#[derive(Debug, Parser)]
#[command(name = "pal", version, after_help = EXIT_CODES, after_long_help = EXIT_CODES)]
struct Cli {
    #[command(flatten)]
    output: Output,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    failed: a message on standard error says what was given and what is expected
  2    the command line is wrong
  3    the budget is reached (pal query, pal label)
  4    the state directory is in use by another program
  130  interrupted; every acknowledged answer is on disk";

#[derive(Debug, Subcommand)]
enum Command {
    Embed(embed::Embed),
    Learn(learn::Learn),
    Query(query::Query),
    Label(label::Label),
    Report(report::Report),
    Export(export::Export),
    Bench(bench::Bench),
    Completions(shell::Completions),
    Man(shell::Man),
}

fn main() -> ExitCode {
    let Cli { output, command } = match Cli::try_parse() {
        Ok(given) => given,
        Err(said) => return output::end_without_command(&said),
    };
    let outcome = run(&command, output);
    match outcome {
        Ok(outcome) => outcome.code(),
        Err(failure) => {
            output.failure(&failure);
            failure.code()
        }
    }
}

fn run(command: &Command, output: Output) -> Result<Outcome> {
    match command {
        Command::Embed(embed) => embed.run(output),
        Command::Learn(learn) => learn.run(output),
        Command::Query(query) => query.run(output),
        Command::Label(label) => label.run(output),
        Command::Report(report) => report.run(output),
        Command::Export(export) => export.run(output),
        Command::Bench(bench) => bench.run(output),
        Command::Completions(completions) => completions.run(Cli::command()),
        Command::Man(man) => man.run(Cli::command()),
    }
}
