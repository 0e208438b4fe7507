//! What an experiment is, as opposed to one [`Run`] of it.

use super::{Args, Claim, Curves, Outputs, Run, Settings, Story};
use crate::error::Result;

/// An experiment: what it asks, how often it tries, the functions that compute and draw it, what is told of it.
#[derive(Clone, Copy, Debug)]
pub struct Experiment {
    /// Name of the experiment and of its output files.
    pub name: &'static str,
    /// One sentence: the question it answers.
    pub about: &'static str,
    /// Trials of the full protocol.
    pub trials: usize,
    /// Trials of a quick look.
    pub quick_trials: usize,
    /// Time of the full protocol.
    pub length: Length,
    /// Computes the curves, saves them ([`Run::save`]) and draws all pictures, those of the curves by `draw`.
    pub body: fn(&Run) -> Result<()>,
    /// Draws the pictures that show nothing but curves.
    pub draw: fn(&Outputs, &Curves) -> Result<()>,
    /// What a page says of it.
    pub story: Story,
    /// What its curves are held to.
    pub claims: &'static [Claim],
}

/// How long the full protocol of an experiment takes on two cores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// Up to a minute.
    Short,
    /// More than a minute: a [`Gallery`](super::Gallery) computes it only if asked to.
    Long,
}

impl Experiment {
    /// What an experiment that leaves no curves fills in for all that is told of them: nothing.
    pub const WITHOUT_FIGURES: Self = Self {
        name: "",
        about: "",
        trials: 1,
        quick_trials: 1,
        length: Length::Short,
        body: |_| Ok(()),
        draw: |_, _| Ok(()),
        story: Story { title: "", description: "", findings: |_| Ok(String::new()), pictures: &[] },
        claims: &[],
    };

    /// Computes and writes all outputs; nothing is computed if the output folder cannot be written.
    ///
    /// # Errors
    /// Those of [`Run::new`] and of the body.
    pub fn run(&self, args: &Args) -> Result<()> {
        (self.body)(&self.start(args)?)
    }

    /// A run of this experiment; what `args` leaves open is the experiment's own default.
    ///
    /// # Errors
    /// Those of [`Run::new`].
    pub fn start(&self, args: &Args) -> Result<Run> {
        let Args { trials, seed, out, threads, scale, redraw: _ } = args.clone();
        let trials = trials.unwrap_or_else(|| scale.of(self.trials, self.quick_trials));
        Run::new(self.name, Settings { trials, seed, scale, out, threads })
    }

    /// Draws the pictures of the curves that are in `outputs`, and leaves all other files as they are.
    ///
    /// # Errors
    /// Those of [`Curves::read`] and of drawing.
    pub fn redraw(&self, outputs: &Outputs) -> Result<()> {
        (self.draw)(outputs, &Curves::read(outputs.path("csv"))?)
    }
}
