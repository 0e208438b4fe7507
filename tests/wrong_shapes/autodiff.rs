use ndarray::{Array2, Axis};
use pal::Result;
use pal::autodiff::{ColumnTable, Epilogue, Tape, Var, check_gradient};
use rand::Rng;

use crate::door::{Door, Shapes, door, has_entries, numbers};
use crate::support::gaussian;

/// The value of an operation, and the gradients of the sum of its squares. NaN goes through, as the room's page says.
fn of_op(
    names: &str,
    arguments: Vec<Array2<f64>>,
    fits: impl Fn(Shapes) -> bool + 'static,
    op: impl for<'t> Fn(&'t Tape<f64>, &[Var<'t, f64>]) -> Result<Var<'t, f64>> + 'static,
) -> Door {
    door(names, arguments, fits, move |a| {
        let tape = Tape::new();
        let leaves: Vec<Var<f64>> = a.iter().map(|argument| tape.leaf(argument.clone())).collect();
        let y = op(&tape, &leaves)?;
        let mut gradients = tape.backward(y.square().sum())?;
        let mut all = numbers([&y.value().to_owned()]);
        for leaf in leaves {
            assert!(gradients.of(leaf).is_none_or(|gradient| gradient.dim() == leaf.dim()));
            all.extend(numbers(&gradients.take(leaf)));
        }
        Ok(all)
    })
    .letting_through(|_, _| true)
}

pub(crate) fn doors(n: usize, rng: &mut impl Rng) -> Vec<Door> {
    let mut doors = of_one(n, rng);
    doors.extend(of_several(n, rng));
    doors
}

fn of_one(n: usize, rng: &mut impl Rng) -> Vec<Door> {
    let x = || vec![gaussian(n, 3, &mut crate::support::rng(n as u64))];
    let table = ColumnTable::new(3, &[Some(2), None, Some(0), Some(1)]).unwrap();
    vec![
        of_op(
            "autodiff::Var::map autodiff::Var::square autodiff::Var::powi autodiff::Var::exp autodiff::Var::tanh \
             autodiff::Var::relu autodiff::Var::gelu autodiff::Var::softplus autodiff::Var::sqrt autodiff::Var::ln \
             autodiff::Var::transpose autodiff::Tape::leaf autodiff::Gradients::of autodiff::Gradients::take",
            vec![gaussian(n, 3, rng)],
            |_| true,
            |_, x| {
                let positive = x[0].softplus();
                let sum = ((positive.sqrt() + positive.ln())? + x[0].powi(3).tanh())?;
                let sum = (((sum + x[0].exp())? + x[0].relu())? + x[0].gelu())?;
                Ok((sum + x[0].map(|x| 2.0 * x, |_, _| 2.0).square())?.transpose())
            },
        ),
        of_op(
            "autodiff::Var::sum autodiff::Var::sum_axis",
            x(),
            |_| true,
            |_, x| (x[0].sum_axis(Axis(0))?.sum() + x[0].sum_axis(Axis(1))?)?.sum_axis(Axis(0)),
        ),
        of_op("autodiff::Var::mean", x(), |d| has_entries(d[0]), |_, x| x[0].mean()),
        of_op("autodiff::Var::mean_axis", x(), |d| d[0].0 > 0, |_, x| x[0].mean_axis(Axis(0))),
        of_op("autodiff::Var::mean_axis", x(), |d| d[0].1 > 0, |_, x| x[0].mean_axis(Axis(1))),
        of_op("autodiff::Var::mean_of_groups", x(), |d| d[0].1 == 3, |_, x| x[0].mean_of_groups(3)),
        of_op("autodiff::Var::log_sum_exp_rows", x(), |d| d[0].1 > 0, |_, x| x[0].log_sum_exp_rows()),
        of_op("autodiff::Var::max_rows", x(), |d| d[0].1 > 0, |_, x| x[0].max_rows()),
        of_op(
            "autodiff::Var::normalise_rows",
            x(),
            |d| d[0].0 == 0 || d[0].1 > 0,
            |_, x| x[0].normalise_rows(),
        ),
        of_op(
            "autodiff::Var::batch_normalise",
            vec![gaussian(n, 3, rng), gaussian(1, 3, rng), gaussian(1, 3, rng)],
            |d| d[0].0 > 0 && d[1] == (1, d[0].1) && d[2] == (1, d[0].1),
            |_, x| Ok(x[0].batch_normalise(x[1], x[2], 0.1, Epilogue::Relu)?.values),
        ),
        of_op(
            "autodiff::Var::gather_rows",
            x(),
            move |d| d[0].0 >= n,
            move |_, x| x[0].gather_rows(&[n - 1, 0, 0, 1]),
        ),
        of_op("autodiff::Var::gather_columns", x(), |d| d[0].1 == 3, move |_, x| x[0].gather_columns(&table)),
        of_op(
            "autodiff::Var::pick",
            x(),
            move |d| d[0].0 == n && d[0].1 > 1,
            move |_, x| x[0].pick(&(0..n).map(|i| i % 2).collect::<Vec<_>>()),
        ),
        of_op(
            "autodiff::Var::reshape",
            x(),
            move |d| d[0].0 * d[0].1 == 3 * n,
            move |_, x| x[0].reshape((3, n)),
        ),
        of_op("autodiff::Var::rows", x(), |d| d[0].0 >= 4, |_, x| x[0].rows(1..4)),
        of_op("autodiff::Var::columns", x(), |d| d[0].1 >= 3, |_, x| x[0].columns(1..3)),
        door(
            "autodiff::check_gradient",
            vec![gaussian(2, 3, rng)],
            |d| has_entries(d[0]),
            |a| {
                let report = check_gradient(|_, x| Ok(x[0].tanh().sum()), &[a[0].clone()])?;
                Ok(vec![f64::from(u8::from(report.error < 1e-8))])
            },
        )
        .letting_through(|_, _| true), // an error that is infinite
        door(
            "autodiff::Tape::backward autodiff::Var::scalar autodiff::Tape::constant",
            vec![gaussian(1, 1, rng)],
            |d| d[0] == (1, 1),
            |a| {
                let tape = Tape::new();
                let x = tape.leaf(a[0].clone());
                let gradients = tape.backward(x)?;
                assert!(gradients.of(tape.constant(a[0].clone())).is_none());
                Ok([numbers(gradients.of(x)), vec![x.scalar()?]].concat())
            },
        )
        .letting_through(|_, _| true),
    ]
}

fn of_several(n: usize, rng: &mut impl Rng) -> Vec<Door> {
    let (a, b, c) = (gaussian(n, 3, rng), gaussian(3, 2, rng), gaussian(1, 2, rng));
    let same = gaussian(n, 3, rng);
    let broadcasts = |d: Shapes| {
        let fits = |a: usize, b: usize| a == b || a == 1 || b == 1;
        fits(d[0].0, d[1].0) && fits(d[0].1, d[1].1)
    };
    let patches = ColumnTable::new(3, &[Some(0), Some(2), None, Some(1)]).unwrap();
    vec![
        of_op(
            "autodiff::Var::matmul",
            vec![a.clone(), b.clone()],
            |d| d[0].1 == d[1].0,
            |_, x| x[0].matmul(x[1]),
        ),
        of_op(
            "autodiff::Var::affine",
            vec![a.clone(), b, c],
            |d| d[0].1 == d[1].0 && d[2] == (1, d[1].1),
            |_, x| x[0].affine(x[1], x[2]),
        ),
        of_op(
            "autodiff::Var::convolve",
            vec![gaussian(n, 3, rng), gaussian(2, 2, rng), gaussian(1, 2, rng)],
            |d| d[0].1 == 3 && [1, 2, 4].contains(&d[1].0) && d[2] == (1, d[1].1),
            move |_, x| x[0].convolve(&patches, x[1], x[2], Epilogue::Relu),
        ),
        of_op("autodiff::Var::dim", vec![a.clone(), same.clone()], broadcasts, |_, x| {
            ((x[0] + x[1])? - (x[0] * x[1])?)? / (x[1].square() + 1.0)
        }),
        of_op(
            "autodiff::Tape::concatenate",
            vec![a.clone(), same.clone()],
            |d| d[0].1 == d[1].1,
            |tape, x| tape.concatenate(Axis(0), x),
        ),
        of_op(
            "autodiff::Tape::concatenate",
            vec![a.clone(), same.clone()],
            |d| d[0].0 == d[1].0,
            |tape, x| tape.concatenate(Axis(1), x),
        ),
        door(
            "autodiff::Var::scalar_op autodiff::Var::value autodiff::Var::tape",
            vec![a, same],
            |d| d[0] == d[1],
            |a| {
                let tape = Tape::new();
                let x = tape.leaf(a[0].clone());
                let y = x.scalar_op(|x| Ok((x.sum(), a[1].clone())))?;
                assert!(std::ptr::eq(y.tape(), &raw const tape));
                let mut all = numbers(tape.backward(y)?.of(x));
                all.push(y.value()[[0, 0]]);
                Ok(all)
            },
        )
        .letting_through(|_, _| true),
    ]
}
