//! Does the active loop of the paper hold for a million samples?
//!
//! The loop of `active`, in Nyström features: the pencil of the features is all that depends on the samples, and an answer
//! changes it where it touches a sample. Candidates are those of a random pool that a probe takes for members of the class.

use std::collections::BTreeSet;
use std::process::ExitCode;

use ndarray::Array2;
use pal::closed_form::FeaturePencil;
use pal::data::{Labelled, Labels, circles, circles_sweep};
use pal::experiment::{
    Claim, Curve, Curves, Experiment, Length, Outputs, Picture, Run, Scale, Story, require, run_main,
};
use pal::graph::SimilarityGraph;
use pal::kernel::{Exponential, Landmarks, Nystrom};
use pal::oracle::{Captcha, Knowledge, LabelOracle, Oracle};
use pal::probe::{LinearProbe, best_linear_error};
use pal::{Result, plot};
use rand::{Rng, RngExt};
use serde::Serialize;

pub const EXPERIMENT: Experiment = Experiment {
    name: "circles_million",
    about: "Test error against number of queries for a million points, in Nyström features",
    trials: 10,
    quick_trials: 2,
    length: Length::Long,
    body: run,
    draw,
    story: STORY,
    claims: CLAIMS,
};

#[derive(Clone, Copy, Serialize)]
struct Protocol {
    n_train: usize,
    n_test: usize,
    noise: f64,
    landmarks: usize,
    sigma: f64,
    beta: f64,
    width: usize,
    rounds: usize,
    answers_a_round: usize,
    /// Samples drawn at random each round, of which candidates are taken.
    pool: usize,
}

/// Kernel, penalty, width and noise are those of `active`.
const FULL: Protocol = Protocol {
    n_train: 1_000_000,
    n_test: 1000,
    noise: 0.1,
    landmarks: 1000,
    sigma: 0.2,
    beta: 1e-3,
    width: 5,
    rounds: 60,
    answers_a_round: 10,
    pool: 2000,
};
const QUICK: Protocol = Protocol { n_train: 3000, landmarks: 100, rounds: 20, ..FULL };

const STORY: Story = Story {
    title: "A million samples",
    description: "The loop of the first figure on a million points, in Nyström features of 1000 landmarks: ten times a round a probe's \
                  guess “which of these are in class q?” is put to an oracle, for candidates from a random pool. Beside it, ten \
                  random pairs a round.",
    findings: |curves| {
        let (active, passive) = (curves.of("active")?, curves.of("passive")?);
        Ok(format!(
            "The error falls from {:.3} without an answer to {:.3} after 100 and {:.3} after {:.0}; with as many answers about random \
             pairs, which leave most classes unlinked, it is {:.3}. An answer reaches as far as the kernel: rings of length 63 in all \
             and a length scale of 0.2 need some hundred known samples, however many points lie between them.",
            active.first(),
            active.near(100.0),
            active.last(),
            active.x.last().copied().unwrap_or_default(),
            passive.last(),
        ))
    },
    pictures: &[Picture::new("", "Test error against the number of queries, for a million points.")],
};

const CLAIMS: &[Claim] = &[
    Claim::of_every_run("Both begin with the smoothest functions, before any answer.", |curves| {
        let (active, passive) = (curves.of("active")?.first(), curves.of("passive")?.first());
        require(active == passive, || format!("{active} and {passive}"))
    }),
    Claim::of_full_protocol("Chosen questions are worth more than random pairs.", |curves| {
        let [active, passive] = [&curves.of("active")?.mean, &curves.of("passive")?.mean];
        (5..active.len()).try_for_each(|i| {
            require(active[i] < passive[i], || format!("{} against {} in round {i}", active[i], passive[i]))
        })
    }),
];

fn main() -> ExitCode {
    run_main(&EXPERIMENT)
}

fn run(run: &Run) -> Result<()> {
    let protocol = if run.scale == Scale::Quick { QUICK } else { FULL };
    let rng = &mut run.shared_rng();
    let train = circles(protocol.n_train, protocol.noise, rng)?;
    let test = circles_sweep(protocol.n_test, protocol.noise, rng)?;
    let kernel = Exponential { sigma: protocol.sigma };
    let landmarks = Landmarks::Uniform.choose(&kernel, train.inputs.view(), protocol.landmarks, rng)?;
    let nystrom = Nystrom::new(kernel, landmarks.view())?;
    let gram = nystrom.gram(train.inputs.view())?;
    // What single precision cannot tell from zero.
    let cutoff = f64::from(f32::EPSILON) * gram.diag().sum();
    let learner = Learner {
        protocol,
        pencil: FeaturePencil::new(gram.view(), protocol.beta, cutoff)?,
        of_test: nystrom.features(test.inputs.view())?,
        test: &test.labels,
        train: &train,
        nystrom,
        gram,
    };
    let trials = run.trials(|_, rng| Ok([learner.active(rng)?, learner.passive(rng)?]))?;
    let queries: Vec<f64> =
        (0..protocol.rounds).map(|round| (protocol.answers_a_round * round) as f64).collect();
    let rows = |series: usize| trials.iter().map(|errors| &errors[series]).collect::<Vec<_>>();
    let curves = Curves::from(vec![
        Curve::from_trials("active", &queries, &rows(0))?,
        Curve::from_trials("passive", &queries, &rows(1))?,
    ]);
    run.save(&curves, &protocol)?;
    draw(&run.outputs, &curves)
}

