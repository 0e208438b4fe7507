//! What is written over a link, a pipe, a device or a file with permissions of its own stays what it is.

use std::fs;
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::process::{Command, Stdio};

use ndarray::Array1;
use ndarray_npy::NpzReader;
use pal::data::io::read_npz;

use crate::drive::{Finished, State, run, write};

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
    report(&state, &state.dir()).refuses(1, &["state: it is a folder, expected a file"]);
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
