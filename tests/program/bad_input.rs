//! Bad input: a message that says what was given and what is expected, and nothing lost.

use ndarray::Array2;
use serde_json::json;

use crate::drive::{Dialogue, State, pal, run, write};

#[test]
fn a_line_that_is_no_answer_is_refused_and_the_next_is_taken() {
    let state = State::of("bundled:iris");
    let mut dialogue = Dialogue::start(&state, &[]);
    dialogue.hear();
    let refused = [
        (json!({ "pair": [3, 3], "same": true }), "two different samples"),
        (json!({ "pair": [3, 150], "same": true }), "sample 150 does not exist: there are 150"),
        (json!({ "pair": [3, -1], "same": true }), "expected usize"),
        (json!({ "pair": [3, 4] }), "same"),
        (json!({ "pair": [3, 4], "same": "yes" }), "expected a boolean"),
        (json!({ "pair": [3, 4], "same": true, "smae": false }), "smae"),
        (json!({ "pair": [3, 4], "same": true, "seconds": -1 }), "seconds = -1"),
        (json!({ "pair": [5, 5], "skip": true }), "two different samples"),
        (json!({ "skip": true }), "no pair to skip"),
        (json!({ "retract": 1 }), "not yet taken back"),
        (json!({ "kind": "label", "sample": 150, "class": "a" }), "sample 150"),
        (json!({ "kind": "captcha", "shown": [], "candidates": [1], "belongs": [true] }), "shown is empty"),
        (json!({ "kind": "captcha", "shown": [1], "candidates": [2, 3], "belongs": [true] }), "belongs"),
        (
            json!({ "kind": "captcha", "shown": [1], "candidates": [], "belongs": [] }),
            "candidates: none, expected at least one",
        ),
        (
            json!({ "kind": "captcha", "shown": [1], "candidates": [2, 3, 2], "belongs": [true, true, false] }),
            "sample 2 twice, judged both ways",
        ),
        (json!({ "kind": "label", "sample": 1, "class": " " }), "name of a class is empty"),
        (json!({ "kind": "riddle" }), "riddle"),
        (json!([1, 2, true]), "expected one of"),
        (json!("quit"), "expected one of"),
    ];
    for (line, word) in refused {
        let error = dialogue.ask(&line)["error"].as_str().unwrap().to_owned();
        assert!(error.contains(word), "{word:?} is not in {error:?}");
    }
    assert_eq!(dialogue.ask(&json!({ "pair": [4, 3], "same": true }))["acknowledged"], json!(1));
    dialogue.end();
    let garbage = state.run("query", &[], "\u{0}\u{1}\n\n{\"pair\":[0,1],\"sa");
    assert_eq!((garbage.code, garbage.out.matches("\"error\"").count()), (Some(0), 2));
    assert_eq!(state.log().lines().count(), 2);
}

#[test]
fn classes_can_be_a_closed_list() {
    let state = State::of("bundled:iris");
    run(
        pal()
            .args(["embed", "--features", "bundled:iris", "--classes", "cat, dog", "--state"])
            .arg(state.dir()),
        "",
    );
    let label = |class| json!({ "kind": "label", "sample": 1, "class": class }).to_string();
    let said = state.run("query", &[], &["cow", " dog ", "cat"].map(label).join("\n")).lines();
    assert_eq!(said[1]["error"], json!("class \"cow\" is not one of the state's classes: \"cat\", \"dog\""));
    assert_eq!([&said[2], &said[3]].map(|line| line["acknowledged"].as_u64()), [Some(1), Some(2)]);
    assert!(state.log().contains("\"class\":\"dog\""), "{}", state.log());
}

