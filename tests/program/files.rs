//! Files as users have them: read right, or refused with what to do; and names from them that are harmless to show.

use std::fs;
use std::path::{Path, PathBuf};

use ndarray::{Array2, array};
use pal::data::io::{Numbers, write_npy, write_npz};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::drive::{Finished, pal, run, write};

/// A folder with the same samples in many files.
struct Files {
    folder: TempDir,
    numbers: Array2<f64>,
}

const N: usize = 60;

impl Files {
    /// Two clouds; every number has two decimals.
    fn new() -> Self {
        let numbers = Array2::from_shape_fn((N, 2), |(i, j)| {
            let wave = ((7 * i + 31 * j + 5 * i * j) % 97) as f64;
            ((wave + 400.0 * (i % 2) as f64) + 0.25).round() / 100.0 + 0.01
        });
        let files = Self { folder: tempfile::tempdir().unwrap(), numbers };
        write_npy(files.path("x.npy"), &files.numbers).unwrap();
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn rows(&self, delimiter: &str) -> Vec<String> {
        self.numbers.rows().into_iter().map(|row| format!("{}{delimiter}{}", row[0], row[1])).collect()
    }

    fn write(&self, name: &str, lines: &[String]) {
        write(&self.path(name), lines.join("\n") + "\n");
    }

    fn run(&self, arguments: &[&str]) -> Finished {
        run(pal().current_dir(self.folder.path()).args(arguments), "")
    }

    fn embed(&self, file: &str, options: &[&str]) -> Finished {
        let _ = fs::remove_dir_all(self.path("state"));
        self.run(&[&["embed", "--json", "--features", file, "--state", "state"], options].concat())
    }

    /// The result of an embedding that succeeds.
    fn embedded(&self, file: &str, options: &[&str]) -> Value {
        let finished = self.embed(file, options);
        assert_eq!(finished.code, Some(0), "{file}: {}", finished.err);
        finished.lines().pop().unwrap()
    }

    fn bench(&self, labels: &str, options: &[&str]) -> Finished {
        let arguments =
            ["bench", "--features", "x.npy", "--labels", labels, "--budget", "5", "--trials", "1"];
        self.run(&[&arguments[..], &["--json", "--out", "bench"], options].concat())
    }

    /// The curve of a measurement that succeeds.
    fn curve(&self, labels: &str, options: &[&str]) -> String {
        let finished = self.bench(labels, options);
        assert_eq!(finished.code, Some(0), "{labels}: {}", finished.err);
        fs::read_to_string(self.path("bench/bench.csv")).unwrap()
    }
}

fn with_header(header: &str, rows: impl IntoIterator<Item = String>) -> Vec<String> {
    std::iter::once(header.to_owned()).chain(rows).collect()
}

#[test]
fn every_form_of_the_features_gives_the_same_numbers() {
    let files = Files::new();
    let crc = files.embedded("x.npy", &[])["crc"].clone();
    let rows = files.rows(",");
    let counted = || rows.iter().enumerate().map(|(i, row)| format!("{i},{row}"));
    write(&files.path("bom_without_header.csv"), format!("\u{feff}{}", rows.join("\n")));
    files.write("index_column.csv", &with_header(",a,b", counted()));
    files.write("numbers_for_names.csv", &with_header("2019,2020", rows.clone()));
    files.write("semicolons.csv", &with_header("a;b", files.rows(";")));
    files.write(
        "decimal_commas.csv",
        &with_header("a;b", files.rows(";").iter().map(|row| row.replace('.', ","))),
    );
    files.write("tabs.TSV", &with_header("a\tb", files.rows("\t")));
    files.write("comment_line.txt", &with_header("# exported\na,b", rows.clone()));
    let named = rows
        .iter()
        .enumerate()
        .map(|(i, row)| format!("s{i:03},{row},{}", if i % 2 == 0 { "dog" } else { "cat" }));
    files.write("names_and_classes.csv", &with_header("id,a,b,class", named));
    let mut missing = with_header("a,b", rows.clone());
    missing[5] = "1.5,NA".to_owned();
    files.write("missing_cells.csv", &missing);
    let array = || Numbers::from(files.numbers.view());
    let ids = Array2::from_shape_fn((N, 1), |(i, _)| i64::try_from(i).unwrap());
    write_npz(files.path("one_array.npz"), &[("embeddings", array())]).unwrap();
    write_npz(files.path("two_arrays.npz"), &[("embeddings", array()), ("ids", ids.view().into())]).unwrap();

    for (file, options, header) in [
        ("bom_without_header.csv", &[][..], Some(false)),
        ("index_column.csv", &[], Some(true)),
        ("numbers_for_names.csv", &["--header", "present"], Some(true)),
        ("semicolons.csv", &[], Some(true)),
        ("decimal_commas.csv", &["--decimal", "comma"], Some(true)),
        ("tabs.TSV", &[], Some(true)),
        ("comment_line.txt", &[], Some(true)),
        ("names_and_classes.csv", &["--names", "id", "--drop", "class"], Some(true)),
        ("names_and_classes.csv", &["--drop", "id,class", "--delimiter", "comma"], Some(true)),
        ("one_array.npz", &[], None),
        ("two_arrays.npz", &["--array", "embeddings"], None),
    ] {
        let embedded = files.embedded(file, options);
        assert_eq!((&embedded["samples"], &embedded["crc"]), (&json!(N), &crc), "{file}");
        assert_eq!(embedded["header"], json!(header), "{file}");
    }
    for (file, words) in [
        ("decimal_commas.csv", &["line 2, column 1 (a)", "--decimal=comma"][..]),
        ("names_and_classes.csv", &["s000", "--names=COLUMN", "--drop=COLUMN"]),
        ("missing_cells.csv", &["line 6, column 2 (b)", "NA", "filled in", "--drop=COLUMN"]),
        ("two_arrays.npz", &["embeddings", "ids", "--array=NAME"]),
    ] {
        files.embed(file, &[]).refuses(1, words);
    }
    let index = files.embed("index_column.csv", &["--quiet"]);
    assert!(
        index.err.contains("warning")
            && index.err.contains("index column 1")
            && index.err.contains("--keep-index")
    );
    assert_eq!(index.lines()[0]["left_out"], json!(["1"]));
    assert_ne!(files.embedded("index_column.csv", &["--keep-index"])["crc"], crc);
    let numbers = files.embed("numbers_for_names.csv", &["--quiet"]);
    assert!(numbers.err.contains("warning") && numbers.err.contains("--header=present"), "{}", numbers.err);
    assert_eq!(
        (&numbers.lines()[0]["samples"], &numbers.lines()[0]["header"]),
        (&json!(N + 1), &json!(false))
    );
    assert_eq!(files.embed("numbers_for_names.csv", &["--quiet", "--header", "absent"]).err, "");
    let stated = files.embed("semicolons.csv", &[]).err;
    assert!(
        stated.contains("60 rows of 2 numbers, the first row names the columns, delimiter semicolon"),
        "{stated}"
    );
}

#[test]
fn options_of_other_kinds_of_files_are_refused() {
    let files = Files::new();
    files.write("x.csv", &files.rows(","));
    write_npy(files.path("flat.npy"), &files.numbers.column(0).to_owned()).unwrap();
    for (file, options, words) in [
        ("x.npy", &["--names", "id"][..], &["--names", "a table of text"][..]),
        ("bundled:iris", &["--drop", "1"], &["--drop", "a table of text"]),
        ("x.csv", &["--array", "x"], &["--array", "an .npz file"]),
        ("flat.npy", &[], &["shape [60]", "[n, 1]"]),
    ] {
        files.embed(file, options).refuses(1, words);
    }
    for options in [["--header", "maybe"], ["--delimiter", "x"], ["--decimal", "."], ["--encoding", "ebcdic"]]
    {
        files.embed("x.csv", &options).refuses(2, &[options[0], options[1], "expected"]);
    }
}

#[test]
fn labels_are_never_shifted() {
    let files = Files::new();
    let labels = |lines: &[String]| files.write("y.csv", lines);
    let classes: Vec<String> = (0..N).map(|i| (i % 2).to_string()).collect();
    let words: Vec<String> = (0..N).map(|i| if i % 2 == 0 { "cat" } else { "dog" }.to_owned()).collect();
    labels(&classes);
    let curve = files.curve("y.csv", &[]);
    for (lines, options) in [
        (with_header("class", classes.clone()), &[][..]),
        (with_header("\u{feff}\"class\"", classes.clone()), &[]),
        (words.clone(), &[]),
        (with_header("kind", words.clone()), &["--labels-header", "present"]),
        (
            with_header("id,kind,x", words.iter().enumerate().map(|(i, word)| format!("s{i},{word},{i}"))),
            &["--labels-column", "kind"],
        ),
        (with_header("2019", classes.clone()), &["--labels-header", "present"]),
    ] {
        labels(&lines);
        assert_eq!(files.curve("y.csv", options), curve, "{:?}", lines[0]);
    }
    for (lines, options, expected) in [
        (with_header("0", classes.clone()), &[][..], ["61 labels", "60", "--labels-header=present"]),
        (with_header("2019", classes.clone()), &[], ["61 labels", "60", "--labels-header=present"]),
        (with_header("kind", words.clone()), &[], ["61 labels", "60", "--labels-header=present"]),
        (with_header("x", classes[1..].to_vec()), &[], ["59 labels", "60", "--labels-header=absent"]),
        (with_header("NA", words[1..].to_vec()), &[], ["line 1", "NA", "missing"]),
        (with_header("01", classes[1..].to_vec()), &[], ["line 1: ", "line 2: ", "in one way"]),
    ] {
        labels(&lines);
        files.bench("y.csv", options).refuses(1, &expected);
    }
    write(&files.path("y.csv"), [&b"caf\xe9\ncaf\xe8\n"[..]; 30].concat());
    files.bench("y.csv", &[]).refuses(1, &["line 1: bytes that are not UTF-8", "--encoding=latin1"]);
    assert_eq!(files.curve("y.csv", &["--encoding", "latin1"]), curve, "two classes");
    let stated = files.bench("y.csv", &["--encoding", "latin1"]);
    assert_eq!(stated.lines()[0]["labels_header"], json!(false));
}

#[test]
fn numbers_name_one_class_however_they_are_written() {
    let files = Files::new();
    let with = |even: &[&str], odd: &[&str]| {
        let line =
            |i: usize| if i.is_multiple_of(2) { even[i / 2 % even.len()] } else { odd[i / 2 % odd.len()] };
        files.write("y.csv", &(0..N).map(|i| line(i).to_owned()).collect::<Vec<_>>());
        files.curve("y.csv", &[])
    };
    let curve = with(&["0"], &["1"]);
    assert_eq!(with(&["0.0", "-0.0", "0", "+0"], &["1", "1.0", "1e0", " 1 "]), curve);
    assert_eq!(with(&["01"], &["02"]), curve);
    // Beyond the digits that floating point tells apart.
    assert_eq!(with(&["9007199254740992"], &["9007199254740993"]), curve);
    let zeros = Array2::from_shape_fn((N, 1), |(i, _)| {
        if i % 2 == 1 {
            1.0
        } else if i % 4 == 0 {
            0.0
        } else {
            -0.0
        }
    });
    write_npy(files.path("y.npy"), &zeros).unwrap();
    assert_eq!(files.curve("y.npy", &[]), curve);
    write_npz(files.path("y.npz"), &[("x", array![1.0].view().into()), ("y", zeros.view().into())]).unwrap();
    assert_eq!(files.curve("y.npz", &["--labels-column", "y"]), curve);
    files.bench("y.npz", &[]).refuses(1, &["arrays", "--labels-column=NAME"]);
}

#[test]
fn names_appear_in_questions_report_and_export() {
    let files = Files::new();
    let named =
        files.rows(",").into_iter().enumerate().map(|(i, row)| format!("\"page {i}\u{1b}[2J\n\",{row}"));
    files.write("x.csv", &with_header("id,a,b", named));
    files.embedded("x.csv", &["--names", "id"]);
    let shown = "\\u001b[2J\\u000a";
    let labelled = run(
        pal().current_dir(files.folder.path()).args(["label", "--state", "state", "--image", "2x1"]),
        "y\nu\nq\n",
    );
    assert_eq!(labelled.code, Some(0), "{}", labelled.err);
    assert!(labelled.out.contains(": page ") && labelled.out.contains(shown), "{}", labelled.out);
    assert!(labelled.err.contains("taken back: ") && labelled.err.contains(shown), "{}", labelled.err);
    assert!(!labelled.out.contains('\u{1b}') && !labelled.err.contains('\u{1b}'));
    let latin_1: Vec<u8> = (0..N)
        .flat_map(|i| format!("caf\u{e9} {i}\n").chars().map(|c| c as u8).collect::<Vec<_>>())
        .collect();
    write(&files.path("items.txt"), latin_1);
    let label = |options: &[&str]| {
        let label = ["label", "--state", "state", "--items", "items.txt"];
        run(pal().current_dir(files.folder.path()).args(label).args(options), "q\n")
    };
    label(&[]).refuses(1, &["line 1: bytes that are not UTF-8", "--encoding=latin1"]);
    assert!(label(&["--encoding", "latin1"]).out.contains(": caf\u{e9} "));
    let says = [
        json!({ "pair": [0, 2], "same": true }),
        json!({ "pair": [2, 4], "same": true }),
        json!({ "pair": [0, 4], "same": false, "annotator": "eve\u{1b}[8m\u{202e}<b>" }),
    ];
    let says: Vec<String> = says.iter().map(ToString::to_string).collect();
    let heard =
        run(pal().current_dir(files.folder.path()).args(["query", "--state", "state"]), &says.join("\n"));
    assert_eq!((heard.code, heard.out.contains("\"error\":\"")), (Some(0), false), "{}", heard.out);
    let report = files.run(&["report", "--state", "state", "--out", "r.html"]);
    assert_eq!(report.code, Some(0), "{}", report.err);
    let page = fs::read_to_string(files.path("r.html")).unwrap();
    assert!(page.contains(&format!("0: page 0{shown} | 4: page 4{shown}")));
    assert!(
        page.contains("<td>eve\\u001b[8m\\u202e&lt;b&gt;</td>") && !page.contains(['\u{1b}', '\u{202e}'])
    );
    files.run(&["export", "--state", "state", "--labels", "l.jsonl"]);
    let first = fs::read_to_string(files.path("l.jsonl")).unwrap().lines().next().map(str::to_owned).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&first).unwrap()["name"], json!("page 0\u{1b}[2J\n"));
    files.run(&["export", "--state", "state", "--labels", "L.CSV"]);
    let labels = fs::read_to_string(files.path("L.CSV")).unwrap();
    assert!(labels.starts_with("sample,class,confidence,asked,name\n0,"), "{labels}");
}

