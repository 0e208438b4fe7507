//! The `id` of a question, sent back with the answer: it is checked, and nothing is taken in if it does not fit.

use serde_json::{Value, json};

use crate::drive::{Dialogue, State};

/// Two questions are open at a time; the ids and pairs of those.
fn two_open(state: &State) -> (Dialogue, [Value; 2]) {
    let mut dialogue = Dialogue::start(state, &["--count", "2"]);
    let questions = [dialogue.hear(), dialogue.hear()];
    (dialogue, questions)
}

#[test]
fn the_id_of_the_question_comes_back_with_the_answer() {
    let state = State::of("bundled:iris");
    let (mut dialogue, [first, second]) = two_open(&state);
    let pair = |question: &Value| question["question"]["pair"].clone();
    assert_eq!((&first["id"], &second["id"]), (&json!(0), &json!(1)));

    // With the pair, in either order of its samples; the question is then closed, and another takes its place.
    let reversed = json!([pair(&second)[1], pair(&second)[0]]);
    let acknowledged = dialogue.ask(&json!({ "id": 1, "pair": reversed, "same": true }));
    assert_eq!(acknowledged["acknowledged"], json!(1));
    assert_eq!(dialogue.hear()["id"], json!(2));

    // In place of the pair.
    let acknowledged = dialogue.ask(&json!({ "id": 0, "same": false, "annotator": "ada", "seconds": 2 }));
    assert_eq!(acknowledged["acknowledged"], json!(2));
    let third = dialogue.hear();
    assert_eq!(third["id"], json!(3));
    let acknowledged = dialogue.ask(&json!({ "id": 3, "skip": true }));
    assert_eq!(acknowledged["acknowledged"], json!(3));
    dialogue.hear();
    assert_eq!(dialogue.end(), Some(0));

    let log: Vec<Value> = state.log().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(log[2]["entry"]["answer"]["answered"]["pair"], pair(&first));
    assert_eq!(log[3]["entry"]["skip"], pair(&third));
}

#[test]
fn the_id_of_another_question_is_refused() {
    let state = State::of("bundled:iris");
    let (mut dialogue, [first, second]) = two_open(&state);
    let (first, second) = (first["question"]["pair"].clone(), second["question"]["pair"].clone());
    dialogue.ask(&json!({ "id": 0, "same": true }));
    dialogue.hear();
    let refused = [
        (json!({ "id": 1, "pair": first, "same": true }), "question 1 is about the pair"),
        (json!({ "id": 1, "pair": first, "skip": true }), "question 1 is about the pair"),
        (json!({ "id": 0, "pair": first, "same": true }), "question 0 was answered or skipped before"),
        (json!({ "id": 0, "same": true }), "an answer to one of the questions [1, 2]"),
        (json!({ "id": 7, "pair": second, "same": true }), "question 7 was not asked"),
        (json!({ "id": -1, "same": true }), "id: "),
        (json!({ "id": "1", "same": true }), "id: "),
        (json!({ "id": 1 }), "expected one of"),
        (json!({ "same": true }), "neither the pair nor the id of a question"),
        (json!({ "id": 1, "pair": [3, 3], "same": true }), "two different samples"),
        (
            json!({ "id": 1, "kind": "label", "sample": 1, "class": "a" }),
            "the field \"id\" does not belong there",
        ),
    ];
    for (line, word) in refused {
        let error = dialogue.ask(&line)["error"].as_str().unwrap().to_owned();
        assert!(error.contains(word), "{word:?} is not in {error:?}");
    }
    dialogue.end();
    assert_eq!(state.log().lines().count(), 2);
}

/// Two labels for one sample, and a pair answered both ways: each is taken in, as the contradiction of one answer.
#[test]
fn what_contradicts_itself_is_kept_and_named() {
    let state = State::of("bundled:iris");
    let mut dialogue = Dialogue::start(&state, &[]);
    dialogue.hear();
    let label = |sample: usize, class: &str| json!({ "kind": "label", "sample": sample, "class": class });
    let mut tell = |line: Value| dialogue.ask(&line);
    tell(label(0, "x"));
    let second = tell(label(0, "y"));
    assert_eq!((&second["contradictions"], &second["contradiction"]), (&json!(1), &json!([1])));
    for (sample, class) in [(1, "x"), (2, "y"), (3, "y")] {
        let right = tell(label(sample, class));
        assert_eq!((&right["contradictions"], &right["contradiction"]), (&json!(1), &Value::Null));
    }
    tell(json!({ "pair": [70, 80], "same": true }));
    let opposite = tell(json!({ "pair": [80, 70], "same": false }));
    assert_eq!((&opposite["contradictions"], &opposite["contradiction"]), (&json!(2), &json!([6])));
    tell(json!({ "retract": 1 }));
    let resolved = tell(json!({ "retract": 6 }));
    assert_eq!(resolved["contradictions"], json!(0));
    dialogue.end();
    let report = state.beside("report.html");
    state.run("query", &[], &format!("{}\n{}\n", label(9, "x"), label(9, "y")));
    assert_eq!(state.run("report", &["--out", &report.display().to_string()], "").code, Some(0));
    assert!(std::fs::read_to_string(report).unwrap().contains("of y"));
}

#[test]
fn a_field_that_comes_twice_is_refused() {
    let state = State::of("bundled:iris");
    let twice = [
        (r#"{"pair":[2,3],"same":false,"same":true}"#, "same"),
        (r#"{"pair":[2,3],"pair":[4,5],"same":true}"#, "pair"),
        (r#"{"id":0,"id":1,"same":true}"#, "id"),
        (r#"{"retract":1,"retract":2}"#, "retract"),
        (r#"{"pair":[2,3],"same":true,"s\u0061me":true}"#, "same"),
        (r#"{"pair":[2,3],"skip":true,"skip":true}"#, "skip"),
        (r#"{"kind":"label","sample":1,"class":"a","class":"b"}"#, "class"),
    ];
    let said = state.run("query", &["--count", "2"], &twice.map(|(line, _)| line).join("\n")).lines();
    for ((line, field), said) in twice.iter().zip(&said[2..]) {
        let error = said["error"].as_str().unwrap_or_else(|| panic!("{line}: {said}"));
        assert!(error.contains(&format!("the field \"{field}\" comes twice")), "{error}");
    }
    assert!(!state.file("answers.jsonl").exists() || state.log().lines().count() <= 1);
}
