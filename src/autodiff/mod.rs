//! Gradients by reverse-mode differentiation: a tape of matrix operations, read backwards.
//!
//! A computation is a chain of steps, each with a matrix for its value. Going forward, every operation computes its value
//! and appends to the [`Tape`] how it would pass a gradient back. Going backward, [`Tape::backward`] starts from one
//! number `L` with the cotangent `∂L/∂L = 1` and walks the steps in reverse. For a step `Y = f(A, B)` it holds the
//! cotangent `Ȳ = ∂L/∂Y`, of the shape of `Y`, and adds to those of the inputs the vector-Jacobian products
//!
//! ```text
//! in general:           Ā += (∂Y/∂A)ᵀ Ȳ,   B̄ += (∂Y/∂B)ᵀ Ȳ
//! a product, Y = A B:   Ā += Ȳ Bᵀ,         B̄ += Aᵀ Ȳ
//! Y = tanh A:           Ā += Ȳ (1 − Y²)    entry by entry
//! ```
//!
//! No Jacobian is ever formed: one walk costs about twice the forward computation, for any number of parameters. A value
//! that is used twice receives two parts, and their sum is its gradient; a constant receives none, and nothing is computed
//! for it. Cotangents are given up at their last use, so that most are updated in place.
//!
//! Every value is a matrix: rows are samples, `(1, n)` and `(m, 1)` are vectors and repeat along the other axis in
//! arithmetic, `(1, 1)` is a scalar. A layer with a squared loss, and its gradients:
//!
//! ```
//! # fn main() -> pal::Result<()> {
//! use ndarray::array;
//! use pal::autodiff::Tape;
//!
//! let tape = Tape::new();
//! let x = tape.constant(array![[1.0, 2.0], [3.0, 4.0]]);
//! let weights = tape.leaf(array![[0.5], [-0.25]]);
//! let bias = tape.leaf(array![[0.1]]);
//!
//! let y = (x.matmul(weights)? + bias)?; // (2, 1): the bias is added to each row
//! let loss = y.square().sum();
//!
//! let gradients = tape.backward(loss)?;
//! // By hand: y = (0.1, 0.6), and the gradients are 2 Xᵀ y and 2 Σ y.
//! let of_weights = gradients.of(weights).expect("the loss depends on it");
//! assert!((of_weights - &array![[3.8], [5.2]]).iter().all(|e: &f64| e.abs() < 1e-12));
//! assert!((gradients.of(bias).expect("the loss depends on it")[[0, 0]] - 1.4).abs() < 1e-12);
//! assert!(gradients.of(x).is_none()); // a constant has none
//! # Ok(())
//! # }
//! ```
//!
//! A step of training makes a new tape, puts the parameters on it with [`Tape::leaf`], and
//! [takes](Gradients::take) their gradients off. A loss with a gradient of its own enters as one step, by
//! [`Var::scalar_op`]. [`check_gradient`] compares a gradient with differences.
//!
//! Operations on values out of their domain (`ln` of a negative number) give NaN, and values and gradients beyond the range
//! of numbers are infinite or NaN, as in arithmetic: models, losses and optimisers check what comes of them. Operations on
//! shapes that do not fit give an error that names both.

mod buffers;
mod check;
mod op;
mod tape;

pub use buffers::Buffers;
pub use check::{GradientReport, check_gradient};
pub use op::{BatchNormalised, ColumnTable, Epilogue};
pub use tape::{Gradients, Tape, Var};