#[test]
fn errors_and_json_are_harmless_to_show() {
    let files = Files::new();
    let acts = ['\u{1b}', '\u{7}', '\u{9b}', '\u{7f}', '\u{202e}'];
    let bad = "\u{1b}]0;x\u{7}\u{9b}1m\u{7f}\u{202e}";
    write(&files.path(&format!("{bad}.csv")), format!("{bad}a,b\n1,2\n{bad},3\n"));
    for options in [&[][..], &["--header", "absent"], &["--drop", bad], &["--names", "b", "--drop", "b"]] {
        let finished = files.embed(&format!("{bad}.csv"), options);
        finished.refuses(1, &["\\u001b]0;x\\u0007\\u009b1m"]);
        assert!(!finished.err.contains(acts), "{:?}", finished.err);
        assert!(
            finished.err.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()),
            "{}",
            finished.err
        );
    }
    let plain = files.run(&["embed", "--features", &format!("{bad}.npy"), "--state", "s"]);
    plain.refuses(1, &["\\u001b]0;x"]);
    assert!(!plain.err.contains(acts), "{:?}", plain.err);
    let finished = files.run(&["embed", "--json", "--features", "x.npy", "--state", bad]);
    assert_eq!((finished.code, finished.out.contains(acts)), (Some(0), false));
    assert_eq!(finished.lines()[0]["state"], json!(bad));
    assert!(Path::new(&files.path(bad)).exists());
}

