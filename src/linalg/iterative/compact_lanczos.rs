//! Leading eigenpairs of an operator that is only known by its products: the block Lanczos method with thick restarts.
//!
//! A Krylov space is built block by block, each block orthogonal to all before. When the basis is full, the best approximations in
//! its span (Rayleigh–Ritz) take its place, and the last block goes on from there (Wu and Simon 2000; Stewart 2001). A product
//! serves all pairs at once, so that it takes far fewer of them than [`SubspaceIteration`](crate::linalg::SubspaceIteration), and one
//! basis of vectors, in either precision, is all the memory. What [`ThickRestartLanczos`](super::ThickRestartLanczos) looks for
//! beyond, eigenvectors that the first block had no part in, is left to the caller, who may know them.

use ndarray::{Array1, Array2, ArrayView2, Axis, s};
use rand::Rng;

use crate::error::{Error, Result, check};
use crate::linalg::tall::{combine_columns, subtract_and_project, subtract_product, transposed_product};
use crate::linalg::{Operator, random_block, symmetric_eigen};
use crate::scalar::Scalar;

/// Options of the block Lanczos method.
#[derive(Clone, Debug)]
pub(crate) struct CompactLanczos {
    /// Vectors that are multiplied at a time, at least 1. A cluster of more equal eigenvalues than these is found but slowly.
    pub(crate) block: usize,
    /// A pair has converged when `‖Av − θv‖ ≤ tolerance · ‖A‖`; in single precision no less than about `1e-5` is reached.
    pub(crate) tolerance: f64,
    /// Restarts before giving up.
    pub(crate) most_restarts: usize,
}

impl Default for CompactLanczos {
    fn default() -> Self {
        Self { block: 16, tolerance: 1e-10, most_restarts: 300 }
    }
}

/// Of a block that is made orthonormal, directions this much shorter than the longest are rounding.
const DEPENDENT: f64 = 32.0;
/// Directions are nearly as long as each other if none is longer than another by this factor; after as many splits at most.
const EVEN: f64 = 1.5;
const MOST_SPLITS: usize = 4;

impl CompactLanczos {
    /// The `k` leading eigenvalues of `operator`, `1 ≤ k ≤ n`, descending, and their orthonormal eigenvectors `(n, k)`, from a random block and from `known` `(n, c)`: orthonormal
    /// eigenvectors with eigenvalues of whatever order, as of the components of a graph, `c ≤ k`.
    ///
    /// The basis holds some `2 k` vectors, or all there are. A product with a block of `b` of them costs that with the operator and
    /// `O(n k b)`, a restart `O(n k² + k³)`.
    ///
    /// # Errors
    /// [`Error::Domain`] for bad options, a bad `k` or products that are not finite; [`Error::Shape`] or [`Error::NotFinite`] for a
    /// bad `known`, [`Error::Shape`] for an operator that is not square; [`Error::NotConverged`].
    pub(crate) fn leading<F: Scalar>(
        &self,
        operator: &impl Operator<F>,
        k: usize,
        known: ArrayView2<F>,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<(Array1<f64>, Array2<F>)> {
        operator.check()?;
        let n = operator.order();
        check::count("block", self.block, usize::MAX, "at least 1")?;
        check::positive("tolerance", self.tolerance)?;
        check::count("k", k, n, "at least 1 and at most the order of the operator")?;
        check::shape("known", &[n, known.ncols().min(k)], known.shape())?;
        check::finite("known", &known)?;
        let block = self.block.min(n);
        let most = (2 * k + 2 * block).min(n);
        let mut basis = Basis::new(operator, most, known)?;
        let mut next = basis.random(block, rng);
        let (mut residual, mut bound) = (f64::INFINITY, 0.0);
        for _ in 0..=self.most_restarts {
            // The image of the last block beyond the basis, as a combination of the next one.
            let mut beyond = Array2::zeros((0, 0));
            while next.ncols() > 0 && basis.columns + next.ncols() <= most {
                let mut image = operator.apply_unchecked(next.view());
                check::in_range("product with the operator", &image, "finite")?;
                basis.push(next.view());
                basis.project(&mut image);
                (next, beyond) = basis.orthonormal(image, rng);
            }
            let columns = basis.columns;
            let projected = basis.projected.slice(s![..columns, ..columns]);
            let eigen = symmetric_eigen(((&projected + &projected.t()) * 0.5).view())?;
            let largest = eigen.values.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
            bound = self.tolerance * largest;
            let last = eigen.vectors.slice(s![columns - beyond.ncols().., ..k]);
            let residuals = beyond.dot(&last).map_axis(Axis(0), |column| column.dot(&column).sqrt());
            residual = residuals.fold(0.0, |largest, &residual| residual.max(largest));
            if residual <= bound {
                basis.rotate(eigen.vectors.slice(s![.., ..k]));
                let values = eigen.values.slice(s![..k]).to_owned();
                return Ok((values, basis.into_vectors(k)));
            }
            let kept = k + (columns - k) / 3;
            basis.rotate(eigen.vectors.slice(s![.., ..kept]));
            basis.restart(eigen.values.slice(s![..kept]).to_owned());
        }
        let iterations = self.most_restarts;
        Err(Error::NotConverged { solver: "block Lanczos method", iterations, residual, tolerance: bound })
    }
}

/// Orthonormal vectors, and the operator in their span.
struct Basis<F> {
    /// `(n, most)`, of which the first columns are used.
    vectors: Array2<F>,
    columns: usize,
    /// `VᵀAV`, `(columns, columns)` once full.
    projected: Array2<f64>,
}

impl<F: Scalar> Basis<F> {
    /// With orthonormal eigenvectors.
    fn new(operator: &impl Operator<F>, most: usize, known: ArrayView2<F>) -> Result<Self> {
        let (n, columns) = known.dim();
        let mut vectors = Array2::zeros((n, most));
        vectors.slice_mut(s![.., ..columns]).assign(&known);
        let mut basis = Self { vectors, columns, projected: Array2::zeros((most, most)) };
        if columns > 0 {
            let image = operator.apply_unchecked(known);
            check::in_range("product with the operator", &image, "finite")?;
            let projected = transposed_product(known, image.view());
            basis.projected.slice_mut(s![..columns, ..columns]).assign(&projected);
        }
        Ok(basis)
    }

