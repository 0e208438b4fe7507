//! What a state directory is made of: the bytes on disk, and whom it belongs to.

use std::ffi::OsStr;
use std::fs;

use ndarray::{Array2, array};
use pal::data::io::{Numbers, read_npy, read_npz, write_npz};
use pal::oracle::Prices;
use pal::session::{Fingerprint, Reading, Settings, State, create, is_of_state};
use pal::{Error, StateError};

use crate::support::refused;
use crate::{Irises, answer_some};

/// Whatever version wrote it, the next one reads it: the text is part of the format.
#[test]
fn the_settings_are_written_as_ever() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        features: "x.csv".into(),
        reading: Some(Reading { drop: vec!["id".into()], ..Reading::default() }),
        seed: u64::MAX,
        classes: vec!["a".into()],
        names: ["p", "q", "r", "s"].map(str::to_owned).to_vec(),
        ..Settings::default()
    };
    let made =
        create(folder.path(), array![[0.0, 1.0], [0.1, 1.0], [5.0, 2.0], [5.2, 2.5]], settings).unwrap();
    let start = &made.settings.start;
    let expected = format!(
        r#"{{
  "format": 1,
  "features": "x.csv",
  "reading": {{
    "header": "absent",
    "delimiter": "comma",
    "decimal": "point",
    "encoding": "UTF-8",
    "keep_index": false,
    "names": null,
    "drop": [
      "id"
    ],
    "array": null
  }},
  "fingerprint": {{
    "samples": 4,
    "columns": 2,
    "crc": "a020faca"
  }},
  "start": "{start}",
  "neighbours": 10,
  "modes": 256,
  "smoothing": 0.01,
  "error": 0.01,
  "seed": 18446744073709551615,
  "prices": {{
    "pair": 1.0,
    "label": 2.5,
    "captcha": 0.0,
    "candidate": 1.0
  }},
  "classes": [
    "a"
  ],
  "names": [
    "p",
    "q",
    "r",
    "s"
  ]
}}"#
    );
    let text = fs::read_to_string(folder.path().join("state.json")).unwrap();
    assert_eq!(text, expected);
    assert_eq!(State::open(folder.path()).unwrap().settings(), &made.settings);
    let start = fs::read(folder.path().join(format!("start-{start}.npz"))).unwrap();
    assert_eq!(format!("{:08x}", crc32fast::hash(&start)), made.settings.start);
    // Of a version that kept neither how features were read nor names.
    let old = expected.replace(
        &expected[expected.find("  \"reading\"").unwrap()..expected.find("  \"finger").unwrap()],
        "",
    );
    let old = old.replace(&old[old.find(",\n  \"names\"").unwrap()..], "\n}");
    fs::write(folder.path().join("state.json"), old).unwrap();
    let settings = State::open(folder.path()).unwrap().settings().clone();
    assert_eq!((settings.reading, settings.names.len()), (None, 0));
}

#[test]
fn a_state_is_not_made_of_what_it_cannot_be() {
    let folder = tempfile::tempdir().unwrap();
    let x = array![[0.0], [0.1], [5.0], [5.2]];
    let made = |settings| create(folder.path(), x.view(), settings);
    let prices = |prices| Settings { prices, ..Settings::default() };
    refused!(made(Settings { error: 5e-13, ..Settings::default() }), Error::Domain { argument: "error", .. });
    refused!(made(Settings { error: 0.0, ..Settings::default() }), Error::Domain { argument: "error", .. });
    refused!(made(Settings { modes: 0, ..Settings::default() }), Error::Domain { argument: "modes", .. });
    let too_high = Prices { captcha: 2e12, ..Prices::default() };
    refused!(made(prices(too_high)), Error::Domain { argument: "price of a captcha", .. });
    let negative = Prices { label: -1.0, ..Prices::default() };
    refused!(made(prices(negative)), Error::Domain { argument: "price of a label", .. });
    let names = vec!["p".to_owned()];
    refused!(made(Settings { names, ..Settings::default() }), Error::Shape { argument: "names", .. });
    let classes = vec!["a".to_owned(), " ".to_owned()];
    refused!(made(Settings { classes, ..Settings::default() }), Error::Empty { .. });
    let classes = vec!["a".to_owned(), " a".to_owned()];
    refused!(
        made(Settings { classes, ..Settings::default() }),
        Error::State(StateError::RepeatedClass { .. })
    );
    refused!(State::open(folder.path()), Error::State(StateError::Missing { .. }));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    made(Settings { error: 1e-12, ..Settings::default() }).unwrap();
    for error in [0.9e-12, 0.0, 0.5, f64::NAN] {
        refused!(made(Settings { error, ..Settings::default() }), Error::Domain { argument: "error", .. });
    }
}