fn draw(outputs: &Outputs, curves: &Curves) -> Result<()> {
    plot::curves(&outputs.picture(""), curves, &plot::Axes::new("Number of queries", "Test error"))
}

/// What does not change from one answer to the next.
struct Learner<'a> {
    protocol: Protocol,
    train: &'a Labelled,
    test: &'a Labels,
    nystrom: Nystrom<Exponential>,
    /// `ΦᵀΦ` of all training points.
    gram: Array2<f64>,
    pencil: FeaturePencil,
    of_test: Array2<f64>,
}

impl Learner<'_> {
    fn features(&self, samples: &[usize]) -> Result<Array2<f64>> {
        self.nystrom.features(self.train.inputs.select(ndarray::Axis(0), samples).view())
    }

    /// The map from features to the representation, for a graph that is the identity but among the samples `touched`, where it is
    /// `graph`.
    fn map(&self, touched: &[usize], graph: Option<&SimilarityGraph>) -> Result<Array2<f64>> {
        let mut image = self.gram.clone();
        if let Some(graph) = graph {
            let features = self.features(touched)?;
            image += &graph.quadratic(features.view())?;
            image -= &SimilarityGraph::identity(touched.len())?.quadratic(features.view())?;
        }
        Ok(self.pencil.leading(image.view(), self.protocol.width)?.vectors)
    }

    fn error(&self, map: &Array2<f64>) -> Result<f64> {
        best_linear_error(self.of_test.dot(map).view(), self.test)
    }

    /// The errors of chosen questions, round by round.
    fn active(&self, rng: &mut impl Rng) -> Result<Vec<f64>> {
        let labels = &self.train.labels;
        let mut knowledge = Knowledge::first_of_each_class(labels)?;
        let mut oracle = LabelOracle::new(labels);
        let mut touched: BTreeSet<usize> =
            (0..labels.len()).filter(|&i| knowledge.labels().class_of(i).is_some()).collect();
        let mut errors = Vec::new();
        for round in 0..self.protocol.rounds {
            let samples: Vec<usize> = touched.iter().copied().collect();
            let graph = (round > 0).then(|| knowledge.contrastive_graph()?.restrict(&samples)).transpose()?;
            let map = self.map(&samples, graph.as_ref())?;
            errors.push(self.error(&map)?);
            let captcha = self.captcha(&knowledge, &samples, &map, rng)?;
            touched.extend(&captcha.candidates);
            let answer = oracle.answer(&captcha)?;
            knowledge.learn(&captcha, &answer)?;
        }
        Ok(errors)
    }

    /// Candidates of a random pool that a probe on the known samples takes for members of the class asked about least.
    fn captcha(
        &self,
        knowledge: &Knowledge,
        touched: &[usize],
        map: &Array2<f64>,
        rng: &mut impl Rng,
    ) -> Result<Captcha> {
        let class = knowledge.least_asked_class();
        let known: Vec<usize> =
            touched.iter().copied().filter(|&i| knowledge.labels().class_of(i).is_some()).collect();
        let classes = known.iter().filter_map(|&i| knowledge.labels().class_of(i)).collect();
        let labels = Labels::new(classes, knowledge.number_of_classes())?;
        let probe = LinearProbe::fit(self.features(&known)?.dot(map).view(), &labels)?;
        let pool: Vec<usize> =
            (0..self.protocol.pool).map(|_| rng.random_range(0..self.train.labels.len())).collect();
        let predicted = probe.predict(self.features(&pool)?.dot(map).view())?;
        let is_new = |sample: &usize| touched.binary_search(sample).is_err();
        let promising = pool.iter().zip(predicted).filter(|&(_, predicted)| predicted == class);
        let mut candidates: Vec<usize> = promising.map(|(&sample, _)| sample).filter(is_new).collect();
        candidates.extend(pool.iter().copied().filter(is_new));
        let mut taken = BTreeSet::new();
        candidates.retain(|&sample| taken.insert(sample));
        candidates.truncate(self.protocol.answers_a_round);
        Ok(Captcha { class, candidates })
    }

    /// The errors of random pairs, round by round.
    fn passive(&self, rng: &mut impl Rng) -> Result<Vec<f64>> {
        let labels = &self.train.labels;
        let mut pairs = Vec::new();
        let mut errors = Vec::new();
        for _ in 0..self.protocol.rounds {
            let touched: BTreeSet<usize> = pairs.iter().flat_map(|&(i, j, _)| [i, j]).collect();
            let samples: Vec<usize> = touched.into_iter().collect();
            let place = |sample: usize| samples.partition_point(|&other| other < sample);
            let entries = pairs.iter().map(|&(i, j, weight)| (place(i), place(j), weight));
            let alone = (0..samples.len()).map(|at| (at, at, 1.0));
            let graph = (!pairs.is_empty())
                .then(|| SimilarityGraph::pairs(samples.len(), alone.chain(entries)))
                .transpose()?;
            errors.push(self.error(&self.map(&samples, graph.as_ref())?)?);
            while pairs.len() < self.protocol.answers_a_round * errors.len() {
                let [i, j] = [(); 2].map(|()| rng.random_range(0..labels.len()));
                if i != j && !pairs.iter().any(|&(a, b, _)| (a, b) == (i.min(j), i.max(j))) {
                    let weight = if labels.class_of(i) == labels.class_of(j) { 1.0 } else { -1.0 };
                    pairs.push((i.min(j), i.max(j), weight));
                }
            }
        }
        Ok(errors)
    }
}
