//! Bad input is a typed error that names the operation and both shapes.

use ndarray::{Array2, Axis, array};
use pal::Error;
use pal::autodiff::{ColumnTable, Epilogue, Tape, Var, check_gradient};

fn zeros(tape: &Tape<f64>, rows: usize, columns: usize) -> Var<'_, f64> {
    tape.leaf(Array2::zeros((rows, columns)))
}

#[test]
fn shapes_that_do_not_fit() {
    let tape = Tape::new();
    let x = zeros(&tape, 2, 3);
    let table = ColumnTable::new(4, &[Some(0)]).unwrap();
    let cases = [
        ("add", x + zeros(&tape, 3, 3), (3, 3)),
        ("sub", x - zeros(&tape, 2, 2), (2, 2)),
        ("mul", x * zeros(&tape, 3, 1), (3, 1)),
        ("div", x / zeros(&tape, 1, 2), (1, 2)),
        ("matmul", x.matmul(x), (2, 3)),
        ("affine", x.affine(x, zeros(&tape, 1, 3)), (2, 3)),
        ("affine", x.affine(zeros(&tape, 3, 3), zeros(&tape, 1, 1)), (1, 1)),
        ("reshape", x.reshape((4, 2)), (4, 2)),
        ("reshape", x.reshape((usize::MAX, 2)), (usize::MAX, 2)),
        ("pick", x.pick(&[0, 0, 0]), (3, 1)),
        ("gather_columns", x.gather_columns(&table), (4, 1)),
        ("mean_of_groups", x.mean_of_groups(2), (2, 2)),
        ("mean_of_groups", x.mean_of_groups(0), (2, 0)),
        ("convolve", x.convolve(&table, zeros(&tape, 4, 1), zeros(&tape, 1, 1), Epilogue::Relu), (4, 1)),
        ("concatenate", tape.concatenate(Axis(0), &[x, zeros(&tape, 2, 2)]), (2, 2)),
        ("concatenate", tape.concatenate(Axis(1), &[x, zeros(&tape, 1, 3)]), (1, 3)),
    ];
    for (name, outcome, shape) in cases {
        match outcome {
            Err(Error::Operands { op, left: (2, 3), right }) if op == name && right == shape => {}
            other => panic!("{name}: {other:?}"),
        }
    }
    assert!(matches!(x.scalar(), Err(Error::Operands { op: "scalar", left: (2, 3), right: (1, 1) })));
    let error = tape.backward(x).unwrap_err();
    assert!(matches!(error, Error::Operands { op: "backward", left: (2, 3), right: (1, 1) }));
    assert_eq!(error.to_string(), "backward: operands of shapes (2, 3) and (1, 1) do not fit");
}

#[test]
fn indices_and_axes_out_of_range() {
    let tape = Tape::new();
    let x = zeros(&tape, 2, 3);
    #[allow(clippy::reversed_empty_ranges)] // the bad input
    let cases = [
        x.rows(1..3),
        x.columns(2..1),
        x.gather_rows(&[0, 2]),
        x.pick(&[0, 3]),
        x.sum_axis(Axis(2)),
        x.mean_axis(Axis(2)),
        tape.concatenate(Axis(2), &[x]),
        normalised(x, 0.0),
        normalised(x, f64::NAN),
        x.normalise_rows(),
        tape.leaf(array![[1.0, f64::NAN]]).normalise_rows(),
        tape.leaf(array![[f64::NAN, 1.0]]).normalise_rows(),
    ];
    for (i, outcome) in cases.into_iter().enumerate() {
        assert!(matches!(outcome, Err(Error::Domain { .. })), "case {i}: {outcome:?}");
    }
    assert!(matches!(ColumnTable::new(3, &[None, Some(3)]), Err(Error::Domain { argument: "source", .. })));
}

#[test]
fn nothing_to_reduce() {
    let tape = Tape::new();
    let (no_rows, no_columns) = (zeros(&tape, 0, 2), zeros(&tape, 2, 0));
    let cases = [
        no_rows.mean(),
        no_rows.mean_axis(Axis(0)),
        no_columns.mean_axis(Axis(1)),
        no_columns.max_rows(),
        no_columns.log_sum_exp_rows(),
        normalised(no_rows, 1.0),
        tape.concatenate(Axis(0), &[]),
    ];
    for (i, outcome) in cases.into_iter().enumerate() {
        assert!(matches!(outcome, Err(Error::Empty { .. })), "case {i}: {outcome:?}");
    }
    let nothing = check_gradient(|_, v| Ok(v[0].sum()), &[Array2::zeros((0, 2))]);
    assert!(matches!(nothing, Err(Error::Empty { .. })));
    // Where nothing is a meaningful answer, it is one.
    assert_eq!(no_rows.sum().scalar().unwrap(), 0.0);
    assert_eq!(no_columns.matmul(no_rows).unwrap().value(), array![[0.0, 0.0], [0.0, 0.0]]);
    assert!(no_rows.normalise_rows().is_ok());
}

#[test]
fn variables_of_two_tapes() {
    let (tape, other) = (Tape::new(), Tape::new());
    let (x, y) = (zeros(&tape, 1, 1), zeros(&other, 1, 1));
    let cases = [
        ("add", x + y),
        ("sub", x - y),
        ("mul", x * y),
        ("div", x / y),
        ("matmul", x.matmul(y)),
        ("affine", x.affine(y, x)),
        ("affine", x.affine(x, y)),
        ("concatenate", tape.concatenate(Axis(0), &[x, y])),
    ];
    for (name, outcome) in cases {
        assert!(matches!(outcome, Err(Error::OtherTape { op }) if op == name), "{name}: {outcome:?}");
    }
    assert!(matches!(tape.backward(y), Err(Error::OtherTape { op: "backward" })));
}

#[test]
fn a_gradient_of_another_shape_than_its_variable() {
    let tape = Tape::new();
    let outcome = zeros(&tape, 2, 3).scalar_op(|_| Ok((0.0, Array2::zeros((3, 2)))));
    match outcome {
        Err(Error::Shape { argument: "gradient", expected, got }) => {
            assert_eq!((expected, got), (vec![2, 3], vec![3, 2]));
        }
        other => panic!("{other:?}"),
    }
    let refused = zeros(&tape, 1, 1).scalar_op(|_| Err(Error::Empty { argument: "z", expected: "reason" }));
    assert!(matches!(refused, Err(Error::Empty { argument: "z", .. })));
}

/// Normalised over the batch, neither scaled nor shifted.
fn normalised(x: Var<'_, f64>, epsilon: f64) -> pal::Result<Var<'_, f64>> {
    let n = x.dim().1;
    let [ones, zeros] = [1.0, 0.0].map(|entry| x.tape().constant(ndarray::Array2::from_elem((1, n), entry)));
    x.batch_normalise(ones, zeros, epsilon, Epilogue::Identity).map(|batch| batch.values)
}
