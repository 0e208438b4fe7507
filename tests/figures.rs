//! The experiments, end to end in their quick form: numbers, not only files.
#![allow(clippy::unwrap_used)] // a test may panic
#![allow(clippy::duplicate_mod, dead_code)] // the experiments are programs, and each brings its helpers along

use std::fs;
use std::path::Path;

use ndarray::{Array2, ArrayView2, s};
use pal::data::{Labels, circles, circles_sweep};
use pal::experiment::{Args, Curve, Experiment, Provenance, Scale, read_curves};
use pal::kernel::{Exponential, cross_gram, gram};
use pal::linalg::symmetric_eigen;
use pal::random::{SHARED_STREAM, stream};

#[path = "../experiments/active.rs"]
mod active;
#[path = "../experiments/collapse.rs"]
mod collapse;
#[path = "../experiments/contrastive.rs"]
mod contrastive;
#[path = "../experiments/digits.rs"]
mod digits;
#[path = "../experiments/equivalence.rs"]
mod equivalence;
#[path = "../experiments/interpolation.rs"]
mod interpolation;
#[path = "../experiments/labels_on_real_data.rs"]
mod labels_on_real_data;
#[path = "../experiments/missing_entries.rs"]
mod missing_entries;
#[path = "../experiments/noise.rs"]
mod noise;
#[path = "../experiments/noisy_oracle.rs"]
mod noisy_oracle;
#[path = "../experiments/pairs_on_real_data.rs"]
mod pairs_on_real_data;
#[path = "../experiments/query_cost.rs"]
mod query_cost;
#[path = "../experiments/spectrum.rs"]
mod spectrum;
#[path = "../experiments/training_meets_theory.rs"]
mod training_meets_theory;
#[path = "../experiments/unseen_data.rs"]
mod unseen_data;

/// The experiments with the endings of their pictures' names.
const EXPERIMENTS: [(Experiment, &[&str]); 15] = [
    (active::EXPERIMENT, &["", "_training", "_graph", "_features"]),
    (contrastive::EXPERIMENT, &["", "_training", "_graph", "_features"]),
    (interpolation::EXPERIMENT, &["", "_training", "_graph", "_features"]),
    (missing_entries::EXPERIMENT, &["", "_training", "_graph", "_features"]),
    (noise::EXPERIMENT, &["", "_training", "_graph", "_features", "_corrected"]),
    (spectrum::EXPERIMENT, &["", "_views", "_labels", "_mixture", "_wrong"]),
    (equivalence::EXPERIMENT, &["", "_representations", "_regularity", "_ties"]),
    (collapse::EXPERIMENT, &["", "_values"]),
    (
        training_meets_theory::EXPERIMENT,
        &["", "_simclr2_angle", "_vic2_gap", "_vic2_angle", "_bt2_gap", "_bt2_angle"],
    ),
    (digits::EXPERIMENT, &["", "_simclr", "_barlow_twins"]),
    (query_cost::EXPERIMENT, &[""]),
    (pairs_on_real_data::EXPERIMENT, &[""]),
    (labels_on_real_data::EXPERIMENT, &[""]),
    (noisy_oracle::EXPERIMENT, &["", "_star"]),
    (unseen_data::EXPERIMENT, &["", "_error"]),
];

/// Means may differ by so many standard errors; 99.99 % of normal means do not. The quick curves have a fixed seed: of the
/// thousand means that are compared a fresh one would be refused in up to 6 % of the runs.
const STANDARD_ERRORS: f64 = 4.0;
/// A deviation below which means are not told apart: the reading of one test point in 1000, and of near-degenerate
/// last columns (claim T38).
const RESOLUTION: f64 = 0.002;

fn quick(experiment: &Experiment, seed: u64, threads: usize, out: &Path) -> Vec<Curve> {
    let args = Args { seed, threads: Some(threads), scale: Scale::Quick, out: out.into(), ..Args::default() };
    experiment.run(&args).unwrap();
    read_curves(out.join(experiment.name).with_extension("csv")).unwrap()
}

/// Quick curves on a seed that the committed figures do not use.
fn other_seed(experiment: &Experiment) -> Vec<Curve> {
    quick(experiment, 1, 2, tempfile::tempdir().unwrap().path())
}