    fn used(&self) -> ArrayView2<'_, F> {
        self.vectors.slice(s![.., ..self.columns])
    }

    /// Takes in a block that is orthonormal and orthogonal to those before.
    fn push(&mut self, block: ArrayView2<F>) {
        let range = self.columns..self.columns + block.ncols();
        self.vectors.slice_mut(s![.., range]).assign(&block);
        self.columns += block.ncols();
    }

    /// Takes the part in the span off the image of the last vectors; it is the operator there.
    fn project(&mut self, image: &mut Array2<F>) {
        let first = self.columns - image.ncols();
        // Twice: what the basis lacks of being orthonormal would otherwise grow with every block.
        let mut coordinates = transposed_product(self.used(), image.view());
        let rest = subtract_and_project(self.used(), &coordinates, image.view_mut());
        subtract_product(self.used(), &rest, image.view_mut());
        coordinates += &rest;
        self.projected.slice_mut(s![..self.columns, first..self.columns]).assign(&coordinates);
        self.projected.slice_mut(s![first..self.columns, ..self.columns]).assign(&coordinates.t());
    }

    /// `(Q, R)`, `X = Q R`, with `Q` orthonormal and orthogonal to the basis: directions that are missing are random.
    fn orthonormal(&self, mut x: Array2<F>, rng: &mut (impl Rng + ?Sized)) -> (Array2<F>, Array2<f64>) {
        let width = x.ncols().min(self.vectors.nrows() - self.columns);
        let mut factor = Array2::eye(x.ncols());
        for _ in 0..MOST_SPLITS {
            let Split { q, r, is_even } = split(x);
            factor = r.dot(&factor);
            x = q;
            if is_even {
                break;
            }
            // Short directions were made longer, and what they had left of the basis with them.
            let part = transposed_product(self.used(), x.view());
            subtract_product(self.used(), &part, x.view_mut());
        }
        let found = x.ncols();
        if found >= width {
            // The basis and these are all there is.
            let factor = factor.slice_move(s![..width, ..]);
            return (x.slice_move(s![.., ..width]).as_standard_layout().into_owned(), factor);
        }
        let mut filled = Array2::zeros((x.nrows(), width));
        filled.slice_mut(s![.., ..found]).assign(&x);
        let with = Self { vectors: x, columns: found, projected: Array2::zeros((0, 0)) };
        let more = self.random_beside(&with, width - found, rng);
        filled.slice_mut(s![.., found..found + more.ncols()]).assign(&more);
        let filled = filled.slice_move(s![.., ..found + more.ncols()]);
        let mut padded = Array2::zeros((filled.ncols(), factor.ncols()));
        padded.slice_mut(s![..found, ..]).assign(&factor);
        (filled, padded)
    }

