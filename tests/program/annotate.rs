//! From features to classes: what a person or a program does from the first question to the export.

use ndarray::{Array1, Array2};
use pal::data::io::{read_npy, read_npz};
use pal::probe::adjusted_rand_index;
use serde_json::{Value, json};

use crate::drive::{Dialogue, State, run, species};

#[test]
fn forty_answers_about_irises_tell_the_species() {
    let state = State::of("bundled:iris");
    let mut dialogue = Dialogue::start(&state, &["--annotator", "ada"]);
    let first = dialogue.question();
    dialogue.answer(first, 40, &species());
    assert_eq!(dialogue.end(), Some(0));

    let labels = state.labels();
    let classes: Vec<usize> = labels.lines().skip(1).map(|line| column(line, 1)).collect();
    assert!(adjusted_rand_index(&classes, &species()).unwrap() > 0.95, "{labels}");
    assert_eq!(labels.lines().next(), Some("sample,class,confidence,asked"));

    let path = |name: &str| state.beside(name).display().to_string();
    let names = ["l.npy", "p.csv", "g.npz"].map(path);
    let exported = state.run(
        "export",
        &["--json", "--labels", &names[0], "--pairs", &names[1], "--graph", &names[2]],
        "",
    );
    assert_eq!(exported.lines().len(), 3, "{}", exported.err);
    let with_confidence: Array2<f64> = read_npy(&names[0]).unwrap();
    assert!(with_confidence.column(0).iter().zip(&classes).all(|(&class, &same)| class == same as f64));
    assert!(with_confidence.column(1).iter().all(|&confidence| (0.0..=1.0).contains(&confidence)));
    let pairs = std::fs::read_to_string(&names[1]).unwrap();
    assert_eq!((pairs.lines().count(), pairs.lines().next()), (41, Some("id,i,j,same,annotator,seconds")));
    assert!(pairs.lines().nth(1).unwrap().ends_with(",ada,1.0"), "{pairs}");
    let rows: Array1<f64> = read_npz(&names[2], "row").unwrap();
    let together: Array1<f64> = read_npz(&names[2], "together").unwrap();
    assert!(rows.len() == together.len() && rows.len() > 150);
    for (names, kind) in [
        (["l.jsonl", "p.jsonl", "g.csv"].map(path), "text"),
        (["l.txt", "p.npz", "g.jsonl"].map(path), "none"),
    ] {
        let options = ["--labels", &names[0], "--pairs", &names[1], "--graph", &names[2]];
        let code = state.run("export", &options, "").code;
        assert_eq!(code, Some(i32::from(kind == "none")));
    }
    let names = ["early.csv", "early.npz"].map(path);
    state.run("export", &["--labels", &names[0], "--pairs", &names[1]], "").refuses(1, &["csv or jsonl"]);
    assert!(!state.beside("early.csv").exists(), "all endings are checked first");
}

fn column(line: &str, at: usize) -> usize {
    line.split(',').nth(at).unwrap().parse().unwrap()
}

#[test]
fn four_short_runs_are_one_long_run() {
    let (long, short) = (State::of("bundled:iris"), State::of("bundled:iris"));
    for strategy in ["pal", "random"] {
        let options = ["--strategy", strategy];
        let mut dialogue = Dialogue::start(&long, &options);
        let first = dialogue.question();
        let next_of_long = dialogue.answer(first, 20, &species());
        dialogue.end();
        let mut next = first;
        for _ in 0..4 {
            let mut dialogue = Dialogue::start(&short, &options);
            assert_eq!(dialogue.question(), next);
            next = dialogue.answer(next, 5, &species());
            dialogue.end();
        }
        assert_eq!((next, long.labels()), (next_of_long, short.labels()));
    }
}