/// Every mean agrees with that of the committed figure, which averages over other trials.
fn assert_as_committed(experiment: &Experiment, curves: &[Curve]) {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("figures").join(experiment.name);
    let committed = read_curves(committed.with_extension("csv")).unwrap();
    assert_eq!(names(curves), names(&committed));
    for (curve, full) in curves.iter().zip(&committed) {
        assert_eq!((curve.n, full.n), (experiment.quick_trials, experiment.trials));
        assert_eq!(curve.x, full.x);
        for i in 0..curve.x.len() {
            let error = full.std[i] * (1.0 / curve.n as f64 + 1.0 / full.n as f64).sqrt();
            let difference = (curve.mean[i] - full.mean[i]).abs();
            assert!(
                difference <= STANDARD_ERRORS * error + RESOLUTION * full.mean[i].max(1.0),
                "{} of {} at {}: {} against {} ± {error}",
                curve.series,
                experiment.name,
                curve.x[i],
                curve.mean[i],
                full.mean[i],
            );
        }
    }
}

fn names(curves: &[Curve]) -> Vec<&str> {
    curves.iter().map(|curve| curve.series.as_str()).collect()
}

fn steps(count: usize, width: f64) -> Vec<f64> {
    (0..count).map(|i| width * i as f64).collect()
}

/// Error of the best linear probe on the `width` leading kernel principal directions, written down anew: features
/// `k(x, ·) K⁻¹ V = k(x, ·) V Λ⁻¹`, a probe by the normal equations' spectral inverse.
fn kernel_pca_error(
    train: ArrayView2<f64>,
    test: ArrayView2<f64>,
    labels: &Labels,
    sigma: f64,
    width: usize,
) -> f64 {
    let kernel = Exponential { sigma };
    let eigen = symmetric_eigen(gram(&kernel, train).unwrap().view()).unwrap();
    let directions = &eigen.vectors.slice(s![.., ..width]) / &eigen.values.slice(s![..width]);
    let features = cross_gram(&kernel, test, train).unwrap().dot(&directions);
    let one_hot = Array2::from_shape_fn((test.nrows(), labels.classes()), |(i, class)| {
        f64::from(labels.class_of(i) == Some(class))
    });
    let normal = symmetric_eigen(features.t().dot(&features).view()).unwrap();
    let inverse = (&normal.vectors / &normal.values).dot(&normal.vectors.t());
    let scores = features.dot(&inverse.dot(&features.t().dot(&one_hot)));
    let wrong = scores.rows().into_iter().enumerate().filter(|(i, row)| {
        let best = (0..row.len()).max_by(|&a, &b| row[a].total_cmp(&row[b]));
        best != labels.class_of(*i)
    });
    wrong.count() as f64 / test.nrows() as f64
}

/// The mean of that over the trials of a quick run on circles.
fn mean_kernel_pca_error(experiment: &Experiment, n: usize, noise: f64, seed: u64) -> f64 {
    let test = circles_sweep(1000, noise, &mut stream(seed, SHARED_STREAM)).unwrap();
    let errors = (1..=experiment.quick_trials).map(|trial| {
        let train = circles(n, noise, &mut stream(seed, trial as u64)).unwrap();
        kernel_pca_error(train.inputs.view(), test.inputs.view(), &test.labels, 0.2, 5)
    });
    errors.sum::<f64>() / experiment.quick_trials as f64
}

#[test]
fn t48_active_starts_at_kernel_pca_and_ends_at_the_noise_floor() {
    let curves = other_seed(&active::EXPERIMENT);
    assert_eq!(names(&curves), ["active", "passive"]);
    assert_eq!(curves[0].x, steps(80, 10.0));
    let start = mean_kernel_pca_error(&active::EXPERIMENT, 150, 0.1, 1);
    for curve in &curves {
        assert!((curve.mean[0] - start).abs() < 2e-3, "{}: {} against {start}", curve.series, curve.mean[0]);
    }
    let [active, passive] = [&curves[0].mean, &curves[1].mean];
    assert!((0.01..0.05).contains(&active[79]), "floor {}", active[79]);
    assert_eq!(active[60..], vec![active[79]; 20], "once all is known nothing changes");
    assert!((4..=60).all(|i| active[i] < passive[i]));
    assert_as_committed(&active::EXPERIMENT, &curves);
}