#[test]
fn features_that_cannot_be_used_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    write(&folder.path().join("nan.csv"), "a,b\n1,2\n3,NaN\n");
    write(&folder.path().join("ragged.csv"), "1,2\n3\n");
    write(&folder.path().join("same.csv"), "1,2\n1,2\n1,2\n");
    write(&folder.path().join("one.csv"), "1,2\n");
    write(&folder.path().join("damaged.npy"), "NUMPY?");
    let mut numbers = Array2::from_elem((5, 2), 1.0);
    numbers[[3, 1]] = f64::NAN;
    pal::data::io::write_npy(path("nan.npy"), &numbers).unwrap();
    let refused = [
        (path("nan.csv"), "line 3, column 2 (b): \"NaN\", expected a finite number"),
        (path("nan.npy"), "[3, 1] = NaN"),
        (path("ragged.csv"), "line 2"),
        (path("same.csv"), "not constant"),
        (path("one.csv"), "at least 2"),
        (path("damaged.npy"), "damaged.npy"),
        (path("missing.npy"), "missing.npy"),
        (path("image.png"), "expected a name that ends in .npy or .csv"),
        ("bundled:cifar".to_owned(), "bundled:iris, bundled:wine"),
    ];
    for (source, word) in refused {
        let state = folder.path().join("state");
        run(pal().args(["embed", "--features", &source, "--state"]).arg(&state), "").refuses(1, &[word]);
        assert!(!state.exists(), "{source}");
        let embed = ["embed", "--json", "--features", &source, "--state", "x"];
        let error = run(pal().current_dir(folder.path()).args(embed), "").err;
        assert!(error.lines().all(|line| line.starts_with("{\"")), "{error}");
    }
    for (option, value, word) in [
        ("--error", "0.5", "error = 0.5 must be at least 1e-12 and below 0.5"),
        ("--neighbours", "0", "neighbours = 0"),
        ("--modes", "0", "modes = 0"),
        ("--smoothing", "0", "smoothing = 0"),
        ("--price-pair", "-1", "price of a pair = -1"),
        ("--price-pair", "1e308", "price of a pair = 1e308 must be at most 1e12"),
        ("--price-label", "1e13", "price of a label = 10000000000000 must be at most 1e12"),
        ("--price-candidate", "inf", "price of a candidate = inf must be"),
        ("--price-pair", "NaN", "price of a pair = NaN"),
        ("--error", "5e-324", "error = 5e-324 must be at least 1e-12 and below 0.5"),
        ("--error", "0", "error = 0 must be at least 1e-12 and below 0.5"),
        ("--error", "-0.1", "error = -0.1 must be at least 1e-12 and below 0.5"),
        ("--smoothing", "-1e-3", "smoothing = -0.001"),
        ("--smoothing", "-inf", "smoothing = -inf"),
        ("--classes", "", "a name between commas"),
        ("--classes", ",", "a name between commas"),
        ("--classes", "cat, ", "a name between commas"),
        ("--classes", "cat, cat", "classes: \"cat\" comes twice"),
        ("--drop", "-1", "--drop"),
    ] {
        for given in [&[format!("{option}={value}")][..], &[option.to_owned(), value.to_owned()]] {
            let arguments = ["embed", "--quiet", "--features", "bundled:iris", "--state", "s"];
            let embed = &mut pal();
            run(embed.current_dir(folder.path()).args(arguments).args(given), "").refuses(1, &[word]);
            assert!(!folder.path().join("s").exists(), "{option} {value}");
        }
    }
}

/// The rarest error that is taken: whatever is said then, no number of the page or of an answer is NaN.
#[test]
fn the_smallest_error_gives_numbers() {
    let state = State::of("bundled:iris");
    let embed = ["embed", "--features", "bundled:iris", "--error", "1e-12", "--state"];
    assert_eq!(run(pal().args(embed).arg(state.dir()), "").code, Some(0));
    let lines: Vec<String> = (0..12)
        .map(|i| {
            let pair = if i < 6 { [0, 1] } else { [i, 100 + i % 2] };
            json!({ "pair": pair, "same": i % 3 == 0, "annotator": (i % 2).to_string() }).to_string()
        })
        .collect();
    let said = state.run("query", &[], &lines.join("\n"));
    assert!(!said.out.contains("null") && !said.out.contains("\"error\":\""), "{}", said.out);
    let page = state.beside("r.html");
    assert_eq!(run(state.command("report", &["--out"]).arg(&page), "").code, Some(0));
    assert!(!std::fs::read_to_string(page).unwrap().contains("NaN"));
}

