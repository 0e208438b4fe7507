//! A representation that is trained on what the answers say, in the place of the one before.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ndarray::{Array2, ArrayView2, CowArray, Ix2};

use super::folder::Folder;
use super::{Fingerprint, Learned, Reading, Session, SessionOptions, Settings, State};
use crate::active::{Belief, WarmStart};
use crate::data::augment::ImageShape;
use crate::error::{Error, Result, StateError, check};
use crate::graph::SimilarityGraph;
use crate::model::{Encoder, Epoch, Training, default_augmentation, default_loss, default_training};

/// How a representation is learned.
#[derive(Clone, Debug)]
pub struct LearnOptions {
    /// The loss, one of [`NamedLoss::NAMES`](crate::loss::NamedLoss::NAMES), as [`default_loss`] has it; `simclr`.
    pub loss: String,
    /// Views of each sample in a batch, at least 2; 2.
    pub views: usize,
    /// `α ≥ 0`: weight of two samples that belong together, where two views of one have 1; 1.
    pub together: f64,
    /// `≥ 0`: two samples that do not belong together have this weight, negated. 0 leaves them out of the graph, as losses must have it
    /// that take no negative weight.
    pub apart: f64,
    /// `≥ 0`: weight of the probability that two samples belong together, of what is believed of each ([`Belief::graph`]); 0.
    pub believed: f64,
    /// Epochs, time, rate, patience, seed, and who is told. Its checkpoint is in the state directory, whatever is said here.
    pub training: Training,
    /// Where the inputs came from, for the settings: a file, or any name for them.
    pub features: String,
    /// How their file was read.
    pub reading: Option<Reading>,
    /// Whether inputs other than those that the state was made of are the same samples in the same order; no.
    pub same_samples: bool,
}

impl Default for LearnOptions {
    fn default() -> Self {
        Self {
            loss: "simclr".to_owned(),
            views: 2,
            together: 1.0,
            apart: 0.0,
            believed: 0.0,
            training: default_training(),
            features: String::new(),
            reading: None,
            same_samples: false,
        }
    }
}

/// A training that is ready to run, on what a state knew when it was made.
#[derive(Clone, Debug)]
pub struct LearnJob<'a> {
    inputs: CowArray<'a, f64, Ix2>,
    fingerprint: Fingerprint,
    shape: ImageShape,
    graph: SimilarityGraph,
    options: LearnOptions,
    settings: Settings,
    answers: usize,
}

/// What came of a training, for [`Session::adopt`].
#[derive(Clone, Debug)]
pub struct Representation {
    /// The encoder.
    pub encoder: Encoder,
    /// `(n, k)`: what it makes of the inputs.
    pub features: Array2<f64>,
    /// What questions start from on these features.
    pub start: Arc<WarmStart>,
    /// The epochs.
    pub history: Vec<Epoch>,
    pub(super) learned: Learned,
}

/// Trains an encoder on views of the inputs and on the answers of a state directory, and moves the state to the representation: it keeps
/// all answers, which are taken in anew from there.
///
/// * `inputs`: `(n, shape.len())`, the samples of the state in its order: those it was made of, or with
///   [`LearnOptions::same_samples`] other numbers of them.
///
/// The encoder and the representation are files of the state, `encoder-….safetensors` and `representation-….npy`. A program that is killed
/// leaves the old representation or the new one; the training goes on from its last epoch if the same call is made again before the next answer.
/// Cost that of the training, of [`WarmStart::of_features`] and of [`State::open`].
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use pal::data::{DIGITS_SHAPE, digits};
/// use pal::model::Training;
/// use pal::session::{LearnOptions, Settings, State, create, learn};
///
/// let folder = tempfile::tempdir()?;
/// let (few, _) = digits()?.split_at(50)?;
/// create(folder.path(), few.inputs.view(), Settings::default())?;
/// let training = Training { epochs: 2, ..Training::default() };
/// let options = LearnOptions { training, ..LearnOptions::default() };
/// let learned = learn(folder.path(), few.inputs.view(), DIGITS_SHAPE, options)?;
/// let state = State::open(folder.path())?;
/// assert_eq!(state.encoder()?.map(|encoder| encoder.shape()), Some(DIGITS_SHAPE));
/// assert_eq!(state.start().features(), learned.start.features());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// As [`State::learn_job`], [`LearnJob::run`] and [`Session::adopt`]; [`StateError::Locked`] while another program may write. The state is
/// as it was then.
pub fn learn(
    folder: impl AsRef<Path>,
    inputs: ArrayView2<f64>,
    shape: ImageShape,
    options: LearnOptions,
) -> Result<Representation> {
    let mut session = Session::open(folder, SessionOptions::default())?;
    let representation = session.state().learn_job(inputs, shape, options)?.run()?;
    session.adopt(&representation)?;
    Ok(representation)
}

