//! How many questions about pairs until all is known?
//!
//! Samples of C classes, equal or in a geometric series of sizes. Counted are the answers until every pair is known for certain:
//! by comparing sample after sample with one representative a class (claim T41), by random pairs (claim T44), and by questions
//! that follow the similarity of the samples. The least that can prove a partition is its certificate (claim T40), and the least
//! that suffices in the worst case the minimax number (claim T42).

use std::process::ExitCode;
use std::sync::Arc;

use ndarray::Array2;
use pal::active::{
    Belief, BeliefOptions, WarmStart, WarmStartOptions, discover, discovery_cost, random_pairs, strategy,
};
use pal::data::Labels;
use pal::experiment::{
    Claim, Curve, Curves, Experiment, Length, Outputs, Picture, Run, Story, require, run_main,
};
use pal::oracle::cost::{certificate, minimax, passive_median};
use pal::oracle::{Closure, LabelOracle, Oracle, Pair};
use pal::plot::{AxisScale, CurvePanel, Series};
use pal::{Error, Result, plot};
use rand::Rng;
use rand::seq::SliceRandom;
use rand_distr::{Distribution, Normal};
use serde::Serialize;

pub const EXPERIMENT: Experiment = Experiment {
    name: "query_cost",
    about: "Questions about pairs until all is known, against the bounds, for number and balance of classes",
    trials: 20,
    quick_trials: 1,
    length: Length::Short,
    body: run,
    draw,
    story: STORY,
    claims: CLAIMS,
};

#[derive(Clone, Copy, Serialize)]
struct Protocol {
    samples: usize,
    /// Numbers of equal classes, which divide that of the samples.
    classes: &'static [usize],
    /// Each class is smaller than the one before by this factor, for so many classes.
    ratios: &'static [f64],
    unequal_classes: usize,
    /// Samples lie around the unit vectors of as many dimensions as there are classes, with this deviation.
    noise: f64,
}

const FULL: Protocol = Protocol {
    samples: 120,
    classes: &[2, 3, 4, 5, 6, 8, 10, 12, 15],
    ratios: &[0.5, 0.6, 0.7, 0.8, 0.9, 1.0],
    unequal_classes: 6,
    noise: 0.25,
};
const QUICK: Protocol = Protocol { classes: &[2, 6], ratios: &[0.6, 1.0], ..FULL };

const STORY: Story = Story {
    title: "Questions until all is known",
    description: "Answers about pairs of 120 samples until they prove the partition. Discovery compares sample after \
                  sample with one representative a class, the adaptive loop follows the similarity of samples that lie \
                  around one centre a class. Lines are theory: the certificate is the least that any strategy needs.",
    findings: |curves| {
        let for_ten = |series: &str| Ok::<_, Error>(curves.of(series)?.near(10.0));
        let (adaptive, certificate) = (curves.of("adaptive loop")?, curves.of("certificate")?);
        Ok(format!(
            "Discovery costs what it should: {:.0} questions for ten equal classes, {:.0} less if their number is known, \
             and less the more unequal they are, as large classes tend to be found first. Random pairs take {:.0}. The \
             adaptive loop takes {:.0}, where {:.0} are the least, and {:.0} of at least {:.0} for six classes; it loses \
             its lead as classes get so small that similarity says little, with {:.0} for fifteen classes of eight.",
            for_ten("discovery, C unknown")?,
            for_ten("discovery, C unknown")? - for_ten("discovery, C known")?,
            for_ten("random pairs")?,
            adaptive.near(10.0),
            certificate.near(10.0),
            adaptive.near(6.0),
            certificate.near(6.0),
            adaptive.near(15.0),
        ))
    },
    pictures: &[Picture::new(
        "",
        "Questions until every pair is known, against the number of equal classes and against their balance: lines of \
         the theory, dots and bands of the trials.",
    )],
};

