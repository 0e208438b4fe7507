//! Claim T30: the inverse-free forms of `T = G − βK⁻¹` have its spectrum.

use ndarray::{Array2, s};
use pal::kernel::{Exponential, gram};
use pal::linalg::{SpectralFactor, cholesky, solve_lower, solve_lower_transposed, symmetric_eigen};
use proptest::prelude::*;

use crate::support::{cases, gaussian, jacobi, random_graph, rel, rng, spectrum};

fn symmetrised(a: &Array2<f64>) -> Array2<f64> {
    (a + &a.t()) * 0.5
}

/// The eigenvalues of `a v = t b v` for a positive definite `b`, by its Cholesky factor.
fn pencil(a: &Array2<f64>, b: &Array2<f64>) -> Vec<f64> {
    let r = cholesky(b.view()).unwrap();
    let left = solve_lower(r.view(), a.view()).unwrap();
    symmetric_eigen(symmetrised(&solve_lower(r.view(), left.t()).unwrap()).view()).unwrap().values.to_vec()
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn t30_inverse_free_forms(graph in random_graph(), beta in 1e-3..0.1_f64, seed in any::<u64>()) {
        let n = graph.nrows();
        let gram = gram(&Exponential { sigma: 0.5 }, gaussian(n, 3, &mut rng(seed)).view()).unwrap();
        let (kappa, u) = jacobi(&gram);
        prop_assume!(kappa[n - 1] > 1e-3 * kappa[0]);
        let inverse = (&u / &kappa).dot(&u.t());
        let t = spectrum(&(&graph - &(beta * &symmetrised(&inverse))));

        let r = cholesky(gram.view()).unwrap();
        let by_cholesky = pencil(&(symmetrised(&r.t().dot(&graph).dot(&r)) - beta * Array2::<f64>::eye(n)), &symmetrised(&r.t().dot(&r)));
        prop_assert!(rel(&by_cholesky, &t) < 1e-8);

        let factor = SpectralFactor::new(gram.view(), 0.0).unwrap();
        prop_assert_eq!(factor.dropped, 0);
        let penalty = Array2::from_diag(&factor.values.mapv(|kappa| beta / kappa));
        let in_eigenbasis = symmetrised(&factor.vectors.t().dot(&graph).dot(&factor.vectors)) - penalty;
        prop_assert!(rel(&symmetric_eigen(in_eigenbasis.view()).unwrap().values, &t) < 1e-8);

        let squared = pencil(&symmetrised(&(gram.dot(&graph).dot(&gram) - beta * &gram)), &symmetrised(&gram.dot(&gram)));
        prop_assert!(rel(&squared, &t) < 1e-7);

        let features = factor.power(0.5);
        let in_features = pencil(
            &(symmetrised(&features.t().dot(&graph).dot(&features)) - beta * Array2::<f64>::eye(n)),
            &symmetrised(&features.t().dot(&features)),
        );
        prop_assert!(rel(&in_features, &t) < 1e-8);

        // The Cholesky form's eigenvectors: v = R b, α = R⁻ᵀ b = K⁻¹ v.
        let b = gaussian(n, 2, &mut rng(seed ^ 1));
        let alpha = solve_lower_transposed(r.view(), b.view()).unwrap();
        prop_assert!(rel(&gram.dot(&alpha), &r.dot(&b)) < 1e-10);
    }

    /// With `rank K < n` the feature form is the eigenbasis form on the range of `K`.
    #[test]
    fn t30_features_restrict_to_the_range(graph in random_graph(), p in 1..=4_usize, beta in 1e-3..1.0_f64, seed in any::<u64>()) {
        let x = gaussian(graph.nrows(), p, &mut rng(seed));
        let in_features = pencil(
            &(symmetrised(&x.t().dot(&graph).dot(&x)) - beta * Array2::<f64>::eye(p)),
            &symmetrised(&x.t().dot(&x)),
        );
        let factor = SpectralFactor::new(symmetrised(&x.dot(&x.t())).view(), 1e-9).unwrap();
        prop_assert_eq!(factor.values.len(), p);
        let u = factor.vectors.slice(s![.., ..p]);
        let penalty = Array2::from_diag(&factor.values.mapv(|kappa| beta / kappa));
        prop_assert!(rel(&in_features, &spectrum(&(symmetrised(&u.t().dot(&graph).dot(&u)) - penalty))) < 1e-8);
    }
}
