//! The experiments, end to end in their quick form: numbers, not only files.
#![cfg(feature = "program")]
#![allow(clippy::unwrap_used)] // a test may panic

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use ndarray::{Array2, ArrayView2, s};
use pal::data::{Labels, circles, circles_sweep};
use pal::experiment::{Args, Curve, Curves, Experiment, Length, Outputs, Provenance, Scale, Scope};
use pal::kernel::{Exponential, cross_gram, gram};
use pal::linalg::symmetric_eigen;
use pal::random::{SHARED_STREAM, stream};

#[path = "../experiments/registry.rs"]
mod registry;

use registry::{EXPERIMENTS, active, contrastive, interpolation, missing_entries, noise};

/// Means may differ by so many standard errors; 99.99 % of normal means do not. The quick curves have a fixed seed: of the
/// thousand means that are compared a fresh one would be refused in up to 6 % of the runs.
const STANDARD_ERRORS: f64 = 4.0;
/// A deviation below which means are not told apart: the reading of one test point in 1000, and of near-degenerate
/// last columns (claim T38).
const RESOLUTION: f64 = 0.002;

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn quick(experiment: &Experiment, seed: u64, threads: usize, out: &Path) -> Curves {
    let args = Args { seed, threads: Some(threads), scale: Scale::Quick, out: out.into(), ..Args::default() };
    experiment.run(&args).unwrap();
    Curves::read(Outputs::new(out, experiment.name).path("csv")).unwrap()
}

/// Quick curves on a seed that the committed figures do not use.
fn other_seed(experiment: &Experiment) -> Curves {
    quick(experiment, 1, 2, tempfile::tempdir().unwrap().path())
}

fn committed(experiment: &Experiment) -> Curves {
    Curves::read(Outputs::new(root("figures"), experiment.name).path("csv")).unwrap()
}

