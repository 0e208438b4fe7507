//! Claim T35: what one answered pair can do to the spectrum and to the leading subspace.

use ndarray::{Array2, s};
use pal::Error;
use pal::linalg::{leading_eigenpairs, symmetric_eigen};
use proptest::prelude::*;
use rand::RngExt;

use crate::instances::{angles, gapped_values, with_spectrum};
use crate::support::{cases, gaussian, jacobi, rng, spectrum};

const SLACK: f64 = 1e-10;

fn pair_change(n: usize, (i, j): (usize, usize), c: f64) -> Array2<f64> {
    let mut change = Array2::zeros((n, n));
    change[[i, j]] = c;
    change[[j, i]] = c;
    change
}

proptest! {
    #![proptest_config(cases(50))]

    #[test]
    fn t35_a_query_arrives(
        n in 8..=20_usize, k in 1..=4_usize, places in (0..20_usize, 1..20_usize), kind in 0..3_usize, seed in any::<u64>(),
    ) {
        let c = [1.0, -1.0, 0.3][kind];
        let i = places.0 % n;
        let j = (i + 1 + places.1 % (n - 1)) % n;
        let mut rng = rng(seed);
        let values = gapped_values(n, k, 4.0, &mut rng);
        let (before, q) = with_spectrum(&values, &mut rng);
        let change = pair_change(n, (i, j), c);
        let of_change = spectrum(&change);
        prop_assert!((of_change[0] - c.abs()).abs() < SLACK && (of_change[n - 1] + c.abs()).abs() < SLACK);
        prop_assert!(of_change[1..n - 1].iter().all(|value| value.abs() < SLACK));

        let after = symmetric_eigen((&before + &change).view()).unwrap();
        for (m, (old, new)) in values.iter().zip(&after.values).enumerate() {
            prop_assert!((old - new).abs() <= c.abs() + SLACK, "Weyl");
            prop_assert!(m + 1 == n || *new >= values[m + 1] - SLACK, "interlacing from below");
            prop_assert!(m == 0 || *new <= values[m - 1] + SLACK, "interlacing from above");
        }

        let pairs = leading_eigenpairs(before.view(), k).unwrap();
        let bound = pairs.pair_bound((i, j), c).unwrap().unwrap();
        let (_, sine, _) = angles(&jacobi(&(&before + &change)).1, &q.slice(s![.., ..k]).to_owned());
        prop_assert!(sine <= bound + SLACK, "{sine} against {bound}");
        // The numerator is ‖EV‖, the gap what the query leaves of it.
        let moved = change.dot(&q.slice(s![.., ..k])).mapv(|entry| entry * entry).sum().sqrt();
        let gap = values[k - 1] - values[k];
        prop_assert!((bound - moved / (gap - c.abs())).abs() < 1e-9);
        prop_assert!(values[k - 1] - after.values[k] >= gap - c.abs() - SLACK);
        prop_assert!(pairs.pair_bound((i, j), gap * 1.001).unwrap().is_none());
    }

    /// Positive semi-definite changes of rank r: t_m ≤ t'_m ≤ t_{m−r}.
    #[test]
    fn t35_semi_definite_changes(n in 5..=20_usize, r in 1..=4_usize, seed in any::<u64>()) {
        let mut rng = rng(seed);
        let values = gapped_values(n, 1, 0.0, &mut rng);
        let before = with_spectrum(&values, &mut rng).0;
        let factor = gaussian(n, r, &mut rng);
        let after = symmetric_eigen((&before + &factor.dot(&factor.t())).view()).unwrap().values;
        for m in 0..n {
            prop_assert!(after[m] >= values[m] - SLACK);
            prop_assert!(m < r || after[m] <= values[m - r] + SLACK);
        }
    }

    /// dt_m = 2c v_mi v_mj.
    #[test]
    fn t35_first_order(n in 4..=12_usize, seed in any::<u64>()) {
        let mut rng = rng(seed);
        let values: Vec<f64> = (0..n).map(|m| -(m as f64) - rng.random_range(0.0..0.4)).collect();
        let (before, q) = with_spectrum(&values, &mut rng);
        let c = 1e-5;
        let at = |c: f64| symmetric_eigen((&before + &pair_change(n, (0, 2), c)).view()).unwrap().values;
        for (m, (up, down)) in at(c).iter().zip(at(-c)).enumerate() {
            prop_assert!(((up - down) / 2.0 - 2.0 * c * q[[0, m]] * q[[2, m]]).abs() < 1e-12);
        }
    }
}

#[test]
fn pair_bound_refuses_bad_pairs() {
    let mut pairs = leading_eigenpairs(Array2::eye(5).view(), 1).unwrap();
    for pair in [(0, 5), (7, 1), (2, 2)] {
        assert!(matches!(pairs.pair_bound(pair, 1.0), Err(Error::Domain { argument: "pair", .. })));
    }
    assert!(matches!(pairs.pair_bound((0, 1), f64::NAN), Err(Error::Domain { argument: "change", .. })));
    pairs.next = None;
    assert!(pairs.pair_bound((0, 1), 0.1).unwrap().is_none());
}
