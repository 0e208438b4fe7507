//! The backward pass itself: which variables get a gradient, and that nothing is lost or shared.

use ndarray::{Array2, array};
use pal::autodiff::{Tape, check_gradient};

#[test]
fn leaves_have_gradients_and_constants_and_steps_have_none() {
    let tape = Tape::new();
    let (x, unused, c) = (tape.leaf(array![[2.0]]), tape.leaf(array![[1.0]]), tape.constant(array![[3.0]]));
    let y = (x * c).unwrap();
    let z = y.square();
    let mut gradients = tape.backward(z).unwrap();
    assert_eq!(gradients.of(x), Some(&array![[36.0]]));
    for none in [unused, c, y, z] {
        assert_eq!(gradients.of(none), None);
    }
    assert_eq!(gradients.take(x), Some(array![[36.0]]));
    assert_eq!(gradients.of(x), None);
    // A leaf added later has none either, nor has one of another tape at the same place.
    let other = Tape::new();
    assert_eq!(tape.backward(z).unwrap().of(tape.leaf(array![[0.0]])), None);
    assert_eq!(tape.backward(z).unwrap().of(other.leaf(array![[0.0]])), None);
}

#[test]
fn a_leaf_or_a_constant_may_be_the_output() {
    let tape = Tape::new();
    let (x, c) = (tape.leaf(array![[2.0]]), tape.constant(array![[2.0]]));
    assert_eq!(tape.backward(x).unwrap().of(x), Some(&array![[1.0]]));
    assert_eq!(tape.backward(c).unwrap().of(c), None);
}

#[test]
fn several_outputs_of_one_tape_do_not_disturb_each_other() {
    let tape = Tape::new();
    let x = tape.leaf(array![[2.0, -1.0]]);
    let (first, second) = (x.square().sum(), x.exp().sum());
    let before = tape.backward(first).unwrap().take(x);
    assert_eq!(tape.backward(second).unwrap().take(x), Some(array![[2.0_f64.exp(), (-1.0_f64).exp()]]));
    assert_eq!(tape.backward(first).unwrap().take(x), before);
    assert_eq!(before, Some(array![[4.0, -2.0]]));
}

#[test]
fn nothing_is_computed_back_to_constants() {
    let tape = Tape::new();
    let c = tape.constant(array![[0.5, 1.0]]) * 2.0;
    let c = c.map(|x| x + 1.0, |_, _| panic!("a derivative at a constant"));
    let x = tape.leaf(array![[1.0, 2.0]]);
    let y = (c * x).unwrap().sum();
    assert_eq!(tape.backward(y).unwrap().of(x), Some(&array![[2.0, 3.0]]));
}

#[test]
fn a_value_cut_off_from_its_past_passes_no_gradient() {
    let tape = Tape::new();
    let x = tape.leaf(array![[3.0]]);
    let y = (tape.constant(x.square().value()) * x).unwrap();
    assert_eq!(tape.backward(y).unwrap().of(x), Some(&array![[9.0]]));
}

#[test]
fn parameters_are_shared_with_the_tape_and_not_changed() {
    let parameter = array![[1.0, 2.0], [3.0, 4.0]].into_shared();
    let tape = Tape::new();
    let x = tape.leaf(parameter.clone());
    assert_eq!(x.value().as_ptr(), parameter.as_ptr());
    assert_eq!(x.transpose().value().as_ptr(), parameter.as_ptr());
    assert_eq!(x.reshape((1, 4)).unwrap().value().as_ptr(), parameter.as_ptr());
    let y = ((x * x).unwrap() + x).unwrap().matmul(x).unwrap();
    tape.backward(y.sum()).unwrap();
    assert_eq!(parameter, array![[1.0, 2.0], [3.0, 4.0]]);
}

#[test]
fn gradients_are_row_major() {
    let tape = Tape::new();
    let x = tape.leaf(Array2::<f64>::ones((2, 3)).reversed_axes());
    let y = x.transpose().exp().sum();
    let gradient = tape.backward(y).unwrap().take(x).unwrap();
    assert_eq!(gradient.dim(), (3, 2));
    assert!(gradient.is_standard_layout());
}

/// `y ← y + y`, sixty times: `2⁶⁰` paths, walked in sixty steps.
#[test]
fn deep_fan_out_costs_one_visit_a_step() {
    let tape = Tape::new();
    let x = tape.leaf(array![[1.0]]);
    let mut y = x;
    for _ in 0..60 {
        y = (y + y).unwrap();
    }
    assert_eq!(tape.backward(y).unwrap().of(x), Some(&array![[2.0_f64.powi(60)]]));
}

#[test]
fn the_check_names_the_worst_entry_of_a_wrong_gradient() {
    let inputs = [array![[1.0]], array![[0.5, 2.0], [3.0, -1.0]]];
    let report = check_gradient(
        |_, v| {
            let wrong_at_3 = v[1].map(|x| x * x, |x, _| if x == 3.0 { 7.0 } else { 2.0 * x });
            (wrong_at_3.sum() + v[0].square())? * v[0]
        },
        &inputs,
    )
    .unwrap();
    assert_eq!((report.input, report.index, report.gradient), (1, (1, 0), 7.0));
    assert!((report.difference - 6.0).abs() < 1e-6 && (report.error - 1.0 / 7.0).abs() < 1e-6);
    let report = check_gradient(|_, v| Ok(v[0].map(|x| x, |_, _| f64::NAN)), &inputs[..1]).unwrap();
    assert!(report.error.is_infinite());
    // An input that does not matter has gradient zero.
    let report = check_gradient(|_, v| Ok(v[0].square()), &inputs).unwrap();
    assert!(report.error < 1e-9);
}
