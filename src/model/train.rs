//! The training loop.

#[cfg(feature = "files")]
use std::path::PathBuf;
use std::time::{Duration, Instant};

use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis};

#[cfg(feature = "files")]
use super::checkpoint::{self, Recipe};
use super::{Adam, Batches, Epoch, Model, Optimiser, Rule, Schedule, batches, value_and_gradients};
use crate::autodiff::Buffers;
use crate::data::augment::Augmentation;
use crate::error::{Error, Result, check};
use crate::graph::SimilarityGraph;
use crate::loss::Loss;
use crate::random::stream;
use crate::{Observer, Scalar};

/// How to train.
#[derive(Clone, Debug)]
pub struct Training {
    /// Passes over all samples, at least 1; default 100.
    pub epochs: usize,
    /// Samples a step, at least 1, all their views beside them, as [`Batches`] draws them; default 256.
    pub batch: usize,
    /// Share of each batch, below 1, that is at least made of samples that the graph names beside others
    /// ([`Batches::with_known`]); default 0.
    pub known: f64,
    /// The optimiser's rule; default Adam.
    pub rule: Rule,
    /// The rate of every step; default a cosine from 1e-3 after a tenth of the steps.
    pub schedule: Schedule,
    /// Of the batches and the augmentation; default 0.
    pub seed: u64,
    /// Epochs without a better score after which to stop; default never.
    pub patience: Option<usize>,
    /// How long to train: it ends after the epoch in which that is over, each time it is resumed anew; default no limit.
    pub time: Option<Duration>,
    /// File to write the state to after every epoch; default none.
    #[cfg(feature = "files")]
    pub checkpoint: Option<PathBuf>,
    /// Who is told of every epoch that is done; default nobody.
    pub observer: Observer,
}

impl Default for Training {
    fn default() -> Self {
        Self {
            epochs: 100,
            batch: 256,
            known: 0.0,
            rule: Rule::Adam(Adam::default()),
            schedule: Schedule::Cosine { peak: 1e-3, warm_up: 0.1 },
            seed: 0,
            patience: None,
            time: None,
            #[cfg(feature = "files")]
            checkpoint: None,
            observer: Observer::default(),
        }
    }
}

/// A training under way: a model, its optimiser, the epochs so far.
#[derive(Clone, Debug)]
pub struct Trainer<F, M> {
    settings: Training,
    model: M,
    optimiser: Optimiser<F>,
    history: Vec<Epoch>,
    buffers: Buffers<F>,
}

impl<F: Scalar, M: Model<F>> Trainer<F, M> {
    /// A training from the start.
    ///
    /// # Errors
    /// [`Error::Domain`] if a setting is out of its range.
    pub fn new(settings: Training, model: M) -> Result<Self> {
        check::count("epochs", settings.epochs, usize::MAX, "at least 1")?;
        check::count("batch", settings.batch, usize::MAX, "at least 1")?;
        batches::check_share(settings.known)?;
        settings.schedule.check()?;
        let optimiser = Optimiser::new(settings.rule)?;
        Ok(Self { settings, model, optimiser, history: Vec::new(), buffers: Buffers::default() })
    }

    /// A training from its checkpoint; it goes on to the same bits as if it had not been interrupted.
    ///
    /// # Errors
    /// As [`Trainer::new`]; [`Error::Empty`] if the settings name no checkpoint, [`Error::Io`] if it cannot be read,
    /// [`Error::Format`] if it is damaged, of another model or of other settings (patience and the file's place may differ).
    #[cfg(feature = "files")]
    pub fn resume(settings: Training, model: M) -> Result<Self> {
        let mut trainer = Self::new(settings, model)?;
        let Some(path) = &trainer.settings.checkpoint else {
            return Err(Error::Empty { argument: "checkpoint", expected: "file to resume from" });
        };
        let recipe = trainer.settings.recipe();
        (trainer.optimiser, trainer.history) = checkpoint::read(path, &mut trainer.model, recipe)?;
        Ok(trainer)
    }

    /// The model as it stands.
    pub fn model(&self) -> &M {
        &self.model
    }

    /// The trained model by value.
    pub fn into_model(self) -> M {
        self.model
    }

    /// The epochs so far.
    pub fn history(&self) -> &[Epoch] {
        &self.history
    }

