//! `pal learn`, and `pal embed --encoder`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use ndarray::{Array2, Array3, ArrayView2, s};
use ndarray_npy::WriteNpyExt;
use pal::data::io::read_npy;
use serde_json::json;

use crate::drive::{Dialogue, Finished, State, pal, run, species};

/// A folder of the first digits as png files.
fn write_digits(folder: &Path, count: usize) {
    let digits = pal::data::digits().unwrap().inputs;
    write_images(folder, digits.slice(s![..count, ..]), 8);
}

/// The same of MNIST.
pub(crate) fn write_mnist(folder: &Path, count: usize) {
    let digits = pal::data::mnist().unwrap().inputs;
    write_images(folder, digits.slice(s![..;5000 / count, ..]), 28);
}

fn write_images(folder: &Path, images: ArrayView2<f64>, side: u32) {
    fs::create_dir_all(folder).unwrap();
    for (image, pixels) in images.rows().into_iter().enumerate() {
        let bytes: Vec<u8> = pixels.iter().map(|pixel| (255.0 * pixel).round() as u8).collect();
        let file = fs::File::create(folder.join(format!("{image:04}.png"))).unwrap();
        let mut encoder = png::Encoder::new(file, side, side);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.write_header().unwrap().write_image_data(&bytes).unwrap();
    }
}

fn npy(path: &Path, array: &Array3<f64>) {
    array.write_npy(fs::File::create(path).unwrap()).unwrap();
}

const SHORT: [&str; 4] = ["--epochs", "2", "--batch", "16"];

fn learn(state: &State, options: &[&str]) -> Finished {
    state.run("learn", &[options, &SHORT].concat(), "")
}

#[track_caller]
fn done(finished: Finished) -> Finished {
    assert_eq!(finished.code, Some(0), "{}", finished.err);
    finished
}

/// The bytes of all files but the lock's and those of trainings under way, by name.
fn files(state: &State) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(state.dir()).unwrap().map(|file| file.unwrap().path()).collect();
    files.retain(|path| {
        let name = path.file_name().unwrap().to_string_lossy();
        name != "lock" && !name.starts_with("training-")
    });
    files.sort();
    files.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

#[test]
fn a_folder_of_images_becomes_a_state_whose_answers_train_it() {
    let state = State::empty();
    let (images, new) = (state.beside("images"), state.beside("new"));
    write_digits(&images, 40);
    write_digits(&new, 7);
    let (images, new) = (images.to_str().unwrap(), new.to_str().unwrap());
    let first = done(learn(&state, &["--features", images]));
    assert!(first.err.contains("40 images of 8 × 8 pixels, grey"), "{}", first.err);
    assert!(first.out.contains("40 samples") && first.out.contains("from 0 answers"), "{}", first.out);
    let said: String =
        (1..6).map(|other| json!({"pair": [0, other], "same": other == 3}).to_string() + "\n").collect();
    done(state.run("query", &[], &said));
    let log = state.log();
    // What it was trained on is known by now.
    let [encoder, z] = ["e.safetensors", "z.npy"].map(|name| state.beside(name).to_str().unwrap().to_owned());
    let again = done(learn(&state, &["--encoder", &encoder, "--out", &z, "--json"]));
    let object = &again.lines()[0];
    assert_eq!(
        (&object["answers"], &object["epochs"], &object["samples"]),
        (&json!(5), &json!(2), &json!(40))
    );
    assert_eq!(state.log(), log);
    let report = state.beside("report.html");
    done(state.run("report", &["--out", report.to_str().unwrap()], ""));
    let page = fs::read_to_string(&report).unwrap();
    assert!(page.contains("2 epochs") && page.contains("before a representation was learned"));
    assert_eq!(page.matches("<svg").count(), 4);
    // The first seven of the samples are the new ones.
    let of_new = state.beside("new.npy");
    let embed = |features: &str| {
        run(pal().args(["embed", "--encoder", &encoder, "--features", features, "--out"]).arg(&of_new), "")
    };
    done(embed(new));
    let (z, of_new): (Array2<f64>, Array2<f64>) = (read_npy(z).unwrap(), read_npy(&of_new).unwrap());
    assert_eq!(of_new.dim(), (7, z.ncols()));
    assert!((&z.slice(s![..7, ..]) - &of_new).iter().all(|difference| difference.abs() < 1e-5));
    // Samples of another shape.
    let wide = state.beside("wide.npy");
    npy(&wide, &Array3::zeros((2, 8, 9)));
    embed(wide.to_str().unwrap()).refuses(1, &["wide.npy", "[8, 8, 1]", "[8, 9, 1]", "e.safetensors"]);
    embed("bundled:iris").refuses(1, &["bundled:iris", "[8, 8, 1]", "[1, 4, 1]"]);
    // As many numbers, but no images.
    let flat = state.beside("flat.csv");
    fs::write(&flat, format!("{}\n", ["0.5"; 64].join(",")).repeat(2)).unwrap();
    embed(flat.to_str().unwrap()).refuses(1, &["flat.csv", "[1, 64, 1]"]);
    let whole = fs::read(&encoder).unwrap();
    fs::write(&encoder, &whole[..whole.len() / 2]).unwrap();
    embed(new).refuses(1, &["e.safetensors", "a file of an encoder"]);
}

