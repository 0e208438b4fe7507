//! What is written over a link, a pipe, a device or a file with permissions of its own stays what it is.

use std::fs;
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::process::{Command, Stdio};

use ndarray::Array1;
use ndarray_npy::NpzReader;
use pal::data::io::{read_npz, write_npy};

use crate::drive::{Finished, State, pal, run, write};

fn report(state: &State, out: &std::path::Path) -> Finished {
    run(state.command("report", &["--quiet", "--out"]).arg(out), "")
}

#[test]
fn a_link_stays_and_its_file_is_written() {
    let state = State::of("bundled:iris");
    let [file, link, far, chain] =
        ["real.html", "link.html", "far", "chain.html"].map(|name| state.beside(name));
    write(&file, "old");
    fs::create_dir(&far).unwrap();
    symlink("real.html", &link).unwrap();
    symlink("far/../link.html", &chain).unwrap();
    for path in [&link, &chain] {
        write(&file, "old");
        assert_eq!(report(&state, path).code, Some(0));
        assert!(path.is_symlink() && !file.is_symlink() && fs::metadata(&file).unwrap().len() > 1000);
    }
    let dangling = state.beside("dangling.html");
    symlink("far/new.html", &dangling).unwrap();
    assert_eq!(report(&state, &dangling).code, Some(0));
    assert!(dangling.is_symlink() && fs::metadata(far.join("new.html")).unwrap().len() > 1000);
    let around = state.beside("around.html");
    symlink("around.html", &around).unwrap();
    report(&state, &around).refuses(1, &["around.html"]);
    // The other writers share the function.
    let labels = state.beside("labels.csv");
    symlink("real.html", &labels).unwrap();
    state.labels();
    assert!(labels.is_symlink() && fs::read_to_string(&file).unwrap().starts_with("sample,class"));
    let beside = fs::read_dir(state.beside("")).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(
        beside.into_iter().all(|name| !name.to_string_lossy().starts_with(".pal-")),
        "nothing is left over"
    );
}

#[test]
fn pipes_and_devices_are_written_to() {
    let state = State::of("bundled:iris");
    let pipe = state.beside("pipe.html");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = {
        let pipe = pipe.clone();
        std::thread::spawn(move || fs::read_to_string(pipe).unwrap())
    };
    assert_eq!(report(&state, &pipe).code, Some(0));
    assert!(reader.join().unwrap().trim_end().ends_with("</html>"));
    assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());

    let to_stdout =
        run(state.command("report", &["--json", "--out", "/dev/stdout"]).stdout(Stdio::piped()), "");
    assert!(to_stdout.out.starts_with("<!DOCTYPE html>") && to_stdout.out.trim_end().ends_with('}'));
    // Into a file as well: the page, then the result.
    let out = state.beside("out");
    let file = fs::File::create(&out).unwrap();
    run(state.command("report", &["--json", "--out", "/dev/stdout"]).stdout(file), "");
    assert_eq!(fs::read_to_string(&out).unwrap(), to_stdout.out);

    let null = run(&mut state.command("export", &["--labels", "/dev/null", "--quiet"]), "");
    null.refuses(1, &["/dev/null", "npy"]);
    symlink("/dev/null", state.beside("null.npz")).unwrap();
    let null = state.beside("null.npz").display().to_string();
    assert_eq!(state.run("export", &["--graph", &null], "").code, Some(0));
    assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    symlink("/dev/full", state.beside("full.html")).unwrap();
    report(&state, &state.beside("full.html")).refuses(1, &["full.html", "No space"]);
}

#[test]
fn permissions_are_kept_and_obeyed() {
    let state = State::of("bundled:iris");
    let page = state.beside("page.html");
    write(&page, "old");
    let mode = |mode| fs::set_permissions(&page, fs::Permissions::from_mode(mode)).unwrap();
    mode(0o640);
    assert_eq!(report(&state, &page).code, Some(0));
    assert_eq!(fs::metadata(&page).unwrap().permissions().mode() & 0o777, 0o640);
    write(&page, "old");
    mode(0o444);
    report(&state, &page).refuses(1, &["page.html", "read-only"]);
    assert_eq!(fs::read_to_string(&page).unwrap(), "old");
    report(&state, &state.beside("")).refuses(1, &["it is a folder, expected a file"]);
    report(&state, &page.join("below.html")).refuses(1, &["page.html"]);
}

