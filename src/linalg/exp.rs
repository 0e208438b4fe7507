//! The exponential function without branches and without tables: loops over it become vector code.
//!
//! `eˣ = 2ⁿ eʳ` with `n` the integer nearest to `x / ln 2` and `|r| ≤ ln 2 / 2`, and `eʳ` from its Taylor series. No fused
//! multiply-add is asked for: results are the same bits on every machine.

/// `1/0!, 1/1!, …`
macro_rules! inverse_factorials {
    ($float:ident, $terms:literal) => {{
        let mut coefficients = [1.0; $terms];
        let mut factorial = 1.0_f64;
        let mut k = 1;
        while k < $terms {
            factorial *= k as f64;
            coefficients[k] = (1.0 / factorial) as $float;
            k += 1;
        }
        coefficients
    }};
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
        range $least:literal .. $most:literal, ln2 $high:literal + $low:literal, terms $terms:literal
    ) => {
        /// `eˣ`, to two units in the last place; gradual underflow, infinity past the largest number, NaN of NaN.
        #[inline(always)]
        pub(crate) fn $name(x: $float) -> $float {
            /// Adding it rounds to an integer, which then stands in the lowest bits.
            const ROUNDING: $float = 1.5 * (1_u64 << $mantissa) as $float;
            #[allow(clippy::cast_possible_truncation)] // rounding is meant
            const COEFFICIENTS: [$float; $terms] = inverse_factorials!($float, $terms);

            // Past these the result is 0 and ∞, and n leaves its range; comparisons keep NaN.
            let x = if x < $least { $least } else { x };
            let x = if x > $most { $most } else { x };
            let n = (x * std::$float::consts::LOG2_E + ROUNDING) - ROUNDING;
            // The product of n and the high part, of few digits, is exact.
            let r = (x - n * $high) - n * $low;
            let mut sum = COEFFICIENTS[$terms - 1];
            for coefficient in COEFFICIENTS.iter().rev().skip(1) {
                sum = sum * r + coefficient;
            }
            // In two steps: 2ⁿ itself need not be a normal number.
            let half = (n * 0.5 + ROUNDING) - ROUNDING;
            sum * power_of_two!(half, $float, $bits, ROUNDING, $mantissa, $bias)
                * power_of_two!(n - half, $float, $bits, ROUNDING, $mantissa, $bias)
        }
    };
}

branchless_exp!(
    exp_f32, f32, u32, mantissa 23, bias 127, range -104.0 .. 89.0, ln2 0.693_359_4 + -2.121_944_4e-4, terms 8
);
branchless_exp!(
    exp_f64, f64, u64, mantissa 52, bias 1023, range -746.0 .. 710.0,
    ln2 6.931_471_803_691_238e-1 + 1.908_214_929_270_587_7e-10, terms 14
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
