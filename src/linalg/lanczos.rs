//! Leading eigenpairs of an operator that is only known by its products: the block Lanczos method with thick restarts.
//!
//! A Krylov space is built block by block, each block orthogonal to all before. When the basis is full, the best approximations in
//! its span (Rayleigh–Ritz) take its place, and the last block goes on from there (Wu and Simon 2000; Stewart 2001). A product
//! serves all pairs at once, so that it takes far fewer of them than [`SubspaceIteration`](super::SubspaceIteration), and one
//! basis of vectors is all the memory.

use std::ops::Range;

use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2, Axis, s};
use rand::Rng;

use super::rows::{BLOCK_ROWS, LANES, PARTIAL_SUMS, entries, entries_mut, over_rows, sum_of_parts};
use super::{
    Operator, add_product_on_this_thread, random_block, symmetric_eigen, write_product_on_this_thread,
};
use crate::Observer;
use crate::error::{Error, Result, check};
use crate::scalar::{Scalar, vectorised};

/// Options of the block Lanczos method.
#[derive(Clone, Debug)]
pub struct Lanczos {
    /// Vectors that are multiplied at a time, at least 1. A cluster of more equal eigenvalues than these is found but slowly.
    pub block: usize,
    /// A pair has converged when `‖Av − θv‖ ≤ tolerance · ‖A‖`; in single precision no less than about `1e-5` is reached.
    pub tolerance: f64,
    /// Restarts before giving up.
    pub most_restarts: usize,
    /// Who is told of every restart; nobody by default.
    pub observer: Observer,
}

impl Default for Lanczos {
    fn default() -> Self {
        Self { block: 16, tolerance: 1e-10, most_restarts: 300, observer: Observer::default() }
    }
}

/// Eigenpairs and how good they are.
#[derive(Clone, Debug)]
pub struct LeadingPairs<F> {
    /// `(k,)` eigenvalues, descending.
    pub values: Array1<f64>,
    /// `(n, k)` orthonormal eigenvectors.
    pub vectors: Array2<F>,
    /// `(k,)` norms of `Av − θv`, in the working precision: there is an eigenvalue as near to each value.
    pub residuals: Array1<f64>,
    /// Vectors that the operator was applied to.
    pub products: usize,
}

/// Of a block that is made orthonormal, directions this much shorter than the longest are rounding.
const DEPENDENT: f64 = 32.0;
/// A vector that lost more than this share of its length to the basis is made orthogonal once more.
const CANCELLED: f64 = 0.1;

