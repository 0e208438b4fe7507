//! Checkpoints: a training goes on from its file as if it had not stopped, and from no other file.
#![cfg(feature = "files")]
#![allow(clippy::unwrap_used)] // a test may panic

use std::fs;

use pal::data::augment::{Augmentation, Change, ImageShape};
use pal::graph::SimilarityGraph;
use pal::loss::{SpectralLoss, VicReg};
use pal::model::{Adam, Lars, Model, Network, Rule, Schedule, Sgd, Trainer, Training};
use pal::{Error, Scalar};

mod support;
use support::{gaussian, rng};

/// All that a model keeps, in order.
fn point<F: Scalar>(model: &impl Model<F>) -> Vec<F> {
    let kept = [model.parameters(), model.buffers()].concat();
    kept.iter().flat_map(|parameter| parameter.value.iter().copied()).collect()
}

fn unchanged(p: usize) -> Augmentation {
    Augmentation::new(ImageShape::vector(p), []).unwrap()
}

#[test]
fn a_resumed_training_ends_in_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let mut rng = rng(13);
    let x = gaussian(17, 3, &mut rng).mapv(|entry| entry as f32);
    let graph = SimilarityGraph::views(17, 2).unwrap();
    let noise = Augmentation::new(ImageShape::vector(3), [Change::Noise { std: 0.1 }]).unwrap();
    let loss = VicReg::default();
    for rule in [Rule::Adam(Adam::default()), Rule::Sgd(Sgd::default()), Rule::Lars(Lars::default())] {
        let made = |rng: &mut _| Network::<f32>::residual(ImageShape::vector(3), &[4, 3], 4, rng).unwrap();
        let network = made(&mut rng);
        let path = folder.path().join("state.safetensors");
        let settings = Training { epochs: 7, batch: 5, rule, checkpoint: Some(path), ..Training::default() };
        let mut whole =
            Trainer::new(Training { checkpoint: None, ..settings.clone() }, network.clone()).unwrap();
        whole.run(&loss, &graph, x.view(), &noise, |_, epoch| Ok(epoch.loss)).unwrap();

        let mut first = Trainer::new(settings.clone(), network.clone()).unwrap();
        let stopped = first.run(&loss, &graph, x.view(), &noise, |_, epoch| {
            if epoch.number < 4 {
                Ok(epoch.loss)
            } else {
                Err(Error::Empty { argument: "power", expected: "volt" })
            }
        });
        assert!(stopped.is_err());
        // The model that comes to be resumed has other weights; the file's take their place.
        let mut second = Trainer::resume(settings.clone(), made(&mut rng)).unwrap();
        assert_eq!(second.history().len(), 3);
        second.run(&loss, &graph, x.view(), &noise, |_, epoch| Ok(epoch.loss)).unwrap();
        let bits = |model: &Network<f32>| point(model).into_iter().map(f32::to_bits).collect::<Vec<_>>();
        assert_eq!(bits(second.model()), bits(whole.model()));
        assert_eq!(second.history(), whole.history());
        // A training that is complete has nothing left to do.
        let mut third = Trainer::resume(settings, network).unwrap();
        third.run(&loss, &graph, x.view(), &noise, |_, _| panic!("no epoch is left")).unwrap();
    }
}

#[test]
fn divergence_is_an_error_and_leaves_the_last_good_state() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.safetensors");
    let x = gaussian(8, 3, &mut rng(16));
    let graph = SimilarityGraph::views(8, 1).unwrap();
    let settings = |checkpoint| Training {
        epochs: 50,
        rule: Rule::Sgd(Sgd::default()),
        schedule: Schedule::Constant { rate: 1e3 },
        checkpoint,
        ..Training::default()
    };
    let network = Network::<f64>::linear(3, 2, &mut rng(17)).unwrap();
    let run = |checkpoint| {
        let mut trainer = Trainer::new(settings(checkpoint), network.clone()).unwrap();
        let failed = trainer.run(&SpectralLoss::SimClr2, &graph, x.view(), &unchanged(3), |_, e| Ok(e.loss));
        (trainer, failed.unwrap_err())
    };
    let (trainer, failed) = run(Some(path.clone()));
    let message = failed.to_string();
    assert!(matches!(failed, Error::Diverged { .. }), "{message}");
    assert!(message.contains("state.safetensors"), "{message}");
    assert!(point(trainer.model()).iter().all(|entry| entry.is_finite()));
    let resumed = Trainer::resume(settings(Some(path)), network.clone()).unwrap();
    assert_eq!(point(resumed.model()), point(trainer.model()));
    assert!(run(None).1.to_string().contains("no checkpoint was written"));
}

#[test]
fn checkpoints_of_another_kind_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.safetensors");
    let settings = Training { epochs: 1, checkpoint: Some(path.clone()), ..Training::default() };
    let x = gaussian(6, 3, &mut rng(18));
    let graph = SimilarityGraph::views(6, 1).unwrap();
    let network = |k| Network::<f64>::linear(3, k, &mut rng(19)).unwrap();
    let mut trainer = Trainer::new(settings.clone(), network(2)).unwrap();
    trainer.run(&VicReg::default(), &graph, x.view(), &unchanged(3), |_, e| Ok(e.loss)).unwrap();

    let refused = |settings: &Training, k: usize, expected: &str| {
        let mut model = network(k);
        model.parameters_mut()[0].value.fill(7.0);
        let error = Trainer::resume(settings.clone(), model).unwrap_err();
        assert!(matches!(error, Error::Format { .. }), "{error}");
        let message = error.to_string();
        assert!(message.contains(expected) && message.contains("state.safetensors"), "{message}");
    };
    refused(&settings, 4, "dense(3, 2)");
    refused(&Training { seed: 1, ..settings.clone() }, 2, "seed: 0");
    let single = Network::<f32>::linear(3, 2, &mut rng(19)).unwrap();
    assert!(Trainer::resume(settings.clone(), single).unwrap_err().to_string().contains("f32"));

    let whole = fs::read(&path).unwrap();
    for length in [0, 4, 100, whole.len() - 1] {
        fs::write(&path, &whole[..length]).unwrap();
        refused(&settings, 2, "checkpoint");
    }
    let mut infinite = whole.clone();
    let end = infinite.len();
    infinite[end - 8..].copy_from_slice(&f64::INFINITY.to_le_bytes());
    fs::write(&path, &infinite).unwrap();
    refused(&settings, 2, "inf");
    fs::write(&path, &whole).unwrap();
    assert!(Trainer::resume(settings.clone(), network(2)).is_ok());
    fs::remove_file(&path).unwrap();
    assert!(matches!(Trainer::resume(settings.clone(), network(2)), Err(Error::Io { .. })));
    let nowhere = Training { checkpoint: None, ..settings };
    assert!(matches!(Trainer::resume(nowhere, network(2)), Err(Error::Empty { argument: "checkpoint", .. })));
}
