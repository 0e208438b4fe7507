//! Functions of one entry at a time. Back: `X̄ = Ȳ ∘ f′(X)`.

use ndarray::{ArcArray2, Zip};

use super::epilogue::relu;
use crate::Scalar;
use crate::autodiff::PARALLEL_FROM;
use crate::autodiff::Var;

impl<F: Scalar> Var<'_, F> {
    /// `y = f(x)` in every entry, with `derivative(x, y)` the derivative `f′(x)`.
    #[must_use]
    pub fn map(
        self,
        function: impl Fn(F) -> F + Sync,
        derivative: impl Fn(F, F) -> F + Sync + 'static,
    ) -> Self {
        let (to, x) = (self.target(), self.value());
        let mut y = self.tape().room(x.dim());
        let zip = Zip::from(&mut y).and(&x);
        let each = |y: &mut F, &x: &F| *y = function(x);
        if x.len() < PARALLEL_FROM {
            zip.for_each(each);
        } else {
            zip.par_for_each(each);
        }
        let y: ArcArray2<F> = y.into_shared();
        let (value, record) = (y.clone(), self.tape());
        record.record(&[self], value, move |mut g, cotangents| {
            cotangents.add(to, || {
                let each = |g: &mut F, &x: &F, &y: &F| *g *= derivative(x, y);
                let zip = Zip::from(&mut g).and(&x).and(&y);
                if x.len() < PARALLEL_FROM {
                    zip.for_each(each);
                } else {
                    zip.par_for_each(each);
                }
                g
            });
        })
    }

    /// `x²`.
    #[must_use]
    pub fn square(self) -> Self {
        self.map(|x| x * x, |x, _| x + x)
    }

    /// `xⁿ`; `x⁰ = 1` with derivative 0 everywhere.
    #[must_use]
    pub fn powi(self, n: i32) -> Self {
        let factor = F::of(f64::from(n));
        self.map(
            move |x| x.powi(n),
            move |x, _| if n == 0 { F::zero() } else { factor * x.powi(n.wrapping_sub(1)) },
        )
    }

    /// `√x`; its derivative is infinite at 0.
    #[must_use]
    pub fn sqrt(self) -> Self {
        self.map(F::sqrt, |_, y| F::of(0.5) / y)
    }

    /// `eˣ`.
    #[must_use]
    pub fn exp(self) -> Self {
        self.map(F::exp, |_, y| y)
    }

    /// The natural logarithm.
    #[must_use]
    pub fn ln(self) -> Self {
        self.map(F::ln, |x, _| x.recip())
    }

    /// The hyperbolic tangent.
    #[must_use]
    pub fn tanh(self) -> Self {
        self.map(F::tanh, |_, y| F::one() - y * y)
    }

    /// `max(x, 0)`; at 0 the derivative is 0. NaN stays NaN.
    #[must_use]
    pub fn relu(self) -> Self {
        self.map(relu, |x, _| if x > F::zero() { F::one() } else { F::zero() })
    }

    /// The Gaussian error linear unit in its tanh form, `x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2`: within `5e-4` of
    /// `x Φ(x)` (Hendrycks and Gimpel 2016).
    #[must_use]
    pub fn gelu(self) -> Self {
        let (half, scale, cubic) = (F::of(0.5), F::of((2.0 / std::f64::consts::PI).sqrt()), F::of(0.044_715));
        let gate = move |x: F| (scale * (x + cubic * x * x * x)).tanh();
        self.map(
            move |x| half * x * (F::one() + gate(x)),
            move |x, _| {
                let t = gate(x);
                if t.abs() == F::one() {
                    // A line already; squares of x may be no numbers.
                    return half * (F::one() + t);
                }
                let slope = scale * (F::one() + F::of(3.0) * cubic * x * x);
                half * (F::one() + t) + half * x * (F::one() - t * t) * slope
            },
        )
    }

    /// `ln(1 + eˣ)`, without overflow.
    #[must_use]
    pub fn softplus(self) -> Self {
        // ln(1 + eˣ) = max(x, 0) + ln(1 + e^{−|x|}), and e^{x − y} is the logistic function at x.
        self.map(|x| x.max(F::zero()) + (-x.abs()).exp().ln_1p(), |x, y| (x - y).exp())
    }
}