const CLAIMS: &[Claim] = &[
    Claim::of_every_run("Discovery of equal classes costs the same in every order (claim T41).", |curves| {
        let (unknown, known) = (curves.of("discovery, C unknown")?, curves.of("discovery, C known")?);
        unknown.x.iter().enumerate().try_for_each(|(i, &classes)| {
            let expected = 60.0 * (classes + 1.0) - classes;
            let right = (unknown.mean[i], unknown.std[i]) == (expected, 0.0)
                && known.mean[i] == expected - (120.0 / classes - 1.0);
            require(right, || {
                format!(
                    "{} ± {}, {} if known, not {expected}",
                    unknown.mean[i], unknown.std[i], known.mean[i]
                )
            })
        })
    }),
    Claim::of_every_run("The adaptive loop is between certificate and discovery (claim T40).", |curves| {
        let [certificate, adaptive] = [curves.of("certificate")?, curves.of("adaptive loop")?];
        let unknown = curves.of("discovery, C unknown")?;
        adaptive.x.iter().enumerate().try_for_each(|(i, &classes)| {
            let least = 120.0 - classes + classes * (classes - 1.0) / 2.0;
            require(certificate.mean[i] == least, || format!("a certificate of {}", certificate.mean[i]))?;
            let asked = adaptive.mean[i];
            require(least <= asked && asked < unknown.mean[i], || {
                format!("{asked} not from {least} to {} for {classes} classes", unknown.mean[i])
            })
        })
    }),
    Claim::of_every_run("As classes become equal, discovery costs more and random pairs less.", |curves| {
        for (series, more) in [("discovery, C unknown", true), ("random pairs", false)] {
            let curve = curves.of(&format!("{BY_BALANCE}{series}"))?;
            let (first, last) = (curve.first(), curve.last());
            require((first < last) == more, || format!("{series}: {first} to {last}"))?;
        }
        Ok(())
    }),
    Claim::of_full_protocol("Random pairs follow the law of claim T44 for few classes.", |curves| {
        let (passive, law) = (curves.of("random pairs")?, curves.of("random pairs, median")?);
        passive.x.iter().enumerate().filter(|&(_, &classes)| classes <= 6.0).try_for_each(|(i, classes)| {
            let ratio = passive.mean[i] / law.mean[i];
            require((0.8..1.25).contains(&ratio), || format!("a ratio of {ratio} for {classes} classes"))
        })
    }),
    Claim::of_full_protocol(
        "Discovery of unequal classes costs what is expected over all orders.",
        |curves| {
            let [expected, measured] = ["discovery, expected", "discovery, C unknown"]
                .map(|series| curves.of(&format!("{BY_BALANCE}{series}")));
            let (expected, measured) = (expected?, measured?);
            (0..measured.x.len()).try_for_each(|i| {
                // A normal mean of this deviation is within four standard errors in all but one case of 10 000.
                let error = measured.std[i] / (measured.n as f64).sqrt();
                require((measured.mean[i] - expected.mean[i]).abs() <= 4.0 * error + 1e-9, || {
                    format!("{} ± {error}, not {}", measured.mean[i], expected.mean[i])
                })
            })
        },
    ),
];

fn main() -> ExitCode {
    run_main(&EXPERIMENT)
}

/// What the names of the series by balance begin with.
const BY_BALANCE: &str = "by balance: ";

/// What is counted in a trial.
const MEASURED: [&str; 4] = ["discovery, C unknown", "discovery, C known", "random pairs", "adaptive loop"];

fn run(run: &Run) -> Result<()> {
    let protocol = run.scale.of(FULL, QUICK);
    let equal: Vec<Vec<usize>> =
        protocol.classes.iter().map(|&classes| vec![protocol.samples / classes; classes]).collect();
    let unequal = protocol.ratios.iter().map(|&ratio| geometric(protocol, ratio)).collect::<Vec<_>>();
    let trials = run.trials(|trial, rng| {
        let count = |sizes: &Vec<usize>| counted(sizes, protocol.noise, run.trial_seed(trial), rng);
        equal.iter().chain(&unequal).map(count).collect::<Result<Vec<_>>>()
    })?;
    let x: Vec<f64> = protocol.classes.iter().map(|&classes| classes as f64).collect();
    let mut by_classes = bounds(&x, &equal)?;
    let ratios = protocol.ratios;
    let mut by_balance = bounds(ratios, &unequal)?;
    for (series, name) in MEASURED.into_iter().enumerate() {
        let rows = |places: std::ops::Range<usize>| -> Vec<Vec<f64>> {
            trials
                .iter()
                .map(|trial| trial[places.clone()].iter().map(|counts| counts[series]).collect())
                .collect()
        };
        by_classes.push(Curve::from_trials(name, &x, &rows(0..equal.len()))?);
        by_balance.push(Curve::from_trials(name, ratios, &rows(equal.len()..equal.len() + unequal.len()))?);
    }
    for curve in &mut by_balance {
        curve.series = format!("{BY_BALANCE}{}", curve.series);
    }
    let curves = Curves::from([by_classes, by_balance].concat());
    run.save(&curves, &protocol)?;
    draw(&run.outputs, &curves)
}