#[test]
fn vectors_and_arrays_are_learned_and_an_encoder_of_vectors_takes_no_images() {
    let state = State::of("bundled:iris");
    let encoder = state.beside("e.safetensors");
    let encoder = encoder.to_str().unwrap();
    done(learn(&state, &["--encoder", encoder, "--loss", "simclr"]));
    let images = state.beside("images.npy");
    npy(&images, &Array3::zeros((2, 2, 2)));
    let out = state.beside("z.npy");
    let refused =
        run(pal().args(["embed", "--encoder", encoder, "--features"]).arg(&images).arg("--out").arg(out), "");
    refused.refuses(1, &["images.npy", "[1, 4, 1]", "[2, 2, 1]"]);
    let of_array = State::empty();
    npy(&images, &Array3::from_shape_fn((9, 4, 3), |(i, j, k)| ((i + 2 * j + 3 * k) % 7) as f64));
    done(learn(&of_array, &["--features", images.to_str().unwrap()]));
    let mut bad = Array3::zeros((3, 2, 2));
    bad[[1, 0, 1]] = f64::NAN;
    npy(&images, &bad);
    learn(&State::empty(), &["--features", images.to_str().unwrap()])
        .refuses(1, &["images.npy", "[1, 0, 1]", "NaN"]);
    npy(&images, &Array3::ones((1, 2, 2)));
    learn(&State::empty(), &["--features", images.to_str().unwrap()]).refuses(1, &["number of samples = 1"]);
}

#[test]
fn what_cannot_be_learned_from_is_refused_and_the_state_stays() {
    let state = State::of("bundled:iris");
    let said = "{\"pair\":[0,1],\"same\":true}\n{\"pair\":[0,60],\"same\":false}\n";
    done(state.run("query", &[], said));
    let before = files(&state);
    let images = state.beside("images");
    fs::create_dir(&images).unwrap();
    let source = images.to_str().unwrap();
    learn(&state, &["--features", source]).refuses(1, &["images", "no image"]);
    write_digits(&images, 3);
    learn(&state, &["--features", source])
        .refuses(1, &["150 samples of 4 numbers", "3 samples", "--same-samples"]);
    learn(&state, &["--features", source, "--same-samples"]).refuses(1, &["150 samples", "3 samples"]);
    fs::write(images.join("0001.png"), "no image").unwrap();
    learn(&state, &["--features", source]).refuses(1, &["0001.png", "another kind of file"]);
    learn(&state, &["--features", "bundled:iris", "--side", "4"])
        .refuses(1, &["--side", "a folder of images"]);
    learn(&state, &["--side", "4"]).refuses(1, &["--features"]);
    learn(&state, &["--rate", "-1"]).refuses(1, &["--rate", "positive"]);
    learn(&state, &["--minutes", "nan"]).refuses(1, &["--minutes", "minutes"]);
    learn(&state, &["--views", "1"]).refuses(1, &["views = 1", "at least 2"]);
    learn(&state, &["--loss", "simsiam"]).refuses(2, &["simsiam", "vicreg"]);
    learn(&state, &["--loss", "simclr", "--apart", "1"]).refuses(1, &["apart = 1", "no negative weight"]);
    learn(&state, &["--rate", "1e30"]).refuses(1, &["diverged", "smaller rate"]);
    let own = state.file("state.json");
    learn(&state, &["--encoder", own.to_str().unwrap()]).refuses(1, &["--encoder", "a file of the state"]);
    assert_eq!(files(&state), before);
    learn(&State::empty(), &[]).refuses(1, &["no state directory"]);
}

