//! Trained encoders: what they make of inputs, and their files.
#![cfg(feature = "files")]
#![allow(clippy::unwrap_used)] // a test may panic

use std::fs;
use std::path::Path;
use std::time::Duration;

use ndarray::{Array2, Axis, concatenate, s};
use pal::Error;
use pal::data::augment::ImageShape;
use pal::data::{DIGITS_SHAPE, digits, iris};
use pal::graph::SimilarityGraph;
use pal::model::{Architecture, Encoder, Training, default_augmentation};

fn trained(inputs: &Array2<f64>, shape: ImageShape, training: Training) -> pal::Result<Encoder> {
    let views = SimilarityGraph::views(inputs.nrows(), 2)?;
    Ok(Encoder::train(inputs.view(), shape, &views, "vicreg", training)?.0)
}

fn short() -> Training {
    Training { epochs: 2, batch: 16, ..Training::default() }
}

fn images() -> Array2<f64> {
    digits().unwrap().inputs.slice(s![..40, ..]).to_owned()
}

#[test]
fn an_encoder_comes_back_from_its_file_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("encoder.safetensors");
    for (inputs, shape) in [(images(), DIGITS_SHAPE), (iris().unwrap().inputs, ImageShape::vector(4))] {
        let encoder = trained(&inputs, shape, short()).unwrap();
        let z = encoder.embed(inputs.view()).unwrap();
        assert_eq!(z.dim(), (inputs.nrows(), Architecture::of(shape).outputs()));
        assert!(z.rows().into_iter().all(|row| (row.dot(&row) - 1.0).abs() < 1e-12), "rows of length 1");
        encoder.save(&path).unwrap();
        let again = Encoder::load(&path).unwrap();
        assert_eq!((again.shape(), again.loss(), again.outputs()), (shape, "vicreg", z.ncols()));
        assert_eq!(again.embed(inputs.view()).unwrap(), z);
    }
}

#[test]
fn samples_are_encoded_each_by_itself_in_blocks() {
    let inputs = images();
    let encoder = trained(&inputs, DIGITS_SHAPE, short()).unwrap();
    let z = encoder.embed(inputs.view()).unwrap();
    let many = concatenate(Axis(0), &[inputs.view(); 8]).unwrap();
    let of_many = encoder.embed(many.view()).unwrap();
    for (row, expected) in of_many.rows().into_iter().zip(z.rows().into_iter().cycle()) {
        // The machine's matrix product may sum in another order.
        assert!(row.iter().zip(expected).all(|(a, b)| (a - b).abs() <= 1e-5 * (1.0 + b.abs())));
    }
}

#[test]
fn columns_of_vectors_may_have_any_unit_and_images_any_scale() {
    let inputs = iris().unwrap().inputs;
    let z = trained(&inputs, ImageShape::vector(4), short()).unwrap().embed(inputs.view()).unwrap();
    let units = Array2::from_shape_vec((1, 4), vec![1024.0, 0.5, 1e200, 1e-200]).unwrap();
    let other = &inputs * &units;
    let of_other = trained(&other, ImageShape::vector(4), short()).unwrap().embed(other.view()).unwrap();
    assert!(z.iter().zip(&of_other).all(|(a, b)| (a - b).abs() < 1e-3), "columns in other units");
    let inputs = images();
    let z = trained(&inputs, DIGITS_SHAPE, short()).unwrap().embed(inputs.view()).unwrap();
    let large = &inputs * 256.0;
    assert_eq!(trained(&large, DIGITS_SHAPE, short()).unwrap().embed(large.view()).unwrap(), z);
    let constant = Array2::from_elem((4, 3), 0.1);
    let z = trained(&constant, ImageShape::vector(3), short()).unwrap().embed(constant.view()).unwrap();
    assert!(z.iter().all(|entry| entry.is_finite()));
}

#[test]
fn the_smallest_images_and_colours_can_be_learned() {
    for shape in
        [ImageShape { height: 1, width: 1, channels: 3 }, ImageShape::grey(2, 1), ImageShape::grey(3, 5)]
    {
        let inputs = Array2::from_shape_fn((4, shape.len()), |(i, j)| ((3 * i + j) % 5) as f64);
        let encoder = trained(&inputs, shape, short()).unwrap();
        assert!(encoder.embed(inputs.view()).unwrap().iter().all(|entry| entry.is_finite()), "{shape:?}");
    }
}

#[test]
fn a_training_goes_on_from_its_checkpoint_and_ends_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let (inputs, checkpoint) = (images(), Some(folder.path().join("checkpoint")));
    let whole = trained(&inputs, DIGITS_SHAPE, short()).unwrap().embed(inputs.view()).unwrap();
    // No time at all: one epoch, and then the other.
    let hurried = Training { time: Some(Duration::ZERO), checkpoint, ..short() };
    let first = trained(&inputs, DIGITS_SHAPE, hurried.clone()).unwrap().embed(inputs.view()).unwrap();
    assert_ne!(first, whole);
    let second = trained(&inputs, DIGITS_SHAPE, hurried).unwrap().embed(inputs.view()).unwrap();
    assert_eq!(second, whole);
}

