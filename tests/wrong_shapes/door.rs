//! A public function, or several in one call, with arguments that it takes.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ndarray::{Array1, Array2, Axis, ShapeBuilder, s};
use pal::{Error, Result};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use rand::{Rng, RngExt};

/// Rows and columns of every argument.
pub(crate) type Shapes<'a> = &'a [(usize, usize)];

/// The numbers in the result of a call.
type Call = dyn Fn(&[Array2<f64>]) -> Result<Vec<f64>>;

pub(crate) struct Door {
    /// What it calls, as [`super::listed`] names it, separated by spaces.
    pub(crate) names: String,
    arguments: Vec<Array2<f64>>,
    fits: Box<dyn Fn(Shapes) -> bool>,
    may_be_no_number: Box<dyn Fn(usize, (usize, usize)) -> bool>,
    /// Arguments whose bad entries are found where they spoil the result.
    found_late: Vec<usize>,
    call: Box<Call>,
}

/// * `arguments`: what the call takes;
/// * `fits`: whether arguments of these shapes are what the documentation asks for;
/// * `call`: the numbers in the result. Arguments come in any memory layout, which views and clones of them keep.
pub(crate) fn door(
    names: &str,
    arguments: Vec<Array2<f64>>,
    fits: impl Fn(Shapes) -> bool + 'static,
    call: impl Fn(&[Array2<f64>]) -> Result<Vec<f64>> + 'static,
) -> Door {
    Door {
        names: names.to_owned(),
        arguments,
        fits: Box::new(fits),
        may_be_no_number: Box::new(|_, _| false),
        found_late: Vec::new(),
        call: Box::new(call),
    }
}

impl Door {
    /// Some entries of some arguments are not read, or NaN and infinities in them are let through as documented.
    pub(crate) fn letting_through(
        mut self,
        entries: impl Fn(usize, (usize, usize)) -> bool + 'static,
    ) -> Self {
        self.may_be_no_number = Box::new(entries);
        self
    }

    /// Bad entries of these arguments, which are operators or buffers, are found in the result, and any error is right.
    pub(crate) fn finding_late(mut self, arguments: &[usize]) -> Self {
        self.found_late = arguments.to_vec();
        self
    }

    fn call(&self, arguments: &[Array2<f64>], what: &str) -> Result<Result<Vec<f64>>, TestCaseError> {
        catch_unwind(AssertUnwindSafe(|| (self.call)(arguments)))
            .map_err(|_| TestCaseError::fail(format!("{}: a panic for {what}", self.names)))
    }

    pub(crate) fn takes_every_layout(&self) -> Result<(), TestCaseError> {
        let plain = self.call(&self.arguments, "plain arguments")?;
        prop_assert!(plain.is_ok(), "{}: {:?}", self.names, plain);
        let plain = plain.unwrap();
        let largest = plain.iter().fold(0.0_f64, |largest, number| largest.max(number.abs()));
        prop_assert!(largest.is_finite() && !plain.iter().any(|number| number.is_nan()), "{}", self.names);
        for position in 0..self.arguments.len() {
            for (layout, laid_out) in layouts(&self.arguments[position]) {
                prop_assert_eq!(&laid_out, &self.arguments[position]);
                let mut arguments = self.arguments.clone();
                arguments[position] = laid_out;
                let what = format!("argument {position} {layout}");
                let found = self.call(&arguments, &what)?;
                prop_assert!(found.is_ok(), "{}: {:?} for {}", self.names, found, what);
                let found = found.unwrap();
                let is_near = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-12 * largest;
                prop_assert!(
                    found.len() == plain.len() && found.iter().zip(&plain).all(is_near),
                    "{}: for {what} {found:?} is not {plain:?}",
                    self.names
                );
            }
        }
        Ok(())
    }

    pub(crate) fn refuses_wrong_shapes(&self) -> Result<(), TestCaseError> {
        for position in 0..self.arguments.len() {
            let (rows, columns) = self.arguments[position].dim();
            for dim in [
                (rows + 1, columns),
                (rows - 1, columns),
                (rows, columns + 1),
                (rows, columns - 1),
                (1, columns),
                (rows, 1),
                (1, 1),
                (0, columns),
                (rows, 0),
                (0, 0),
            ] {
                let mut arguments = self.arguments.clone();
                arguments[position] = reshaped(&self.arguments[position], dim);
                self.is_refused_unless_it_fits(&arguments)?;
            }
        }
        let nothing = vec![Array2::zeros((0, 0)); self.arguments.len()];
        self.is_refused_unless_it_fits(&nothing)
    }

