//! The kernel solver's short ways against dense solves, over sequences of graphs on the same samples.

use ndarray::{Array1, Array2, Axis, concatenate, s};
use pal::Error;
use pal::closed_form::{FittedKernel, KernelRegime, KernelSolver};
use pal::data::Labels;
use pal::graph::SimilarityGraph;
use pal::kernel::{Exponential, RadialKernel, gram};
use pal::linalg::{Eigenpairs, leading_eigenpairs_of_update};
use proptest::prelude::*;
use rand::{Rng, RngExt};

use crate::instances::partial_labels;
use crate::matrices::max_abs;
use crate::support::{cases, gaussian, jacobi, rel, rng, spectrum, symmetric};

const KERNEL: Exponential = Exponential { sigma: 0.5 };
const BETA: f64 = 1e-3;
/// Low rank is up to a sixteenth of this: four classes.
const N: usize = 64;

/// `K` in its eigenbasis, by Jacobi rotations, without the directions that the regime drops.
struct Reference {
    kappa: Array1<f64>,
    basis: Array2<f64>,
}

impl Reference {
    fn new(kernel: &impl RadialKernel, x: &Array2<f64>, rank: usize) -> Self {
        let (kappa, basis) = jacobi(&gram(kernel, x.view()).unwrap());
        Self { kappa: kappa.slice(s![..rank]).to_owned(), basis: basis.slice(s![.., ..rank]).to_owned() }
    }

    /// `UᵀGU − βΛ⁻¹`.
    fn on(&self, graph: &SimilarityGraph) -> Exact {
        let projected = self.basis.t().dot(&graph.to_dense()).dot(&self.basis);
        Exact::of(projected - Array2::from_diag(&self.kappa.mapv(|kappa| BETA / kappa)))
    }
}

/// A matrix that is symmetric up to rounding, and its eigenpairs by Jacobi rotations.
struct Exact {
    matrix: Array2<f64>,
    values: Array1<f64>,
    vectors: Array2<f64>,
}

impl Exact {
    fn of(matrix: Array2<f64>) -> Self {
        let matrix = (&matrix + &matrix.t()) * 0.5;
        let (values, vectors) = jacobi(&matrix);
        Self { matrix, values, vectors }
    }
}

/// Eigenvalues to 1e-9, orthonormal vectors of small residual; the projector as sharply as the gap defines it.
fn agrees(pairs: &Eigenpairs, exact: &Exact, basis: &Array2<f64>, k: usize) -> Result<(), TestCaseError> {
    let Exact { matrix, values, vectors } = exact;
    let norm = values.iter().fold(1.0_f64, |largest, value| largest.max(value.abs()));
    prop_assert_eq!((pairs.values.len(), pairs.vectors.dim()), (k, (basis.nrows(), k)));
    prop_assert!(
        rel(&pairs.values, values.slice(s![..k])) < 1e-9,
        "{} {}",
        pairs.values,
        values.slice(s![..k])
    );
    let orthogonality = pairs.vectors.t().dot(&pairs.vectors) - Array2::<f64>::eye(k);
    prop_assert!(max_abs(&orthogonality) < 1e-10);
    let coordinates = basis.t().dot(&pairs.vectors);
    let residual = matrix.dot(&coordinates) - &coordinates * &pairs.values;
    prop_assert!(max_abs(&residual) < 1e-11 * norm, "residual {:e}", max_abs(&residual));
    prop_assert!(rel(&basis.dot(&coordinates), &pairs.vectors) < 1e-9);
    if k < values.len() {
        let gap = values[k - 1] - values[k];
        prop_assert!(pairs.next.is_some_and(|next| (next - values[k]).abs() < 1e-9 * norm));
        if gap > 1e-6 * norm {
            let top = basis.dot(&vectors.slice(s![.., ..k]));
            let difference = max_abs(&(pairs.vectors.dot(&pairs.vectors.t()) - top.dot(&top.t())));
            prop_assert!(difference < 1e-11 * norm / gap, "projector {difference:e}, gap {gap:e}");
        }
    }
    Ok(())
}