#[test]
fn what_does_not_fit_is_refused() {
    let inputs = images();
    let encoder = trained(&inputs, DIGITS_SHAPE, short()).unwrap();
    let error = encoder.require_shape(ImageShape::vector(64)).unwrap_err();
    assert!(error.to_string().contains("[8, 8, 1]") && error.to_string().contains("[1, 64, 1]"), "{error}");
    let narrow = inputs.slice(s![.., ..63]);
    assert!(matches!(encoder.embed(narrow), Err(Error::Shape { argument: "inputs", .. })));
    let mut bad = inputs.clone();
    bad[[3, 5]] = f64::NAN;
    assert!(matches!(encoder.embed(bad.view()), Err(Error::NotFinite { argument: "inputs", .. })));
    assert!(matches!(trained(&bad, DIGITS_SHAPE, short()), Err(Error::NotFinite { .. })));
    bad[[3, 5]] = 1e300;
    assert!(matches!(encoder.embed(bad.view()), Err(Error::Domain { argument: "standardised input", .. })));
    let one = inputs.slice(s![..1, ..]).to_owned();
    assert!(matches!(
        trained(&one, DIGITS_SHAPE, short()),
        Err(Error::Domain { argument: "number of samples", .. })
    ));
    assert!(matches!(trained(&inputs, ImageShape::grey(8, 9), short()), Err(Error::Shape { .. })));
    let views = SimilarityGraph::views(40, 2).unwrap();
    let other = Encoder::train(inputs.view(), DIGITS_SHAPE, &views, "simsiam", short());
    assert!(matches!(other, Err(Error::UnknownName { argument: "loss", .. })));
}

#[test]
fn widths_and_shapes_of_nothing_are_refused() {
    let rng = &mut pal::random::stream(0, 0);
    let empty = |error: Error| assert!(matches!(error, Error::Empty { .. }), "{error}");
    for shape in [ImageShape::grey(0, 3), ImageShape::vector(0)] {
        empty(Architecture::of(shape).projected::<f32>(shape, rng).unwrap_err());
        empty(default_augmentation(shape).unwrap_err());
    }
    let narrow = Architecture::Residual { channels: vec![4, 0], outputs: 2 };
    empty(narrow.network::<f32>(DIGITS_SHAPE, rng).unwrap_err());
    let blind = Architecture::Perceptron { hidden: vec![], outputs: 0 };
    empty(blind.network::<f32>(ImageShape::vector(3), rng).unwrap_err());
    let views = SimilarityGraph::views(39, 2).unwrap(); // one sample too few
    let wrong = Encoder::train(images().view(), DIGITS_SHAPE, &views, "vicreg", short());
    assert!(matches!(wrong, Err(Error::Shape { argument: "graph", .. })));
}

/// Fails unless the file is refused with this word.
#[track_caller]
fn refused(path: &Path, word: &str) {
    let error = Encoder::load(path).unwrap_err();
    assert!(matches!(error, Error::Format { .. }), "{error}");
    assert!(error.to_string().contains(word), "{word:?} is not in {error}");
}

#[test]
fn damaged_and_other_files_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("encoder.safetensors");
    trained(&images(), DIGITS_SHAPE, short()).unwrap().save(&path).unwrap();
    let whole = fs::read(&path).unwrap();
    for length in [0, 4, 100, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..length]).unwrap();
        refused(&path, "encoder.safetensors");
    }
    // Changes of the header that keep its length.
    let header = |from: &str, to: &str| {
        assert_eq!(from.len(), to.len());
        let at = whole.windows(from.len()).position(|window| window == from.as_bytes());
        let mut changed = whole.clone();
        let at = at.unwrap_or_else(|| panic!("{from}"));
        changed[at..at + to.len()].copy_from_slice(to.as_bytes());
        fs::write(&path, changed).unwrap();
    };
    header(r#"\"channels\":[16,32,64]"#, r#"\"channels\":[16,32,32]"#);
    refused(&path, "the network");
    header(r#"\"channels\":[16,32,64]"#, r#"\"channels\":[99999,64]"#);
    refused(&path, "likely size");
    header(r#"\"shape\":[8,8,1]"#, r#"\"shape\":[8,9,1]"#);
    refused(&path, "inputs.mean");
    header(r#"\"format\":2"#, r#"\"format\":1"#);
    refused(&path, "format 1");
    header("residual", "rasidual");
    refused(&path, "rasidual");
    let checkpoint = folder.path().join("checkpoint");
    trained(&images(), DIGITS_SHAPE, Training { checkpoint: Some(checkpoint.clone()), ..short() }).unwrap();
    refused(&checkpoint, "no entry `encoder`");
    assert!(matches!(Encoder::load(folder.path().join("none")), Err(Error::Io { .. })));
}