#[test]
fn answers_are_kept_in_a_file_or_not_acknowledged() {
    let state = State::of("bundled:iris");
    let log = state.file("answers.jsonl");
    symlink("/dev/null", &log).unwrap();
    state
        .run("query", &[], "{\"pair\":[0,1],\"same\":true}")
        .refuses(1, &["answers.jsonl", "expected a file"]);
    fs::remove_file(&log).unwrap();
    let elsewhere = state.beside("elsewhere.jsonl");
    symlink("../elsewhere.jsonl", &log).unwrap();
    let said = state.run("query", &[], "{\"pair\":[0,1],\"same\":true}");
    assert_eq!((said.code, log.is_symlink()), (Some(0), true), "{}", said.err);
    assert_eq!(fs::read_to_string(elsewhere).unwrap().lines().count(), 2);
}

#[test]
fn exported_indices_are_integers() {
    let state = State::of("bundled:iris");
    let [graph, labels] = ["g.npz", "l.npz"].map(|name| state.beside(name).display().to_string());
    assert_eq!(state.run("export", &["--graph", &graph, "--labels", &labels], "").code, Some(0));
    let integers = |file: &str, name: &str| -> Array1<i64> {
        NpzReader::new(fs::File::open(file).unwrap()).unwrap().by_name(name).unwrap()
    };
    let (row, column) = (integers(&graph, "row"), integers(&graph, "column"));
    assert!(row.len() > 150 && row.iter().zip(&column).all(|(&i, &j)| 0 <= i && i < j && j < 150));
    let (class, asked) = (integers(&labels, "class"), integers(&labels, "asked"));
    assert_eq!((class.len(), asked.sum()), (150, 0));
    let confidence: Array1<f64> = read_npz(&labels, "confidence").unwrap();
    let weight: Array1<f64> = read_npz(&graph, "weight").unwrap();
    assert_eq!((confidence.len(), weight.len()), (150, row.len()));
}

/// However it is reached: by name, through a link, as another name of the same file, in a folder that is not there yet.
#[test]
fn outputs_are_never_what_is_read_or_part_of_the_state() {
    let state = State::of("bundled:iris");
    state.run("query", &[], "{\"pair\":[0,1],\"same\":true}");
    let log = state.file("answers.jsonl");
    let [link, hard, folder] = ["link.jsonl", "hard.jsonl", "folder"].map(|name| state.beside(name));
    symlink("state/answers.jsonl", &link).unwrap();
    fs::hard_link(&log, &hard).unwrap();
    symlink("state", &folder).unwrap();
    let before = state.log();
    let within = [
        log.clone(),
        state.file("../state/./answers.jsonl"),
        state.file("state.json"),
        state.file("lock"),
        state.file("start-00000000.npz"),
        folder.join("answers.jsonl"),
        link.clone(),
        hard.clone(),
    ];
    for path in &within {
        report(&state, path).refuses(1, &["--out", "a file of the state", "expected another"]);
        let exported = run(state.command("export", &["--pairs"]).arg(path), "");
        exported.refuses(1, &["--pairs", "a file of the state"]);
    }
    assert_eq!((state.log(), link.is_symlink()), (before, true));
    // Whoever keeps files of theirs there may.
    assert_eq!(report(&state, &state.file("report.html")).code, Some(0));
    // A log that is kept elsewhere is part of the state as well.
    let elsewhere = state.beside("elsewhere.jsonl");
    fs::rename(&log, &elsewhere).unwrap();
    symlink("../elsewhere.jsonl", &log).unwrap();
    report(&state, &elsewhere).refuses(1, &["a file of the state"]);

    let items = state.beside("items.txt");
    write(&items, "x\n".repeat(150));
    let command = &mut state.command("report", &["--items"]);
    run(command.arg(&items).arg("--out").arg(&items), "").refuses(1, &["items.txt", "a file that is read"]);
    let features = state.beside("x.npy");
    write_npy(&features, &pal::data::iris().unwrap().inputs).unwrap();
    let old = fs::read(&features).unwrap();
    let other = state.beside("other");
    let embed = |out: &std::path::Path| {
        let mut embed = pal();
        embed.arg("embed").arg("--features").arg(&features).arg("--state").arg(&other);
        run(embed.arg("--out").arg(out), "")
    };
    embed(&features).refuses(1, &["--out", "a file that is read"]);
    embed(&other.join("state.json")).refuses(1, &["state.json"]);
    embed(&state.beside("z.csv")).refuses(1, &["z.csv", "a name that ends in .npy"]);
    assert!(!other.exists());
    assert_eq!(embed(&state.beside("z.npy")).code, Some(0));
    let mut of_other = pal();
    of_other.arg("report").arg("--state").arg(&other).arg("--out").arg(&features);
    run(&mut of_other, "").refuses(1, &["x.npy", "a file that is read"]);
    let bench = state.beside("bench");
    fs::create_dir(&bench).unwrap();
    let labels = bench.join("bench.csv");
    write(&labels, "a\nb\nc\n".repeat(50));
    let mut measure = pal();
    measure.args(["bench", "--features", "bundled:iris", "--budget", "1", "--labels"]).arg(&labels);
    run(measure.arg("--out").arg(&bench), "").refuses(1, &["bench.csv", "a file that is read"]);
    assert_eq!(fs::read(&features).unwrap(), old);
}

