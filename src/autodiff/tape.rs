//! The tape: what was computed, in order, and how a cotangent passes back through each step; and the variables, handles on its
//! values, which the operations combine.

use std::cell::RefCell;
use std::rc::Rc;

use ndarray::{ArcArray2, Array2, ArrayView2, ArrayViewMut2, CowArray, Ix2, Zip};

use super::buffers::Buffers;
use crate::error::{Error, Result};
use crate::{Scalar, linalg};

/// The vector-Jacobian product of one step: takes the cotangent of the step's value and adds to those of its inputs.
///
/// The cotangent has the shape of the value, in any memory layout. It is handed over: this is its last use.
type Pullback<F> = Rc<dyn Fn(Array2<F>, &mut Cotangents<F>)>;

/// A record of a computation on matrices, from which gradients are read backwards.
///
/// Steps are appended and never removed: make a new tape for every evaluation. Values are shared and immutable, so
/// handing a parameter to the tape, or reading a value from it, copies no entries.
pub struct Tape<F: Scalar> {
    steps: RefCell<Vec<Step<F>>>,
    buffers: Rc<RefCell<Buffers<F>>>,
    /// Shared with the tape's gradients, to tell its variables from those of another tape.
    identity: Rc<()>,
}

struct Step<F: Scalar> {
    value: ArcArray2<F>,
    kind: Kind<F>,
}

enum Kind<F: Scalar> {
    /// No gradient passes.
    Constant,
    /// Its gradient is wanted.
    Leaf,
    /// Depends on a leaf.
    Op(Pullback<F>),
}

impl<F: Scalar> Default for Tape<F> {
    fn default() -> Self {
        Self::new()
    }
}

impl<F: Scalar> Tape<F> {
    /// An empty tape.
    pub fn new() -> Self {
        Self::reusing(Buffers::default())
    }

    /// An empty tape that writes into memory of an earlier one, as far as it goes.
    pub fn reusing(buffers: Buffers<F>) -> Self {
        Self { steps: RefCell::default(), buffers: Rc::new(RefCell::new(buffers)), identity: Rc::new(()) }
    }

    /// The memory of the tape's values, for the next tape. Values that are still shared outside keep theirs.
    pub fn into_buffers(self) -> Buffers<F> {
        // Pullbacks first: they share values.
        let values = self.steps.into_inner().into_iter().filter_map(|step| match step.kind {
            Kind::Op(_) => Some(step.value),
            Kind::Constant | Kind::Leaf => None,
        });
        let values: Vec<ArcArray2<F>> = values.collect();
        let mut buffers = self.buffers.take();
        for value in values {
            if let Ok(value) = value.try_into_owned_nocopy() {
                buffers.give(value);
            }
        }
        buffers.close();
        buffers
    }

    /// A matrix of shape `dim` to be written over.
    pub(super) fn room(&self, dim: (usize, usize)) -> Array2<F> {
        self.buffers.borrow_mut().room(dim)
    }

    /// Takes back the memory of a matrix that is not needed any more.
    pub(super) fn give(&self, matrix: Array2<F>) {
        self.buffers.borrow_mut().give(matrix);
    }