    /// Trains through the epochs that are left, or until the time is over or no score was better for as many epochs as the
    /// settings say.
    ///
    /// * `graph`: over `views · n` rows, the views of sample `i` being rows `views·i .. views·(i+1)`; it alone says what is
    ///   known. As many views of each sample as that are drawn anew every epoch;
    /// * `inputs`: `(n, p)` samples;
    /// * `augmentation`: what makes a view of a sample; one without changes leaves it as it is;
    /// * `score`: told of every epoch, its value decides about stopping; `|_, epoch| Ok(epoch.loss)` for want of a better.
    ///
    /// The observer of the settings is told of every epoch.
    ///
    /// # Errors
    /// [`Error::Shape`] if the graph's rows are not a multiple of the samples, or shapes do not fit; [`Error::NotFinite`];
    /// [`Error::Domain`] for a score that is not finite; what loss and score report; [`Error::Diverged`] if
    /// representations, loss, gradient or parameters stop being finite: the model then stands as before that step, and the
    /// checkpoint as after the last whole epoch.
    pub fn run(
        &mut self,
        loss: &(impl Loss<F> + ?Sized),
        graph: &SimilarityGraph,
        inputs: ArrayView2<F>,
        augmentation: &Augmentation,
        mut score: impl FnMut(&M, &Epoch) -> Result<f64>,
    ) -> Result<()> {
        let n = inputs.nrows();
        check::shape("inputs", &[n, self.model.inputs()], inputs.shape())?;
        if n == 0 {
            return Err(Error::Empty { argument: "inputs", expected: "sample" });
        }
        check::finite("inputs", &inputs)?;
        let batches = Batches::new(graph, n, self.settings.batch)?.with_known(self.settings.known)?;
        let observer = self.settings.observer.clone();
        let (began, time) = (Instant::now(), self.settings.time);
        let progress = observer.begin("training", "epochs", self.history.len()..self.settings.epochs);
        while self.history.len() < self.settings.epochs && !self.out_of_patience() {
            let mut epoch = self.epoch(loss, graph, inputs, (&batches, augmentation))?;
            epoch.score = score(&self.model, &epoch)?;
            if !epoch.score.is_finite() {
                return Err(Error::Domain { argument: "score", value: epoch.score, must: "finite" });
            }
            self.history.push(epoch);
            #[cfg(feature = "files")]
            if let Some(path) = &self.settings.checkpoint {
                checkpoint::write(path, &self.model, self.settings.recipe(), &self.optimiser, &self.history)?;
            }
            progress.step();
            if time.is_some_and(|time| began.elapsed() >= time) {
                break;
            }
        }
        Ok(())
    }

    /// One pass over the samples, on the epoch's own random stream.
    fn epoch(
        &mut self,
        loss: &(impl Loss<F> + ?Sized),
        graph: &SimilarityGraph,
        inputs: ArrayView2<F>,
        (batches, augmentation): (&Batches, &Augmentation),
    ) -> Result<Epoch> {
        let number = self.history.len() + 1;
        let mut rng = stream(self.settings.seed, number as u64);
        let (views, count) = (batches.views(), batches.per_epoch());
        let steps = (self.settings.epochs * count) as u64;
        let (mut sum, mut rate) = (0.0, 0.0);
        for samples in batches.draw(&mut rng) {
            let x = augmentation.views(inputs.select(Axis(0), &samples).view(), views, &mut rng)?;
            let rows: Vec<usize> =
                samples.iter().flat_map(|&sample| views * sample..views * (sample + 1)).collect();
            rate = self.settings.schedule.rate(self.optimiser.steps(), steps);
            sum += self.step(x, loss, &graph.restrict(&rows)?, rate, number)?;
        }
        Ok(Epoch { number, loss: sum / count as f64, rate, score: f64::NAN })
    }

    /// One step; returns the loss before it.
    fn step(
        &mut self,
        x: Array2<F>,
        loss: &(impl Loss<F> + ?Sized),
        graph: &SimilarityGraph,
        rate: f64,
        epoch: usize,
    ) -> Result<f64> {
        #[cfg(feature = "files")]
        let checkpoint = self.settings.checkpoint.as_ref().filter(|_| epoch > 1);
        #[cfg(not(feature = "files"))]
        let checkpoint = None::<&std::path::PathBuf>;
        let diverged = |what| Error::Diverged {
            what,
            epoch,
            step: self.optimiser.steps() + 1,
            checkpoint: checkpoint.cloned(),
        };
        let finite_loss = |z: ArrayView2<F>| {
            if check::finite("z", &z).is_ok() {
                loss.value_and_gradient(z, graph)
            } else {
                Err(diverged("representation"))
            }
        };
        let found = value_and_gradients(&self.model, x, finite_loss, &mut self.buffers);
        let step = match found {
            // The losses refuse what is not finite.
            Err(Error::Domain { value, argument, .. } | Error::NotFinite { value, argument, .. })
                if !value.is_finite() =>
            {
                return Err(diverged(if argument.starts_with("gradient") { "gradient" } else { "loss" }));
            }
            found => found?,
        };
        let mut parameters: Vec<ArrayViewMut2<F>> =
            self.model.parameters_mut().into_iter().map(|parameter| parameter.value.view_mut()).collect();
        // Named before the step, whose number it is.
        let failed = diverged("parameter");
        match self.optimiser.step(rate, &mut parameters, &step.gradients) {
            Err(Error::Domain { value, .. }) if !value.is_finite() => return Err(failed),
            done => done?,
        }
        self.model.observe(&step.moments)?;
        Ok(step.value.as_f64())
    }

    fn out_of_patience(&self) -> bool {
        let Some(patience) = self.settings.patience else { return false };
        let mut best = (f64::INFINITY, 0);
        for epoch in &self.history {
            if epoch.score < best.0 {
                best = (epoch.score, epoch.number);
            }
        }
        self.history.len() - best.1 > patience
    }
}

#[cfg(feature = "files")]
impl Training {
    fn recipe(&self) -> Recipe {
        let &Self { epochs, batch, known, rule, schedule, seed, .. } = self;
        Recipe { epochs, batch, known, rule, schedule, seed }
    }
}