#[test]
fn contradictions_are_kept_and_resolved_by_taking_one_answer_back() {
    let state = State::of("bundled:iris");
    let mut dialogue = Dialogue::start(&state, &[]);
    dialogue.hear();
    for (i, j, same) in [(0, 1, true), (1, 2, true)] {
        let acknowledged = dialogue.ask(&json!({ "pair": [i, j], "same": same, "annotator": "ada" }));
        assert_eq!(acknowledged["contradiction"], Value::Null);
    }
    let acknowledged = dialogue.ask(&json!({ "pair": [0, 2], "same": false, "annotator": "eve" }));
    assert_eq!(
        (&acknowledged["contradiction"], &acknowledged["contradictions"]),
        (&json!([1, 2]), &json!(1))
    );
    dialogue.end();
    let page = state.beside("report.html");
    let report = run(state.command("report", &["--out"]).arg(&page), "");
    assert_eq!(report.code, Some(0), "{}", report.err);
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("1: 0 and 1 together; 2: 1 and 2 together") && page.contains("<td>eve</td>"));
    assert!(page.matches("<svg").count() == 3 && !page.contains("src="));

    let mut dialogue = Dialogue::start(&state, &[]);
    dialogue.hear();
    let retracted = dialogue.ask(&json!({ "retract": 2 }));
    assert_eq!([&retracted["retracted"], &retracted["contradictions"]], [&json!(2), &json!(0)]);
    assert_eq!([&retracted["answers"], &retracted["spent"]], [&json!(2), &json!(3.0)]);
    dialogue.end();
}

#[test]
fn taking_back_is_as_if_it_had_never_been_said() {
    let (without, with) = (State::of("bundled:iris"), State::of("bundled:iris"));
    let answers = [
        "{\"pair\":[0,140],\"same\":false}",
        "{\"pair\":[60,120],\"same\":false}",
        "{\"pair\":[60,70],\"same\":true}",
    ];
    without.run("query", &[], &[answers[0], answers[2]].join("\n"));
    with.run("query", &[], &[answers[0], answers[1], answers[2], "{\"retract\":2}"].join("\n"));
    assert_eq!(with.labels(), without.labels());
    with.run("query", &[], "{\"pair\":[60,130],\"same\":true}\n{\"retract\":5}");
    assert_eq!(with.labels(), without.labels());
}

#[test]
fn captchas_labels_and_skipped_pairs_are_taken_in() {
    let state = State::of("bundled:iris");
    let mut dialogue = Dialogue::start(&state, &["--count", "3"]);
    let questions = [(); 3].map(|()| dialogue.question());
    assert!(questions[0] != questions[1] && questions[1] != questions[2]);
    dialogue.say(&json!({ "pair": [questions[1].0, questions[1].1], "skip": true }));
    assert!(dialogue.hear()["acknowledged"].is_u64());
    assert!(!questions.contains(&dialogue.question()));
    let captcha =
        json!({ "kind": "captcha", "shown": [60], "candidates": [61, 120], "belongs": [true, false] });
    assert_eq!(dialogue.ask(&captcha)["spent"], json!(2.0));
    for (sample, class) in [(0, "setosa"), (60, "versicolor"), (1, "setosa"), (61, "setosa")] {
        let acknowledged = dialogue.ask(&json!({ "kind": "label", "sample": sample, "class": class }));
        // 61 is like 60, which is apart from 0; that is said twice, of the firsts of both classes.
        let expected = if sample == 61 { json!([2, 4]) } else { Value::Null };
        assert_eq!(acknowledged["contradiction"], expected, "{acknowledged}");
    }
    dialogue.end();
    assert_eq!(state.log().lines().count(), 7);
}

#[test]
fn a_budget_ends_it_with_its_own_exit_code() {
    let state = State::of("bundled:iris");
    let answers =
        "{\"pair\":[0,1],\"same\":true}\n{\"pair\":[0,2],\"same\":true}\n{\"pair\":[0,3],\"same\":true}\n";
    let finished = state.run("query", &["--budget", "2"], answers);
    assert_eq!(finished.code, Some(3));
    assert_eq!(finished.lines().last().unwrap()["done"], json!("budget"));
    assert_eq!(state.log().lines().count(), 3);
    assert_eq!(state.run("query", &["--budget", "2"], "").code, Some(3));
    assert_eq!(state.run("query", &["--budget", "2.5"], "").code, Some(3));
    assert_eq!(state.run("query", &["--budget", "3"], "").code, Some(0));
}