/// One step of a sequence: `kind` chooses the graph's form, `rest` which of a few fixed graphs the labels come on.
fn step(kind: usize, rest: usize, pairs: &[(usize, usize, f64)], rng: &mut impl Rng) -> SimilarityGraph {
    let labels = partial_labels(N, rng.random_range(1..=4), rng);
    let supervised = match kind % 5 {
        0 => return SimilarityGraph::labels(&labels),
        1 => return SimilarityGraph::contrastive_labels(&labels),
        2 => SimilarityGraph::labels(&labels),
        3 => SimilarityGraph::contrastive_labels(&labels),
        _ => {
            let weights = Array1::from(vec![1.5, -0.5]);
            SimilarityGraph::low_rank(gaussian(N, 2, rng), weights).unwrap()
        }
    };
    let rest = match rest % 3 {
        0 => SimilarityGraph::views(N / 2, 2).unwrap(),
        1 => SimilarityGraph::identity(N).unwrap(),
        _ => SimilarityGraph::pairs(N, pairs.to_vec()).unwrap(),
    };
    SimilarityGraph::mixture([(0.6, rest), (0.4, supervised)]).unwrap()
}

fn run(
    solver: &mut KernelSolver,
    reference: &Reference,
    steps: &[(usize, usize, usize)],
    rng: &mut impl Rng,
) -> Result<(), TestCaseError> {
    let pairs: Vec<(usize, usize, f64)> = (0..N / 2).map(|i| (i, N - 1 - i, [1.0, -1.0][i % 2])).collect();
    for &(kind, rest, k) in steps {
        let graph = step(kind, rest, &pairs, rng);
        let exact = reference.on(&graph);
        let solved = solver.leading(&graph, k).unwrap();
        agrees(&solved, &exact, &reference.basis, k)?;
        prop_assert_eq!(solver.leading(&graph, k).unwrap(), solved);
        // Another width of the same graph is another question.
        agrees(&solver.leading(&graph, k + 1).unwrap(), &exact, &reference.basis, k + 1)?;
    }
    Ok(())
}

fn fitted(x: &Array2<f64>, cutoff: f64) -> FittedKernel<Exponential> {
    KernelRegime { kernel: KERNEL, beta: BETA, cutoff }.on(x.view()).unwrap()
}

