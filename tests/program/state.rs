//! State directories: one writer, the right data set, and damage that is found.

use std::fs;

use serde_json::json;

use crate::drive::{Dialogue, State, pal, run};

fn embed(features: &str, state: &State) -> crate::drive::Finished {
    run(pal().args(["embed", "--quiet", "--features", features, "--state"]).arg(state.dir()), "")
}

const ANSWER: &str = "{\"pair\":[0,1],\"same\":true}\n";

#[test]
fn one_program_writes_while_others_look() {
    let state = State::of("bundled:iris");
    let mut dialogue = Dialogue::start(&state, &[]);
    dialogue.hear();
    let process = dialogue.child.id().to_string();
    for command in ["query", "label"] {
        state.run(command, &[], "").refuses(4, &["another program", &process]);
    }
    embed("bundled:iris", &state).refuses(4, &["another program"]);
    assert!(dialogue.ask(&json!({ "pair": [0, 1], "same": true }))["acknowledged"].is_u64());
    assert!(state.labels().lines().nth(1).unwrap().ends_with("true"));
    dialogue.end();
    assert_eq!(state.run("query", &[], ANSWER).code, Some(0));
}

#[test]
fn answers_keep_a_state_from_being_made_of_other_features() {
    let state = State::of("bundled:iris");
    assert_eq!(embed("bundled:wine", &state).code, Some(0)); // no answers yet
    assert_eq!(embed("bundled:iris", &state).code, Some(0));
    state.run("query", &[], ANSWER);
    embed("bundled:wine", &state).refuses(1, &["150 samples of 4", "178 samples of 13", "another --state"]);
    let again = embed("bundled:iris", &state);
    assert!(again.code == Some(0) && again.out.contains("1 answers kept"), "{}", again.out);
}

#[test]
fn the_log_of_another_data_set_is_refused() {
    let (irises, wines) = (State::of("bundled:iris"), State::of("bundled:wine"));
    irises.run("query", &[], ANSWER);
    fs::copy(irises.file("answers.jsonl"), wines.file("answers.jsonl")).unwrap();
    for (command, options) in [("query", &[][..]), ("export", &["--labels", "x.csv"])] {
        wines
            .run(command, options, "")
            .refuses(1, &["about 150 samples of 4", "expected answers about 178 samples"]);
    }
}

#[test]
fn a_flipped_byte_is_found_and_the_torn_end_of_a_log_is_not_missed() {
    let state = State::of("bundled:iris");
    state.run("query", &[], &ANSWER.repeat(5));
    let whole = state.log();
    let flipped = whole.replacen(
        "\"id\":3,\"entry\":{\"answer\":{\"answered\":{\"kind\":\"pair\",\"pair\":[0,1]",
        "\"id\":3,\"entry\":{\"answer\":{\"answered\":{\"kind\":\"pair\",\"pair\":[0,2]",
        1,
    );
    assert_ne!(flipped, whole);
    fs::write(state.file("answers.jsonl"), flipped).unwrap();
    state
        .run("query", &[], ANSWER)
        .refuses(1, &["answers.jsonl", "record 3 (line 4) is damaged", "checksum"]);

    fs::write(state.file("answers.jsonl"), &whole[..whole.len() - 30]).unwrap();
    let torn = state.run("query", &[], ANSWER);
    assert!(torn.err.contains("not acknowledged") && torn.code == Some(0), "{}", torn.err);
    assert_eq!(torn.lines()[1]["acknowledged"], json!(5));
    assert_eq!(state.log().lines().count(), 6);
}

#[test]
fn damaged_files_are_named_and_what_is_derived_can_be_made_anew() {
    let state = State::of("bundled:iris");
    state.run("query", &[], ANSWER);
    let [path] = &state.starts()[..] else { panic!("one start") };
    let mut start = fs::read(path).unwrap();
    start[1000] ^= 1;
    fs::write(path, start).unwrap();
    state.run("query", &[], "").refuses(1, &["start-", "checksum", "pal embed"]);
    assert_eq!(embed("bundled:iris", &state).code, Some(0));
    assert_eq!(state.run("query", &[], ANSWER).code, Some(0));

    let settings = fs::read_to_string(state.file("state.json")).unwrap();
    fs::write(state.file("state.json"), settings.replace("\"format\": 1", "\"format\": 2")).unwrap();
    state.run("query", &[], "").refuses(1, &["state.json", "format 2, expected format 1"]);
    fs::write(state.file("state.json"), &settings[..40]).unwrap();
    state.run("query", &[], "").refuses(1, &["state.json"]);
}