#[test]
fn t48_contrastive_starts_at_kernel_pca_and_ends_knowing_all() {
    let curves = other_seed(&contrastive::EXPERIMENT);
    assert_eq!(names(&curves), ["contrastive", "non-contrastive"]);
    assert_eq!(curves[0].x, steps(80, 10.0));
    let start = mean_kernel_pca_error(&contrastive::EXPERIMENT, 300, 0.0, 1);
    for curve in &curves {
        assert!((curve.mean[0] - start).abs() < 2e-3, "{}: {} against {start}", curve.series, curve.mean[0]);
        assert!(curve.mean[79] < 0.02);
    }
    let [contrastive, positive] = [&curves[0].mean, &curves[1].mean];
    assert!((1..=3).all(|i| contrastive[i] < positive[i]), "negatives help at first");
    assert!((5..=8).all(|i| contrastive[i] > positive[i]), "then they do not");
    assert!((25..=60).all(|i| contrastive[i] < positive[i]), "then they do again");
    assert_as_committed(&contrastive::EXPERIMENT, &curves);
}

#[test]
fn interpolation_starts_from_the_views_alone_and_its_weights_rank_as_they_should() {
    let curves = other_seed(&interpolation::EXPERIMENT);
    assert_eq!(names(&curves), ["alpha=0.5", "alpha=1e-3", "alpha=1e-6"]);
    assert_eq!(curves[0].x, steps(200, 1.0));
    let [half, small, tiny] = [&curves[0].mean, &curves[1].mean, &curves[2].mean];
    assert!((half[0] - tiny[0]).abs() < 2e-3 && (small[0] - tiny[0]).abs() < 2e-3, "no label, no difference");
    assert!((25..200).all(|i| small[i] < half[i] && small[i] < tiny[i]));
    assert!(half[5] > half[0] + 0.1 && half[199] < 0.1);
    assert_as_committed(&interpolation::EXPERIMENT, &curves);
}

#[test]
fn missing_entries_fall_apart_into_single_points() {
    let curves = other_seed(&missing_entries::EXPERIMENT);
    assert_eq!(names(&curves), ["error", "components"]);
    let [error, components] = [&curves[0], &curves[1]];
    let x: Vec<f64> = (0..20).map(|i| 0.5 + 0.5 * f64::from(i) / 19.0).collect();
    assert!(error.x.iter().zip(&x).all(|(a, b)| (a - b).abs() < 1e-15) && error.x.len() == 20);
    assert_eq!(components.x, error.x[..19]);
    assert_eq!(components.mean[..5], [4.0; 5], "the classes stay connected");
    assert!(components.mean[17] > 20.0 && components.mean[18] > components.mean[17]);
    // Where nothing is left, the kernel alone is read: the start of every other experiment.
    let mut kernel_alone = 0.0;
    let test = circles_sweep(1000, 0.0, &mut stream(1, SHARED_STREAM)).unwrap();
    for trial in 1..=missing_entries::EXPERIMENT.quick_trials {
        let train = circles(100, 0.0, &mut stream(1, trial as u64)).unwrap();
        kernel_alone += kernel_pca_error(train.inputs.view(), test.inputs.view(), &test.labels, 0.2, 5)
            / missing_entries::EXPERIMENT.quick_trials as f64;
    }
    assert!((error.mean[19] - kernel_alone).abs() < 2e-3, "{} against {kernel_alone}", error.mean[19]);
    assert_as_committed(&missing_entries::EXPERIMENT, &curves);
}

#[test]
fn noise_costs_three_quarters_of_the_labels_redrawn() {
    let curves = other_seed(&noise::EXPERIMENT);
    assert_eq!(names(&curves), ["error"]);
    assert_eq!(curves[0].x, steps(30, 10.0));
    let mean = &curves[0].mean;
    for (i, error) in mean.iter().enumerate().take(15) {
        let wrong = 0.75 * 10.0 * (i as f64 + 1.0) / 300.0;
        assert!((error - wrong).abs() < 0.3 * wrong + 0.02, "{error} at {i}, {wrong} wrong");
    }
    assert!((0.5..0.75).contains(&mean[29]));
    assert_as_committed(&noise::EXPERIMENT, &curves);
}

/// The curve of a name.
fn curve<'a>(curves: &'a [Curve], series: &str) -> &'a Curve {
    let found = curves.iter().find(|curve| curve.series == series);
    found.unwrap_or_else(|| panic!("no series {series} in {:?}", names(curves)))
}

fn largest_difference(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).fold(0.0, |largest, (a, b)| largest.max((a - b).abs()))
}