/// Every mean agrees with that of the committed figure, which averages over other trials.
fn assert_as_committed(experiment: &Experiment, curves: &[Curve]) {
    let committed = committed(experiment);
    assert_eq!(names(curves), names(&committed));
    for (curve, full) in curves.iter().zip(committed.iter()) {
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
    let one_hot = Array2::from_shape_fn((test.nrows(), labels.number_of_classes()), |(i, class)| {
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

/// The curves in a quick look on another seed start where kernel PCA is, and agree with the committed ones.
fn assert_starts_at_kernel_pca(experiment: &Experiment, n: usize, noise: f64) {
    let curves = other_seed(experiment);
    let start = mean_kernel_pca_error(experiment, n, noise, 1);
    for curve in curves.iter() {
        let first = curve.first();
        assert!((first - start).abs() < 2e-3, "{}: {first} against {start}", curve.series);
    }
    assert_as_committed(experiment, &curves);
}

#[test]
fn t48_active_starts_at_kernel_pca() {
    assert_starts_at_kernel_pca(&active::EXPERIMENT, 150, 0.1);
}

#[test]
fn t48_contrastive_starts_at_kernel_pca() {
    assert_starts_at_kernel_pca(&contrastive::EXPERIMENT, 300, 0.0);
}

#[test]
fn missing_entries_end_at_kernel_pca() {
    let curves = other_seed(&missing_entries::EXPERIMENT);
    let (last, alone) = (
        curves.of("error").unwrap().last(),
        mean_kernel_pca_error(&missing_entries::EXPERIMENT, 100, 0.0, 1),
    );
    assert!((last - alone).abs() < 2e-3, "{last} against {alone}");
    assert_as_committed(&missing_entries::EXPERIMENT, &curves);
}

#[test]
fn interpolation_and_noise_are_as_committed() {
    for experiment in [&interpolation::EXPERIMENT, &noise::EXPERIMENT] {
        assert_as_committed(experiment, &other_seed(experiment));
    }
}

/// What contradicts the claims that an experiment makes about such curves.
fn contradictions(experiment: &Experiment, curves: &Curves, scale: Scale) -> Vec<String> {
    let claims = experiment.claims.iter();
    let about_these = claims.filter(|claim| scale == Scale::Full || claim.scope == Scope::EveryRun);
    let contradicted = about_these.filter_map(|claim| Some((claim.says, (claim.check)(curves).err()?)));
    contradicted.map(|(says, found)| format!("{}: {says}: {found}", experiment.name)).collect()
}

#[test]
fn committed_curves_are_what_the_experiments_claim() {
    let mut found = Vec::new();
    for experiment in EXPERIMENTS {
        assert!(!experiment.claims.is_empty(), "{} claims nothing", experiment.name);
        found.extend(contradictions(experiment, &committed(experiment), Scale::Full));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn curves_of_another_seed_are_what_the_experiments_claim() {
    let mut found = Vec::new();
    for experiment in EXPERIMENTS {
        let (curves, full) = (other_seed(experiment), committed(experiment));
        if experiment.name == "unseen_data" {
            // A set of the suite that is not there has no curves, nor has a rate that a quick look leaves out.
            assert!(names(&curves).iter().all(|name| full.of(name).is_ok()));
        } else {
            assert_eq!(names(&curves), names(&full), "{}", experiment.name);
        }
        found.extend(contradictions(experiment, &curves, Scale::Quick));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn curve_files_are_the_same_bytes_on_any_threads_and_others_for_another_seed() {
    for experiment in EXPERIMENTS {
        let files: Vec<Vec<u8>> = [(7, 1), (7, 2), (7, 2), (8, 2)]
            .into_iter()
            .map(|(seed, threads)| {
                let out = tempfile::tempdir().unwrap();
                quick(experiment, seed, threads, out.path());
                fs::read(Outputs::new(out.path(), experiment.name).path("csv")).unwrap()
            })
            .collect();
        assert!(files[0] == files[1] && files[1] == files[2], "{} differs between runs", experiment.name);
        assert!(files[0] != files[3], "{} does not depend on the seed", experiment.name);
    }
}

#[test]
fn the_committed_figures_are_the_full_protocol() {
    for experiment in EXPERIMENTS {
        let made: Provenance =
            Provenance::read(Outputs::new(root("figures"), experiment.name).path("json")).unwrap();
        assert_eq!((made.name.as_str(), made.scale), (experiment.name, Scale::Full));
        assert_eq!((made.trials, made.seed), (experiment.trials, 0));
        if experiment.length == Length::Long {
            assert!(made.date.is_some() && made.machine.is_some(), "{}: when, on what?", experiment.name);
        }
    }
}

/// Every file in a folder, by name.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let mut files: Vec<_> = entries
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn every_experiment_draws_its_pictures_and_draws_them_again_from_its_curves() {
    for experiment in EXPERIMENTS {
        let out = tempfile::tempdir().unwrap();
        quick(experiment, 0, 2, out.path());
        let outputs = Outputs::new(out.path(), experiment.name);
        for picture in experiment.story.pictures {
            let file = |extension| outputs.picture(&format!("{}.{extension}", picture.ending));
            assert!(fs::read(file("png")).unwrap().starts_with(b"\x89PNG\r\n\x1a\n"));
            assert!(fs::read_to_string(file("svg")).unwrap().trim_end().ends_with("</svg>"));
        }
        let drawn = files(out.path());
        assert_eq!(
            drawn.len(),
            2 + 2 * experiment.story.pictures.len(),
            "{}: no other files",
            experiment.name
        );
        for (name, _) in drawn.iter().filter(|(name, _)| name.ends_with(".svg") || name.ends_with(".png")) {
            fs::remove_file(out.path().join(name)).unwrap();
        }
        experiment.redraw(&outputs).unwrap();
        assert!(outputs.path("svg").exists() && outputs.path("png").exists(), "{}", experiment.name);
        for file in files(out.path()) {
            assert!(drawn.contains(&file), "{} is drawn differently", file.0);
        }
    }
}

#[test]
fn committed_figures_show_the_committed_curves() {
    for experiment in EXPERIMENTS {
        let out = tempfile::tempdir().unwrap();
        (experiment.draw)(&Outputs::new(out.path(), experiment.name), &committed(experiment)).unwrap();
        let drawn = files(out.path());
        for (name, bytes) in &drawn {
            assert!(fs::read(root("figures").join(name)).unwrap() == *bytes, "{name}");
        }
        // A page draws long experiments from curves alone.
        let all = 2 * experiment.story.pictures.len();
        assert!(experiment.length == Length::Short || drawn.len() == all, "{}", experiment.name);
    }
}

/// The page is there within three minutes, hence no short experiment takes as long by its committed record, even if the
/// machine had other work; a long one may have been a little faster than the minute that makes it long.
#[test]
fn what_is_said_of_lengths_agrees_with_the_committed_records() {
    for experiment in EXPERIMENTS {
        let made: Provenance =
            Provenance::read(Outputs::new(root("figures"), experiment.name).path("json")).unwrap();
        let seconds_on_two = made.wall_seconds * made.threads as f64 / 2.0;
        let right = match experiment.length {
            Length::Short => seconds_on_two < 180.0,
            Length::Long => seconds_on_two > 40.0,
        };
        assert!(right, "{} is not {:?}: {seconds_on_two} s", experiment.name, experiment.length);
    }
}

#[test]
fn a_file_of_experiments_is_in_the_registry_and_has_a_command() {
    // Not experiments: the page, and a check of the solvers that has no curves.
    let mut expected: BTreeSet<&str> = EXPERIMENTS.iter().map(|experiment| experiment.name).collect();
    assert_eq!(expected.len(), EXPERIMENTS.len(), "a name is given twice");
    expected.extend(["certify", "figures"]);
    let manifest = fs::read_to_string(root("Cargo.toml")).unwrap();
    let sources = files(&root("experiments")).into_iter();
    let programs: BTreeSet<String> = sources
        .filter(|(_, source)| String::from_utf8_lossy(source).contains("fn main()"))
        .map(|(file, _)| file.trim_end_matches(".rs").to_owned())
        .collect();
    assert_eq!(programs.iter().map(String::as_str).collect::<BTreeSet<_>>(), expected);
    for name in &programs {
        let entry = format!("[[example]]\nname = \"{name}\"\npath = \"experiments/{name}.rs\"\n");
        assert!(manifest.contains(&entry), "Cargo.toml lacks\n{entry}");
    }
}

#[test]
fn the_table_of_the_readme_is_the_registry() {
    let cells: Vec<String> = EXPERIMENTS
        .iter()
        .map(|Experiment { name, story, .. }| {
            let caption = story.pictures[0].caption.trim_end_matches('.');
            format!("![{caption}](figures/{name}.svg) `{name}`: {}", story.title)
        })
        .collect();
    let rows =
        cells.chunks(2).map(|row| format!("| {} | {} |\n", row[0], row.get(1).map_or("", |cell| cell)));
    let table = format!("| | |\n|---|---|\n{}", rows.collect::<String>());
    let readme = fs::read_to_string(root("README.md")).unwrap();
    assert!(readme.contains(&table), "README.md should have this table of figures:\n{table}");
    assert_eq!(readme.matches("](figures/").count(), EXPERIMENTS.len(), "pictures beside those of the table");
}