fn draw(outputs: &Outputs, curves: &Curves) -> Result<()> {
    let (by_balance, by_classes): (Vec<&Curve>, Vec<&Curve>) =
        curves.iter().partition(|curve| curve.series.starts_with(BY_BALANCE));
    let panels = [
        panel("Equal classes", "Number of classes C", &by_classes),
        panel("Six classes", "Size of a class over the one before", &by_balance),
    ];
    plot::curve_panels(&outputs.picture(""), &panels)
}

/// Class sizes in a geometric series, rounded to the number of samples, at least two each.
fn geometric(protocol: Protocol, ratio: f64) -> Vec<usize> {
    let shares: Vec<f64> = (0..protocol.unequal_classes).map(|class| ratio.powf(class as f64)).collect();
    let total: f64 = shares.iter().sum();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a number of samples
    let mut sizes: Vec<usize> = shares
        .iter()
        .map(|share| (protocol.samples as f64 * share / total).round().max(2.0) as usize)
        .collect();
    let others: usize = sizes[1..].iter().sum();
    sizes[0] = protocol.samples - others;
    sizes
}

/// What the theory says for classes of these sizes; the law of random pairs where they are equal.
fn bounds(x: &[f64], sizes: &[Vec<usize>]) -> Result<Vec<Curve>> {
    let curve = |name: &str, number: &dyn Fn(&[usize]) -> Result<f64>| {
        let numbers = sizes.iter().map(|sizes| number(sizes)).collect::<Result<Vec<_>>>()?;
        Curve::from_trials(name, x, &[numbers])
    };
    let samples = |sizes: &[usize]| sizes.iter().sum::<usize>();
    let mut curves = vec![
        curve("certificate", &|sizes| {
            let least = certificate(samples(sizes), sizes.len())?;
            Ok((least.must_links + least.cannot_links) as f64)
        })?,
        curve("minimax, C known", &|sizes| Ok(minimax(samples(sizes), sizes.len())? as f64))?,
        curve("discovery, expected", &|sizes| expected_discovery(sizes))?,
    ];
    if sizes.iter().any(|sizes| sizes.first() != sizes.last()) {
        for (name, largest_first) in [("discovery, largest first", true), ("discovery, largest last", false)]
        {
            curves.push(curve(name, &|sizes| {
                let mut sizes = sizes.to_vec();
                sizes.sort_unstable();
                if largest_first {
                    sizes.reverse();
                }
                Ok(discovery_cost(&sizes)?.classes_unknown as f64)
            })?);
        }
    } else {
        curves.push(curve("random pairs, median", &|sizes| passive_median(sizes.len(), sizes[0]))?);
    }
    Ok(curves)
}

/// `Σ c n_c − C` of claim T41 on average over all orders of the samples: class `d` is discovered before class `c` in a share
/// `n_d / (n_c + n_d)` of them.
fn expected_discovery(sizes: &[usize]) -> Result<f64> {
    let place = |(class, &size): (usize, &usize)| {
        let others = sizes.iter().enumerate().filter(|&(other, _)| other != class);
        size as f64 * (1.0 + others.map(|(_, &other)| other as f64 / (size + other) as f64).sum::<f64>())
    };
    Ok(sizes.iter().enumerate().map(place).sum::<f64>() - sizes.len() as f64)
}