#[test]
fn t02_t09_spectra_are_those_of_the_theory() {
    let curves = other_seed(&spectrum::EXPERIMENT);
    for (measured, theory) in [
        ("views", "views theory"),
        ("labels", "labels theory"),
        ("contrastive labels", "contrastive theory"),
        ("mixture", "mixture theory"),
    ] {
        let [measured, theory] = [measured, theory].map(|series| &curve(&curves, series).mean);
        assert!(largest_difference(measured, theory) < 1e-9);
        assert!(measured[0] > 1.0);
    }
    let [class, mean, next, edge] =
        ["class eigenvalues, missing", "class theory", "next eigenvalue, missing", "edge theory"]
            .map(|series| &curve(&curves, series).mean);
    assert!(largest_difference(class, mean) < 2.0, "of class eigenvalues up to 50");
    assert!(largest_difference(next, edge) < 1.0, "of an edge up to 7");
    let wrong = curve(&curves, "class agreement, wrong labels");
    let theory = &curve(&curves, "agreement theory").mean;
    for (i, mean) in wrong.mean.iter().enumerate() {
        let error = wrong.std[i] / (wrong.n as f64).sqrt();
        assert!((mean - theory[i]).abs() <= STANDARD_ERRORS * error + 0.05 * theory[i]);
    }
}

#[test]
fn t20_t21_t23_losses_agree_where_their_assumptions_hold_and_only_there() {
    let curves = other_seed(&equivalence::EXPERIMENT);
    let mean = |series: &str| &curve(&curves, series).mean;
    assert!(mean("least-squares probe, all three losses").iter().all(|gap| *gap < 1e-12));
    // Claim T23's table: a class of n_c members out of N is predicted with these weights.
    for (i, ratio) in curve(&curves, "ridge probe, VIC²").x.iter().enumerate() {
        let sizes = [0.0, 0.5, 1.0].map(|share| (6.0 + 6.0 * (ratio - 1.0) * share).floor());
        let penalty = 0.1 * sizes.iter().sum::<f64>();
        let gap = |weight: &dyn Fn(f64) -> f64| {
            sizes.iter().fold(0.0_f64, |gap, &n| gap.max((weight(n) - n / (n + penalty)).abs()))
        };
        assert!(mean("ridge probe, SimCLR²")[i] < 1e-12);
        assert!((mean("ridge probe, VIC²")[i] - gap(&|_| 1.0 / (1.0 + penalty))).abs() < 1e-9);
        assert!((mean("ridge probe, BT²")[i] - gap(&|n| 1.0 / (1.0 + n * penalty))).abs() < 1e-9);
    }
    let plain = mean("VIC² on L, SimCLR² on G");
    assert!(plain[0] < 1e-9 && plain[10] > 0.1);
    assert!(mean("VIC² on normalised L, SimCLR² on normalised G").iter().all(|sine| *sine < 1e-9));
    assert!(mean("loss of BT²").iter().all(|loss| *loss < 1e-18));
    assert!(mean("sine to the top eigenvectors")[0] < 1e-9 && mean("sine to the top eigenvectors")[10] > 0.5);
    assert!(mean("excess of ‖Z‖² over the least").windows(2).all(|pair| pair[0] < pair[1]));
}

#[test]
fn t22_training_uses_as_many_dimensions_as_pay() {
    let curves = other_seed(&collapse::EXPERIMENT);
    for (name, paying) in [("SimCLR², contrastive", 6.0), ("VIC²", 11.0), ("BT², penalised", 5.0)] {
        let expected: Vec<f64> = (1..=12).map(|width| f64::from(width).min(paying)).collect();
        for kind in ["trained", "theory"] {
            assert_eq!(curve(&curves, &format!("{name}, {kind}")).mean, expected, "{name}, {kind}");
        }
        let [trained, theory] = ["trained values", "theory of values"]
            .map(|kind| &curve(&curves, &format!("{name}, {kind}")).mean);
        assert!(largest_difference(trained, theory) < 1e-2);
    }
}

