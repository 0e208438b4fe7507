//! All experiments, the five reference ones first, and one page that shows and explains them.

// Each experiment brings its helpers along, so that it is also a program of its own, whose `main` is idle here.
#![allow(clippy::duplicate_mod, dead_code)]

use std::process::ExitCode;

use pal::Result;
use pal::experiment::{Args, Curve, Experiment, Image, Page, Program, Provenance, Section, read_curves};

#[path = "active.rs"]
mod active;
#[path = "collapse.rs"]
mod collapse;
#[path = "contrastive.rs"]
mod contrastive;
#[path = "digits.rs"]
mod digits;
#[path = "equivalence.rs"]
mod equivalence;
#[path = "interpolation.rs"]
mod interpolation;
#[path = "labels_on_real_data.rs"]
mod labels_on_real_data;
#[path = "missing_entries.rs"]
mod missing_entries;
#[path = "noise.rs"]
mod noise;
#[path = "noisy_oracle.rs"]
mod noisy_oracle;
#[path = "pairs_on_real_data.rs"]
mod pairs_on_real_data;
#[path = "query_cost.rs"]
mod query_cost;
#[path = "spectrum.rs"]
mod spectrum;
#[path = "training_meets_theory.rs"]
mod training_meets_theory;
#[path = "unseen_data.rs"]
mod unseen_data;

const EXPERIMENTS: [Experiment; 15] = [
    active::EXPERIMENT,
    contrastive::EXPERIMENT,
    interpolation::EXPERIMENT,
    missing_entries::EXPERIMENT,
    noise::EXPERIMENT,
    spectrum::EXPERIMENT,
    equivalence::EXPERIMENT,
    collapse::EXPERIMENT,
    training_meets_theory::EXPERIMENT,
    digits::EXPERIMENT,
    query_cost::EXPERIMENT,
    pairs_on_real_data::EXPERIMENT,
    labels_on_real_data::EXPERIMENT,
    noisy_oracle::EXPERIMENT,
    unseen_data::EXPERIMENT,
];

fn main() -> ExitCode {
    Program {
        name: "figures",
        about: "All experiments, one after the other, and a page of their figures, DIR/index.html",
        experiments: &EXPERIMENTS,
        finish: write_page,
    }
    .main()
}

fn write_page(args: &Args) -> Result<()> {
    let sections = STORIES.iter().map(|story| story.section(args)).collect::<Result<_>>()?;
    let page = Page {
        title: "Positive Active Learning in figures".to_owned(),
        introduction: "In the first five figures samples lie on four concentric rings, one class each. A similarity \
                       graph G says which belong together; the representation is spanned by the five leading \
                       eigenvectors of G − βK⁻¹, K the exponential kernel; its error is that of the best linear probe \
                       on the test set. The others set training and graphs against the theory, learn \
                       handwritten digits from views and labels, and count what it takes to find classes by questions. \
                       Lines are means over independent trials, bands one standard deviation."
            .to_owned(),
        sections,
    };
    let path = args.out.join("index.html");
    page.write(&path)?;
    println!("the page: {}", path.display());
    Ok(())
}

/// What the page says of an experiment.
struct Story {
    experiment: Experiment,
    title: &'static str,
    description: &'static str,
    /// Two sentences on the curves, from their numbers.
    findings: fn(&Findings) -> String,
    /// Endings of the names of the pictures, each with its caption.
    images: &'static [(&'static str, &'static str)],
}

impl Story {
    fn section(&self, args: &Args) -> Result<Section> {
        let stem = args.out.join(self.experiment.name);
        let curves = Findings { curves: read_curves(stem.with_extension("csv"))? };
        let images = self.images.iter().map(|(ending, caption)| Image {
            path: args.out.join(format!("{}{ending}.svg", self.experiment.name)),
            caption: (*caption).to_owned(),
        });
        Ok(Section {
            title: self.title.to_owned(),
            description: self.description.to_owned(),
            findings: (self.findings)(&curves),
            images: images.collect(),
            provenance: Provenance::read(stem.with_extension("json"))?,
        })
    }
}

/// Curves, and the questions asked of them.
struct Findings {
    curves: Vec<Curve>,
}

impl Findings {
    fn mean(&self, series: usize) -> &[f64] {
        &self.curves[series].mean
    }