    /// Random vectors orthogonal to the basis.
    fn random(&self, width: usize, rng: &mut (impl Rng + ?Sized)) -> Array2<F> {
        let none = Self {
            vectors: Array2::zeros((self.vectors.nrows(), 0)),
            columns: 0,
            projected: Array2::zeros((0, 0)),
        };
        self.random_beside(&none, width.min(self.vectors.nrows() - self.columns), rng)
    }

    /// Random vectors orthogonal to this basis and another.
    fn random_beside(&self, other: &Self, width: usize, rng: &mut (impl Rng + ?Sized)) -> Array2<F> {
        let mut x = random_block(self.vectors.nrows(), width, rng).mapv(F::of);
        for _ in 0..3 {
            for basis in [self.used(), other.used()] {
                if basis.ncols() > 0 {
                    let part = transposed_product(basis, x.view());
                    subtract_product(basis, &part, x.view_mut());
                }
            }
            x = split(x).q;
        }
        x
    }

    /// `V ← V S`.
    fn rotate(&mut self, by: ArrayView2<f64>) {
        combine_columns(self.vectors.view_mut(), by);
    }

    /// Goes on from approximate eigenvectors.
    fn restart(&mut self, values: Array1<f64>) {
        self.columns = values.len();
        self.projected.fill(0.0);
        self.projected.diag_mut().slice_mut(s![..values.len()]).assign(&values);
    }

    /// The first `k` vectors.
    fn into_vectors(self, k: usize) -> Array2<F> {
        self.vectors.slice(s![.., ..k]).to_owned()
    }
}

/// `X = Q R` up to rounding.
struct Split<F> {
    q: Array2<F>,
    r: Array2<f64>,
    /// Whether the directions of `X` were nearly as long as each other, and `Q` is therefore orthonormal to rounding.
    is_even: bool,
}