#[test]
fn t18_t19_t28_t29_t47_training_meets_theory() {
    let curves = other_seed(&training_meets_theory::EXPERIMENT);
    for loss in ["SimCLR²", "VIC²", "BT²"] {
        for (regime, gap, sine) in [("free", -9.0, -4.0), ("kernel", -4.0, -2.0), ("linear", -1.5, 0.1)] {
            let mean = &curve(&curves, &format!("{loss}, {regime}")).mean;
            assert!(mean.windows(2).all(|pair| pair[1] <= pair[0] + 1e-9), "{loss}, {regime} descends");
            assert!(mean[300] < gap, "{loss}, {regime}: {}", mean[300]);
            let angle = curve(&curves, &format!("{loss}, {regime}, angle")).mean[300];
            assert!(angle < sine, "{loss}, {regime}, angle: {angle}");
        }
        let perceptron = &curve(&curves, &format!("{loss}, perceptron")).mean;
        assert!(perceptron[300] < perceptron[0] - 1.0 && perceptron[300] >= -15.0);
    }
}

#[test]
fn digits_are_read_better_by_what_is_learned_than_from_pixels() {
    let curves = other_seed(&digits::EXPERIMENT);
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("figures/digits.csv");
    let full = read_curves(committed).unwrap();
    assert_eq!(names(&curves), names(&full));
    for curve in curves.iter().chain(&full) {
        assert!(curve.mean.iter().all(|accuracy| (0.3..1.0).contains(accuracy)), "{}", curve.series);
        let (first, last) = (curve.mean[0], curve.mean[curve.mean.len() - 1]);
        assert!(last > first + 0.2, "{}: {first} to {last}", curve.series);
    }
    let at = |series: &str, i: usize| curve(&full, series).mean[i];
    for loss in ["VICReg", "SimCLR", "Barlow Twins"] {
        for knowledge in ["views", "views and labels", "labels"] {
            assert!(at(&format!("{loss}, {knowledge}"), 3) > at("raw pixels", 3), "{loss}, {knowledge}");
        }
    }
}

fn committed(experiment: &Experiment) -> Vec<Curve> {
    let stem = Path::new(env!("CARGO_MANIFEST_DIR")).join("figures").join(experiment.name);
    read_curves(stem.with_extension("csv")).unwrap()
}

/// The mean of a series at an abscissa that it has.
fn mean_at(curves: &[Curve], series: &str, x: f64) -> f64 {
    let curve = curve(curves, series);
    curve.mean[curve.x.iter().position(|&at| at == x).unwrap()]
}

#[test]
fn questions_cost_what_the_theory_says() {
    for curves in [other_seed(&query_cost::EXPERIMENT), committed(&query_cost::EXPERIMENT)] {
        let [unknown, known] =
            ["discovery, C unknown", "discovery, C known"].map(|name| curve(&curves, name));
        let [certificate, adaptive] = ["certificate", "adaptive loop"].map(|name| curve(&curves, name));
        for (i, &classes) in unknown.x.iter().enumerate() {
            // Claim T41 for 120 samples in equal classes, whatever their order.
            assert_eq!((unknown.mean[i], unknown.std[i]), (60.0 * (classes + 1.0) - classes, 0.0));
            assert_eq!(known.mean[i], unknown.mean[i] - (120.0 / classes - 1.0));
            assert_eq!(certificate.mean[i], 120.0 - classes + classes * (classes - 1.0) / 2.0);
            assert!(adaptive.mean[i] >= certificate.mean[i], "no partition is proven by less (claim T40)");
            assert!(adaptive.mean[i] < unknown.mean[i]);
        }
        for name in ["discovery, C unknown", "random pairs"] {
            let unequal = &curve(&curves, &format!("by balance: {name}"));
            let (first, last) = (unequal.mean[0], unequal.mean[unequal.mean.len() - 1]);
            assert!(
                (first < last) == (name != "random pairs"),
                "{name}: {first} to {last} as classes become equal"
            );
        }
    }
    let full = committed(&query_cost::EXPERIMENT);
    let (passive, law) = (curve(&full, "random pairs"), curve(&full, "random pairs, median"));
    for i in (0..passive.x.len()).filter(|&i| passive.x[i] <= 6.0) {
        let ratio = passive.mean[i] / law.mean[i];
        assert!((0.8..1.25).contains(&ratio), "claim T44 for {} classes: {ratio}", passive.x[i]);
    }
    let expected = curve(&full, "by balance: discovery, expected");
    let measured = curve(&full, "by balance: discovery, C unknown");
    for i in 0..measured.x.len() {
        let error = measured.std[i] / (measured.n as f64).sqrt();
        assert!((measured.mean[i] - expected.mean[i]).abs() <= STANDARD_ERRORS * error + 1e-9);
    }
}

