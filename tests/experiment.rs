//! Trials, statistics, outputs and the command line.
#![cfg(feature = "program")]

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pal::Error;
use pal::experiment::{
    Args, Claim, Curve, Curves, Experiment, Gallery, Image, Length, Machine, Notice, Outputs, Page, Picture,
    Provenance, Run, Scale, Section, Settings, Story, date_in_utc, linspace, read_curves, require,
    write_curves,
};
use pal::random::{SHARED_STREAM, stream};
use proptest::prelude::*;
use rand::{Rng, RngExt};

/// A small experiment: the mean of `x` uniform numbers, and a constant beside it.
const EXPERIMENT: Experiment = Experiment {
    name: "uniform",
    about: "What is the mean of uniform numbers?",
    trials: 7,
    quick_trials: 2,
    length: Length::Short,
    body: uniform,
    draw,
    story: Story {
        title: "Uniform numbers",
        description: "Many of them.",
        findings: |curves| {
            Ok(format!("The mean of a hundred is {:.2}.", curves.of("mean, of all")?.at(100.0)))
        },
        pictures: &[Picture::new("", "The mean against the count.")],
    },
    claims: &[Claim::of_every_run("One is one.", |curves| {
        let one = curves.of("one")?.at(0.5);
        require(one == 1.0, || format!("{one}"))
    })],
};

fn uniform(run: &Run) -> pal::Result<()> {
    let x = [1.0, 10.0, 100.0];
    let shared: f64 = run.shared_rng().random();
    let rows = run.trials(|_, rng| {
        Ok(x.map(|count| shared + (0..count as usize).map(|_| rng.random::<f64>()).sum::<f64>() / count))
    })?;
    let curves =
        [Curve::from_trials("mean, of all", &x, &rows)?, Curve::from_trials("one", &[0.5], &[[1.0]])?];
    let curves = Curves::from(curves.to_vec());
    run.save(&curves, &serde_json::json!({ "x": x, "kind": "<plain>" }))?;
    draw(&run.outputs, &curves)
}

/// A picture that tells which curves it was drawn from.
fn draw(outputs: &Outputs, curves: &Curves) -> pal::Result<()> {
    let path = outputs.path("svg");
    let drawn = format!("<svg>{}</svg>", curves.of("mean, of all")?.at(100.0));
    fs::write(&path, drawn).map_err(|source| Error::Io { path, source })
}

fn args(out: &Path) -> Args {
    Args { out: out.to_owned(), threads: Some(2), ..Args::default() }
}

/// Exit code, standard output, standard error.
fn launch(experiment: &Experiment, arguments: &[&str]) -> (u8, String, String) {
    let (mut output, mut error) = (Vec::new(), Vec::new());
    let code = experiment.run_from(arguments, &mut output, &mut error);
    (code, String::from_utf8(output).unwrap(), String::from_utf8(error).unwrap())
}

