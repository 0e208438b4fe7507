//! Representations that are learned: the answers stay, and the state moves whole or not at all.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use ndarray::{Array2, s};
use pal::data::augment::ImageShape;
use pal::data::io::read_npy;
use pal::graph::SimilarityGraph;
use pal::loss::{Loss, NamedLoss};
use pal::model::{Schedule, Training};
use pal::oracle::{Answered, Pair};
use pal::session::{LearnOptions, Session, SessionOptions, Settings, State, create, is_of_state, learn};
use pal::{Error, StateError};

use crate::{Irises, answer_some};

const SHAPE: ImageShape = ImageShape::vector(4);

fn inputs() -> Array2<f64> {
    pal::data::iris().unwrap().inputs
}

fn options() -> LearnOptions {
    LearnOptions {
        training: Training { epochs: 2, batch: 64, ..Training::default() },
        ..LearnOptions::default()
    }
}

/// The files of a state and their bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap());
    files
        .map(|file| (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap()))
        .filter(|(name, _)| name != "lock")
        .collect()
}

#[test]
fn the_state_moves_to_the_representation_and_keeps_all_answers() {
    let irises = Irises::new(Settings::default());
    answer_some(&mut irises.session(), 12);
    let (before, log) = (State::open(irises.path()).unwrap(), irises.log_bytes());
    let learned = learn(irises.path(), inputs().view(), SHAPE, options()).unwrap();
    let state = State::open(irises.path()).unwrap();
    assert_eq!(irises.log_bytes(), log);
    assert_eq!(state.summary().answers, 12);
    assert_eq!(state.summary().spent, before.summary().spent);
    assert_ne!(state.start().features(), before.start().features());
    assert_eq!(state.start().features(), learned.start.features());
    for (_, _, (pair, same)) in state.statements() {
        assert_eq!(state.belief().answer(pair), Some(same));
    }
    // The files that the state names are all that it has.
    let encoder = state.encoder().unwrap().unwrap();
    let made_of = state.settings().learned.clone().unwrap();
    assert_eq!((made_of.answers, made_of.epochs, &*made_of.loss), (12, 2, "simclr"));
    assert_eq!(made_of.inputs, state.settings().fingerprint);
    let representation = irises.path().join(format!("representation-{}.npy", made_of.encoder));
    let representation: Array2<f64> = read_npy(representation).unwrap();
    assert_eq!(encoder.embed(inputs().view()).unwrap(), representation);
    assert_eq!(learned.features, representation);
    let names: Vec<String> = files(irises.path()).into_keys().collect();
    assert_eq!(names.len(), 6, "{names:?}");
    assert_eq!(state.start_of_features().unwrap().unwrap().features(), before.start().features());
    assert!(before.start_of_features().unwrap().is_none());
    assert!(names.iter().all(|name| is_of_state(name.as_ref())));
    // The next takes its place, and the features come back.
    answer_some(&mut irises.session(), 1);
    learn(irises.path(), inputs().view(), SHAPE, options()).unwrap();
    assert_eq!(files(irises.path()).len(), 6);
    let state = State::open(irises.path()).unwrap();
    assert_eq!(state.start_of_features().unwrap().unwrap().features(), before.start().features());
    create(irises.path(), inputs(), Settings::default()).unwrap();
    let back = State::open(irises.path()).unwrap();
    assert_eq!((back.settings().learned.as_ref(), back.summary().answers), (None, 13));
    assert!(back.start_of_features().unwrap().is_none());
    assert_eq!(back.start().features(), before.start().features());
}