/// The questions of each way to ask, in the order of [`MEASURED`], on one set of samples.
fn counted(sizes: &[usize], noise: f64, seed: u64, rng: &mut impl Rng) -> Result<[f64; 4]> {
    let mut class_of: Vec<usize> =
        sizes.iter().enumerate().flat_map(|(class, &size)| vec![class; size]).collect();
    class_of.shuffle(rng);
    let labels = Labels::new(class_of, sizes.len())?;
    let (n, truth) = (labels.len(), LabelOracle::new(&labels));
    let ask = |pair: Pair| truth.clone().answer(&pair);
    let unknown = discover(n, None, ask)?.questions;
    let known = discover(n, Some(sizes.len()), ask)?.questions;

    let mut closure = Closure::new(n)?;
    let mut passive = 0;
    for pair in random_pairs(n, n * (n - 1) / 2, rng)? {
        if is_known(&closure, sizes.len()) {
            break;
        }
        closure.link(pair.first(), pair.second(), ask(pair)?)?;
        passive += 1;
    }
    let adaptive = adaptive(&labels, noise, seed, rng)?;
    Ok([unknown, known, passive, adaptive].map(|count| count as f64))
}

/// Answers of the loop on samples around one centre a class, until they prove the partition; once it has nothing more to ask, or
/// asks about what is known, sequential discovery goes on.
fn adaptive(labels: &Labels, noise: f64, seed: u64, rng: &mut impl Rng) -> Result<usize> {
    let n = labels.len();
    let normal = Normal::new(0.0, noise).map_err(|_| Error::Domain {
        argument: "noise",
        value: noise,
        must: "finite",
    })?;
    let inputs = Array2::from_shape_fn((n, labels.number_of_classes()), |(i, axis)| {
        f64::from(u8::from(labels.class_of(i) == Some(axis))) + normal.sample(rng)
    });
    let start =
        WarmStart::of_features(inputs.view(), &WarmStartOptions { seed, ..WarmStartOptions::default() })?;
    let mut belief = Belief::new(Arc::new(start), BeliefOptions::default())?;
    let mut annotator = LabelOracle::new(labels);
    let mut closure = Closure::new(n)?;
    let mut answers = 0;
    let chosen = strategy("pal")?;
    while !is_known(&closure, labels.number_of_classes())
        && let Some(pair) = chosen.propose(&belief, rng)?
    {
        let (i, j) = (pair.first(), pair.second());
        let same = annotator.answer(&pair)?;
        belief.learn(pair, same)?;
        closure.link(i, j, same)?;
        answers += 1;
    }
    // What is left: components against components.
    for i in 0..n {
        for j in 0..i {
            if closure.entry(i, j)? == 0.0 {
                closure.link(i, j, annotator.answer(&Pair::new(i, j)?)?)?;
                answers += 1;
            }
        }
    }
    Ok(answers)
}

/// Whether every pair is known.
fn is_known(closure: &Closure, classes: usize) -> bool {
    closure.components() == classes && closure.is_complete()
}

/// Lines of the theory, dots of the measurements.
fn panel(title: &str, x_label: &str, curves: &[&Curve]) -> CurvePanel {
    let drawn = curves.iter().filter_map(|curve| {
        let name = curve.series.trim_start_matches(BY_BALANCE);
        Some(match name {
            "certificate" => Series::line(name, curve, 6).without_band(),
            "minimax, C known" => Series::line(name, curve, 4).without_band(),
            "discovery, expected" => Series::line(name, curve, 0).without_band(),
            "discovery, largest first" | "discovery, largest last" => {
                Series::dashed("discovery, largest first or last", curve, 5).without_band()
            }
            "random pairs, median" => Series::line(name, curve, 2).without_band(),
            "discovery, C unknown" => Series::dots(name, curve, 0),
            "discovery, C known" => Series::dots(name, curve, 3).without_band(),
            "random pairs" => Series::dots(name, curve, 2),
            "adaptive loop" => Series::dots(name, curve, 1),
            _ => return None,
        })
    });
    CurvePanel {
        title: title.to_owned(),
        axes: plot::Axes::new(x_label, "Questions"),
        series: drawn.collect(),
        scale: AxisScale::Logarithmic,
    }
}