    /// An input whose gradient is wanted: `(m, n)`, in any memory layout.
    pub fn leaf(&self, value: impl Into<ArcArray2<F>>) -> Var<'_, F> {
        self.push(value.into(), Kind::Leaf)
    }

    /// An input without a gradient: `(m, n)`, in any memory layout.
    pub fn constant(&self, value: impl Into<ArcArray2<F>>) -> Var<'_, F> {
        self.push(value.into(), Kind::Constant)
    }

    /// The gradients of `output`, a `(1, 1)` variable, with respect to the leaves it depends on.
    ///
    /// Costs about twice what computing `output` did. The tape is unchanged: another output may follow. Gradients beyond the
    /// range of numbers are infinite or NaN.
    ///
    /// # Errors
    /// [`Error::Operands`] if `output` is not `(1, 1)`, [`Error::OtherTape`] if it stands on another tape.
    pub fn backward(&self, output: Var<'_, F>) -> Result<Gradients<F>> {
        output.check_on(self, "backward")?;
        if output.dim() != (1, 1) {
            return Err(Error::Operands { op: "backward", left: output.dim(), right: (1, 1) });
        }
        let of_steps = (0..=output.index()).map(|_| None).collect();
        let mut cotangents = Cotangents { of_steps, buffers: Rc::clone(&self.buffers) };
        cotangents.add(output.target(), || Array2::ones((1, 1)));
        for index in (0..=output.index()).rev() {
            // Cloned out, because a pullback from outside may itself look at the tape.
            let pullback = match &self.steps.borrow()[index].kind {
                Kind::Op(pullback) => Rc::clone(pullback),
                Kind::Constant | Kind::Leaf => continue,
            };
            if let Some(cotangent) = cotangents.of_steps[index].take() {
                pullback(cotangent, &mut cotangents);
            }
        }
        for gradient in
            cotangents.of_steps.iter_mut().flatten().filter(|gradient| !gradient.is_standard_layout())
        {
            *gradient = gradient.as_standard_layout().into_owned();
        }
        Ok(Gradients { of_steps: cotangents.of_steps, identity: Rc::clone(&self.identity) })
    }

    /// Appends a step computed from `inputs`; constants alone make a constant.
    pub(super) fn record(
        &self,
        inputs: &[Var<'_, F>],
        value: impl Into<ArcArray2<F>>,
        pullback: impl Fn(Array2<F>, &mut Cotangents<F>) + 'static,
    ) -> Var<'_, F> {
        let constant = inputs.iter().all(|input| input.target().0.is_none());
        self.push(value.into(), if constant { Kind::Constant } else { Kind::Op(Rc::new(pullback)) })
    }

    fn push(&self, value: ArcArray2<F>, kind: Kind<F>) -> Var<'_, F> {
        let mut steps = self.steps.borrow_mut();
        steps.push(Step { value, kind });
        Var::new(self, steps.len() - 1)
    }

    fn value(&self, index: usize) -> ArcArray2<F> {
        self.steps.borrow()[index].value.clone()
    }

    fn dim(&self, index: usize) -> (usize, usize) {
        self.steps.borrow()[index].value.dim()
    }

    fn target(&self, index: usize) -> Target {
        let constant = matches!(self.steps.borrow()[index].kind, Kind::Constant);
        Target((!constant).then_some(index))
    }
}

/// A value on a [`Tape`]: a matrix `(m, n)`, where `(1, n)` and `(m, 1)` serve as vectors and `(1, 1)` as a scalar.
///
/// A handle of two words, to be copied freely; using one several times sums its gradients.
#[derive(Clone, Copy)]
pub struct Var<'t, F: Scalar> {
    tape: &'t Tape<F>,
    index: usize,
}

impl<'t, F: Scalar> Var<'t, F> {
    fn new(tape: &'t Tape<F>, index: usize) -> Self {
        Self { tape, index }
    }

    /// The value, shared with the tape: no entries are copied.
    ///
    /// `tape.constant(x.value())` is `x` cut off from its past: no gradient passes.
    pub fn value(self) -> ArcArray2<F> {
        self.tape.value(self.index)
    }

    /// The only entry of a `(1, 1)` variable.
    ///
    /// # Errors
    /// [`Error::Operands`] for any other shape.
    pub fn scalar(self) -> Result<F> {
        match self.value() {
            value if value.dim() == (1, 1) => Ok(value[[0, 0]]),
            value => Err(Error::Operands { op: "scalar", left: value.dim(), right: (1, 1) }),
        }
    }

    /// Number of rows and of columns.
    pub fn dim(self) -> (usize, usize) {
        self.tape.dim(self.index)
    }

    /// The tape it stands on.
    pub fn tape(self) -> &'t Tape<F> {
        self.tape
    }

    fn index(self) -> usize {
        self.index
    }

    pub(super) fn target(self) -> Target {
        self.tape.target(self.index)
    }

    pub(super) fn check_on(self, tape: &Tape<F>, op: &'static str) -> Result<()> {
        if std::ptr::eq(self.tape, tape) {
            return Ok(());
        }
        Err(Error::OtherTape { op })
    }
}

impl<F: Scalar> std::fmt::Debug for Var<'_, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Var").field("index", &self.index).field("value", &self.value()).finish()
    }
}