impl State {
    /// What there is to train on: the views of every sample, the samples that the answers imply to belong together, and
    /// the pairs that they say not to. Answers that
    /// contradict others are left out.
    ///
    /// # Errors
    /// [`Error::Shape`] if the shape is not that of the inputs, [`StateError::OtherFeatures`] if they are not what the state was made of
    /// or learned from before, or with `same_samples` are more or fewer; [`Error::Domain`] for a weight that is negative or not finite,
    /// or not zero where the loss takes no negative one, or fewer than two views; [`Error::UnknownName`] for another loss.
    pub fn learn_job<'a>(
        &self,
        inputs: impl Into<CowArray<'a, f64, Ix2>>,
        shape: ImageShape,
        options: LearnOptions,
    ) -> Result<LearnJob<'a>> {
        let inputs = inputs.into();
        let n = self.start().len();
        check::shape("inputs", &[inputs.nrows(), shape.len()], inputs.shape())?;
        check::not_negative("together", options.together)?;
        check::not_negative("apart", options.apart)?;
        check::not_negative("believed", options.believed)?;
        let loss = default_loss(&options.loss)?;
        if options.apart > 0.0 && !loss.takes_negative_weights() {
            let must = "0: the loss takes no negative weight";
            return Err(Error::Domain { argument: "apart", value: options.apart, must });
        }
        if options.views < 2 {
            let value = options.views as f64;
            return Err(Error::Domain { argument: "views", value, must: "at least 2" });
        }
        let fingerprint = Fingerprint::of(inputs.view());
        let settings = self.settings();
        let before = settings.learned.as_ref().map(|learned| &learned.inputs);
        let is_known = fingerprint == settings.fingerprint || Some(&fingerprint) == before;
        let is_said_to_be = options.same_samples && inputs.nrows() == n;
        if !is_known && !is_said_to_be {
            return Err(Error::State(StateError::OtherFeatures {
                folder: self.folder.path().to_owned(),
                found: settings.fingerprint.to_string(),
                given: fingerprint.to_string(),
            }));
        }
        let checkpoint = Some(self.folder.training(&self.key(&fingerprint, shape, &options)?));
        let graph = self.graph_of_views(&options)?;
        let training = Training { checkpoint, ..options.training };
        Ok(LearnJob {
            inputs,
            fingerprint,
            shape,
            graph,
            settings: settings.clone(),
            answers: self.log().records().count(),
            options: LearnOptions { training, ..options },
        })
    }

    /// Views of one sample, and samples that belong together or not.
    fn graph_of_views(&self, options: &LearnOptions) -> Result<SimilarityGraph> {
        let n = self.start().len();
        let LearnOptions { views, together, apart, believed, .. } = *options;
        let mut terms = vec![(1.0, SimilarityGraph::views(n, views)?)];
        let closure = self.evidence().closure();
        if together > 0.0 && closure.positives() > 0 {
            terms.push((together, SimilarityGraph::labels(&closure.labels()).on_views(views)?));
        }
        let separate = self.separate();
        if apart > 0.0 && !separate.is_empty() {
            let pairs = separate.iter().map(|&(i, j)| (i, j, -1.0));
            terms.push((apart, SimilarityGraph::pairs(n, pairs)?.on_views(views)?));
        }
        if believed > 0.0 {
            terms.push((believed, self.belief().graph()?.on_views(views)?));
        }
        SimilarityGraph::mixture(terms)
    }

    /// Pairs that were said not to belong together, but for those that others contradict.
    fn separate(&self) -> BTreeSet<(usize, usize)> {
        let closure = self.evidence().closure();
        let said = self.statements().filter(|&(_, _, (_, same))| !same).map(|(_, _, (pair, _))| pair.into());
        said.filter(|&(i, j)| closure.entry(i, j).is_ok_and(|entry| entry < 0.0)).collect()
    }

    /// What tells one training from another: the checkpoint of one is of no use to another.
    fn key(&self, inputs: &Fingerprint, shape: ImageShape, options: &LearnOptions) -> Result<String> {
        let LearnOptions { loss, views, together, apart, believed, training, .. } = options;
        let Training { epochs, batch, known, rule, schedule, seed, .. } = training;
        let all = format!(
            "{inputs} {shape:?} {:?} {:?} {loss} {views} {together} {apart} {believed} {epochs} {batch} {known} {rule:?} {schedule:?} {seed} {:?} {:?}",
            default_augmentation(shape)?,
            (*believed > 0.0).then(|| (&self.settings().learned, self.log().records().count())),
            self.evidence().closure().component_of(),
            self.separate(),
        );
        Ok(format!("{:08x}", crc32fast::hash(all.as_bytes())))
    }

    /// The start of the features themselves, if that of a learned representation has taken its place.
    ///
    /// # Errors
    /// [`Error::Format`] if the file is not the one that was written, [`Error::Io`].
    pub fn start_of_features(&self) -> Result<Option<WarmStart>> {
        let learned = self.settings().learned.as_ref();
        learned.map(|learned| self.folder.start_named(&learned.before, self.start().len())).transpose()
    }

    /// The encoder that the representation came from; `None` if it was not learned.
    ///
    /// # Errors
    /// [`Error::Format`] if the file is not the one that was written, [`Error::Io`].
    pub fn encoder(&self) -> Result<Option<Encoder>> {
        self.settings().learned.as_ref().map(|learned| self.folder.encoder(learned)).transpose()
    }

    /// The file of that encoder.
    #[must_use]
    pub fn encoder_file(&self) -> Option<PathBuf> {
        self.settings().learned.as_ref().map(|learned| self.folder.encoder_path(&learned.encoder))
    }
}