/// A state of before there was a bound: an answer whose price cannot be added is refused, and the report goes on.
#[test]
fn what_was_spent_stays_a_number() {
    let state = State::of("bundled:iris");
    let path = state.file("state.json");
    let mut settings: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    settings["prices"]["pair"] = json!(6e299);
    write(&path, settings.to_string());
    let says = "{\"pair\":[0,1],\"same\":true}\n{\"pair\":[0,2],\"same\":true}\n";
    let said = state.run("query", &[], says).lines();
    assert_eq!(said[1]["spent"], json!(6e299));
    let error = said.iter().find_map(|line| line["error"].as_str()).unwrap();
    assert!(error.contains("cost of all answers"), "{error}");
    let page = state.beside("r.html");
    assert_eq!(run(state.command("report", &["--out"]).arg(&page), "").code, Some(0));
}

#[test]
fn numbers_and_names_on_the_command_line_are_checked() {
    let state = State::of("bundled:iris");
    for command in ["query", "label"] {
        state.run(command, &["--budget", "0"], "").refuses(1, &["budget = 0", "positive"]);
        state.run(command, &["--budget", "NaN"], "").refuses(1, &["budget = NaN"]);
        state.run(command, &["--strategy", "best"], "").refuses(2, &["best", "pal", "random"]);
    }
    state.run("query", &["--count", "0"], "").refuses(2, &["--count"]);
    state.run("export", &[], "").refuses(2, &["--labels", "--pairs", "--graph"]);
    for command in ["query", "label"] {
        state.run(command, &["--budget", "-3"], "").refuses(1, &["budget = -3", "positive"]);
        state.run(command, &["--seed", "-3"], "").refuses(2, &["invalid value '-3' for '--seed"]);
    }
    state.run("label", &["--until-error", "-0.1"], "").refuses(1, &["= -0.1"]);
    for size in ["9223372036854775810x2", "18446744073709551615x18446744073709551615"] {
        state.run("label", &["--image", size], "").refuses(1, &[size, "more pixels than can be counted"]);
    }
    let bench = ["bench", "--features", "bundled:iris", "--labels", "bundled:iris", "--out", "o"];
    for (option, value, must) in [
        ("--trials", "18446744073709551615", "must be from 1 to 10000"),
        ("--trials", "9223372036854775809", "must be from 1 to 10000"),
        ("--trials", "1000000000000", "must be from 1 to 10000"),
        ("--trials", "0", "trials = 0 must be from 1 to 10000"),
        ("--budget", "0", "budget = 0 must be from 1 to 1000000"),
        ("--budget", "4294967295", "budget = 4294967295 must be from 1 to 1000000"),
        ("--threads", "18446744073709551615", "must be from 1 to 1024"),
        ("--error", "1e-300", "must be at least 1e-12"),
        ("--error-rate", "-0.1", "= -0.1"),
    ] {
        let mut command = pal();
        command.args(bench).args(["--strategy", "all", option, value]);
        if option != "--budget" {
            command.args(["--budget", "1"]);
        }
        run(&mut command, "").refuses(1, &[must]);
    }
    // What cannot be had of a small set is as much as there is.
    let most = usize::MAX.to_string();
    let embed = ["embed", "--quiet", "--features", "bundled:iris", "--neighbours", &most, "--modes", &most];
    assert_eq!(run(pal().args(embed).arg("--state").arg(state.dir()), "").code, Some(0));
    for (name, options) in
        [("query", &[][..]), ("label", &[]), ("report", &["--out", "x"]), ("export", &["--labels", "x.csv"])]
    {
        let nowhere = run(pal().args([name, "--state", "nowhere"]).args(options), "");
        nowhere.refuses(1, &["nowhere", "no state directory", "pal embed --state nowhere"]);
    }
    assert!(!std::path::Path::new("nowhere").exists());
}