proptest! {
    #[test]
    fn curve_is_the_mean_and_the_population_deviation(
        (x, rows) in (1_usize..5, 1_usize..9).prop_flat_map(|(points, trials)| (
            proptest::collection::vec(-9.0..9.0, points),
            proptest::collection::vec(proptest::collection::vec(-9.0..9.0, points), trials),
        )),
        offset in prop_oneof![Just(0.0), Just(1e6)],
    ) {
        let shifted: Vec<Vec<f64>> = rows.iter().map(|row| row.iter().map(|y| y + offset).collect()).collect();
        let curve = Curve::from_trials("a", &x, &shifted).unwrap();
        prop_assert_eq!((&curve.x, curve.n), (&x, rows.len()));
        let n = rows.len() as f64;
        for j in 0..x.len() {
            let mean = rows.iter().map(|row| row[j]).sum::<f64>() / n;
            // Half the mean squared difference of all pairs is the population variance.
            let square = |a: &Vec<f64>, b: &Vec<f64>| (a[j] - b[j]).powi(2);
            let pairs = rows.iter().map(|a| rows.iter().map(|b| square(a, b)).sum::<f64>()).sum::<f64>();
            prop_assert!((curve.mean[j] - offset - mean).abs() < 1e-9);
            prop_assert!((curve.std[j] - (pairs / (2.0 * n * n)).sqrt()).abs() < 1e-8);
        }
    }

    #[test]
    fn trials_that_agree_have_no_deviation(y in prop::num::f64::NORMAL, trials in 1_usize..50) {
        let curve = Curve::from_trials("a", &[0.0], &vec![[y]; trials]).unwrap();
        prop_assert_eq!((curve.mean[0], curve.std[0]), (y, 0.0));
    }

    #[test]
    fn curve_file_returns_every_bit(curves in curves()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        write_curves(&path, &curves).unwrap();
        let back = read_curves(&path).unwrap();
        prop_assert_eq!(format!("{back:?}"), format!("{curves:?}")); // tells -0.0 from 0.0
    }

    #[test]
    fn linspace_is_even_and_ends_exactly(start in -9.0..9.0, end in -9.0..9.0, count in 2_usize..50) {
        let points = linspace(start, end, count);
        prop_assert_eq!((points.len(), points[0], points[count - 1]), (count, start, end));
        let step = (end - start) / (count - 1) as f64;
        prop_assert!(points.windows(2).all(|pair| (pair[1] - pair[0] - step).abs() < 1e-13));
    }

    #[test]
    fn streams_of_a_seed_are_their_own(seed: u64, a in 0_u64..1000, b in 0_u64..1000) {
        let draw = |number| -> [u64; 4] { stream(seed, number).random() };
        prop_assert_eq!(draw(a) == draw(b), a == b);
        let other: [u64; 4] = stream(seed ^ 1, a).random();
        prop_assert_ne!(draw(a), other);
    }
}

#[test]
fn linspace_of_few_points() {
    assert_eq!(linspace(0.5, 1.0, 0), [0.0; 0]);
    assert_eq!(linspace(0.5, 1.0, 1), [0.5]);
    assert_eq!(linspace(0.5, 1.0, 2), [0.5, 1.0]);
}

/// Neither the difference nor its square is a number, the deviation is.
#[test]
fn curve_of_the_largest_numbers() {
    let curve = Curve::from_trials("a", &[0.0], &[[f64::MAX], [-f64::MAX]]).unwrap();
    assert_eq!((curve.mean[0], curve.std[0]), (0.0, f64::MAX));
}

#[test]
fn curve_refuses_what_makes_no_sense() {
    let x = [0.0, 1.0];
    let from = |rows: &[Vec<f64>]| Curve::from_trials("a", &x, rows).unwrap_err();
    assert!(matches!(from(&[]), Error::Empty { argument: "rows", .. }));
    assert!(matches!(from(&[vec![1.0, 2.0], vec![1.0]]), Error::Shape { .. }));
    assert!(matches!(from(&[vec![1.0, 2.0], vec![1.0, f64::NAN]]),
        Error::NotFinite { argument: "rows", index, .. } if index == [1, 1]));
    assert!(matches!(from(&[vec![f64::INFINITY, 0.0]]), Error::NotFinite { argument: "rows", .. }));
    let none: [[f64; 0]; 1] = [[]];
    assert!(matches!(Curve::from_trials("a", &[], &none), Err(Error::Empty { argument: "x", .. })));
    let endless = Curve::from_trials("a", &[f64::INFINITY], &[[1.0]]);
    assert!(matches!(endless, Err(Error::NotFinite { argument: "x", .. })));
}

#[test]
fn curve_file_is_the_promised_text() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    let curves = [
        Curve::from_trials("α = 1e-3", &[0.0, 0.1], &[[0.25, 1e-7], [0.75, 1e-7]]).unwrap(),
        Curve::from_trials("a, b", &[10.0], &[[1.0]]).unwrap(),
    ];
    write_curves(&path, &curves).unwrap();
    let text = "series,x,mean,std,n\nα = 1e-3,0,0.5,0.25,2\nα = 1e-3,0.1,1e-7,0,2\n\"a, b\",10,1,0,1\n";
    assert_eq!(fs::read_to_string(&path).unwrap(), text);

    let twice = write_curves(&path, &[curves[0].clone(), curves[0].clone()]);
    assert!(matches!(twice, Err(Error::Format { .. })));
    assert!(matches!(write_curves(&path, &[]), Err(Error::Empty { .. })));
    let uneven = Curve { std: vec![], ..curves[0].clone() };
    assert!(matches!(write_curves(&path, &[uneven]), Err(Error::Shape { .. })));
    let pointless = Curve { x: vec![], mean: vec![], std: vec![], ..curves[0].clone() };
    assert!(matches!(write_curves(&path, &[pointless]), Err(Error::Empty { .. })));
    assert_eq!(fs::read_to_string(&path).unwrap(), text, "what failed must not touch the file");
}