/// A basis of the columns by the eigenvectors of `XᵀX`; dependent directions are left out.
fn split<F: Scalar>(mut x: Array2<F>) -> Split<F> {
    let gram = transposed_product(x.view(), x.view());
    let Ok(eigen) = symmetric_eigen(((&gram + &gram.t()) * 0.5).view()) else {
        return Split { q: x.slice_move(s![.., ..0]), r: Array2::zeros((0, gram.ncols())), is_even: true };
    };
    let least = DEPENDENT * F::epsilon().as_f64();
    let longest = eigen.values.first().map_or(0.0, |value| value.max(0.0));
    let kept = eigen.values.iter().take_while(|&&value| value > least * longest && value > 0.0).count();
    let (vectors, roots) =
        (eigen.vectors.slice(s![.., ..kept]), eigen.values.slice(s![..kept]).mapv(f64::sqrt));
    combine_columns(x.view_mut(), (&vectors / &roots).view());
    let r = &vectors.t() * &roots.view().insert_axis(Axis(1));
    let is_even = roots.last().is_none_or(|shortest| EVEN * shortest >= longest.sqrt());
    Split { q: x.slice_move(s![.., ..kept]).as_standard_layout().into_owned(), r, is_even }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may panic
mod tests {
    use super::*;
    use crate::linalg::Affine;
    use crate::random::stream;
    use proptest::prelude::*;

    /// `Q diag(values) Qᵀ` and its eigenvectors.
    fn with_spectrum(values: &[f64], seed: u64) -> (Array2<f64>, Array2<f64>) {
        let n = values.len();
        let noise = random_block(n, n, &mut stream(seed, 0));
        let vectors = symmetric_eigen((&noise + &noise.t()).view()).map_or(noise, |eigen| eigen.vectors);
        let scaled = &vectors * &Array1::from(values.to_vec());
        let a = scaled.dot(&vectors.t());
        ((&a + &a.t()) * 0.5, vectors)
    }

    /// The largest length of `Av − θv`, and of `VᵀV − I`.
    fn errors(a: &Array2<f64>, values: &Array1<f64>, vectors: &Array2<f64>) -> (f64, f64) {
        let residuals = a.dot(vectors) - vectors * values;
        let gram = vectors.t().dot(vectors) - Array2::<f64>::eye(vectors.ncols());
        let largest = |of: &Array2<f64>| of.iter().fold(0.0_f64, |largest, entry| largest.max(entry.abs()));
        (largest(&residuals), largest(&gram))
    }

    proptest! {
        /// Spectra of both signs, with clusters no larger than the block.
        #[test]
        fn leading_pairs_are_those_of_the_matrix(
            seed in any::<u64>(), n in 1_usize..150, k in 1_usize..20, block in 1_usize..20, step in 1_usize..6,
        ) {
            let (k, step) = (k.min(n), step.min(block));
            let values: Vec<f64> = (0..n).map(|i| 1.0 - 2.0 * ((i / step * step) as f64 / n as f64).sqrt()).collect();
            let (a, _) = with_spectrum(&values, seed);
            let none = Array2::zeros((n, 0));
            let double = CompactLanczos { block, ..CompactLanczos::default() };
            let (found, vectors) = double.leading(&a.view(), k, none.view(), &mut stream(seed, 1)).unwrap();
            let (residual, loss) = errors(&a, &found, &vectors);
            prop_assert!(residual < 1e-9 && loss < 1e-11, "{residual:e} and {loss:e}");
            for (found, expected) in found.iter().zip(&values) {
                prop_assert!((found - expected).abs() < 1e-9, "{found} for {expected}");
            }
            let single = CompactLanczos { block, tolerance: 1e-4, ..CompactLanczos::default() };
            let a32 = a.mapv(f32::of);
            let (found, vectors) = single.leading(&a32.view(), k, none.mapv(f32::of).view(), &mut stream(seed, 1)).unwrap();
            let (residual, loss) = errors(&a, &found, &vectors.mapv(f64::from));
            prop_assert!(residual < 1e-3 && loss < 1e-4, "{residual:e} and {loss:e}");
            for (found, expected) in found.iter().zip(&values) {
                prop_assert!((found - expected).abs() < 1e-3, "{found} for {expected}");
            }
        }
    }

    /// An eigenvalue of higher multiplicity than the block has columns, of which all eigenvectors but one are given.
    #[test]
    fn what_is_known_is_not_looked_for() -> Result<()> {
        let values: Vec<f64> =
            (0..200).map(|i: i32| if i < 30 { 1.0 } else { 0.9 - f64::from(i) / 400.0 }).collect();
        let (a, vectors) = with_spectrum(&values, 7);
        let known = vectors.slice(s![.., ..29]);
        let solver = CompactLanczos { block: 4, ..CompactLanczos::default() };
        let (found, vectors) = solver.leading(&a.view(), 32, known, &mut stream(0, 0))?;
        let (residual, loss) = errors(&a, &found, &vectors);
        assert!(residual < 1e-9 && loss < 1e-11, "{residual:e} and {loss:e}");
        assert!(found.iter().zip(&values).all(|(found, expected)| (found - expected).abs() < 1e-9));
        Ok(())
    }

    /// The same bits on one thread and on many.
    #[test]
    fn threads_change_nothing() -> Result<()> {
        let values: Vec<f64> = (0..700).map(|i| 1.0 - (f64::from(i) / 700.0).sqrt()).collect();
        let a = with_spectrum(&values, 3).0.mapv(f32::of);
        let solver = CompactLanczos { tolerance: 1e-4, ..CompactLanczos::default() };
        let on = |threads: usize| -> Result<Array2<f32>> {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .map_err(|_| Error::Empty { argument: "threads", expected: "thread" })?;
            let none = Array2::zeros((700, 0));
            pool.install(|| Ok(solver.leading(&a.view(), 10, none.view(), &mut stream(0, 0))?.1))
        };
        assert_eq!(on(1)?, on(4)?);
        Ok(())
    }

    #[test]
    fn bad_input_is_refused() {
        let a = Array2::<f64>::eye(5);
        let none = Array2::zeros((5, 0));
        let rng = &mut stream(0, 0);
        let solver = CompactLanczos::default();
        assert!(matches!(
            solver.leading(&a.view(), 0, none.view(), rng),
            Err(Error::Domain { argument: "k", .. })
        ));
        assert!(matches!(
            solver.leading(&a.view(), 6, none.view(), rng),
            Err(Error::Domain { argument: "k", .. })
        ));
        let four = Array2::zeros((4, 1));
        assert!(matches!(
            solver.leading(&a.view(), 2, four.view(), rng),
            Err(Error::Shape { argument: "known", .. })
        ));
        let infinite = Affine { identity: f64::INFINITY, weight: 1.0, operator: a.view() };
        assert!(matches!(solver.leading(&infinite, 2, none.view(), rng), Err(Error::Domain { .. })));
        let values: Vec<f64> = (0..400).map(|i| 1.0 - (f64::from(i) / 400.0).sqrt()).collect();
        let (dense, _) = with_spectrum(&values, 1);
        let hasty = CompactLanczos { block: 1, most_restarts: 0, ..solver };
        let none = Array2::zeros((400, 0));
        let outcome = hasty.leading(&dense.view(), 3, none.view(), rng);
        assert!(matches!(outcome, Err(Error::NotConverged { .. })));
    }
}