    fn is_refused_unless_it_fits(&self, arguments: &[Array2<f64>]) -> Result<(), TestCaseError> {
        let shapes: Vec<(usize, usize)> = arguments.iter().map(Array2::dim).collect();
        let what = format!("arguments of shapes {shapes:?}");
        let found = self.call(arguments, &what)?;
        if (self.fits)(&shapes) {
            // Not every matrix of the shape need be one that has an inverse, say.
            let is_about_shapes = matches!(
                found,
                Err(Error::Shape { .. }
                    | Error::Operands { .. }
                    | Error::Empty { .. }
                    | Error::WrongForm { .. })
            );
            prop_assert!(!is_about_shapes, "{}: {:?} for {}", self.names, found, what);
        } else {
            let is_about_shapes = matches!(
                found,
                Err(Error::Shape { .. }
                    | Error::Operands { .. }
                    | Error::Empty { .. }
                    | Error::Domain { .. })
            );
            prop_assert!(is_about_shapes, "{}: {:?} for {}", self.names, found, what);
        }
        Ok(())
    }

    pub(crate) fn refuses_what_is_no_number(&self, rng: &mut impl Rng) -> Result<(), TestCaseError> {
        for position in 0..self.arguments.len() {
            let (rows, columns) = self.arguments[position].dim();
            for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                let at = (rng.random_range(0..rows), rng.random_range(0..columns));
                let mut arguments = self.arguments.clone();
                arguments[position][at] = value;
                let what = format!("argument {position} with {value} at {at:?}");
                let found = self.call(&arguments, &what)?;
                if (self.may_be_no_number)(position, at) {
                    continue;
                }
                let is_right = match &found {
                    Err(Error::NotFinite { argument, index, value: named }) => {
                        !argument.is_empty()
                            && (*index == [at.0, at.1] || *index == [at.0])
                            && (*named == value || value.is_nan())
                    }
                    Err(_) => self.found_late.contains(&position),
                    Ok(_) => false,
                };
                prop_assert!(is_right, "{}: {:?} for {}", self.names, found, what);
            }
        }
        Ok(())
    }
}

/// The same entries in other memory layouts. What lies between them is NaN.
fn layouts(a: &Array2<f64>) -> Vec<(&'static str, Array2<f64>)> {
    let (rows, columns) = a.dim();
    let mut by_columns = Array2::zeros(a.raw_dim().f());
    by_columns.assign(a);
    let mut spread = Array2::from_elem((2 * rows, 2 * columns), f64::NAN);
    spread.slice_mut(s![..;2, ..;2]).assign(a);
    let mut with_gaps = Array2::from_elem((rows, columns + 3), f64::NAN);
    with_gaps.slice_mut(s![.., ..columns]).assign(a);
    let mut gaps_by_columns = Array2::from_elem((rows + 3, columns).f(), f64::NAN);
    gaps_by_columns.slice_mut(s![..rows, ..]).assign(a);
    let mut reversed = Array2::zeros(a.raw_dim());
    reversed.assign(&a.slice(s![..;-1, ..;-1]));
    reversed.invert_axis(Axis(0));
    reversed.invert_axis(Axis(1));
    let mut upside_down = Array2::zeros(a.raw_dim());
    upside_down.assign(&a.slice(s![..;-1, ..]));
    upside_down.invert_axis(Axis(0));
    vec![
        ("by columns", by_columns),
        ("of every second row and column", spread.slice_move(s![..;2, ..;2])),
        ("with gaps between rows", with_gaps.slice_move(s![.., ..columns])),
        ("with gaps between columns", gaps_by_columns.slice_move(s![..rows, ..])),
        ("reversed", reversed),
        ("upside down", upside_down),
    ]
}

/// The entries of `a` that there are, and others elsewhere.
fn reshaped(a: &Array2<f64>, dim: (usize, usize)) -> Array2<f64> {
    Array2::from_shape_fn(dim, |at| a.get(at).copied().unwrap_or(((7 * at.0 + 5 * at.1) % 11) as f64 / 10.0))
}

/// An argument that is a vector: its only column.
pub(crate) fn vector(a: &Array2<f64>) -> Array1<f64> {
    if a.ncols() == 0 { Array1::zeros(0) } else { a.clone().index_axis_move(Axis(1), 0) }
}

/// The length of [`vector`].
pub(crate) fn length((rows, columns): (usize, usize)) -> usize {
    if columns == 0 { 0 } else { rows }
}

/// Whether a matrix is square and not empty.
pub(crate) fn is_square((rows, columns): (usize, usize)) -> bool {
    rows == columns && rows > 0
}

/// Whether a matrix has entries.
pub(crate) fn has_entries((rows, columns): (usize, usize)) -> bool {
    rows * columns > 0
}

/// The numbers of several arrays.
pub(crate) fn numbers<'a>(arrays: impl IntoIterator<Item = &'a Array2<f64>>) -> Vec<f64> {
    arrays.into_iter().flatten().copied().collect()
}