#[test]
fn a_state_that_does_not_say_how_its_features_were_read_goes_on() {
    let files = Files::new();
    files.write(
        "x.csv",
        &with_header("i,a,b", files.rows(",").iter().enumerate().map(|(i, row)| format!("{i},{row}"))),
    );
    files.embedded("x.csv", &["--keep-index"]);
    let path = files.path("state/state.json");
    let mut settings: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert!(settings.as_object_mut().unwrap().remove("reading").is_some());
    write(&path, settings.to_string());
    let label = ["label", "--state", "state", "--image", "3x1"];
    let labelled = run(pal().current_dir(files.folder.path()).args(label), "y\nq\n");
    assert_eq!(labelled.code, Some(0), "{}", labelled.err);
    // Given otherwise, they are others, and the answers are safe.
    let again = files.run(&["embed", "--features", "x.csv", "--state", "state"]);
    again.refuses(1, &["--keep-index", "there are answers"]);
}

/// What is found of a file of labels is stated: how many classes, in which column, how it is written.
#[test]
fn labels_are_stated() {
    let files = Files::new();
    let stated = |lines: &[String], options: &[&str]| {
        files.write("y.csv", lines);
        let finished = files.bench("y.csv", options);
        assert_eq!(finished.code, Some(0), "{}", finished.err);
        finished.err
    };
    let words = (0..N).map(|i| format!("s{i};{};{i}", ["cat", "dog", "cow"][i % 3]));
    let err = stated(&with_header("# of 2024\nid;kind;x", words), &["--labels-column", "kind"]);
    let expected = "y.csv: 60 labels of 3 classes in column 2 of 3, the first row names the columns, delimiter semicolon, \
                    1 comment line";
    assert!(err.contains(expected), "{err}");
    // Decimal commas that were not said to be some: the last column is one class.
    let halves: Vec<String> = (0..N).map(|i| format!("1{},5", i % 2)).collect();
    let err = stated(&halves, &[]);
    assert!(err.contains("60 labels of the one class \\\"5\\\" in column 2 of 2, no row names"), "{err}");
    let err = stated(&halves, &["--decimal", "comma"]);
    assert!(err.contains("60 labels of 2 classes in column 1 of 1"), "{err}");
    let bundled = run(
        pal().current_dir(files.folder.path()).args([
            "bench",
            "--features",
            "bundled:iris",
            "--labels",
            "bundled:iris",
            "--budget",
            "1",
            "--trials",
            "1",
            "--out",
            "b",
        ]),
        "",
    );
    assert!(bundled.err.contains("bundled:iris: 150 labels of 3 classes"), "{}", bundled.err);
}

