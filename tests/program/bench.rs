//! `pal bench`: the same bytes for the same seed, the curves as documented.

use std::fs;

use ndarray::Array1;
use pal::experiment::read_curves;

use crate::drive::{Finished, pal, run, write};

fn bench(labels: &str, out: &std::path::Path, options: &[&str]) -> Finished {
    let sources = ["bench", "--features", "bundled:iris", "--labels", labels, "--out"];
    run(pal().args(sources).arg(out).args(options), "")
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let csv = |name: &str, threads: &str, seed: &str| {
        let out = folder.path().join(name);
        let options =
            ["--strategy", "all", "--budget", "30", "--trials", "3", "--seed", seed, "--threads", threads];
        let finished = bench("bundled:iris", &out, &[&options[..], &["--error-rate", "0.1"]].concat());
        assert_eq!(finished.code, Some(0), "{}", finished.err);
        fs::read(out.join("bench.csv")).unwrap()
    };
    let one = csv("one", "1", "5");
    assert_eq!(one, csv("three", "3", "5"));
    assert_ne!(one, csv("other", "1", "6"));
    assert!(folder.path().join("one/bench.svg").exists() && folder.path().join("one/bench.png").exists());
}

#[test]
fn the_curves_are_at_the_points_that_the_help_names() {
    let folder = tempfile::tempdir().unwrap();
    let finished =
        bench("bundled:iris", folder.path(), &["--budget", "161", "--trials", "1", "--json", "--quiet"]);
    assert_eq!((finished.lines().len(), finished.err.as_str()), (1, ""));
    let curves = read_curves(folder.path().join("bench.csv")).unwrap();
    let names: Vec<&str> = curves.iter().map(|curve| curve.series.as_str()).collect();
    assert_eq!(names, ["pal/ari", "pal/accuracy", "pal/upper"]);
    let grid: Vec<f64> = (0..=20)
        .chain((25..=100).step_by(5))
        .chain((110..=160).step_by(10))
        .chain([161])
        .map(f64::from)
        .collect();
    assert_eq!(curves[0].x, grid);
    assert!(curves[0].mean.last().unwrap() > &0.99);
}

/// Where an annotator would have stopped: at the first answer after which no more is stated to be wrong.
#[test]
fn it_says_where_an_annotator_would_have_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let stops = |target: &str| {
        let options = ["--budget", "100", "--trials", "2", "--json", "--quiet", "--until-error", target];
        let finished = bench("bundled:iris", folder.path(), &options);
        assert_eq!(finished.code, Some(0), "{}", finished.err);
        let line = &finished.lines()[0];
        assert_eq!(line["until_error"].as_f64(), target.parse().ok());
        line["stops"].as_array().unwrap().clone()
    };
    assert!(stops("1").iter().all(|stop| stop["answers"] == 20)); // the least number of answers
    let at_ten = stops("0.1");
    assert_eq!(at_ten.len(), 2);
    assert!(at_ten.iter().all(|stop| {
        (21..=100).contains(&stop["answers"].as_u64().unwrap()) && stop["error"].as_f64().unwrap() <= 0.1
    }));
    assert!(stops("0").iter().all(serde_json::Value::is_null));
    for target in ["NaN", "-1", "2", "inf"] {
        bench("bundled:iris", folder.path(), &["--budget", "30", "--until-error", target])
            .refuses(1, &[&format!("until-error = {target}"), "[0, 1]"]);
    }
    bench("bundled:iris", folder.path(), &["--until-error", "small"])
        .refuses(2, &["'small' for '--until-error"]);
}

#[test]
fn results_for_people_are_lines() {
    let folder = tempfile::tempdir().unwrap();
    let finished = bench("bundled:iris", folder.path(), &["--budget", "5", "--trials", "1", "--quiet"]);
    let lines: Vec<&str> = finished.out.lines().collect();
    assert!(lines.len() == 2 && !finished.out.contains("\\u"), "{lines:?}");
    assert!(lines[0].starts_with("pal: after 5 answers") && lines[1].starts_with("  --until-error 0.02: "));
}

#[test]
fn a_failure_leaves_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    for (option, value) in
        [("--neighbours", "0"), ("--modes", "0"), ("--error", "0"), ("--error-rate", "2"), ("--threads", "0")]
    {
        let out = folder.path().join("made/for/it");
        bench("bundled:iris", &out, &["--budget", "5", option, value]).refuses(1, &[" = "]);
        assert!(!folder.path().join("made").exists(), "{option}");
        bench("bundled:iris", folder.path(), &["--budget", "5", option, value]).refuses(1, &[" = "]);
        assert!(folder.path().exists(), "it was there before");
    }
}

#[test]
fn labels_come_from_numbers_and_names() {
    let folder = tempfile::tempdir().unwrap();
    let csv = |labels: &str| {
        let finished = bench(labels, folder.path(), &["--budget", "10", "--trials", "1"]);
        assert_eq!(finished.code, Some(0), "{}", finished.err);
        fs::read(folder.path().join("bench.csv")).unwrap()
    };
    let path = |name: &str| folder.path().join(name).display().to_string();
    let species = crate::drive::species();
    let numbers: Array1<f64> = species.iter().map(|&class| class as f64 - 7.5).collect();
    pal::data::io::write_npy(path("y.npy"), &numbers).unwrap();
    let named: String = species.iter().map(|class| format!("17,species {class}\n")).collect();
    write(&folder.path().join("y.csv"), &named);
    write(&folder.path().join("header.csv"), format!("id,species\n{named}"));
    let expected = csv("bundled:iris");
    for labels in ["y.npy", "y.csv", "header.csv"] {
        assert_eq!(csv(&path(labels)), expected, "{labels}");
    }
    write(&folder.path().join("short.csv"), "a\nb\n");
    let short = bench(&path("short.csv"), folder.path(), &["--budget", "10"]);
    short.refuses(1, &["short.csv: 2 labels, expected 150"]);
    write(&folder.path().join("hole.csv"), named.replacen("species 1", "", 1));
    bench(&path("hole.csv"), folder.path(), &["--budget", "10"])
        .refuses(1, &["line 51: \"\"", "expected a label"]);
    bench("bundled:iris", folder.path(), &["--budget", "10", "--error-rate", "2"]).refuses(1, &["rate = 2"]);
    bench("bundled:iris", folder.path(), &["--budget", "10", "--trials", "0"]).refuses(1, &["trials = 0"]);
}