/// Where a pullback sends a cotangent: a step, or nowhere if that is a constant.
#[derive(Clone, Copy)]
pub(super) struct Target(Option<usize>);

/// The cotangents that a backward pass has gathered so far, one slot per step.
pub(super) struct Cotangents<F> {
    of_steps: Vec<Option<Array2<F>>>,
    buffers: Rc<RefCell<Buffers<F>>>,
}

/// Number of entries from which a second thread saves time.
const PARALLEL_FROM: usize = 1 << 15;

impl<F: Scalar> Cotangents<F> {
    /// Adds `part` to the cotangent of `target`; not computed for a constant, moved in if it is owned and the first.
    pub(super) fn add<'a, P: Into<CowArray<'a, F, Ix2>>>(
        &mut self,
        target: Target,
        part: impl FnOnce() -> P,
    ) {
        let Some(index) = target.0 else { return };
        let part = part().into();
        match &mut self.of_steps[index] {
            Some(sum) if sum.len() < PARALLEL_FROM => *sum += &part,
            Some(sum) => {
                Zip::from(sum).and(&part).par_for_each(|sum, &part| *sum += part);
                if let Ok(part) = part.try_into_owned_nocopy() {
                    self.give(part);
                }
            }
            slot @ None => *slot = Some(part.into_owned()),
        }
    }

    /// Lets `add` add a part to the cotangent of `target` of shape `dim`, in place; not called for a constant.
    pub(super) fn add_with(
        &mut self,
        target: Target,
        dim: (usize, usize),
        add: impl FnOnce(ArrayViewMut2<F>),
    ) {
        if let Some(mut sum) = self.take_sum(target, dim) {
            add(sum.view_mut());
            self.put_sum(target, sum);
        }
    }

    /// Adds the product `A B` to the cotangent of `target`.
    pub(super) fn add_product(&mut self, target: Target, a: ArrayView2<F>, b: ArrayView2<F>) {
        self.add_with(target, (a.nrows(), b.ncols()), |sum| linalg::add_product(a, b, sum));
    }

    /// The cotangent of `target` so far, of shape `dim`, to be added to and [put back](Self::put_sum); `None` for a constant.
    pub(super) fn take_sum(&mut self, target: Target, dim: (usize, usize)) -> Option<Array2<F>> {
        let so_far = self.of_steps[target.0?].take();
        Some(so_far.unwrap_or_else(|| self.buffers.borrow_mut().zeros(dim)))
    }

    /// Puts back what [`take_sum`](Self::take_sum) handed out.
    pub(super) fn put_sum(&mut self, target: Target, sum: Array2<F>) {
        if let Some(index) = target.0 {
            self.of_steps[index] = Some(sum);
        }
    }

    /// A matrix of shape `dim` to be written over.
    pub(super) fn room(&self, dim: (usize, usize)) -> Array2<F> {
        self.buffers.borrow_mut().room(dim)
    }

    /// Takes back the memory of a matrix that is not needed any more, such as a cotangent after its last use.
    pub(super) fn give(&self, matrix: Array2<F>) {
        self.buffers.borrow_mut().give(matrix);
    }
}

/// The gradients of one output with respect to the leaves of its tape.
#[derive(Clone, Debug)]
pub struct Gradients<F> {
    of_steps: Vec<Option<Array2<F>>>,
    identity: Rc<()>,
}

impl<F: Scalar> Gradients<F> {
    /// The gradient with respect to the leaf `var`: its shape, in row-major layout.
    ///
    /// `None` if the output does not depend on `var`, if `var` is not a leaf, or if it was [taken](Self::take).
    pub fn of(&self, var: Var<'_, F>) -> Option<&Array2<F>> {
        self.holds(var).then(|| self.of_steps.get(var.index())?.as_ref())?
    }

    /// As [`of`](Self::of), handed over without a copy.
    pub fn take(&mut self, var: Var<'_, F>) -> Option<Array2<F>> {
        self.holds(var).then(|| self.of_steps.get_mut(var.index())?.take())?
    }

    fn holds(&self, var: Var<'_, F>) -> bool {
        Rc::ptr_eq(&self.identity, &var.tape().identity)
    }
}