impl LearnJob<'_> {
    /// What is known, over `views · n` rows.
    #[must_use]
    pub fn graph(&self) -> &SimilarityGraph {
        &self.graph
    }

    /// Trains, and makes a start of the representation. The state is not touched, but for a checkpoint beside it after every epoch.
    ///
    /// # Errors
    /// As [`Encoder::train`], [`Encoder::embed`] and [`WarmStart::of_features`].
    pub fn run(self) -> Result<Representation> {
        let Self { inputs, fingerprint, shape, graph, options, settings, answers } = self;
        let LearnOptions { loss, training, features: source, reading, .. } = options;
        let (encoder, history) = Encoder::train(inputs.view(), shape, &graph, &loss, training)?;
        let features = encoder.embed(inputs.view())?;
        let start =
            WarmStart::of_features(CowArray::<f64, Ix2>::from(features.view()), &settings.warm_start())?;
        let epochs = history.len();
        let learned = Learned {
            encoder: String::new(),
            before: String::new(),
            inputs: fingerprint,
            features: source,
            reading,
            loss,
            epochs,
            answers,
        };
        Ok(Representation { encoder, features, start: Arc::new(start), history, learned })
    }
}

impl Session {
    /// Moves the state to a representation: writes it, its encoder and its start, then the settings that name them, and takes in the log
    /// anew. Questions that are open stay open; answers that came since the training began are kept as all are.
    ///
    /// # Errors
    /// [`Error::Shape`] if it is of another number of samples, [`Error::Io`]; the old representation stands then.
    pub fn adopt(&mut self, representation: &Representation) -> Result<()> {
        let Representation { encoder, features, start, learned, .. } = representation;
        let state = self.state();
        check::shape("representation", &[state.start().len(), encoder.outputs()], features.shape())?;
        let old = state.settings();
        let before = old.learned.as_ref().map_or(&old.start, |learned| &learned.before).clone();
        let mut settings = Settings { learned: Some(Learned { before, ..learned.clone() }), ..old.clone() };
        Belief::new(Arc::clone(start), settings.belief())?; // the options are options
        let folder = state.folder.clone();
        folder.write_learned(encoder, features, &mut settings)?;
        folder.write(start, &mut settings)?;
        folder.remove_trainings(&settings);
        self.move_to(settings, Arc::clone(start))
    }
}

impl Folder {
    fn encoder(&self, learned: &Learned) -> Result<Encoder> {
        let path = self.encoder_path(&learned.encoder);
        self.require_checksum(&path, &learned.encoder)?;
        Encoder::load(path)
    }
}