impl Lanczos {
    /// The `k` leading eigenpairs of `operator`, `1 ≤ k ≤ n`, from a random block and from `known` `(n, c)`: orthonormal
    /// eigenvectors with eigenvalues of whatever order, as of the components of a graph, `c ≤ k`.
    ///
    /// The basis holds some `2 k` vectors, or all there are. A product with a block of `b` of them costs that with the operator and
    /// `O(n k b)`, a restart `O(n k² + k³)`.
    ///
    /// # Errors
    /// [`Error::Domain`] for bad options, a bad `k` or products that are not finite; [`Error::Shape`] or [`Error::NotFinite`] for a
    /// bad `known`, [`Error::Shape`] for an operator that is not square; [`Error::NotConverged`].
    pub fn leading<F: Scalar>(
        &self,
        operator: &impl Operator<F>,
        k: usize,
        known: ArrayView2<F>,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<LeadingPairs<F>> {
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
        let mut products = basis.columns;
        let mut next = basis.random(block, rng);
        let progress = self.observer.begin("block Lanczos", "restarts", 0..self.most_restarts);
        let (mut residual, mut bound) = (f64::INFINITY, 0.0);
        for _ in 0..=self.most_restarts {
            // The image of the last block beyond the basis, as a combination of the next one.
            let mut beyond = Array2::zeros((0, 0));
            while next.ncols() > 0 && basis.columns + next.ncols() <= most {
                let mut image = operator.apply_unchecked(next.view());
                products += next.ncols();
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
                return Ok(LeadingPairs { values, vectors: basis.into_vectors(k), residuals, products });
            }
            let kept = k + (columns - k) / 3;
            basis.rotate(eigen.vectors.slice(s![.., ..kept]));
            basis.restart(eigen.values.slice(s![..kept]).to_owned());
            progress.step();
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
        let mut coordinates = Array2::zeros((self.columns, image.ncols()));
        for _ in 0..2 {
            let before = squares(image.view());
            let part = transposed_product(self.used(), image.view());
            subtract_product(self.used(), &part, image.view_mut());
            coordinates += &part;
            let after = squares(image.view());
            if after.iter().zip(&before).all(|(after, before)| *after >= CANCELLED * CANCELLED * before) {
                break;
            }
        }
        self.projected.slice_mut(s![..self.columns, first..self.columns]).assign(&coordinates);
        self.projected.slice_mut(s![first..self.columns, ..self.columns]).assign(&coordinates.t());
    }

    /// `(Q, R)`, `X = Q R`, with `Q` orthonormal and orthogonal to the basis: directions that are missing are random.
    fn orthonormal(&self, mut x: Array2<F>, rng: &mut (impl Rng + ?Sized)) -> (Array2<F>, Array2<f64>) {
        let width = x.ncols().min(self.vectors.nrows() - self.columns);
        let mut factor = Array2::eye(x.ncols());
        for _ in 0..2 {
            let (q, r) = split(x);
            factor = r.dot(&factor);
            x = q;
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
            x = split(x).0;
        }
        x
    }

    /// `V ← V S`.
    fn rotate(&mut self, by: ArrayView2<f64>) {
        let by = by.mapv(F::of);
        let (columns, kept) = by.dim();
        over_rows(self.vectors.view_mut(), BLOCK_ROWS, |_, mut rows| {
            let before = rows.slice(s![.., ..columns]).to_owned();
            let mut after = Array2::zeros((before.nrows(), kept));
            write_product_on_this_thread(before.view(), by.view(), after.view_mut());
            rows.slice_mut(s![.., ..kept]).assign(&after);
            0.0
        });
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

/// `(Q, R)`, `X = Q R` up to rounding, by the eigenvectors of `XᵀX`; dependent directions are left out.
fn split<F: Scalar>(mut x: Array2<F>) -> (Array2<F>, Array2<f64>) {
    let gram = transposed_product(x.view(), x.view());
    let Ok(eigen) = symmetric_eigen(((&gram + &gram.t()) * 0.5).view()) else {
        return (x.slice_move(s![.., ..0]), Array2::zeros((0, gram.ncols())));
    };
    let least = DEPENDENT * F::epsilon().as_f64();
    let longest = eigen.values.first().map_or(0.0, |value| value.max(0.0));
    let kept = eigen.values.iter().take_while(|&&value| value > least * longest && value > 0.0).count();
    let (vectors, roots) =
        (eigen.vectors.slice(s![.., ..kept]), eigen.values.slice(s![..kept]).mapv(f64::sqrt));
    let map = (&vectors / &roots).mapv(F::of);
    over_rows(x.view_mut(), BLOCK_ROWS, |_, mut rows| {
        let before = rows.to_owned();
        let mut after = Array2::zeros((before.nrows(), kept));
        write_product_on_this_thread(before.view(), map.view(), after.view_mut());
        rows.slice_mut(s![.., ..kept]).assign(&after);
        0.0
    });
    let factor = &vectors.t() * &roots.insert_axis(Axis(1));
    (x.slice_move(s![.., ..kept]).as_standard_layout().into_owned(), factor)
}

/// `VᵀX`, summed in double precision. `O(n k b)`.
fn transposed_product<F: Scalar>(v: ArrayView2<F>, x: ArrayView2<F>) -> Array2<f64> {
    let of_part = |blocks: &mut dyn Iterator<Item = Range<usize>>| {
        let mut sum = Array2::<f64>::zeros((v.ncols(), x.ncols()));
        let mut product = Array2::zeros(sum.raw_dim());
        for rows in blocks {
            let (v, x) = (v.slice(s![rows.clone(), ..]), x.slice(s![rows, ..]));
            if x.ncols() == LANES && x.is_standard_layout() {
                narrow_transposed_product(v, x, product.view_mut());
            } else {
                write_product_on_this_thread(v.t(), x, product.view_mut());
            }
            sum.zip_mut_with(&product, |sum, term: &F| *sum += term.as_f64());
        }
        sum
    };
    sum_of_parts(v.nrows(), PARTIAL_SUMS, of_part, |sum, part| *sum += &part)
}

/// `X ← X − V C`.
fn subtract_product<F: Scalar>(v: ArrayView2<F>, c: &Array2<f64>, x: ArrayViewMut2<F>) {
    let c = c.mapv(|entry| F::of(-entry));
    over_rows(x, BLOCK_ROWS, |first, rows| {
        let v = v.slice(s![first..first + rows.nrows(), ..]);
        if rows.ncols() == LANES && rows.is_standard_layout() {
            add_narrow_product(v, c.view(), rows);
        } else {
            add_product_on_this_thread(v, c.view(), rows);
        }
        0.0
    });
}

/// Rows or columns whose sums stay in registers.
const TILE: usize = 4;

/// `out ← VᵀX` for `x` of [`LANES`] columns. General multiplication would copy `V`, which costs as much as the product.
fn narrow_transposed_product<F: Scalar>(v: ArrayView2<F>, x: ArrayView2<F>, mut out: ArrayViewMut2<F>) {
    let (x, out) = (entries(&x).as_chunks::<LANES>().0, entries_mut(&mut out).as_chunks_mut::<LANES>().0);
    let rows: Vec<&[F]> = v.outer_iter().filter_map(|row| row.to_slice()).collect();
    vectorised(
        #[inline(always)]
        || {
            let (tiles, last) = out.as_chunks_mut::<TILE>();
            let mut first = 0;
            for tile in tiles {
                let [mut a, mut b, mut c, mut d] = [[F::zero(); LANES]; TILE];
                for (row, x) in rows.iter().zip(x) {
                    let row = &row[first..first + TILE];
                    (a, b) = (plus(a, row[0], x), plus(b, row[1], x));
                    (c, d) = (plus(c, row[2], x), plus(d, row[3], x));
                }
                *tile = [a, b, c, d];
                first += TILE;
            }
            for (column, out) in (first..).zip(last) {
                let mut sums = [F::zero(); LANES];
                for (row, x) in rows.iter().zip(x) {
                    for lane in 0..LANES {
                        sums[lane] += row[column] * x[lane];
                    }
                }
                *out = sums;
            }
        },
    );
}

/// `sums + entry · x`.
#[inline(always)]
fn plus<F: Scalar>(sums: [F; LANES], entry: F, x: &[F; LANES]) -> [F; LANES] {
    std::array::from_fn(|lane| sums[lane] + entry * x[lane])
}

/// `out ← out + V C` for `out` of [`LANES`] columns.
fn add_narrow_product<F: Scalar>(v: ArrayView2<F>, c: ArrayView2<F>, mut out: ArrayViewMut2<F>) {
    let (c, out) = (entries(&c).as_chunks::<LANES>().0, entries_mut(&mut out).as_chunks_mut::<LANES>().0);
    let rows: Vec<&[F]> =
        v.outer_iter().filter_map(|row| row.to_slice()).map(|row| &row[..c.len()]).collect();
    vectorised(
        #[inline(always)]
        || {
            let ((rows, last_rows), (tiles, last)) = (rows.as_chunks::<TILE>(), out.as_chunks_mut::<TILE>());
            for (rows, tile) in rows.iter().zip(tiles) {
                let mut sums = *tile;
                for (column, c) in c.iter().enumerate() {
                    for at in 0..TILE {
                        let entry = rows[at][column];
                        for lane in 0..LANES {
                            sums[at][lane] += entry * c[lane];
                        }
                    }
                }
                *tile = sums;
            }
            for (row, out) in last_rows.iter().zip(last) {
                let mut sums = *out;
                for (&entry, c) in row.iter().zip(c) {
                    for lane in 0..LANES {
                        sums[lane] += entry * c[lane];
                    }
                }
                *out = sums;
            }
        },
    );
}

/// The squared length of every column.
fn squares<F: Scalar>(x: ArrayView2<F>) -> Array1<f64> {
    x.fold_axis(Axis(0), 0.0, |sum, entry| sum + entry.as_f64() * entry.as_f64())
}