proptest! {
    #![proptest_config(cases(12))]

    /// Labels alone, labels on views, rests that change and come back, several widths, in any order.
    #[test]
    fn any_sequence_of_graphs(
        steps in prop::collection::vec((0..5_usize, 0..3_usize, 1..=7_usize), 3..=8), seed in any::<u64>(),
    ) {
        let mut rng = rng(seed);
        let x = gaussian(N, 2, &mut rng);
        let fitted = fitted(&x, 0.0);
        run(&mut fitted.solver(), &Reference::new(&KERNEL, &x, N), &steps, &mut rng)?;
    }

    /// A rest decomposed beforehand serves the solver, its clones, and whatever comes after another rest.
    #[test]
    fn a_rest_decomposed_beforehand(
        rest in 0..3_usize, steps in prop::collection::vec((2..5_usize, 0..3_usize, 1..=7_usize), 2..=4), seed in any::<u64>(),
    ) {
        let mut rng = rng(seed);
        let x = gaussian(N, 2, &mut rng);
        let fitted = fitted(&x, 0.0);
        let beside = match rest {
            0 => SimilarityGraph::views(N / 2, 2).unwrap(),
            1 => SimilarityGraph::identity(N).unwrap(),
            _ => SimilarityGraph::pairs(N, [(0, 5, 1.0), (3, 9, -1.0)]).unwrap(),
        };
        let mut solver = fitted.solver();
        solver.decompose(&SimilarityGraph::mixture([(0.6, beside.clone())]).unwrap()).unwrap();
        let labels = SimilarityGraph::labels(&partial_labels(N, 3, &mut rng));
        let graph = SimilarityGraph::mixture([(0.6, beside), (0.4, labels)]).unwrap();
        let reference = Reference::new(&KERNEL, &x, N);
        let exact = reference.on(&graph);
        agrees(&solver.leading(&graph, 4).unwrap(), &exact, &reference.basis, 4)?;
        let mut clone = solver.clone();
        run(&mut clone, &reference, &steps, &mut rng)?;
        prop_assert_eq!(clone.leading(&graph, 4).unwrap().values.len(), 4);
        agrees(&solver.leading(&graph, 6).unwrap(), &exact, &reference.basis, 6)?;
    }

    /// The same where the Gram matrix is singular: the short ways stay in its range, too.
    #[test]
    fn t31_any_sequence_on_a_singular_kernel(
        steps in prop::collection::vec((0..5_usize, 0..3_usize, 1..=7_usize), 3..=6), seed in any::<u64>(),
    ) {
        let mut rng = rng(seed);
        let x = gaussian(N - 6, 2, &mut rng);
        let x = concatenate![Axis(0), x, x.slice(s![..6, ..])];
        let fitted = fitted(&x, 1e-9);
        prop_assert_eq!(fitted.kernel_spectrum().unwrap().len(), N - 6);
        run(&mut fitted.solver(), &Reference::new(&KERNEL, &x, N - 6), &steps, &mut rng)?;
    }

    /// Semi-supervised learning: labels come one by one on the same views, then other views take their place.
    #[test]
    fn labels_revealed_one_by_one(classes in 1..=4_usize, k in 1..=6_usize, alpha in 0.05..0.95_f64, seed in any::<u64>()) {
        let mut rng = rng(seed);
        let x = gaussian(N, 2, &mut rng);
        let fitted = fitted(&x, 0.0);
        let reference = Reference::new(&KERNEL, &x, N);
        let mut solver = fitted.solver();
        for views in [2, 4] {
            let rest = SimilarityGraph::views(N / views, views).unwrap();
            let mut labels = Labels::partial(vec![None; N], classes).unwrap();
            for sample in 0..5 {
                let supervised = SimilarityGraph::labels(&labels);
                let graph = SimilarityGraph::mixture([(1.0 - alpha, rest.clone()), (alpha, supervised)]).unwrap();
                let solved = solver.leading(&graph, k).unwrap();
                agrees(&solved, &reference.on(&graph), &reference.basis, k)?;
                labels.assign(sample * views, rng.random_range(0..classes)).unwrap();
            }
        }
    }

    /// diag(values) + W C Wᵀ, for cores of any inertia and rank.
    #[test]
    fn t34_leading_pairs_of_a_low_rank_change(
        n in 5..=40_usize, r in 0..=4_usize, k in 1..=5_usize, kind in 0..4_usize, seed in any::<u64>(),
    ) {
        let mut rng = rng(seed);
        let values: Array1<f64> = (0..n).map(|_| rng.random_range(-5.0..5.0)).collect();
        let w = gaussian(n, r, &mut rng);
        let core = match kind {
            0 => Array2::eye(r),
            1 => -Array2::<f64>::eye(r),
            2 => symmetric(r, || rng.random_range(-2.0..2.0), |entry| entry),
            _ => Array2::ones((r, r)), // singular
        };
        let pairs = leading_eigenpairs_of_update(values.view(), w.view(), core.view(), k);
        // One instance in thousands comes too near one of the values and says so; rejecting more than that is a failure.
        prop_assume!(!matches!(pairs, Err(Error::NotConverged { .. })));
        let matrix = Array2::from_diag(&values) + w.dot(&core).dot(&w.t());
        agrees(&pairs.unwrap(), &Exact::of(matrix), &Array2::eye(n), k)?;
    }

    /// Repeated values: the result is right, or an error says that it is not certified.
    #[test]
    fn t34_low_rank_change_of_repeated_values(
        n in 6..=30_usize, r in 1..=3_usize, k in 1..=4_usize, clusters in 1..=3_usize, seed in any::<u64>(),
    ) {
        let mut rng = rng(seed);
        let values: Array1<f64> = (0..n).map(|i| (i % clusters) as f64).collect();
        let w = gaussian(n, r, &mut rng);
        let core = symmetric(r, || rng.random_range(-2.0..2.0), |entry| entry);
        match leading_eigenpairs_of_update(values.view(), w.view(), core.view(), k) {
            Ok(pairs) => {
                let matrix = Array2::from_diag(&values) + w.dot(&core).dot(&w.t());
                agrees(&pairs, &Exact::of(matrix), &Array2::eye(n), k)?;
            }
            Err(error) => prop_assert!(matches!(error, Error::NotConverged { .. }), "{error}"),
        }
    }
}

