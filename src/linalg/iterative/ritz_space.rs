//! An orthonormal basis with the projection of an operator on its span, as eigensolvers grow and restart it.

use ndarray::{Array2, ArrayView2, Axis, s};

use super::panels::Panels;
use crate::error::Result;
use crate::linalg::eigen::{Eigenpairs, symmetric_eigen};
use crate::linalg::operator::Operator;
use crate::linalg::product::product;
use crate::linalg::rows::Shifted;
use crate::linalg::scale::{largest, safe_scale};
use crate::linalg::subspace::{fill_generic, finite_products};

/// Products with an operator times a power of two that keeps squares in the range of numbers.
pub(super) struct ScaledOperator<'a> {
    operator: &'a dyn Operator,
    /// What eigenvalues are multiplied by.
    pub(super) weight: f64,
}

impl<'a> ScaledOperator<'a> {
    /// The operator, with the scale of its product with an orthonormal block, and that product.
    pub(super) fn new(operator: &'a dyn Operator, x: ArrayView2<f64>) -> Result<(Self, Array2<f64>)> {
        let mut product = operator.apply_unchecked(x);
        finite_products(&product)?;
        let weight = safe_scale(largest(&product));
        product *= weight;
        Ok((Self { operator, weight }, product))
    }

    pub(super) fn product(&self, x: ArrayView2<f64>) -> Result<Array2<f64>> {
        let mut product = Array2::zeros(x.raw_dim());
        self.operator.apply_add_unchecked(self.weight, x, product.view_mut());
        finite_products(&product)?;
        Ok(product)
    }
}

/// A block `(n, columns)` without structure: the start of one that knows nothing, another for every `seed`.
pub(super) fn generic_block(n: usize, columns: usize, seed: usize) -> Array2<f64> {
    let mut block = Array2::zeros((n, columns));
    for (j, column) in block.columns_mut().into_iter().enumerate() {
        fill_generic(column, seed + j);
    }
    block
}

/// A start with every column divided by its largest entry, so that squares are numbers.
pub(super) fn of_largest_entry_one(start: ArrayView2<f64>) -> Array2<f64> {
    let mut scaled = Array2::zeros(start.raw_dim());
    for (mut scaled, column) in scaled.columns_mut().into_iter().zip(start.columns()) {
        let largest = largest(column);
        if largest > 0.0 {
            scaled.assign(&column.mapv(|entry| entry / largest));
        }
    }
    scaled
}

/// A block `Q` `(n, r)` with orthonormal columns, and `R` `(r, w)` so that `Q R` is, up to what was dropped, the block that it
/// was made of less its part in a basis.
pub(super) struct Orthonormal {
    pub(super) columns: Array2<f64>,
    pub(super) factor: Array2<f64>,
}

/// A basis `V` with room for more columns, and `VᵀAV`.
pub(super) struct RitzSpace {
    pub(super) basis: Panels,
    /// `(m, m)`, symmetric.
    pub(super) projected: Array2<f64>,
}

impl RitzSpace {
    pub(super) fn new(n: usize, room: usize) -> Self {
        Self { basis: Panels::new(n, room), projected: Array2::zeros((0, 0)) }
    }

    /// Number of columns `m` of the basis.
    pub(super) fn len(&self) -> usize {
        self.basis.len()
    }

    /// Extends the projection by the coordinates of the images of the last columns.
    pub(super) fn extend_projected(&mut self, coordinates: &Array2<f64>) {
        let (m, b) = coordinates.dim();
        let mut extended = Array2::zeros((m, m));
        extended.slice_mut(s![..m - b, ..m - b]).assign(&self.projected);
        extended.slice_mut(s![.., m - b..]).assign(coordinates);
        extended.slice_mut(s![m - b.., ..]).assign(&coordinates.t());
        let corner = coordinates.slice(s![m - b.., ..]);
        extended.slice_mut(s![m - b.., m - b..]).assign(&((&corner + &corner.t()) * 0.5));
        self.projected = extended;
    }

    /// The eigenpairs of the projection on the columns from `first`.
    pub(super) fn ritz(&self, first: usize) -> Result<Eigenpairs> {
        symmetric_eigen(self.projected.slice(s![first.., first..]))
    }