#[test]
fn answers_keep_a_state_from_being_made_of_other_features() {
    let irises = Irises::new(Settings::default());
    let iris = pal::data::iris().unwrap().inputs;
    let wine = pal::data::wine().unwrap().inputs;
    create(irises.path(), wine.view(), Settings::default()).unwrap(); // no answers yet
    create(irises.path(), iris.view(), Settings::default()).unwrap();
    answer_some(&mut irises.session(), 2);
    let before = fs::read(irises.path().join("state.json")).unwrap();
    match create(irises.path(), wine.view(), Settings::default()) {
        Err(Error::State(StateError::OtherFeatures { folder, found, given })) => {
            assert_eq!(folder, irises.path());
            let expected = [&iris, &wine].map(|x| Fingerprint::of(x.view()).to_string());
            assert_eq!([found, given], expected);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(fs::read(irises.path().join("state.json")).unwrap(), before);
    assert_eq!(create(irises.path(), iris, Settings::default()).unwrap().answers, 2);
}

#[test]
fn every_file_of_a_state_is_known_by_its_name() {
    let irises = Irises::new(Settings::default());
    answer_some(&mut irises.session(), 1);
    let files = fs::read_dir(irises.path()).unwrap().map(|file| file.unwrap().file_name());
    assert_eq!(files.filter(|name| is_of_state(name)).count(), 4);
    for other in ["report.html", "answers.jsonl.bak", "start.csv", "restart-1.npz"] {
        assert!(!is_of_state(OsStr::new(other)), "{other}");
    }
    assert!(is_of_state(OsStr::new("start.npz")) && is_of_state(OsStr::new("start-0a1b2c3d.npz")));
}

#[test]
fn exports_are_what_is_believed() {
    let irises = Irises::new(Settings::default());
    let mut session = irises.session();
    answer_some(&mut session, 4);
    let (state, path) = (session.state(), |name: &str| irises.path().join(name));
    assert_eq!(state.write_labels(path("labels.npy")).unwrap(), 150);
    let labels: Array2<f64> = read_npy(path("labels.npy")).unwrap();
    let classes: Vec<f64> = state.belief().classes().iter().map(|&class| class as f64).collect();
    assert_eq!((labels.column(0).to_vec(), labels.column(1)), (classes, state.belief().confidence().view()));
    assert_eq!(state.write_pairs(path("pairs.csv")).unwrap(), 4);
    assert_eq!(fs::read_to_string(path("pairs.csv")).unwrap().lines().count(), 5);
    let rows = state.write_graph(path("graph.npz")).unwrap();
    let weight: ndarray::Array1<f64> = read_npz(path("graph.npz"), "weight").unwrap();
    let edges = state.edges().filter(|(i, j, _)| i < j);
    assert_eq!(weight.len(), rows);
    assert!((weight.sum() - edges.map(|(_, _, weight)| weight).sum::<f64>()).abs() < 1e-9);
    refused!(state.write_labels(path("labels.txt")), Error::Format { .. });
    refused!(state.write_pairs(path("pairs.npz")), Error::Format { .. });
    refused!(state.write_graph(path("graph.jsonl")), Error::Format { .. });
}

/// Starts of earlier versions held no micro-clusters: they are found anew, the same.
#[test]
fn a_start_without_micro_clusters_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { features: "irises".into(), ..Settings::default() };
    create(folder.path(), pal::data::iris().unwrap().inputs, settings).unwrap();
    let before = State::open(folder.path()).unwrap();
    let path = folder.path().join(format!("start-{}.npz", before.settings().start));
    let names = ["row", "column", "weight", "eigenvalues", "features", "clusters"];
    let arrays = names.map(|name| (name, read_npz::<ndarray::IxDyn>(&path, name).unwrap()));
    let arrays: Vec<_> = arrays.iter().map(|(name, array)| (*name, Numbers::from(array.view()))).collect();
    write_npz(&path, &arrays).unwrap();
    let crc = format!("{:08x}", crc32fast::hash(&fs::read(&path).unwrap()));
    fs::rename(&path, folder.path().join(format!("start-{crc}.npz"))).unwrap();
    let json = folder.path().join("state.json");
    let text = fs::read_to_string(&json).unwrap().replace(&before.settings().start, &crc);
    fs::write(&json, text).unwrap();
    let after = State::open(folder.path()).unwrap();
    assert_eq!(after.start().micro_clusters(), before.start().micro_clusters());
    assert_eq!(after.start().features(), before.start().features());
}