/// At an eigenvalue the shifted core of a rank-one change is often zero to the last bit; that is no reason to give up.
#[test]
fn rank_one_changes_are_solved() {
    let mut rng = rng(9);
    for instance in 0..500 {
        let values: Array1<f64> = (0..8).map(|_| rng.random_range(-5.0..5.0)).collect();
        let w = gaussian(8, 1, &mut rng);
        let core = Array2::from_elem((1, 1), if instance % 2 == 0 { 1.0 } else { -1.0 });
        let pairs = leading_eigenpairs_of_update(values.view(), w.view(), core.view(), 2);
        let matrix = Array2::from_diag(&values) + w.dot(&core).dot(&w.t());
        agrees(&pairs.unwrap(), &Exact::of(matrix), &Array2::eye(8), 2).unwrap();
    }
}

/// The order of the values does not matter, nor does a part that the core annihilates.
#[test]
fn what_a_low_rank_change_does_not_see() {
    let mut rng = rng(7);
    let values: Array1<f64> = (0..20).map(|_| rng.random_range(-5.0..5.0)).collect();
    let w = gaussian(20, 2, &mut rng);
    let core = symmetric(2, || rng.random_range(-2.0..2.0), |entry| entry);
    let expected = leading_eigenpairs_of_update(values.view(), w.view(), core.view(), 3).unwrap();
    let reversed =
        leading_eigenpairs_of_update(values.slice(s![..;-1]), w.slice(s![..;-1, ..]), core.view(), 3)
            .unwrap();
    assert!(rel(&reversed.values, &expected.values) < 1e-12);
    let wide = concatenate![Axis(1), w, gaussian(20, 1, &mut rng)];
    let mut padded = Array2::zeros((3, 3));
    padded.slice_mut(s![..2, ..2]).assign(&core);
    let padded = leading_eigenpairs_of_update(values.view(), wide.view(), padded.view(), 3).unwrap();
    assert!(rel(&padded.values, &expected.values) < 1e-12);
    let matrix = Array2::from_diag(&values) + w.dot(&core).dot(&w.t());
    assert!(rel(&expected.values, &spectrum(&((&matrix + &matrix.t()) * 0.5))[..3]) < 1e-12);
}

/// A solver answers as a fresh one would: nothing of earlier graphs is left, not even after a refusal.
#[test]
fn a_solver_forgets() {
    let mut rng = rng(8);
    let x = gaussian(N, 2, &mut rng);
    let fitted = fitted(&x, 0.0);
    let mut solver = fitted.solver();
    let labels = partial_labels(N, 3, &mut rng);
    let on = |weight, rest| {
        SimilarityGraph::mixture([(weight, rest), (0.5, SimilarityGraph::labels(&labels))]).unwrap()
    };
    let views = |weight| on(weight, SimilarityGraph::views(N / 2, 2).unwrap());
    let identity = on(1.0, SimilarityGraph::identity(N).unwrap());
    let other = SimilarityGraph::dense(symmetric(N, || rng.random_range(-1.0..1.0), |_| 1.0)).unwrap();
    for graph in
        [views(1.0), views(1.0), views(2.0), views(2.0), views(1.0), identity.clone(), other, identity]
    {
        assert!(matches!(
            solver.leading(&SimilarityGraph::identity(N + 1).unwrap(), 2),
            Err(Error::Shape { .. })
        ));
        let again = solver.leading(&graph, 4).unwrap();
        let (fresh, _) = fitted.leading(&graph, 4).unwrap();
        assert!(rel(&again.values, &fresh.values) < 1e-10);
        let projector = |pairs: &Eigenpairs| pairs.vectors.dot(&pairs.vectors.t());
        if fresh.values[3] - fresh.next.unwrap() > 1e-3 {
            assert!(rel(&projector(&again), &projector(&fresh)) < 1e-8);
        }
    }
}