#[test]
fn two_outputs_are_two_files() {
    let state = State::of("bundled:iris");
    let path = state.beside("a.csv");
    let same = [path.clone(), state.beside("./a.csv"), state.beside("link.csv")];
    symlink("a.csv", &same[2]).unwrap();
    for other in &same {
        let mut export = state.command("export", &["--labels"]);
        let exported = run(export.arg(&path).arg("--pairs").arg(other), "");
        exported.refuses(1, &["--pairs", "the file that --labels writes", "expected another"]);
        assert!(!path.exists());
    }
    symlink("/dev/null", state.beside("null.csv")).unwrap();
    let null = state.beside("null.csv");
    let mut export = state.command("export", &["--labels"]);
    assert_eq!(run(export.arg(&null).arg("--pairs").arg(&null), "").code, Some(0), "nothing is lost there");
}

#[test]
fn of_a_hard_link_one_name_is_the_new_file() {
    let state = State::of("bundled:iris");
    let [page, other] = ["page.html", "other.html"].map(|name| state.beside(name));
    write(&page, "old");
    fs::hard_link(&page, &other).unwrap();
    assert_eq!(report(&state, &page).code, Some(0));
    assert!(fs::metadata(&page).unwrap().len() > 1000);
    assert_eq!(fs::read_to_string(&other).unwrap(), "old");
}

#[test]
fn a_full_disk_is_the_reason_and_the_only_word() {
    let state = State::of("bundled:iris");
    for (option, name) in [("--graph", "full.npz"), ("--labels", "full.npy"), ("--pairs", "full.csv")] {
        symlink("/dev/full", state.beside(name)).unwrap();
        let exported = run(state.command("export", &[option]).arg(state.beside(name)), "");
        exported.refuses(1, &[name, "No space"]);
        assert_eq!(exported.err.lines().count(), 1, "{}", exported.err);
    }
    // In a folder that is full: files may be no longer than this.
    let graph = state.beside("graph.npz").display().to_string();
    let command = format!(
        "ulimit -f 1; exec {} export --state {} --graph {graph}",
        env!("CARGO_BIN_EXE_pal"),
        state.dir().display()
    );
    let mut shell = Command::new("sh");
    shell.args(["-c", &command]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let limited = run(&mut shell, "");
    assert!(!limited.err.contains("drop failed"), "{}", limited.err);
    assert!(limited.code != Some(0) && !state.beside("graph.npz").exists());
}

#[test]
fn paths_need_not_be_text() {
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &[u8]| folder.path().join(std::ffi::OsStr::from_bytes(name));
    let (state, labels, page, out) =
        (path(b"s\xff"), path(b"l\xff.csv"), path(b"p\xff.html"), path(b"o\xff"));
    let embed = ["embed", "--features", "bundled:iris"];
    let bench =
        ["bench", "--features", "bundled:iris", "--labels", "bundled:iris", "--budget", "3", "--trials", "1"];
    for (command, options) in [
        (&embed[..], vec![("--state", &state)]),
        (&["export"], vec![("--state", &state), ("--labels", &labels)]),
        (&["report"], vec![("--state", &state), ("--out", &page)]),
        (&bench, vec![("--out", &out)]),
    ] {
        let mut program = pal();
        program.args(command).arg("--json");
        for (option, path) in options {
            program.arg(option).arg(path);
        }
        let finished = run(&mut program, "");
        assert!(finished.code == Some(0) && finished.lines().len() == 1, "{command:?}: {}", finished.err);
    }
    assert!([state, labels, page, out.join("bench.csv")].iter().all(|path| path.exists()));
}