    fn first(&self, series: usize) -> f64 {
        self.mean(series)[0]
    }

    fn last(&self, series: usize) -> f64 {
        self.mean(series)[self.mean(series).len() - 1]
    }

    /// The mean at the abscissa nearest to `x`.
    fn at(&self, series: usize, x: f64) -> f64 {
        let curve = &self.curves[series];
        let distance = |i: &usize| (curve.x[*i] - x).abs();
        let nearest = (0..curve.x.len()).min_by(|a, b| distance(a).total_cmp(&distance(b)));
        curve.mean[nearest.unwrap_or_default()]
    }

    /// The mean of the series of this name at the abscissa nearest to `x`; NaN if there is none.
    fn of(&self, series: &str, x: f64) -> f64 {
        let position = self.curves.iter().position(|curve| curve.series == series);
        position.map_or(f64::NAN, |position| self.at(position, x))
    }

    /// The first abscissa from which on the mean stays at or below `level`.
    fn settled(&self, series: usize, level: f64) -> String {
        let last_above = self.mean(series).iter().rposition(|&mean| mean > level);
        match self.curves[series].x.get(last_above.map_or(0, |i| i + 1)) {
            Some(x) => format!("{x}"),
            None => format!("more than {}", self.curves[series].x[self.mean(series).len() - 1]),
        }
    }

    /// Abscissa and value of the largest mean.
    fn peak(&self, series: usize) -> (f64, f64) {
        let points = self.curves[series].x.iter().copied().zip(self.mean(series).iter().copied());
        points.fold((f64::NAN, f64::NEG_INFINITY), |best, point| if point.1 > best.1 { point } else { best })
    }

    /// The abscissae at which `a` passes from below `b` to above, or the other way.
    fn crossings(&self, a: usize, b: usize) -> Vec<f64> {
        let ahead: Vec<bool> = self.mean(a).iter().zip(self.mean(b)).map(|(a, b)| a < b).collect();
        let x = &self.curves[a].x;
        (2..ahead.len()).filter(|&i| ahead[i] != ahead[i - 1]).map(|i| x[i]).collect()
    }
}

const TRAINING: (&str, &str) = ("_training", "The training set of the first trial.");
const FEATURES: (&str, &str) = (
    "_features",
    "The five learned features of the last graph, on [−5, 5]²; each panel is scaled to its own maximum.",
);