#[test]
fn what_is_known_is_in_the_graph_and_what_is_contradicted_is_not() {
    let irises = Irises::new(Settings::default());
    let mut session = irises.session();
    let graph = |session: &Session, more: LearnOptions| {
        session.state().learn_job(inputs().view(), SHAPE, more).unwrap().graph().clone()
    };
    let mut say = |i, j, same| {
        let answered = Answered::Pair { pair: Pair::new(i, j).unwrap(), same };
        session.record(answered, "me", 1.0).unwrap();
    };
    say(0, 1, true);
    say(1, 2, true);
    say(2, 50, false);
    say(0, 2, false); // contradicts the first two
    for (sample, class) in [(60, "a"), (61, "a"), (120, "b")] {
        session.record(Answered::Label { sample, class: class.into() }, "me", 1.0).unwrap();
    }
    let weighted = graph(
        &session,
        LearnOptions { loss: "vicreg".into(), together: 0.5, apart: 0.25, views: 3, ..options() },
    );
    let entry = |i: usize, j: usize| weighted.entry(3 * i, 3 * j + 1).unwrap();
    assert_eq!(weighted.len(), 450);
    assert_eq!(
        [entry(7, 7), entry(0, 1), entry(0, 2), entry(60, 61), entry(0, 60)],
        [1.0, 0.5, 0.5, 0.5, 0.0]
    );
    assert_eq!([entry(2, 50), entry(0, 50), entry(60, 120), entry(61, 120)], [-0.25, 0.0, -0.25, 0.0]); // as said, not as implied
    assert_eq!(entry(0, 0), 1.5); // a sample that is known belongs together with itself
    let plain = graph(&session, options());
    assert!(plain.is_non_negative());
    let views = graph(&session, LearnOptions { together: 0.0, ..options() });
    assert_eq!(views.entry(0, 2).unwrap(), 0.0);
    let believed = graph(&session, LearnOptions { together: 0.0, believed: 0.1, ..options() });
    for (i, j) in [(0, 2), (2, 50), (5, 9)] {
        let probability = session.state().belief().graph().unwrap().entry(i, j).unwrap();
        assert!((believed.entry(2 * i, 2 * j + 1).unwrap() - 0.1 * probability).abs() < 1e-15);
    }
}

#[test]
fn answers_change_what_is_learned_by_every_loss() {
    for loss in NamedLoss::NAMES {
        let learned = |answers: usize| {
            let irises = Irises::new(Settings::default());
            answer_some(&mut irises.session(), answers);
            let more = LearnOptions { loss: (*loss).to_owned(), ..options() };
            learn(irises.path(), inputs().view(), SHAPE, more).map(|learned| learned.features)
        };
        assert_ne!(learned(0).unwrap(), learned(30).unwrap(), "{loss}");
    }
}

#[test]
fn weights_that_push_apart_are_refused_by_the_losses_that_cannot() {
    let graph = SimilarityGraph::pairs(4, [(0, 1, 1.0), (2, 3, 1.0), (0, 2, -1.0)]).unwrap();
    let z = Array2::from_shape_fn((4, 2), |(i, j)| ((i * (j + 1)) as f64).sin());
    let irises = Irises::new(Settings::default());
    let session = irises.session();
    for loss in NamedLoss::NAMES {
        let named: NamedLoss = loss.parse().unwrap();
        assert_eq!(named.value(z.view(), &graph).is_ok(), named.takes_negative_weights(), "{loss}");
        let more = LearnOptions { loss: (*loss).to_owned(), apart: 1.0, ..options() };
        let job = session.state().learn_job(inputs().view(), SHAPE, more).map(|job| job.graph().len());
        assert_eq!(job.is_ok(), named.takes_negative_weights(), "{loss}");
    }
}

#[test]
fn questions_that_are_open_stay_open_while_the_state_moves() {
    let irises = Irises::new(Settings::default());
    let mut session = irises.session();
    let question = session.next_question().unwrap().unwrap();
    let representation = session.state().learn_job(inputs().view(), SHAPE, options()).unwrap().run().unwrap();
    // Answers come in while another thread trains.
    session.record(Answered::Pair { pair: Pair::new(3, 4).unwrap(), same: true }, "me", 1.0).unwrap();
    session.adopt(&representation).unwrap();
    assert_eq!(session.open_questions(), [question]);
    session.answer(question.id, false).unwrap();
    assert_eq!(session.state().summary().answers, 2);
    assert!(session.undo().unwrap().is_some() && session.undo().unwrap().is_some());
    drop(session);
    let state = State::open(irises.path()).unwrap();
    assert_eq!(state.start().features(), representation.start.features());
    assert_eq!(state.settings().learned.as_ref().unwrap().answers, 0);
}

