//! Block Lanczos iteration on a Chebyshev polynomial of an operator whose products are cheap.
//!
//! Where products cost little, most of a Lanczos step is making the block orthogonal to the basis. A step with `p(A)` in place of
//! `A`, `p` the Chebyshev polynomial of degree `d` on an interval below the wanted eigenvalues, takes `d` products and does
//! nearly what `d` steps do (Fang and Saad 2012). The basis of a plain iteration tells the interval: Ritz values lie below the
//! eigenvalues of their rank, so that what lies below the `k`-th of them, with a few between, is not wanted.

use ndarray::{ArrayView2, ArrayViewMut2, s};

use super::found::{Found, Survey};
use super::lanczos::ThickRestartLanczos;
use super::ritz_space::RitzSpace;
use crate::error::Result;
use crate::linalg::operator::Operator;
use crate::linalg::subspace::{Filter, finite_products, lanczos_lower_bound};

/// Degrees, all odd: what lies below the interval is not taken for what lies above it.
const DEGREES: std::ops::RangeInclusive<usize> = 3..=31;
/// The degree lets the leading eigenvalue grow by `cosh` of this.
const GROWTH: f64 = 2.5;

/// What the last wanted eigenvalue grows by at least, over those that are damped.
const SMALLEST_RISE: f64 = 1.01;

/// The `k` leading eigenpairs, as [`ThickRestartLanczos::run`] finds them.
pub(super) fn run(
    solver: &ThickRestartLanczos,
    operator: &dyn Operator,
    k: usize,
    start: Option<ArrayView2<f64>>,
) -> Result<Found> {
    let survey = match solver.survey(operator, k, start)? {
        Survey::Done(found) => return Ok(found),
        Survey::Open(survey) => survey,
    };
    let (leading, last, high) =
        (survey.values[0], survey.values[k - 1], survey.values[survey.values.len() - 1]);
    let lowest = lanczos_lower_bound(&operator)?.min(survey.lowest);
    let (centre, half) = (0.5 * (lowest + high), 0.5 * (high - lowest));
    let growth = |value: f64| ((value - centre) / half).max(1.0).acosh();
    let degree = GROWTH / growth(leading).max(f64::MIN_POSITIVE);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // within the degrees
    let degree = (degree.min(*DEGREES.end() as f64) as usize).max(*DEGREES.start()) | 1;
    let filter = Filter::Chebyshev { degree, low: lowest, high };
    // (p(A) − p(θ)) v = q(A) (A − θ) v, where q is at least the rise of p over the width of the spectrum.
    let norm = survey.norm;
    let amplified = |value: f64| (degree as f64 * growth(value)).cosh();
    let rise = (amplified(last) - 1.0) / (leading - lowest);
    if filter.check().is_err() || amplified(last) < SMALLEST_RISE {
        // Values that are all alike leave no interval to damp.
        return solver.run(operator, k, start);
    }
    let tolerance = (solver.tolerance * norm * rise / amplified(leading)).max(f64::EPSILON);
    let filtered = Filtered { operator, filter };
    let inner = ThickRestartLanczos { tolerance, ..solver.clone() };
    let mut found = inner.run(&filtered, k, Some(survey.block.view()))?;

    // The polynomial has the same eigenvectors; the values are those of the operator on their span.
    let columns = found.subspace.block;
    let image = operator.apply_unchecked(columns.view());
    finite_products(&image)?;
    let mut space = RitzSpace::new(columns.nrows(), columns.ncols());
    space.basis.push(columns.view());
    space.extend_projected(&space.basis.coordinates(image.view()));
    let ritz = space.ritz(0)?;
    found.subspace.block = space.basis.combination(&ritz.vectors);
    found.subspace.pairs.vectors = found.subspace.block.slice(s![.., ..k]).to_owned();
    found.subspace.pairs.values = ritz.values.slice(s![..k]).to_owned();
    found.subspace.steps += survey.steps;
    found.norm = norm.max(ritz.values[0].abs());
    found.next = found.next.map(|next| {
        // Where the polynomial is below 1 is the interval.
        if next > 1.0 { centre + half * (next.acosh() / degree as f64).cosh() } else { high }
    });
    Ok(found)
}

/// The polynomial of an operator.
struct Filtered<'a> {
    operator: &'a dyn Operator,
    filter: Filter,
}

impl Operator for Filtered<'_> {
    fn order(&self) -> usize {
        self.operator.order()
    }

    fn check(&self) -> Result<()> {
        self.operator.check()
    }

    fn apply_add_unchecked(&self, weight: f64, x: ArrayView2<f64>, mut out: ArrayViewMut2<f64>) {
        match self.filter.apply(&self.operator, x, x.slice(s![.., ..0])) {
            Ok(product) => out.scaled_add(weight, &product),
            Err(_) => out.fill(f64::NAN), // which the caller finds
        }
    }
}