const STORIES: [Story; 15] = [
    Story {
        experiment: active::EXPERIMENT,
        title: "Questions chosen by the representation, or random pairs",
        description: "Active: ten times a round a probe's guess “which of these are in class q?” is put to an oracle, \
                      and known samples are closed under transitivity. Passive: ten random pairs a round, not closed.",
        findings: |found| {
            format!(
                "Both start at {:.2}, the error of kernel PCA with no answer at all, and the active curve is below \
                 0.1 from {} queries on, the passive one from {}. The active curve ends at its floor of {:.3}, \
                 where every label is known and only the noise of the rings is left; the passive one is at {:.3} \
                 after all {} queries.",
                found.first(0),
                found.settled(0, 0.1),
                found.settled(1, 0.1),
                found.last(0),
                found.last(1),
                found.curves[0].x[found.curves[0].x.len() - 1],
            )
        },
        images: &[
            ("", "Test error against the number of queries."),
            TRAINING,
            (
                "_graph",
                "The active graph before, halfway and after: white together, black apart, grey unknown.",
            ),
            FEATURES,
        ],
    },
    Story {
        experiment: contrastive::EXPERIMENT,
        title: "What negative answers add",
        description: "One sequence of questions, uniform among the samples that may be in class q, updates two graphs. \
                      The contrastive graph holds −1 where two samples are known to differ, the other one 0.",
        findings: |found| {
            let crossings = found.crossings(0, 1);
            format!(
                "Negative answers pay at both ends: the order of the curves changes at {}, in between the positive \
                 entries alone are better, as {:.2} against {:.2} at 60 queries. At 400 queries the contrastive \
                 error is {:.2} against {:.2}, and with all labels known both are near zero ({:.3} and {:.3}).",
                list(&crossings),
                found.at(1, 60.0),
                found.at(0, 60.0),
                found.at(0, 400.0),
                found.at(1, 400.0),
                found.last(0),
                found.last(1),
            )
        },
        images: &[
            ("", "Test error against the number of queries."),
            TRAINING,
            (
                "_graph",
                "The contrastive graph before, halfway and after: white together, black apart, grey unknown.",
            ),
            FEATURES,
        ],
    },
    Story {
        experiment: interpolation::EXPERIMENT,
        title: "A few labels on top of views",
        description: "Two noisy views of every sample form the self-supervised graph, and labels, revealed one by one \
                      for the first view only, the supervised one. The graph is (1 − α) of the first and α of the second.",
        findings: |found| {
            let (peak_at, peak) = found.peak(0);
            format!(
                "The few first labels hurt when they weigh much, up to {:.2} at {} labels for α = 0.5: their \
                 eigenvectors push out those of the views before they separate the classes. α = 1e-3 is below 0.1 from \
                 {} labels on and α = 0.5 from {}, while α = 1e-6 is too small to be heard and goes from {:.2} to {:.2}.",
                peak,
                peak_at,
                found.settled(1, 0.1),
                found.settled(0, 0.1),
                found.first(2),
                found.last(2),
            )
        },
        images: &[
            ("", "Test error against the number of labels, for three weights of the labels."),
            TRAINING,
            (
                "_graph",
                "The graph for α = 0.5 before, halfway and after; two views of a sample are neighbours.",
            ),
            FEATURES,
        ],
    },
    Story {
        experiment: missing_entries::EXPERIMENT,
        title: "Missing entries, or a graph in pieces",
        description: "Entries of the full label graph are dropped at random, a fresh mask for every fraction. Beside \
                      the error, the number of connected components of what is left.",
        findings: |found| {
            format!(
                "Half of the entries can be missing at no price, and the error still is {:.2} at four fifths: what \
                 counts is that the four classes stay connected ({:.1} components there). It rises together with the \
                 number of components, to {:.2} with {:.0} components, and to {:.2}, that of the kernel alone, when \
                 nothing is left.",
                found.at(0, 0.8),
                found.at(1, 0.8),
                found.at(0, 0.974),
                found.last(1),
                found.last(0),
            )
        },
        images: &[
            (
                "",
                "Test error (left axis) and connected components (right axis) against the fraction of missing entries.",
            ),
            TRAINING,
            ("_graph", "The graph before, halfway and after: white together, black not known to be."),
            FEATURES,
        ],
    },
    Story {
        experiment: noise::EXPERIMENT,
        title: "Wrong labels",
        description: "Labels are redrawn uniformly, ten more a round, and the contrastive graph believes them all. A \
                      redrawn label is right by luck one time in four.",
        findings: |found| {
            format!(
                "The error grows by about {:.2} for every hundred labels redrawn, which makes 0.25 of the 300 labels \
                 wrong: at this kernel width every label decides its own neighbourhood, and hardly any is outvoted. It \
                 ends at {:.2}, below the 0.75 of guessing, since the best probe finds something to read in any five \
                 features.",
                (found.at(0, 200.0) - found.first(0)) / 2.0,
                found.last(0),
            )
        },
        images: &[
            ("", "Test error against the number of corrupted labels, on the reference axis."),
            (
                "_corrected",
                "The same curve on the corrected axis: the reference measures after redrawing ten more labels than it \
                 says.",
            ),
            TRAINING,
            ("_graph", "The graph before, halfway and after: white believed together, black believed apart."),
            FEATURES,
        ],
    },
    Story {
        experiment: spectrum::EXPERIMENT,
        title: "What the spectrum of a graph says",
        description: "Eigenvalues of random graphs of each kind beside those of the theory, which for views, labels and \
                      their mixture are exact. Of missing entries it knows the mean and the edge of the random part, of \
                      wrong labels the mean.",
        findings: |found| {
            format!(
                "With half of the entries missing the class eigenvalues are at {:.1}, where the theory has {:.1}, and \
                 the largest eigenvalue of the random part is at {:.1}, at its edge of {:.1}. The gap between them closes \
                 only where nine entries of ten are missing, {:.1} against {:.1}, which is where the error of the figure \
                 on missing entries rises.",
                found.at(0, 0.5),
                found.at(1, 0.5),
                found.at(2, 0.5),
                found.at(3, 0.5),
                found.at(0, 0.9),
                found.at(2, 0.9),
            )
        },
        images: &[
            ("", "Mean class eigenvalue and the next one against the fraction of missing entries."),
            ("_views", "The spectrum of two views of each of twenty samples."),
            ("_labels", "The spectra of twenty labels of four classes, without and with negative entries."),
            ("_mixture", "The spectrum of views, half of the samples having a label on their first view."),
            ("_wrong", "How well the graph of redrawn labels agrees with the true classes."),
        ],
    },
    Story {
        experiment: equivalence::EXPERIMENT,
        title: "When self-supervised is supervised, and losses are the same",
        description: "Three squared losses are minimised on one label graph and read by the same probe as the labels \
                      themselves. Two further pictures leave out what the equality of losses needs: a regular graph, and \
                      a choice among the minimisers of squared Barlow Twins.",
        findings: |found| {
            format!(
                "A least-squares probe reads the same predictor from all three losses whatever the class sizes, up to \
                 {:.0e}; a ridge probe sees their scales, and its predictions differ by up to {:.2}. On a graph that is \
                 not regular VIC² and SimCLR² part, up to a sine of {:.2}, unless both are normalised ({:.0e}), and \
                 squared Barlow Twins keeps a loss of {:.0e} while its span turns away to a sine of {:.2}.",
                found.peak(0).1,
                found.peak(3).1,
                found.last(4),
                found.peak(5).1,
                found.peak(6).1,
                found.last(7),
            )
        },
        images: &[
            ("", "Largest difference of predictions against the ratio of class sizes."),
            ("_representations", "ZZᵀ at the three optima, for classes of 6, 12 and 18 samples."),
            ("_regularity", "Largest angle between the spans of two losses as edges join the classes."),
            ("_ties", "Minimisers of squared Barlow Twins that lean into a negative mode of the graph."),
        ],
    },
    Story {
        experiment: collapse::EXPERIMENT,
        title: "How many dimensions a loss uses",
        description: "Seven classes of different sizes, widths from one to twelve, and three losses with six, eleven and \
                      five modes that pay. Training starts from random entries; singular values below 0.01 count as zero.",
        findings: |found| {
            format!(
                "The rank of the trained representation is that of the theory at every width: it follows the width and \
                 stops at {:.0}, {:.0} and {:.0}. The surplus dimensions are not small but zero, and the singular values \
                 that are left agree with the closed form.",
                found.last(0),
                found.last(2),
                found.last(4),
            )
        },
        images: &[
            ("", "Rank of the representation against its width, trained and predicted."),
            ("_values", "Singular values at width twelve, trained and predicted."),
        ],
    },
    Story {
        experiment: training_meets_theory::EXPERIMENT,
        title: "Training finds the closed forms",
        description: "L-BFGS descends on each squared loss from random entries: on Z itself, on weights of monomials, on \
                      functions of an RKHS, all with the penalty of the closed form, and on a perceptron without one. Drawn \
                      is how far the loss is above its closed-form minimum, and the span from its span.",
        findings: |found| {
            format!(
                "Free representations reach the minimum of SimCLR² to rounding within 30 iterations, functions of the \
                 RKHS need about a hundred, and monomials, which are nearly dependent, are at a gap of 10^{:.0} after {}. \
                 The spans follow, to sines of 10^{:.0}, 10^{:.0} and 10^{:.0}; the perceptron, measured against the free \
                 minimum, stays above it at 10^{:.1}.",
                found.last(1),
                found.curves[1].x[found.curves[1].x.len() - 1],
                found.last(4),
                found.last(6),
                found.last(5),
                found.last(3),
            )
        },
        images: &[
            ("", "SimCLR²: gap of the loss."),
            ("_simclr2_angle", "SimCLR²: angle of the spans."),
            ("_vic2_gap", "VIC²: gap of the loss."),
            ("_vic2_angle", "VIC²: angle of the spans."),
            ("_bt2_gap", "BT²: gap of the loss."),
            ("_bt2_angle", "BT²: angle of the spans."),
        ],
    },
    Story {
        experiment: digits::EXPERIMENT,
        title: "Handwritten digits: what views and labels are worth",
        description: "One training of one network on 8×8 digits, whose graph holds two views of every digit, those and the \
                      labels there are, or the labels alone. A ridge probe on the labelled digits reads each \
                      representation, and the raw pixels; test digits are by other hands.",
        findings: |found| {
            format!(
                "With 50 labels views alone read {:.2} (VICReg), {:.2} (SimCLR) and {:.2} (Barlow Twins) of the test \
                 digits right, with the labels in the same loss {:.2}, {:.2} and {:.2}, against {:.2} from raw pixels. \
                 Labels alone, seen in many views, give {:.2}, {:.2} and {:.2}: on so small a set the labels there are \
                 serve a network about as well as all the digits without.",
                found.at(0, 50.0),
                found.at(3, 50.0),
                found.at(6, 50.0),
                found.at(1, 50.0),
                found.at(4, 50.0),
                found.at(7, 50.0),
                found.at(9, 50.0),
                found.at(2, 50.0),
                found.at(5, 50.0),
                found.at(8, 50.0),
            )
        },
        images: &[
            ("", "VICReg: test accuracy against the number of labels."),
            ("_simclr", "SimCLR: test accuracy against the number of labels."),
            ("_barlow_twins", "Barlow Twins: test accuracy against the number of labels."),
        ],
    },
    Story {
        experiment: query_cost::EXPERIMENT,
        title: "Questions until all is known",
        description: "Answers about pairs of 120 samples until they prove the partition. Discovery compares sample after \
                      sample with one representative a class, the adaptive loop follows the similarity of samples that lie \
                      around one centre a class. Lines are theory: the certificate is the least that any strategy needs.",
        findings: |found| {
            format!(
                "Discovery costs what it should: {:.0} questions for ten equal classes, {:.0} less if their number is known, \
                 and less the more unequal they are, as large classes tend to be found first. Random pairs take {:.0}. The \
                 adaptive loop takes {:.0}, where {:.0} are the least, and {:.0} of at least {:.0} for six classes; it loses \
                 its lead as classes get so small that similarity says little, with {:.0} for fifteen classes of eight.",
                found.of("discovery, C unknown", 10.0),
                found.of("discovery, C unknown", 10.0) - found.of("discovery, C known", 10.0),
                found.of("random pairs", 10.0),
                found.of("adaptive loop", 10.0),
                found.of("certificate", 10.0),
                found.of("adaptive loop", 6.0),
                found.of("certificate", 6.0),
                found.of("adaptive loop", 15.0),
            )
        },
        images: &[(
            "",
            "Questions until every pair is known, against the number of equal classes and against their balance: lines of \
             the theory, dots and bands of the trials.",
        )],
    },
    Story {
        experiment: pairs_on_real_data::EXPERIMENT,
        title: "Answers about pairs of real samples",
        description: "A truthful annotator says whether two samples belong together, and each strategy chooses the pairs. \
                      Options are the same on all sets, and the number of classes is unknown. Dashed are the Python packages \
                      that ask such questions; all but COBRAS are told the number of classes.",
        findings: |found| match pairs_on_real_data::levels(&found.curves) {
            Ok(levels) => {
                let number = |answers: Option<f64>| {
                    answers.map_or("more".to_owned(), |answers| format!("{answers:.0}"))
                };
                let reached = levels.iter().map(|level| {
                    let peer = level
                        .peer
                        .as_ref()
                        .map_or("none".to_owned(), |(answers, peer)| format!("{answers:.0}, {peer}"));
                    format!(
                        "{} answers ({peer}) for {:.2} on {}",
                        number(level.pal),
                        level.index,
                        level.set.replace('_', " ")
                    )
                });
                format!(
                    "What pal needs to reach a level of the index, and in brackets the best of the packages, whose first \
                     measurement is at 10 answers on digits and at 5 elsewhere: {}. The other strategies share its starting \
                     clusters and its inference, and differ in their questions alone. On digits, pal settles what the \
                     clusters are before it asks about samples: after 25 answers it is at {:.2} and error reduction at {:.2}, \
                     after 200 at {:.2} and {:.2}.",
                    reached.collect::<Vec<_>>().join("; "),
                    found.of("digits/pal", 25.0),
                    found.of("digits/error-reduction", 25.0),
                    found.of("digits/pal", 200.0),
                    found.of("digits/error-reduction", 200.0),
                )
            }
            Err(error) => error.to_string(),
        },
        images: &[(
            "",
            "Adjusted Rand index against the number of answers, on four data sets; strategies solid, packages dashed.",
        )],
    },
    Story {
        experiment: labels_on_real_data::EXPERIMENT,
        title: "Labels of digits, random or chosen",
        description: "A label puts a digit together with the first of its class and apart from the first of each other. \
                      Random labels are those that the Python packages got, dashed, whose hyper-parameters were tuned on the \
                      true classes and of which PoissonMBO knows the size of every class.",
        findings: |found| {
            let counts = [20.0, 50.0, 100.0];
            let accuracies = |series: &str| {
                list_of(counts.map(|labels| found.of(&format!("digits/pal, {series} labels"), labels)))
            };
            let best = counts.map(|labels| labels_on_real_data::best_peer(labels).unwrap_or(f64::NAN));
            format!(
                "With 20, 50 and 100 labels of its own choice pal is right on {} of the other digits. On random labels it is \
                 right on {}; the best package for each number of them, by hyper-parameters tuned on the truth, on {}.",
                accuracies("chosen"),
                accuracies("random"),
                list_of(best),
            )
        },
        images: &[("", "Accuracy on the unlabelled digits against the number of labels; packages dashed.")],
    },
    Story {
        experiment: noisy_oracle::EXPERIMENT,
        title: "Wrong answers, and what is concluded from them",
        description: "Answers about pairs of digits are flipped at a rate; or each question is asked three times, for three \
                      times the price, and the majority counts. The transitive closure takes in all answers that do not \
                      contradict those before, the star compares samples with one known representative a class, the \
                      likeliest first, and the belief weighs answers by their rate. Digits that no answer is about follow the most similar one.",
        findings: |found| {
            let at = |rate: &str, name: &str| found.of(&format!("{rate} % wrong/{name}"), 1000.0);
            format!(
                "With one answer in ten wrong the belief reaches an index of {:.2} within 1000 answers; the transitive \
                 closure of the same answers stays at {:.2}, since one wrong answer joins two classes, and the star at {:.2}, \
                 since each wrong answer misplaces a sample and what follows it. To ask three times and take the majority \
                 helps both, to {:.2} and {:.2}, and the belief only where answers are bad: {:.2} instead of {:.2} at one in \
                 five.",
                at("10", "belief"),
                at("10", "transitive closure"),
                at("10", "star closure"),
                at("10", "transitive closure, majority of 3"),
                at("10", "star closure, majority of 3"),
                at("20", "belief, majority of 3"),
                at("20", "belief"),
            )
        },
        images: &[
            ("", "Adjusted Rand index against answers paid for, at four rates of wrong answers."),
            (
                "_star",
                "Share of samples that stars of right representatives place right, five classes: theory and trials.",
            ),
        ],
    },
    Story {
        experiment: unseen_data::EXPERIMENT,
        title: "Data that nobody tuned to",
        description: "A suite of data sets, generated and real, with 1 to 250 classes. Which half of it is for development and \
                      which for validation was fixed before the learner was tuned. An annotator answers questions about \
                      pairs, truthfully or wrongly at a rate; neither the classes nor their number are known. The second \
                      picture holds the upper end of what is said to be wrong, at 95 %, against what is wrong.",
        findings: |found| {
            let unseen_data::Summary { sets, held, always, median_excess } =
                unseen_data::summary(&found.curves);
            format!(
                "On the {sets} sets of the validation half the upper end was at least the true share of wrong samples at {:.1} % \
                 of the points looked at, and on {always} sets at every point of every run. With truthful answers it ends above the \
                 truth by {median_excess:.2} in the median.",
                100.0 * held,
            )
        },
        images: &[
            ("", "Adjusted Rand index against answers, by set."),
            ("_error", "Stated and true share of wrong samples against answers, by set."),
        ],
    },
];

/// Numbers in words: “a, b and c”.
fn list(numbers: &[f64]) -> String {
    let words: Vec<String> = numbers.iter().map(f64::to_string).collect();
    match words.as_slice() {
        [] => "no point".to_owned(),
        [one] => format!("{one} queries"),
        [rest @ .., last] => format!("{} and {last} queries", rest.join(", ")),
    }
}

/// Three numbers in words.
fn list_of([a, b, c]: [f64; 3]) -> String {
    format!("{a:.3}, {b:.3} and {c:.3}")
}