#[test]
fn what_is_refused_and_what_diverges_leaves_the_state_as_it_was() {
    let irises = Irises::new(Settings::default());
    answer_some(&mut irises.session(), 5);
    let before = files(irises.path());
    let (path, right) = (irises.path(), inputs());
    let few = right.slice(s![..149, ..]).to_owned();
    let other = &right + 1.0;
    let refused = |inputs: &Array2<f64>, shape, more| learn(path, inputs.view(), shape, more).unwrap_err();
    for same_samples in [false, true] {
        let error = refused(&few, SHAPE, LearnOptions { same_samples, ..options() });
        assert!(matches!(error, Error::State(StateError::OtherFeatures { .. })), "{error}");
    }
    let error = refused(&other, SHAPE, options());
    assert!(matches!(error, Error::State(StateError::OtherFeatures { .. })), "{error}");
    assert!(matches!(refused(&right, ImageShape::grey(2, 3), options()), Error::Shape { .. }));
    let domain = |more, name: &str| match refused(&right, SHAPE, more) {
        Error::Domain { argument, .. } => assert_eq!(argument, name),
        error => panic!("{error}"),
    };
    domain(LearnOptions { views: 1, ..options() }, "views");
    domain(LearnOptions { together: f64::NAN, ..options() }, "together");
    domain(LearnOptions { apart: -1.0, ..options() }, "apart");
    let unknown = LearnOptions { loss: "simsiam".into(), ..options() };
    assert!(matches!(refused(&right, SHAPE, unknown), Error::UnknownName { argument: "loss", .. }));
    let session = Session::open(path, SessionOptions::default()).unwrap();
    assert!(matches!(refused(&right, SHAPE, options()), Error::State(StateError::Locked { .. })));
    drop(session);
    assert_eq!(files(path), before);
    let wild = Training { schedule: Schedule::Constant { rate: 1e30 }, ..options().training };
    let error = refused(&right, SHAPE, LearnOptions { training: wild, ..options() });
    assert!(matches!(error, Error::Diverged { .. }), "{error}");
    assert_eq!(files(path), before);
    // Other numbers of the same samples, said to be so, and from then on known.
    learn(path, other.view(), SHAPE, LearnOptions { same_samples: true, ..options() }).unwrap();
    learn(path, other.view(), SHAPE, options()).unwrap();
    learn(path, right.view(), SHAPE, options()).unwrap();
}

#[test]
fn a_damaged_checkpoint_or_encoder_is_named_and_nothing_is_lost() {
    let irises = Irises::new(Settings::default());
    let job = |session: &Session| session.state().learn_job(inputs().view(), SHAPE, options()).unwrap().run();
    let session = irises.session();
    let representation = job(&session).unwrap(); // its checkpoint stays
    let names = files(irises.path()).into_keys();
    let checkpoint =
        irises.path().join(names.into_iter().find(|name| name.starts_with("training-")).unwrap());
    assert_eq!(job(&session).unwrap().features, representation.features); // nothing is left to do
    let whole = fs::read(&checkpoint).unwrap();
    fs::write(&checkpoint, &whole[..whole.len() / 2]).unwrap();
    drop(session);
    let before = files(irises.path());
    let error = learn(irises.path(), inputs().view(), SHAPE, options()).unwrap_err();
    assert!(matches!(&error, Error::Format { path, .. } if *path == checkpoint), "{error}");
    assert_eq!(files(irises.path()), before);
    fs::remove_file(&checkpoint).unwrap();
    learn(irises.path(), inputs().view(), SHAPE, options()).unwrap();
    let state = State::open(irises.path()).unwrap();
    let encoder = state.encoder_file().unwrap();
    let whole = fs::read(&encoder).unwrap();
    fs::write(&encoder, &whole[..whole.len() / 2]).unwrap();
    let error = state.encoder().unwrap_err();
    assert!(matches!(&error, Error::Format { path, .. } if *path == encoder), "{error}");
    // Questions do not need it.
    assert!(irises.session().next_question().unwrap().is_some());
}