#[test]
fn curve_file_names_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    let complain = |rows: &str| {
        fs::write(&path, format!("series,x,mean,std,n\n{rows}")).unwrap();
        let error = read_curves(&path).unwrap_err();
        assert!(matches!(error, Error::Format { .. }), "{error:?}");
        error.to_string().split_once("a.csv: ").unwrap().1.to_owned()
    };
    assert_eq!(complain(""), "no point, expected at least one");
    assert_eq!(complain("a,0,1,0,3\na,1,2,0\n"), "line 3: 4 columns, expected 5");
    assert_eq!(complain("a,0,one,0,3\n"), "line 2, column 3 (mean): \"one\", expected a finite number");
    assert_eq!(
        complain("a,0,1,0,3\na,1,1,0,4\n"),
        "line 3, column 5 (n): \"4\", expected 3 as before in this series"
    );
    assert!(complain("a,0,1,0,-3\n").starts_with("line 2, column 5 (n): \"-3\""));
    assert!(complain("a,0,1,0,3\nb,0,1,0,3\na,1,1,0,3\n").starts_with("the series \"a\" twice"));
    fs::write(&path, "x,y\n1,2\n").unwrap();
    assert!(read_curves(&path).unwrap_err().to_string().contains("the header \"x,y\""));
    assert!(matches!(read_curves(folder.path().join("none.csv")), Err(Error::Io { .. })));
}

#[test]
fn trials_come_in_order_each_from_its_stream() {
    let folder = tempfile::tempdir().unwrap();
    for threads in [1, 2, 3] {
        let args = Args { seed: 5, threads: Some(threads), trials: Some(20), ..args(folder.path()) };
        let run = EXPERIMENT.start(&args).unwrap();
        let drawn = run.trials(|t, rng| Ok((t, rng.next_u64()))).unwrap();
        for (t, result) in drawn.into_iter().enumerate() {
            assert_eq!(result, (t, stream(5, SHARED_STREAM + 1 + t as u64).next_u64()));
        }
        assert_eq!(run.shared_rng().next_u64(), stream(5, SHARED_STREAM).next_u64());
    }
}

#[test]
fn trials_run_on_the_threads_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let args = Args { threads: Some(3), trials: Some(6), ..args(folder.path()) };
    let counts = EXPERIMENT.start(&args).unwrap().trials(|_, _| Ok(rayon::current_num_threads())).unwrap();
    assert_eq!(counts, [3; 6]);
}

#[test]
fn the_first_failure_in_trial_order_is_returned() {
    let folder = tempfile::tempdir().unwrap();
    for threads in [1, 2, 4] {
        let args = Args { threads: Some(threads), trials: Some(40), ..args(folder.path()) };
        let run = EXPERIMENT.start(&args).unwrap();
        let seen = Mutex::new(Vec::new());
        let failed: Result<Vec<()>, _> = run.trials(|t, _| {
            seen.lock().unwrap().push(t);
            match t {
                11 | 12 | 30 => Err(Error::Domain { argument: "t", value: t as f64, must: "another" }),
                _ => Ok(()),
            }
        });
        assert!(matches!(failed, Err(Error::Domain { value: 11.0, .. })));
        let seen = seen.into_inner().unwrap();
        assert!((0..=11).all(|t| seen.contains(&t)));
        assert!(threads > 1 || seen.len() == 12, "one thread stops at the failure");
    }
}