#[test]
fn the_recommended_strategy_needs_half_the_answers_of_its_peers() {
    let quick = other_seed(&pairs_on_real_data::EXPERIMENT);
    let full = committed(&pairs_on_real_data::EXPERIMENT);
    assert_eq!(names(&quick), names(&full));
    assert_eq!(full.len(), 40, "four sets, ten strategies");
    for level in pairs_on_real_data::levels(&full).unwrap() {
        let pal = level.pal.unwrap_or_else(|| panic!("{} on {} is reached", level.index, level.set));
        if let Some((peer, name)) = level.peer {
            assert!(pal <= 0.5 * peer, "{} on {}: {pal} against {peer} ({name})", level.index, level.set);
        }
    }
}

#[test]
fn chosen_labels_are_worth_more_than_random_ones() {
    let full = committed(&labels_on_real_data::EXPERIMENT);
    assert_eq!(names(&other_seed(&labels_on_real_data::EXPERIMENT)), names(&full));
    for labels in [10.0, 20.0, 50.0, 100.0, 200.0] {
        let chosen = mean_at(&full, "digits/pal, chosen labels", labels);
        let random = mean_at(&full, "digits/pal, random labels", labels);
        let best = labels_on_real_data::best_peer(labels).unwrap();
        assert!(chosen > best.max(random), "{labels} labels: {chosen}, {best}, {random}");
    }
}

#[test]
fn wrong_answers_are_outvoted_by_belief_and_spread_by_closure() {
    let full = committed(&noisy_oracle::EXPERIMENT);
    for curves in [&other_seed(&noisy_oracle::EXPERIMENT), &full] {
        // Claim T45: stars of right representatives.
        for votes in ["each asked once", "majority of 3"] {
            let (measured, theory) = (curve(curves, votes), curve(curves, &format!("{votes}, theory")));
            for (measured, theory) in measured.mean.iter().zip(&theory.mean) {
                // One trial places 1995 samples.
                let error = (theory * (1.0 - theory) / 1995.0).sqrt();
                assert!((measured - theory).abs() <= STANDARD_ERRORS * error + 1e-9);
            }
        }
    }
    let at = |rate: &str, name: &str| mean_at(&full, &format!("{rate} % wrong/{name}"), 1000.0);
    assert!(at("10", "belief") >= 0.85);
    assert!(at("10", "transitive closure") < 0.7);
    for rate in ["5", "10", "20"] {
        for other in ["transitive closure", "star closure"] {
            assert!(at(rate, "belief") > at(rate, other), "{other} at {rate} %");
        }
        assert!(
            at(rate, "star closure") > at(rate, "transitive closure") + 0.05,
            "errors stay local at {rate} %"
        );
    }
    assert!(at("0", "transitive closure") > 0.95, "with truthful answers the closure is right");
}

#[test]
fn curve_files_are_the_same_bytes_on_any_threads_and_on_every_run() {
    for (experiment, _) in &EXPERIMENTS {
        let files: Vec<Vec<u8>> = [1, 2, 2]
            .into_iter()
            .map(|threads| {
                let out = tempfile::tempdir().unwrap();
                quick(experiment, 7, threads, out.path());
                fs::read(out.path().join(experiment.name).with_extension("csv")).unwrap()
            })
            .collect();
        assert!(files[0] == files[1] && files[1] == files[2], "{} differs between runs", experiment.name);
    }
}

#[test]
fn the_committed_figures_are_the_full_protocol() {
    for (experiment, _) in &EXPERIMENTS {
        let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("figures").join(experiment.name);
        let made: Provenance = Provenance::read(committed.with_extension("json")).unwrap();
        assert_eq!((made.name.as_str(), made.scale), (experiment.name, Scale::Full));
        assert_eq!((made.trials, made.seed), (experiment.trials, 0));
    }
}

#[test]
fn every_experiment_draws_all_its_pictures() {
    for (experiment, pictures) in &EXPERIMENTS {
        let out = tempfile::tempdir().unwrap();
        quick(experiment, 0, 2, out.path());
        for picture in *pictures {
            let file = |extension| out.path().join(format!("{}{picture}.{extension}", experiment.name));
            assert!(fs::read(file("png")).unwrap().starts_with(b"\x89PNG\r\n\x1a\n"));
            assert!(fs::read_to_string(file("svg")).unwrap().trim_end().ends_with("</svg>"));
        }
    }
}
