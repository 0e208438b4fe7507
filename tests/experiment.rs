//! Trials, statistics, outputs and the command line.

use std::fs;
use std::path::Path;
use std::slice;
use std::sync::Mutex;

use pal::Error;
use pal::experiment::{
    Args, Curve, Experiment, Image, Page, Program, Provenance, Run, Scale, Section, linspace, read_curves,
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
    body: uniform,
};

fn uniform(run: &Run) -> pal::Result<()> {
    let x = [1.0, 10.0, 100.0];
    let shared: f64 = run.shared_rng().random();
    let rows = run.trials(|_, rng| {
        Ok(x.map(|count| shared + (0..count as usize).map(|_| rng.random::<f64>()).sum::<f64>() / count))
    })?;
    let curves =
        [Curve::from_trials("mean, of all", &x, &rows)?, Curve::from_trials("one", &[0.5], &[[1.0]])?];
    run.save(&curves, &serde_json::json!({ "x": x, "kind": "<plain>" }))
}

fn args(out: &Path) -> Args {
    Args { out: out.to_owned(), threads: Some(2), ..Args::default() }
}

/// Exit code, standard output, standard error.
fn launch(experiment: &Experiment, arguments: &[&str]) -> (u8, String, String) {
    let Experiment { name, about, .. } = *experiment;
    let program = Program { name, about, experiments: slice::from_ref(experiment), finish: |_| Ok(()) };
    let (mut output, mut error) = (Vec::new(), Vec::new());
    let code = program.run_from(arguments, &mut output, &mut error);
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
        let run = Run::new(&EXPERIMENT, &args).unwrap();
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
    let counts =
        Run::new(&EXPERIMENT, &args).unwrap().trials(|_, _| Ok(rayon::current_num_threads())).unwrap();
    assert_eq!(counts, [3; 6]);
}

#[test]
fn the_first_failure_in_trial_order_is_returned() {
    let folder = tempfile::tempdir().unwrap();
    for threads in [1, 2, 4] {
        let args = Args { threads: Some(threads), trials: Some(40), ..args(folder.path()) };
        let run = Run::new(&EXPERIMENT, &args).unwrap();
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
        };
        assert_eq!(made, expected);
        assert_eq!(fs::read_dir(&out).unwrap().count(), 2, "nothing but the csv and the json");
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
        Run::new(&EXPERIMENT, &args).unwrap().trial_count
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
            fs::write(run.path("txt"), "here").map_err(|source| Error::Io { path: run.path("txt"), source })
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

#[test]
fn a_program_runs_its_experiments_and_finishes() {
    const SECOND: Experiment = Experiment { name: "second", ..EXPERIMENT };
    let folder = tempfile::tempdir().unwrap();
    let program = Program {
        name: "all",
        about: "Both.",
        experiments: &[EXPERIMENT, SECOND],
        finish: |args| {
            let curves = read_curves(args.out.join("second.csv"))?;
            write_curves(args.out.join("all.csv"), &curves)
        },
    };
    let (mut output, mut error) = (Vec::new(), Vec::new());
    let arguments = ["--quick", "--out", folder.path().to_str().unwrap()];
    assert_eq!(program.run_from(arguments, &mut output, &mut error), 0);
    let read = |name| fs::read(folder.path().join(name)).unwrap();
    assert_eq!(read("uniform.csv"), read("second.csv"), "one seed for all");
    assert_eq!(read("all.csv"), read("second.csv"));
    assert_eq!(String::from_utf8(output).unwrap().lines().count(), 2);
    let mut help = Vec::new();
    program.run_from(["--help"], &mut help, &mut error);
    let help = String::from_utf8(help).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(help.contains("uniform 7 (2 with --quick), second 7 (2 with --quick)"), "{help}");
    assert_eq!(error, b"");
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
        "alt=\"&quot;a.svg&quot; &amp; more\" src=\"data:image/svg+xml;base64,PHN2ZyB4bWxucz0i",
        "<figcaption>&quot;a.svg&quot; &amp; more</figcaption>",
        "src=\"data:image/png;base64,iVBORw0K\"",
        "&lt;script&gt;alert(&#39;First&#39;)&lt;/script&gt;",
        "<th scope=\"row\">alphas</th><td>0.5, 0.25</td>",
        "<th scope=\"row\">kernel</th><td>&lt;exp&gt;</td>",
        "<td>3 (quick look)</td>",
        "<td>1234</td>",
        "<td>5.7 s on 2 threads</td>",
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