#[test]
fn a_person_answers_skips_undoes_and_quits() {
    let state = State::of("bundled:iris");
    let items = state.beside("items.txt");
    let lines: Vec<String> = (0..150).map(|sample| format!("flower {sample}")).collect();
    std::fs::write(&items, lines.join("\n")).unwrap();
    let items = items.display().to_string();
    let options = ["--items", &items, "--image", "2x2", "--annotator", "ada"];
    let labelled = state.run("label", &options, "y\nwhat\nn\nu\ns\nq\n");
    assert_eq!(labelled.code, Some(0), "{}", labelled.err);
    assert!(labelled.out.contains("belong together?") && labelled.out.contains(": flower "));
    assert!(labelled.out.contains("\"what\" is no reply") && labelled.out.contains("│"), "{}", labelled.out);
    assert!(labelled.err.contains("answer 2 is taken back: ") && labelled.err.contains("2 classes"));
    assert_eq!(state.log().lines().count(), 5); // about, yes, no, undone, skipped

    let rich = state.run("label", &["--budget", "1e300"], "q\n");
    assert!(rich.err.contains(", 1e300 to spend"), "{}", rich.err);
    let quiet = state.run("label", &["--quiet", "--budget", "3"], "y\n");
    assert_eq!((quiet.code, quiet.err.as_str()), (Some(3), ""));
    let stopped = state.run("label", &["--json", "--until-error", "1"], &"y\n".repeat(30));
    assert_eq!(stopped.lines().last().unwrap()["answers"], json!(20), "{}", stopped.err);
    state.run("label", &["--image", "3x3"], "").refuses(1, &["3x3", "9 pixels", "expected 4"]);
}

/// One who always says yes has named the classes: there is one. One who always says no makes every sample its own class, of
/// which no few answers convince.
#[test]
fn the_error_that_ends_it_is_a_share() {
    let (all, none) = ("y\n".repeat(400), "n\n".repeat(60));
    for target in ["0", "-0", "1e-300", "0.05"] {
        let state = State::of("bundled:iris");
        let options = ["--json", "--until-error", target];
        let ended = state.run("label", &options, &all);
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        let end = ended.lines().pop().unwrap();
        assert_eq!(end["done"], json!("the error is as small as asked for"), "{end}");
        assert_eq!(end["classes"], json!(1));
        // Nobody can rule out any wrong sample who was not asked about nearly all.
        let answers = end["answers"].as_u64().unwrap();
        assert!(if target == "0.05" { answers < 145 } else { answers >= 145 }, "{target}: {answers}");

        let state = State::of("bundled:iris");
        let ended = state.run("label", &options, &none);
        assert_eq!(ended.lines().pop().unwrap()["done"], json!("until next time"), "{}", ended.err);
        assert_eq!(state.log().lines().count(), 61);
    }
    let state = State::of("bundled:iris");
    for target in ["2", "NaN", "inf", "-inf", "-1e-300", "1e400"] {
        state.run("label", &["--until-error", target], &all).refuses(1, &["until-error = ", "[0, 1]"]);
    }
    for target in ["", "none", "5%", "0,05"] {
        let says = format!("invalid value '{target}' for '--until-error");
        state.run("label", &["--until-error", target], &all).refuses(2, &[&says]);
    }
}

/// The name that most labels gave to samples of a class, whatever class a sample of another name is believed to be of.
#[test]
fn the_names_of_labels_are_exported() {
    let state = State::of("bundled:iris");
    assert_eq!(state.labels().lines().next(), Some("sample,class,confidence,asked"));
    let label = |(sample, class)| json!({ "kind": "label", "sample": sample, "class": class }).to_string();
    let said = [(0, "rose"), (1, "setosa"), (2, "setosa")].map(label).join("\n");
    state.run("query", &[], &(said + "\n{\"pair\":[0,1],\"same\":true}\n{\"pair\":[0,149],\"same\":false}"));
    let labels = state.labels();
    let rows: Vec<Vec<&str>> = labels.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0], ["sample", "class", "confidence", "asked", "class_name"]);
    let class_of_first = rows.iter().find(|row| row[0] == "1").unwrap()[1];
    assert!(rows[1..].iter().all(|row| (row[1] == class_of_first) == (row[4] == "setosa")), "{labels}");
    assert!(rows[150][4].is_empty(), "{labels}");
}