#[test]
fn outputs_do_not_depend_on_threads_and_tell_how_they_were_made() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for threads in [1, 2] {
        let out = folder.path().join(format!("deep/{threads}"));
        EXPERIMENT.run(&Args { threads: Some(threads), seed: 3, ..args(&out) }).unwrap();
        files.push(fs::read(out.join("uniform.csv")).unwrap());
        let made: Provenance = Provenance::read(out.join("uniform.json")).unwrap();
        assert!((0.0..60.0).contains(&made.wall_seconds));
        let parameters = serde_json::json!({ "x": [1.0, 10.0, 100.0], "kind": "<plain>" });
        let expected = Provenance {
            name: "uniform".into(),
            parameters,
            scale: Scale::Full,
            trials: 7,
            seed: 3,
            threads,
            wall_seconds: made.wall_seconds,
            backend: if cfg!(feature = "lapack") { "lapack" } else { "faer" }.into(),
            crate_version: env!("CARGO_PKG_VERSION").into(),
            date: made.date.clone(),
            machine: Some(Machine::here()),
        };
        assert_eq!(made, expected);
        let today = date_in_utc(SystemTime::now());
        assert!(made.date.is_some_and(|date| date <= today && date.len() == "2026-01-31".len()));
        assert_eq!(fs::read_dir(&out).unwrap().count(), 3, "nothing but the csv, the json and the picture");
    }
    assert_eq!(files[0], files[1]);
    EXPERIMENT.run(&Args { seed: 4, ..args(folder.path()) }).unwrap();
    assert_ne!(fs::read(folder.path().join("uniform.csv")).unwrap(), files[0], "another seed, other numbers");
    fs::write(folder.path().join("uniform.json"), "{\"name\": 3}").unwrap();
    let broken = Provenance::<serde_json::Value>::read(folder.path().join("uniform.json"));
    assert!(matches!(broken, Err(Error::Format { .. })));
}

#[test]
fn scale_and_count_choose_the_trials() {
    let folder = tempfile::tempdir().unwrap();
    let count = |trials, scale| {
        let args = Args { trials, scale, ..args(folder.path()) };
        EXPERIMENT.start(&args).unwrap().trial_count
    };
    assert_eq!(count(None, Scale::Full), 7);
    assert_eq!(count(None, Scale::Quick), 2);
    assert_eq!(count(Some(5), Scale::Quick), 5);
}

#[test]
fn command_line_reaches_the_run() {
    /// Checks what reaches it.
    const SHOW: Experiment = Experiment {
        body: |run| {
            assert_eq!((run.trial_count, run.seed, run.threads, run.scale), (4, 9, 3, Scale::Quick));
            let path = run.outputs.path("txt");
            fs::write(&path, "here").map_err(|source| Error::Io { path, source })
        },
        ..EXPERIMENT
    };
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("new");
    let arguments =
        ["--seed", "9", "--quick", "--threads=3", "--trials", "4", "--out", out.to_str().unwrap()];
    let (code, output, error) = launch(&SHOW, &arguments);
    assert_eq!((code, error.as_str()), (0, ""));
    assert!(output.starts_with("uniform: 4 trials, seed 9, ") && output.lines().count() == 1, "{output}");
    assert_eq!(fs::read_to_string(out.join("uniform.txt")).unwrap(), "here");
}

#[test]
fn an_empty_command_line_is_the_default() {
    use clap::Parser;
    let none: [&str; 0] = [];
    assert_eq!(Args::try_parse_from(none).unwrap(), Args::default());
}