#[test]
fn what_a_killed_program_left_behind_is_removed() {
    let state = State::of("bundled:iris");
    let left = [".pal-a1B2c3", ".pal-ZZZZZZ"].map(|name| state.file(name));
    let others = [".pal-notes.txt", ".pal-", "pal-a1B2c3"].map(|name| state.file(name));
    left.iter().chain(&others).for_each(|path| fs::write(path, "x").unwrap());
    let looking = state.labels();
    assert!(left.iter().all(|path| path.exists()), "whoever looks has no lock");
    state.run("query", &[], ANSWER);
    assert!(left.iter().all(|path| !path.exists()) && others.iter().all(|path| path.exists()));
    assert!(looking.starts_with("sample,class"));
}

#[test]
fn a_start_that_is_missing_and_names_too_few_are_made_anew() {
    let state = State::of("bundled:iris");
    state.run("query", &[], ANSWER);
    fs::remove_file(&state.starts()[0]).unwrap();
    let hint = "`pal embed` with the same features makes it anew";
    state.run("query", &[], "").refuses(1, &["start-", "no such file", hint]);
    assert_eq!(embed("bundled:iris", &state).code, Some(0));
    let path = state.file("state.json");
    let mut settings: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    settings["names"] = json!(vec!["iris"; 149]);
    fs::write(path, settings.to_string()).unwrap();
    for (command, options) in [("query", &[][..]), ("export", &["--labels", "x.csv"])] {
        state
            .run(command, options, "")
            .refuses(1, &["state.json", "149 names of samples, expected 150", hint]);
    }
    let again = embed("bundled:iris", &state);
    assert!(again.code == Some(0) && again.out.contains("1 answers kept"), "{}", again.err);
}

#[test]
fn a_file_is_no_state_directory() {
    let state = State::of("bundled:iris");
    let file = state.beside("file");
    fs::write(&file, "x").unwrap();
    let said = [&file.display().to_string(), ": a file, expected a state directory"].concat();
    for command in
        [&["embed", "--features", "bundled:iris"][..], &["query"], &["export", "--labels", "x.csv"]]
    {
        run(pal().args(command).arg("--state").arg(&file), "").refuses(1, &[&said]);
    }
}

/// Numbers among the smallest there are, each a multiple of the least, are those samples in another unit.
#[test]
fn a_start_does_not_depend_on_the_unit() {
    let folder = tempfile::tempdir().unwrap();
    let numbers =
        ndarray::Array2::from_shape_fn((60, 2), |(i, j)| ((7 * i + 31 * j) % 29 + 400 * (i % 2)) as f64);
    let [plain, least] = [1.0, f64::from_bits(1)].map(|unit| {
        let path = folder.path().join("x.npy");
        pal::data::io::write_npy(&path, &(&numbers * unit)).unwrap();
        State::of(&path.display().to_string())
    });
    let [plain, least] = [plain, least].map(|state| fs::read(&state.starts()[0]).unwrap());
    assert!(plain == least);
}

#[test]
fn embed_says_how_many_neighbours_it_found() {
    let state = State::of("bundled:iris");
    let embed = |options: &[&str]| {
        let arguments = ["embed", "--json", "--features", "bundled:digits", "--state"];
        run(pal().args(arguments).arg(state.dir()).args(options), "")
    };
    let said =
        |finished: &crate::drive::Finished| serde_json::from_str::<serde_json::Value>(&finished.out).unwrap();
    assert!(said(&embed(&[]))["recall"].is_null());
    let approximate = embed(&["--search", "approximate", "--recall", "0.8"]);
    let recall = said(&approximate)["recall"].as_f64().unwrap();
    assert!(
        (0.7..=1.0).contains(&recall) && approximate.err.contains("nearest neighbours found"),
        "{recall}"
    );
    embed(&["--search", "approximate", "--recall", "1"]).refuses(1, &["recall", "below 1"]);
    embed(&["--search", "some"]).refuses(2, &["auto", "exact", "approximate"]);
    // The state is made of the same search again when it moves.
    assert!(fs::read_to_string(state.dir().join("state.json")).unwrap().contains("approximate"));
}
