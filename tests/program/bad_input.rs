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
            .args(["embed", "--features", "bundled:iris", "--classes", "cat,dog", "--state"])
            .arg(state.dir()),
        "",
    );
    let answers = "{\"kind\":\"label\",\"sample\":1,\"class\":\"cow\"}\n{\"kind\":\"label\",\"sample\":1,\"class\":\"cat\"}";
    let said = state.run("query", &[], answers).lines();
    assert_eq!(said[1]["error"], json!("class \"cow\" is not one of the state's classes: cat, dog"));
    assert_eq!(said[2]["acknowledged"], json!(1));
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
        ("bundled:mnist".to_owned(), "bundled:iris, bundled:wine"),
    ];
    for (source, word) in refused {
        let state = folder.path().join("state");
        run(pal().args(["embed", "--features", &source, "--state"]).arg(state), "").refuses(1, &[word]);
        let embed = ["embed", "--json", "--features", &source, "--state", "x"];
        let error = run(pal().current_dir(folder.path()).args(embed), "").err;
        assert!(error.lines().all(|line| line.starts_with("{\"")), "{error}");
    }
    for (option, value, word) in [
        ("--error", "0.5", "error = 0.5 must be in (0, 0.5)"),
        ("--neighbours", "0", "neighbours = 0"),
        ("--modes", "0", "modes = 0"),
        ("--smoothing", "0", "smoothing = 0"),
        ("--price-pair", "-1", "price of a pair = -1"),
    ] {
        let arguments =
            ["embed", "--quiet", "--features", "bundled:iris", &format!("{option}={value}"), "--state", "s"];
        run(pal().current_dir(folder.path()).args(arguments), "").refuses(1, &[word]);
    }
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
    let bench = ["bench", "--features", "bundled:iris", "--labels", "bundled:iris", "--out", "o"];
    run(pal().args(bench).args(["--budget", "0"]), "").refuses(2, &["budget"]);
    for (name, options) in
        [("query", &[][..]), ("label", &[]), ("report", &["--out", "x"]), ("export", &["--labels", "x.csv"])]
    {
        let nowhere = run(pal().args([name, "--state", "nowhere"]).args(options), "");
        nowhere.refuses(1, &["nowhere", "no state directory", "pal embed --state nowhere"]);
    }
    assert!(!std::path::Path::new("nowhere").exists());
}
