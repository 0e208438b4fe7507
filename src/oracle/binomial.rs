//! Logarithms of the binomial distribution's factors, which themselves leave the range of numbers early.

/// `ln n!`, cost `O(n)`.
pub(super) fn ln_factorial(n: usize) -> f64 {
    (2..=n).map(|factor| (factor as f64).ln()).sum()
}

/// `ln (n choose k)` for `k = 0, …, n`.
pub(super) fn ln_binomials(n: usize) -> impl Iterator<Item = f64> {
    (0..=n).scan(0.0, move |ln_choose, k| {
        let here = *ln_choose;
        *ln_choose += ((n - k) as f64).ln() - ((k + 1) as f64).ln();
        Some(here)
    })
}

/// `ln base^exponent`, with `0⁰ = 1`.
pub(super) fn ln_power(base: f64, exponent: usize) -> f64 {
    if exponent == 0 { 0.0 } else { exponent as f64 * base.ln() }
}
