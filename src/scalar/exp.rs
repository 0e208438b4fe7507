//! The exponential function without branches and without tables: loops over it become vector code.
//!
//! `eˣ = 2ⁿ eʳ` with `n` the integer nearest to `x / ln 2` and `|r| ≤ ln 2 / 2`, and `eʳ` from its economised
//! Taylor series. No fused multiply-add is asked for: results are the same bits on every machine.

/// The first coefficients of the Taylor series to `TAYLOR` terms, economised on `|r| ≤ ln 2 / 2`: what its last terms amount to
/// there but for a multiple of a Chebyshev polynomial, the least of their degree, is in the terms before.
const fn coefficients<const TERMS: usize, const TAYLOR: usize>() -> [f64; TERMS] {
    let radius = std::f64::consts::LN_2 / 2.0;
    // Coefficients of the Chebyshev polynomials in r / radius, and of the series.
    let (mut chebyshev, mut series) = ([[0.0; TAYLOR]; TAYLOR], [1.0; TAYLOR]);
    chebyshev[0][0] = 1.0;
    chebyshev[1][1] = 1.0;
    let mut degree = 1;
    while degree < TAYLOR {
        series[degree] = series[degree - 1] / degree as f64;
        let mut k = 0;
        while degree > 1 && k < TAYLOR {
            let raised = if k > 0 { chebyshev[degree - 1][k - 1] } else { 0.0 };
            chebyshev[degree][k] = 2.0 * raised - chebyshev[degree - 2][k];
            k += 1;
        }
        degree += 1;
    }
    while degree > TERMS {
        degree -= 1;
        let mut factor = series[degree] / chebyshev[degree][degree];
        let mut k = degree;
        while k > 0 {
            k -= 1;
            factor *= radius;
            series[k] -= factor * chebyshev[degree][k];
        }
    }
    let mut coefficients = [0.0; TERMS];
    let mut k = 0;
    while k < TERMS {
        coefficients[k] = series[k];
        k += 1;
    }
    coefficients
}

/// `2ⁿ` for an integer `n` between the exponents of normal numbers.
macro_rules! power_of_two {
    ($n:expr, $float:ident, $bits:ident, $rounding:ident, $mantissa:literal, $bias:literal) => {
        $float::from_bits((($n + $rounding).to_bits().wrapping_add($bias)) << $mantissa)
    };
}

/// Defines the function for one type.
macro_rules! branchless_exp {
    (
        $name:ident, $float:ident, $bits:ident, mantissa $mantissa:literal, bias $bias:literal,
        range $least:literal .. $most:literal, ln2 $high:literal + $low:literal,
        terms $terms:literal of $taylor:literal
    ) => {
        /// `eˣ`, to two units in the last place; gradual underflow, infinity past the largest number, NaN of NaN.
        #[inline(always)]
        pub(crate) fn $name(x: $float) -> $float {
            /// Adding it rounds to an integer, which then stands in the lowest bits.
            const ROUNDING: $float = 1.5 * (1_u64 << $mantissa) as $float;
            #[allow(clippy::cast_possible_truncation)] // rounding is meant
            const COEFFICIENTS: [$float; $terms] = {
                let (exact, mut rounded) = (coefficients::<$terms, $taylor>(), [0.0; $terms]);
                let mut k = 0;
                while k < $terms {
                    rounded[k] = exact[k] as $float;
                    k += 1;
                }
                rounded
            };

            // Past these the result is 0 and ∞, and n leaves its range; comparisons keep NaN.
            let x = if x < $least { $least } else { x };
            let x = if x > $most { $most } else { x };
            let n = (x * std::$float::consts::LOG2_E + ROUNDING) - ROUNDING;
            // The product of n and the high part, of few digits, is exact.
            let r = (x - n * $high) - n * $low;
            // `1 + r + r² tail`, the coefficients of 1 and r being 1 when rounded; in the tail even and odd powers apart, two
            // chains of half the length.
            let square = r * r;
            let (mut even, mut odd) = (COEFFICIENTS[$terms - 2], COEFFICIENTS[$terms - 1]);
            for [of_even, of_odd] in COEFFICIENTS.as_chunks::<2>().0[1..].iter().rev().skip(1) {
                even = even * square + of_even;
                odd = odd * square + of_odd;
            }
            let sum = 1.0 + (r + square * (even + odd * r));
            // In two steps: 2ⁿ itself need not be a normal number.
            let half = (n * 0.5 + ROUNDING) - ROUNDING;
            sum * power_of_two!(half, $float, $bits, ROUNDING, $mantissa, $bias)
                * power_of_two!(n - half, $float, $bits, ROUNDING, $mantissa, $bias)
        }
    };
}

branchless_exp!(
    exp_f32, f32, u32, mantissa 23, bias 127, range -104.0 .. 89.0, ln2 0.693_359_4 + -2.121_944_4e-4,
    terms 8 of 8
);
branchless_exp!(
    exp_f64, f64, u64, mantissa 52, bias 1023, range -746.0 .. 710.0,
    ln2 6.931_471_803_691_238e-1 + 1.908_214_929_270_587_7e-10,
    terms 12 of 14
);

#[cfg(test)]
#[allow(clippy::cast_possible_truncation, clippy::float_cmp)] // rounding is what is measured; ends are exact
mod tests {
    use super::{exp_f32, exp_f64};

    /// Distance in units in the last place of `b`, also among subnormal numbers.
    fn units_f32(a: f32, b: f64) -> f64 {
        let rounded = b as f32;
        let ulp = f64::from(f32::from_bits(rounded.to_bits() + 1)) - f64::from(rounded);
        (f64::from(a) - b).abs() / ulp
    }

    #[test]
    fn single_precision_within_two_units_over_the_range() {
        let mut worst = 0.0_f64;
        for step in 0..=2_000_000 {
            let x = -103.0 + 191.7 * (step as f32 / 2_000_000.0);
            worst = worst.max(units_f32(exp_f32(x), f64::from(x).exp()));
        }
        assert!(worst <= 2.0, "{worst}");
    }

    #[test]
    fn double_precision_within_two_units_over_the_range() {
        let mut worst = 0.0_f64;
        for step in 0..=2_000_000 {
            let x = -708.0 + 1417.7 * (f64::from(step) / 2_000_000.0);
            let exact = x.exp();
            let ulp = f64::from_bits(exact.to_bits() + 1) - exact;
            worst = worst.max((exp_f64(x) - exact).abs() / ulp);
        }
        // The reference is good to one unit itself.
        assert!(worst <= 2.0, "{worst}");
    }

    #[test]
    fn ends_of_the_range() {
        for x in [f64::NEG_INFINITY, -1e300, -746.0] {
            assert_eq!(exp_f64(x), 0.0);
        }
        for x in [f64::INFINITY, 1e300, 709.79] {
            assert_eq!(exp_f64(x), f64::INFINITY);
        }
        assert!(exp_f64(f64::NAN).is_nan() && exp_f32(f32::NAN).is_nan());
        assert_eq!((exp_f64(0.0), exp_f32(0.0)), (1.0, 1.0));
        for x in [f32::NEG_INFINITY, -1e30, -104.0] {
            assert_eq!(exp_f32(x), 0.0);
        }
        for x in [f32::INFINITY, 1e30, 88.73] {
            assert_eq!(exp_f32(x), f32::INFINITY);
        }
        // Subnormal.
        assert!((exp_f64(-740.0) - (-740.0_f64).exp()).abs() <= 1e-323);
    }
}
