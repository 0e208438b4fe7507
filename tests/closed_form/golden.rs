//! The golden eigenvalues of claim T50.

use pal::closed_form::KernelRegime;
use pal::data::{Labelled, circles_sweep};
use pal::graph::SimilarityGraph;
use pal::kernel::Exponential;
use pal::loss::SpectralLoss;

use crate::support::rng;

/// Forty test circles without noise, σ = 1, β = 1e-3.
#[test]
fn t50_leading_eigenvalues() {
    let Labelled { inputs, labels } = circles_sweep(40, 0.0, &mut rng(0)).unwrap();
    let fitted = KernelRegime::new(Exponential { sigma: 1.0 }, 1e-3).on(inputs.view()).unwrap();
    let kappa = fitted.kernel_spectrum().unwrap();
    assert!((kappa[0] - 4.778_476_650_022_965).abs() < 1e-12);
    assert!((kappa[39] - 0.303_399_906_806_8).abs() < 1e-12);
    assert!((kappa.sum() - 40.0).abs() < 1e-12);

    let views = SimilarityGraph::views(20, 2).unwrap();
    let supervised = SimilarityGraph::labels(&labels);
    let mixed = SimilarityGraph::mixture([(0.5, views.clone()), (0.5, supervised.clone())]).unwrap();
    let mut solver = fitted.solver();
    for (graph, expected) in [
        (
            SimilarityGraph::identity(40).unwrap(),
            [0.999_790_728, 0.999_625_330, 0.999_625_330, 0.999_445_266, 0.999_409_093],
        ),
        (supervised, [9.999_790_728, 9.999_445_266, 9.998_880_066, 9.998_191_093, -0.000_374_670]),
        (
            SimilarityGraph::contrastive_labels(&labels),
            [19.999_522_357, 19.998_894_530, 19.998_194_034, -0.000_374_670, -0.000_374_670],
        ),
        (views, [1.999_790_728, 1.999_524_988, 1.999_524_988, 1.999_445_266, 1.999_332_344]),
        (mixed, [5.999_790_728, 5.999_445_266, 5.998_880_066, 5.998_191_093, 0.999_525_045]),
    ] {
        let leading = solver.leading(&graph, 5).unwrap().values;
        let penalised = fitted.minimise(SpectralLoss::SimClr2, &graph, 5).unwrap().eigenvalues;
        for values in [leading, penalised] {
            let error = (values - ndarray::aview1(&expected)).fold(0.0_f64, |most, e| most.max(e.abs()));
            assert!(error < 2e-9, "{expected:?}: {error:e}");
        }
    }
}