#[test]
fn help_tells_what_the_experiment_is() {
    let (code, output, error) = launch(&EXPERIMENT, &["--help"]);
    assert_eq!((code, error.as_str()), (0, ""));
    let told =
        ["What is the mean of uniform numbers?", "[default: 7 (2 with --quick)]", "[default: figures]"];
    for text in
        told.into_iter().chain(["--trials <N>", "--seed <S>", "--threads <T>", "--quick", "Exit code"])
    {
        assert!(output.contains(text), "{text} is not in\n{output}");
    }
    let (code, output, _) = launch(&EXPERIMENT, &["--version"]);
    assert_eq!((code, output), (0, format!("uniform {}\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn what_is_wrong_takes_one_line_and_exit_code_2() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let below_a_file = file.join("figures");
    let good = folder.path().join("good");
    let [good, bad] = [&good, &below_a_file].map(|path| path.to_str().unwrap());
    for (arguments, told) in [
        (vec!["--trials", "0", "--out", good], "trials = 0 must be from 1 to 1000000"),
        (vec!["--trials", "18446744073709551615", "--out", good], "must be from 1 to 1000000"),
        (vec!["--threads", "0", "--out", good], "threads = 0 must be from 1 to 1024"),
        (vec!["--threads", "1025", "--out", good], "threads = 1025 must be from 1 to 1024"),
        (vec!["--trials", "many"], "invalid value 'many' for '--trials <N>'"),
        (vec!["--trials", "-3"], "unexpected argument '-3'"),
        (vec!["--seed"], "a value is required for '--seed <S>'"),
        (vec!["--sed", "1"], "unexpected argument '--sed'"),
        (vec!["--quick=yes"], "'--quick'"),
        (vec!["extra"], "unexpected argument 'extra'"),
        (vec!["--out", bad], bad),
    ] {
        let (code, output, error) = launch(&EXPERIMENT, &arguments);
        assert_eq!((code, output.as_str()), (2, ""), "{arguments:?}");
        assert!(error.starts_with("uniform: error: ") && error.ends_with('\n'), "{error}");
        assert!(error.contains(told) && error.lines().count() == 1, "{told} is not in the one line\n{error}");
    }
}

#[test]
fn nothing_is_computed_if_the_outputs_have_no_place() {
    const NEVER: Experiment = Experiment { body: |_| panic!("must not run"), ..EXPERIMENT };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    for out in [file.clone(), file.join("below")] {
        let refused = NEVER.run(&args(&out));
        assert!(matches!(refused, Err(Error::Io { path, .. }) if path == out));
    }
}

#[test]
fn a_failing_experiment_takes_one_line_and_exit_code_2() {
    const FAILS: Experiment = Experiment {
        body: |_| Err(Error::Draw { what: "a".into(), reason: "two\n\nlines".into() }),
        ..EXPERIMENT
    };
    let folder = tempfile::tempdir().unwrap();
    let (code, output, error) = launch(&FAILS, &["--out", folder.path().to_str().unwrap()]);
    assert_eq!((code, output.as_str()), (2, ""));
    assert_eq!(error, "uniform: error: drawing a: two lines\n");
}

/// A long experiment; its curves are those of [`EXPERIMENT`], in other files.
const SLOW: Experiment = Experiment { name: "slow", length: Length::Long, ..EXPERIMENT };

/// Exit code, standard output, standard error of a command that shows [`EXPERIMENT`] and [`SLOW`].
fn exhibit(committed: &Path, arguments: &[&str]) -> (u8, String, String) {
    let gallery = Gallery {
        name: "both",
        about: "Two of them.",
        experiments: &[EXPERIMENT, SLOW],
        title: "Both",
        introduction: "First one, then the other.",
        committed,
    };
    let (mut output, mut error) = (Vec::new(), Vec::new());
    let code = gallery.run_from(arguments, &mut output, &mut error);
    (code, String::from_utf8(output).unwrap(), String::from_utf8(error).unwrap())
}

#[test]
fn a_gallery_computes_short_experiments_and_draws_long_ones_from_committed_curves() {
    let (committed, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    // Of another seed and number of trials, so that it shows which curves are drawn.
    SLOW.run(&Args { seed: 5, trials: Some(2), ..args(committed.path()) }).unwrap();
    let read = |folder: &Path, file: &str| fs::read(folder.join(file)).unwrap();
    let outdir = out.path().to_str().unwrap();
    let (code, output, error) = exhibit(committed.path(), &["--out", outdir]);
    assert_eq!((code, error.as_str()), (0, ""));
    for file in ["slow.csv", "slow.json", "slow.svg"] {
        assert_eq!(read(out.path(), file), read(committed.path(), file), "{file}");
    }
    assert_ne!(read(out.path(), "uniform.csv"), read(out.path(), "slow.csv"));
    let command = "cargo run --release --example slow -- --trials 2 --seed 5";
    assert!(output.contains("uniform: 7 trials, seed 0") && output.contains(command), "{output}");
    let html = fs::read_to_string(out.path().join("index.html")).unwrap();
    let (before, slow) = html.split_once(&format!("<code>{command}</code>")).unwrap();
    assert_eq!(html.matches("class=\"notice\"").count(), 1, "only what is not computed");
    assert!(
        before.matches("<h2>Uniform numbers</h2>").count() == 2 && slow.contains("The mean of a hundred is")
    );
    let today = date_in_utc(SystemTime::now());
    assert!(before.contains(&format!("These curves were computed before, on {today} in 0 s on 2 threads (")));

    // All of it, and quick looks, are computed.
    for (arguments, trials) in [(&["--all"][..], 7), (&["--quick"], 2)] {
        let arguments = [arguments, &["--out", outdir]].concat();
        let (code, output, _) = exhibit(committed.path(), &arguments);
        assert!(code == 0 && output.contains(&format!("slow: {trials} trials, seed 0")), "{output}");
        assert_eq!(read(out.path(), "uniform.csv"), read(out.path(), "slow.csv"), "one seed for all");
        assert!(!fs::read_to_string(out.path().join("index.html")).unwrap().contains("class=\"notice\""));
    }

    let nowhere = committed.path().join("none");
    let (code, _, error) = exhibit(&nowhere, &["--out", outdir]);
    assert!(code == 2 && error.contains("slow.csv") && error.lines().count() == 1, "{error}");
}

#[test]
fn a_gallery_draws_again_without_computing() {
    let out = tempfile::tempdir().unwrap();
    let outdir = out.path().to_str().unwrap();
    let (code, _, error) = exhibit(out.path(), &["--redraw", "--out", outdir]);
    assert!(code == 2 && error.contains("uniform.csv"), "no curves to draw: {error}");
    assert_eq!(exhibit(out.path(), &["--quick", "--seed", "3", "--out", outdir]).0, 0);
    let curves = fs::read(out.path().join("uniform.csv")).unwrap();
    let record = fs::read(out.path().join("uniform.json")).unwrap();
    let picture = fs::read(out.path().join("uniform.svg")).unwrap();
    fs::remove_file(out.path().join("uniform.svg")).unwrap();
    fs::remove_file(out.path().join("index.html")).unwrap();
    assert_eq!(exhibit(out.path(), &["--redraw", "--out", outdir]).0, 0);
    assert_eq!(fs::read(out.path().join("uniform.csv")).unwrap(), curves);
    assert_eq!(fs::read(out.path().join("uniform.json")).unwrap(), record, "nothing was computed");
    assert_eq!(fs::read(out.path().join("uniform.svg")).unwrap(), picture);
    let html = fs::read_to_string(out.path().join("index.html")).unwrap();
    assert!(html.contains("<code>cargo run --release --example slow -- --quick --seed 3</code>"));
    assert_eq!(html.matches("class=\"notice\"").count(), 2);
}

#[test]
fn a_gallery_lists_its_experiments_and_tells_of_them() {
    let nowhere = Path::new("none");
    assert_eq!(exhibit(nowhere, &["--list"]), (0, "uniform\nslow\n".to_owned(), String::new()));
    let (_, help, _) = exhibit(nowhere, &["--help"]);
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(help.contains("uniform 7 (2 with --quick), slow 7 (2 with --quick)"), "{help}");
    assert!(help.contains("--all") && help.contains("--redraw") && help.contains("index.html"), "{help}");
    for arguments in
        [["--redraw", "--all"], ["--redraw", "--quick"], ["--redraw", "--seed=1"], ["--all", "--quick"]]
    {
        let (code, _, error) = exhibit(nowhere, &arguments);
        assert!(code == 2 && error.contains("cannot be used with"), "{arguments:?}: {error}");
    }
}

#[test]
fn an_experiment_draws_again_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    EXPERIMENT.run(&args(folder.path())).unwrap();
    let picture = fs::read(folder.path().join("uniform.svg")).unwrap();
    fs::write(folder.path().join("uniform.svg"), "").unwrap();
    const NEVER: Experiment = Experiment { body: |_| panic!("must not run"), ..EXPERIMENT };
    assert_eq!(launch(&NEVER, &["--redraw", "--out", out]), (0, String::new(), String::new()));
    assert_eq!(fs::read(folder.path().join("uniform.svg")).unwrap(), picture);
}

#[test]
fn seeds_of_trials_are_their_numbers_for_seed_zero_and_others_for_other_seeds() {
    let folder = tempfile::tempdir().unwrap();
    let seeds = |seed| {
        let settings =
            Settings { trials: 3, seed, scale: Scale::Full, out: folder.path().into(), threads: Some(1) };
        let run = Run::new("seeds", settings).unwrap();
        [0, 1, 2].map(|t| run.trial_seed(t))
    };
    assert_eq!(seeds(0), [0, 1, 2]);
    let mut all: Vec<u64> = (0..100).chain([u64::MAX, 1 << 63]).flat_map(seeds).collect();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 102 * 3);
}

#[test]
fn dates_are_those_of_the_calendar() {
    for (seconds, date) in [
        (0, "1970-01-01"),
        (86_399, "1970-01-01"),
        (86_400, "1970-01-02"),
        (951_782_400, "2000-02-29"),
        (951_868_800, "2000-03-01"),
        (1_767_225_599, "2025-12-31"),
        (1_767_225_600, "2026-01-01"),
        (1_772_323_199, "2026-02-28"),
        (4_107_542_400, "2100-03-01"),
    ] {
        assert_eq!(date_in_utc(UNIX_EPOCH + Duration::from_secs(seconds)), date);
    }
    assert_eq!(date_in_utc(UNIX_EPOCH - Duration::from_secs(1)), "1970-01-01");
}

#[test]
fn curves_are_read_by_the_names_of_their_series() {
    let curve = |series: &str, mean: &[f64]| Curve {
        series: series.into(),
        x: (0..mean.len()).map(|i| i as f64).collect(),
        mean: mean.to_vec(),
        std: vec![0.0; mean.len()],
        n: 1,
    };
    let curves =
        Curves::from(vec![curve("a", &[0.5, 0.75, 0.25, 0.125]), curve("b", &[]), curve("c", &[1.0; 4])]);
    let a = curves.of("a").unwrap();
    assert_eq!((a.first(), a.last(), a.end(), a.peak()), (0.5, 0.125, 3.0, (1.0, 0.75)));
    assert_eq!((a.at(2.0), a.near(2.4), a.near(-9.0)), (0.25, 0.25, 0.5));
    assert!(a.at(2.4).is_nan());
    let settled = [0.8, 0.5, 0.3, 0.1].map(|level| a.settled(level));
    assert_eq!(settled, ["0", "2", "2", "more than 3"]);
    assert_eq!(a.distance(curves.of("c").unwrap()), 0.875);
    let b = curves.of("b").unwrap();
    assert_eq!(a.distance(b), f64::INFINITY);
    assert!([b.first(), b.last(), b.end(), b.near(0.0), b.at(0.0)].iter().all(|value| value.is_nan()));
    assert_eq!(curves.select(&["c", "a"]).unwrap(), [curves[2].clone(), curves[0].clone()]);
    let missing = curves.of("d").unwrap_err();
    assert_eq!(missing.to_string(), "there is no curve \"d\", expected one of a; b; c");
    assert!(matches!(curves.select(&["a", "d"]), Err(Error::UnknownSeries { series, .. }) if series == "d"));
}

#[test]
fn claims_tell_what_contradicts_them() {
    let curves = |one: f64| Curves::from(vec![Curve::from_trials("one", &[0.5], &[[one]]).unwrap()]);
    let check = EXPERIMENT.claims[0].check;
    assert!(check(&curves(1.0)).is_ok());
    assert_eq!(check(&curves(2.0)).unwrap_err().to_string(), "2");
    let other = Curves::from(vec![Curve::from_trials("two", &[0.5], &[[1.0]]).unwrap()]);
    assert!(check(&other).unwrap_err().to_string().contains("there is no curve \"one\""));
}

#[test]
fn page_holds_everything_and_asks_for_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let svg = r#"<svg xmlns="http://www.w3.org/2000/svg"/>"#;
    fs::write(folder.path().join("a.svg"), svg).unwrap();
    fs::write(folder.path().join("b.png"), b"\x89PNG\r\n").unwrap();
    let image = |name: &str| Image { path: folder.path().join(name), caption: format!("\"{name}\" & more") };
    let section = |title: &str, images| Section {
        title: title.into(),
        description: "If a < b & b < c".into(),
        notice: Some(Notice { text: "From <before>:".into(), command: "make \"a\"".into() }),
        findings: format!("<script>alert('{title}')</script>"),
        images,
        provenance: Provenance {
            name: "a".into(),
            parameters: serde_json::json!({ "alphas": [0.5, 0.25], "kernel": "<exp>" }),
            scale: Scale::Quick,
            trials: 3,
            seed: 1234,
            threads: 2,
            wall_seconds: 5.67,
            backend: "faer".into(),
            crate_version: "1.2.3".into(),
            date: Some("2026-01-31".into()),
            machine: Some(Machine { architecture: "z80".into(), system: "cp/m".into(), cores: 1 }),
        },
    };
    let page = Page {
        title: "Figures <1>".into(),
        introduction: "All of them.".into(),
        sections: vec![section("First", vec![image("a.svg"), image("b.png")]), section("Second", vec![])],
    };
    let path = folder.path().join("index.html");
    page.write(&path).unwrap();
    let html = fs::read_to_string(&path).unwrap();
    let in_order = [
        "<title>Figures &lt;1&gt;</title>",
        "<h1>Figures &lt;1&gt;</h1>",
        "All of them.",
        "<h2>First</h2>",
        "If a &lt; b &amp; b &lt; c",
        "<p class=\"notice\">From &lt;before&gt;: <code>make &quot;a&quot;</code></p>",
        "alt=\"&quot;a.svg&quot; &amp; more\" src=\"data:image/svg+xml;base64,PHN2ZyB4bWxucz0i",
        "<figcaption>&quot;a.svg&quot; &amp; more</figcaption>",
        "src=\"data:image/png;base64,iVBORw0K\"",
        "&lt;script&gt;alert(&#39;First&#39;)&lt;/script&gt;",
        "<th scope=\"row\">alphas</th><td>0.5, 0.25</td>",
        "<th scope=\"row\">kernel</th><td>&lt;exp&gt;</td>",
        "<td>3 (quick look)</td>",
        "<td>1234</td>",
        "<td>5.7 s on 2 threads</td>",
        "<td>2026-01-31</td>",
        "<td>cp/m on z80, 1 core</td>",
        "<h2>Second</h2>",
        "alert(&#39;Second&#39;)",
    ];
    let mut rest = html.as_str();
    for text in in_order {
        rest =
            rest.split_once(text).unwrap_or_else(|| panic!("{text} is missing or out of order in\n{html}")).1;
    }
    for request in ["http", "url(", "@import", "<script", "<link", "src=\"/"] {
        assert!(!html.contains(request), "{request}");
    }
    page.write(folder.path().join("again.html")).unwrap();
    assert_eq!(fs::read_to_string(folder.path().join("again.html")).unwrap(), html);

    let with = |image| Page { sections: vec![section("First", vec![image])], ..page.clone() };
    assert!(matches!(with(image("none.svg")).write(&path), Err(Error::Io { .. })));
    assert!(matches!(with(image("a.jpeg")).write(&path), Err(Error::Format { .. })));
    assert_eq!(fs::read_to_string(&path).unwrap(), html, "what failed must not touch the page");
}

/// A few curves of any finite numbers, with names that csv must quote.
fn curves() -> impl Strategy<Value = Vec<Curve>> {
    let number = prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO;
    let point = (number, number, number);
    let curve = (" ?[a-z,\"' \n]{0,5}", proptest::collection::vec(point, 1..5), 1_usize..1000);
    proptest::collection::vec(curve, 1..4).prop_map(|curves| {
        let mut made = Vec::new();
        for (i, (name, points, n)) in curves.into_iter().enumerate() {
            let column = |of: fn(&(f64, f64, f64)) -> f64| points.iter().map(of).collect();
            let series = format!("{name}{i}{name}");
            made.push(Curve { series, x: column(|p| p.0), mean: column(|p| p.1), std: column(|p| p.2), n });
        }
        made
    })
}
