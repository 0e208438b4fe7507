//! `pal completions` and `pal man`.

use std::io;

use clap::Command;
use clap_complete::Shell;

use crate::failure::{Failure, Outcome, Result};

/// Print the completions of a shell, to be sourced or put where it looks for them
#[derive(Debug, clap::Args)]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

/// Print the manual page, subcommands included: `pal man | man -l -`
#[derive(Debug, clap::Args)]
pub(crate) struct Man;

impl Completions {
    /// Of the program whose command line is given.
    pub(crate) fn run(&self, mut program: Command) -> Result<Outcome> {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut program, "pal", &mut text);
        print(&text)
    }
}

impl Man {
    #[allow(clippy::unused_self, reason = "as every subcommand")]
    pub(crate) fn run(&self, mut program: Command) -> Result<Outcome> {
        let mut text = Vec::new();
        program.build();
        let pages = std::iter::once(&program).chain(program.get_subcommands());
        for page in pages.filter(|page| page.get_name() != "help") {
            clap_mangen::Man::new(page.clone()).render(&mut text).map_err(Failure::Output)?;
        }
        print(&text)
    }
}

fn print(text: &[u8]) -> Result<Outcome> {
    io::Write::write_all(&mut io::stdout(), text).map_err(Failure::Output)?;
    Ok(Outcome::Done)
}