/// Whichever file it is that the disk has no room for.
#[test]
#[cfg(unix)]
fn a_full_disk_leaves_the_state_as_it_was_and_the_next_training_leaves_nothing_else() {
    let (state, undisturbed) = (State::of("bundled:iris"), State::of("bundled:iris"));
    done(learn(&undisturbed, &[]));
    let read = |state: &State| fs::read(state.file("state.json")).unwrap();
    let old = read(&state);
    let mut named = Vec::new();
    // Files may not grow beyond so many blocks of 512 or 1024 bytes.
    for blocks in [1, 300, 600, 1200] {
        let limited = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let mut full = std::process::Command::new("sh");
        full.args(["-c", &limited, env!("CARGO_BIN_EXE_pal"), "learn", "--state"])
            .arg(state.dir())
            .args(SHORT);
        full.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let finished = run(&mut full, "");
        if finished.code == Some(0) {
            break;
        }
        finished.refuses(1, &[state.dir().to_str().unwrap()]);
        named.push(finished.err);
        assert_eq!(read(&state), old);
        assert_eq!(state.labels().lines().count(), 151);
    }
    assert!(named.iter().any(|told| told.contains("training-")), "{named:?}");
    done(learn(&state, &[]));
    let names =
        |state: &State| files(state).into_iter().map(|(path, _)| path.file_name().unwrap().to_owned());
    assert!(names(&state).eq(names(&undisturbed)));
    assert_eq!(read(&state), read(&undisturbed));
}

/// The state moves between two questions, and the next question does not wait for the training.
#[test]
fn answers_train_the_encoder_while_questions_go_on() {
    let state = State::of("bundled:iris");
    let before = fs::read_to_string(state.file("state.json")).unwrap();
    let options = ["--learn-every", "3", "--learn-epochs", "60"];
    let mut dialogue = Dialogue::start(&state, &options);
    let mut question = dialogue.question();
    let truth = species();
    let moved = || fs::read_to_string(state.file("state.json")).unwrap() != before;
    let mut asked_meanwhile = 0;
    for answers in 1.. {
        question = dialogue.answer(question, 1, &truth);
        assert!(answers >= 3 || !moved());
        if moved() {
            break;
        }
        asked_meanwhile += usize::from(answers > 3);
        assert!(answers < 100, "nothing was learned");
        thread::sleep(Duration::from_millis(20));
    }
    assert!(asked_meanwhile > 0, "a question waited");
    let log = state.log();
    dialogue.answer(question, 1, &truth);
    assert_eq!(dialogue.end(), Some(0));
    assert!(state.log().starts_with(&log));
    let settings: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(state.file("state.json")).unwrap()).unwrap();
    assert_eq!((&settings["learned"]["answers"], &settings["learned"]["epochs"]), (&json!(3), &json!(60)));
    assert_eq!(state.labels().lines().count(), 151);
    state.run("query", &["--learn-epochs", "3"], "").refuses(2, &["--learn-every"]);
    state.run("label", &["--learn-every", "1", "--learn-minutes", "-1"], "").refuses(1, &["--learn-minutes"]);
}

/// A kill at any moment leaves the old representation or the new one, and the same command ends where it would have.
#[test]
#[cfg(unix)]
fn a_training_that_is_killed_leaves_the_old_or_the_new_and_goes_on() {
    let options = ["--epochs", "12", "--batch", "32"];
    let undisturbed = State::of("bundled:iris");
    let answer = "{\"pair\":[0,1],\"same\":true}\n";
    done(undisturbed.run("query", &[], answer));
    done(undisturbed.run("learn", &options, ""));
    let read = |state: &State| fs::read_to_string(state.file("state.json")).unwrap();
    let new = read(&undisturbed);

    let state = State::of("bundled:iris");
    done(state.run("query", &[], answer));
    let old = read(&state);
    let (mut finished, mut went_on) = (false, 0);
    for kill in 0..40 {
        let mut child = state.command("learn", &options).spawn().unwrap();
        thread::sleep(Duration::from_millis(5 * (kill % 20)));
        let _ = child.kill();
        finished |= child.wait().unwrap().success();
        let is_new = read(&state) == new;
        assert!(is_new || read(&state) == old);
        assert!(!finished || is_new);
        went_on += usize::from(
            fs::read_dir(state.dir())
                .unwrap()
                .any(|file| file.unwrap().file_name().to_string_lossy().starts_with("training-")),
        );
        assert_eq!(state.labels().lines().count(), 151); // it can be opened
    }
    done(state.run("learn", &options, ""));
    assert_eq!(read(&state), new);
    assert!(went_on > 0 || finished, "no kill came while it trained");
    let names =
        |state: &State| files(state).into_iter().map(|(path, _)| path.file_name().unwrap().to_owned());
    assert!(names(&state).eq(names(&undisturbed)));
}