    /// Replaces the columns from `first` by combinations of them with orthonormal coefficients `y` `(m − first, p)`.
    pub(super) fn rotate(&mut self, first: usize, y: &Array2<f64>) {
        self.basis.rotate(first, y);
        let mut whole = Array2::zeros((first + y.nrows(), first + y.ncols()));
        whole.slice_mut(s![..first, ..first]).diag_mut().fill(1.0);
        whole.slice_mut(s![first.., first..]).assign(y);
        let rotated = whole.t().dot(&self.projected).dot(&whole);
        self.projected = (&rotated + &rotated.t()) * 0.5;
    }

    /// Takes the part in the basis off a block of normalised columns, twice.
    pub(super) fn project_out(&self, block: &mut Array2<f64>) {
        let coordinates = self.basis.coordinates(block.view());
        let rounding = self.basis.subtract_and_project(&coordinates, block.view_mut());
        self.basis.subtract(&rounding, block.view_mut());
    }

    /// An orthonormal basis of the span of `block` `(n, w)`, from which its part in the basis of columns of norm `before` has been
    /// taken off; directions of norm at most `smallest` are dropped.
    ///
    /// By the eigenvectors of its Gram matrix of unit diagonal (Stathopoulos and Wu 2002), again where that is ill-conditioned.
    pub(super) fn orthonormal(
        &self,
        mut block: Array2<f64>,
        before: f64,
        smallest: f64,
    ) -> Result<Orthonormal> {
        /// Smallest eigenvalue of a Gram matrix from which one step leaves columns orthonormal to rounding.
        const WELL_CONDITIONED: f64 = 1e-2;
        /// Smaller eigenvalues are rounding of the matrix.
        const SMALLEST_EIGENVALUE: f64 = 1e-14;
        /// Parts in the basis that are left, and such as do not change norms.
        const LEFT: f64 = 1e-14;
        const NO_CHANGE: f64 = 1e-9;
        /// Three are enough for columns that are numerically dependent.
        const MOST_PASSES: usize = 6;

        let mut factor = Array2::<f64>::eye(block.ncols());
        // A bound on the part in the basis that rounding has left.
        let mut left = f64::EPSILON * before;
        for _ in 0..MOST_PASSES {
            if block.ncols() == 0 {
                break;
            }
            let mut gram = Shifted::plain(block.view()).gram(1.0);
            let size = |j: usize| (gram[[j, j]] * factor.row(j).dot(&factor.row(j))).sqrt();
            let kept: Vec<usize> = (0..block.ncols()).filter(|&j| size(j) > smallest).collect();
            if kept.len() < block.ncols() {
                block = block.select(Axis(1), &kept).as_standard_layout().into_owned();
                factor = factor.select(Axis(0), &kept);
                gram = gram.select(Axis(0), &kept).select(Axis(1), &kept);
            }
            if kept.is_empty() {
                continue;
            }
            let lengths = gram.diag().mapv(f64::sqrt);
            let scaled = Array2::from_shape_fn(gram.dim(), |(i, j)| gram[[i, j]] / (lengths[i] * lengths[j]));
            let eigen = symmetric_eigen(scaled.view())?;
            let roots = eigen.values.mapv(|value| value.max(SMALLEST_EIGENVALUE).sqrt());
            let smallest_root = roots[roots.len() - 1];
            let lengths = lengths.insert_axis(Axis(1));
            let to_block = &eigen.vectors / &roots / &lengths;
            let from_block = (&eigen.vectors * &roots * &lengths).reversed_axes();
            block = product(block.view(), to_block.view());
            factor = from_block.dot(&factor);

            left /= smallest_root * lengths.iter().copied().fold(f64::INFINITY, f64::min);
            let is_done = smallest_root * smallest_root >= WELL_CONDITIONED && left < NO_CHANGE;
            if left > LEFT && self.len() > 0 {
                let rest = self.basis.coordinates(block.view());
                self.basis.subtract(&rest, block.view_mut());
            }
            left = left.min(f64::EPSILON);
            if is_done {
                break;
            }
        }
        Ok(Orthonormal { columns: block, factor })
    }

    /// Columns orthonormal to the basis, of directions without structure; fewer than asked for only if there are no more.
    pub(super) fn fresh(&self, columns: usize, seed: usize) -> Result<Array2<f64>> {
        let (n, m) = (self.basis.rows(), self.len());
        let mut block = generic_block(n, columns.min(n - m), seed);
        let norm = (n as f64 / 12.0).sqrt(); // of entries between −½ and ½
        self.project_out(&mut block);
        Ok(self.orthonormal(block, norm, 0.0)?.columns)
    }
}