/// Columns that say nothing are named; one with two values that are no rounding is none of them.
#[test]
fn constant_columns_and_comments_are_stated() {
    let files = Files::new();
    let rows =
        files.rows(",").into_iter().enumerate().map(|(i, row)| format!("{row},7,{},{}", 0.1 + 0.2, i % 2));
    files.write("x.csv", &with_header("# one\n#two\na,b,c,,e", rows));
    let embedded = files.embed("x.csv", &[]);
    assert_eq!(embedded.lines()[0]["constant"], json!(["c", "4"]));
    for words in ["60 rows of 5 numbers", "2 comment lines", "left out of distances: columns c, 4"] {
        assert!(embedded.err.contains(words), "{}", embedded.err);
    }
    assert_eq!(files.embedded("x.npy", &[])["constant"], json!([]));
    // The classes are in the one column that varies by little: 32 units of the last place of single precision.
    let halves: Vec<String> = (0..N).map(|i| ["200000.0,7", "200000.5,7"][i % 2].to_owned()).collect();
    files.write("halves.csv", &halves);
    let embedded = files.embedded("halves.csv", &[]);
    assert_eq!((&embedded["constant"], &embedded["clusters"]), (&json!(["2"]), &json!(2)));
}

/// Reading a table and making the graph of it take two copies of its numbers, and little else.
#[test]
#[cfg(target_os = "linux")]
fn two_copies_of_the_numbers_are_enough() {
    let folder = tempfile::tempdir().unwrap();
    let features = folder.path().join("x.npy");
    let (n, p) = (400, 40_000);
    // One column says nothing, and units differ: the numbers are changed where they stand.
    let numbers = Array2::from_shape_fn((n, p), |(i, j)| match j {
        0 => 7.0,
        1..20_000 => ((i * 7919 + j * 104_729) % 1000) as f64,
        _ => 1e-3 * ((i * 31 + j * 17) % 997) as f64,
    });
    write_npy(&features, &numbers).unwrap();
    let mut command = pal();
    command.args(["embed", "--features"]).arg(&features).args(["--modes", "4", "--state"]);
    command.arg(folder.path().join("state")).env("RAYON_NUM_THREADS", "1");
    let mut child = command.spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<usize>().ok());
        peak = peak.max(kilobytes.unwrap_or_default());
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    assert!(child.wait().unwrap().success());
    let array = n * p * 8 / 1024;
    assert!(peak > array, "{peak} kB were seen of {array}");
    assert!(peak < array * 23 / 10, "{peak} kB for an array of {array} kB");
}
