//! The iterative solvers and their one door against the dense solver (claims T2, T3, T4, T33 and T38): clusters, multiplicities,
//! negative parts, warm starts, and what is refused.

use std::cell::Cell;

use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2, Axis, s};
use pal::data::Labels;
use pal::graph::SimilarityGraph;
use pal::linalg::{
    CertifiedPairs, Eigenpairs, LeadingPairs, Lobpcg, Method, Operator, SubspaceIteration,
    ThickRestartLanczos, random_block, symmetric_eigen,
};
use pal::{Error, Observer};
use proptest::prelude::*;
use rand::RngExt;

use crate::instances::{max_abs, with_spectrum};
use crate::support::{cases, gaussian, random_graph, refused, rng};

const ITERATIVE: [Method; 3] = [Method::Chebyshev, Method::Lanczos, Method::Lobpcg];
const ALL: [Method; 5] = [Method::Auto, Method::Dense, Method::Chebyshev, Method::Lanczos, Method::Lobpcg];

fn find(operator: &impl Operator, k: usize, method: Method, tolerance: f64) -> CertifiedPairs {
    LeadingPairs { k, method, tolerance, most_steps: 20_000, ..LeadingPairs::default() }
        .of(operator)
        .unwrap_or_else(|error| panic!("{method:?}, k = {k}: {error}"))
}

/// What a solver must return for `a`, whose eigenpairs are `whole`.
fn assert_certified(what: &str, a: &Array2<f64>, whole: &Eigenpairs, found: &CertifiedPairs, tolerance: f64) {
    let (n, k) = found.pairs.vectors.dim();
    let at = format!("{what}, {:?}, n = {n}, k = {k}", found.method);
    let norm = whole.values[0].abs().max(whole.values[n - 1].abs());
    let (vectors, values) = (&found.pairs.vectors, &found.pairs.values);
    let residuals =
        (a.dot(vectors) - vectors * values).map_axis(Axis(0), |residual| residual.dot(&residual).sqrt());
    let rounding = 1e-13 * norm;
    // Filters take the norm from a bound on the spectrum, which may be beyond it.
    let known_norm = norm * if found.method == Method::Chebyshev { 2.0 } else { 1.001 };
    for j in 0..k {
        let (value, expected) = (values[j], whole.values[j]);
        assert!(residuals[j] <= tolerance * known_norm, "{at}: residual {j}: {:e}", residuals[j]);
        assert!((residuals[j] - found.certificate.residuals[j]).abs() <= rounding, "{at}: certificate {j}");
        // Ritz values lie below the eigenvalues of their rank, and within the residual of one.
        assert!((value - expected).abs() <= tolerance * known_norm, "{at}: {value:e}, not {expected:e}");
        assert!((value - expected).abs() <= found.bounds[j] + rounding, "{at}: bound {:e}", found.bounds[j]);
        assert!(found.bounds[j] <= found.certificate.residuals[j], "{at}");
    }
    assert!(values.iter().zip(values.iter().skip(1)).all(|(a, b)| a >= b), "{at}: order");
    let orthogonality = max_abs(&(vectors.t().dot(vectors) - Array2::<f64>::eye(k)));
    assert!(orthogonality <= 1e-12, "{at}: orthogonality {orthogonality:e}");
    if let Some(next) = found.pairs.next {
        assert!(next >= whole.values[k] - rounding, "{at}: next {next:e} below {:e}", whole.values[k]);
        assert!(next <= values[k - 1] + rounding, "{at}: next {next:e}");
        let is_clear = whole.values[k - 1] - whole.values[k] > 1e-5 * norm;
        if let Some(bound) = found.certificate.subspace_bound().filter(|_| is_clear) {
            let outside = whole.vectors.slice(s![.., k..]).t().dot(vectors);
            let sine = outside.iter().map(|entry| entry * entry).sum::<f64>().sqrt();
            assert!(sine <= 1.01 * bound * (k as f64).sqrt() + 1e-11, "{at}: sine {sine:e}, bound {bound:e}");
        }
    }
    assert_eq!((found.block.nrows(), found.block.ncols() >= k), (n, true), "{at}");
}

fn assert_all(what: &str, operator: &impl Operator, a: &Array2<f64>, k: usize, tolerance: f64) {
    let whole = symmetric_eigen(a.view()).unwrap();
    for method in ALL {
        assert_certified(what, a, &whole, &find(operator, k, method, tolerance), tolerance);
    }
}

/// Points in clusters, each of which is joined to its nearest ones on a line.
fn clusters(sizes: &[usize], joined: f64) -> SimilarityGraph {
    let n: usize = sizes.iter().sum();
    let mut edges = Vec::new();
    let mut first = 0;
    for &size in sizes {
        for i in first..first + size {
            edges.extend((1..4).filter(|step| i + step < first + size).map(|step| (i, i + step, 1.0)));
        }
        if first > 0 && joined > 0.0 {
            edges.push((first - 1, first, joined));
        }
        first += size;
    }
    SimilarityGraph::pairs(n, edges).unwrap().normalised().unwrap()
}

proptest! {
    #![proptest_config(cases(12))]

    /// Any of the default family, any number of pairs.
    #[test]
    fn random_graphs(a in random_graph(), part in 0.0..1.0_f64) {
        let k = 1 + (part * a.nrows() as f64) as usize;
        assert_all("random graph", &a.view(), &a, k.min(a.nrows()), 1e-10);
    }

    /// Clusters of values closer than one part in a million, exact multiplicities, and a lower end that is far larger in modulus.
    #[test]
    fn clusters_and_negative_parts(seed in any::<u64>(), k in 1..9_usize, lowest in 0..2_usize) {
        let mut rng = rng(seed);
        let n = 90;
        let mut values = vec![4.0, 4.0, 4.0, 4.0, 4.0, 3.0, 3.0 - 1e-7, 3.0 - 2e-7, 2.5];
        values.extend((9..n - 2).map(|_| rng.random_range(-1.0..2.0)));
        values.extend([[-1.0, -2.0], [-30.0, -40.0]][lowest]);
        let a = with_spectrum(&values, &mut rng).0;
        assert_all("clusters", &a.view(), &a, k, 1e-9);
    }

    /// Claim T38: after a small change, the pairs before it save products.
    #[test]
    fn t38_warm_starts_save_products(seed in any::<u64>(), k in 1..6_usize) {
        let mut rng = rng(seed);
        let n = 200;
        let mut values: Vec<f64> = (0..k).map(|i| 3.0 - 0.1 * i as f64).collect();
        values.extend((k..n).map(|i| 2.0 - 2.0 * i as f64 / n as f64));
        let mut a = with_spectrum(&values, &mut rng).0;
        for method in ITERATIVE {
            let before = find(&a.view(), k, method, 1e-8);
            let (i, j) = (rng.random_range(0..n / 2), rng.random_range(n / 2..n));
            a[[i, j]] += 1e-3;
            a[[j, i]] += 1e-3;
            let cold = find(&a.view(), k, method, 1e-8);
            let options = LeadingPairs { k, method, tolerance: 1e-8, ..LeadingPairs::default() };
            let warm = LeadingPairs { start: Some(before.block.view()), ..options }.of(&a.view()).unwrap();
            prop_assert!(warm.products < cold.products, "{method:?}: {} warm, {} cold", warm.products, cold.products);
            assert_certified("warm", &a, &symmetric_eigen(a.view()).unwrap(), &warm, 1e-8);
        }
    }
}

/// Claims T2 to T4: eigenvalues as often as there are samples or classes, and a null space that is most of the space.
#[test]
fn graphs_of_views_and_labels() {
    let views = SimilarityGraph::views(25, 4).unwrap();
    let classes: Vec<usize> = (0..120).map(|i| [0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9][i % 12]).collect();
    let labels = Labels::new(classes, 10).unwrap();
    let graphs = [
        ("views", views),
        ("labels", SimilarityGraph::labels(&labels)),
        ("contrastive", SimilarityGraph::contrastive_labels(&labels)),
        ("normalised labels", SimilarityGraph::labels(&labels).normalised().unwrap()),
    ];
    for (what, graph) in graphs {
        for k in [1, 3, 10, 14, 30] {
            assert_all(what, &graph, &graph.to_dense(), k, 1e-10);
        }
    }
}

/// One class alone: the contrastive graph of two classes has an eigenvalue `n`, that of unknown labels none but 0.
#[test]
fn negative_definite_and_zero_operators() {
    let n = 60;
    for (what, a) in [
        ("zero", Array2::zeros((n, n))),
        ("identity", Array2::eye(n)),
        ("minus the identity", -Array2::<f64>::eye(n)),
        ("minus ones", -Array2::<f64>::ones((n, n))),
    ] {
        for k in [1, 5, n] {
            assert_all(what, &a.view(), &a, k, 1e-10);
        }
    }
}

/// Disconnected neighbour graphs: the eigenvalue 1 once for every component, more often than a block has columns and fewer
/// times than pairs are wanted, beside values of long paths that come near it; and components that are nearly so.
#[test]
fn every_component_is_found() {
    for joined in [0.0, 1e-9] {
        let sizes = [40, 30, 30, 25, 20, 20, 20, 15, 10, 10, 12, 11, 14];
        let graph = clusters(&sizes, joined);
        let dense = graph.to_dense();
        for k in [3, 5, 13, 17] {
            assert_all("components", &graph, &dense, k, 1e-9);
        }
    }
    let isolated = SimilarityGraph::pairs(50, [(0, 1, 1.0), (3, 4, 2.0)]).unwrap().normalised().unwrap();
    for k in [1, 2, 5, 49] {
        assert_all("isolated", &isolated, &isolated.to_dense(), k, 1e-10);
    }
}

#[test]
fn all_pairs_and_tiny_orders() {
    for n in [1, 2, 3, 5, 17] {
        let half = gaussian(n, n, &mut rng(n as u64));
        let a = &half + &half.t();
        for k in 1..=n {
            assert_all("tiny", &a.view(), &a, k, 1e-11);
        }
    }
}

/// Fewer columns of the basis than are convenient, and blocks of any width.
#[test]
fn blocks_and_bases_of_lanczos() {
    let graph = clusters(&[60, 50, 40, 50], 0.3);
    let dense = symmetric_eigen(graph.to_dense().view()).unwrap();
    for block in [1, 2, 3, 7, 30, 500] {
        for basis in [None, Some(1), Some(30), Some(1000)] {
            let solver =
                ThickRestartLanczos { block, basis, tolerance: 1e-9, ..ThickRestartLanczos::default() };
            let found = solver.leading(&graph, 6, None).unwrap();
            let error = &found.pairs.values - &dense.values.slice(s![..6]);
            assert!(error.iter().all(|error| error.abs() < 1e-9), "block {block}, basis {basis:?}: {error}");
        }
    }
}

/// Zero, repeated and too few columns, the answer itself, and vectors without any part in a leading one.
#[test]
fn any_start_will_do() {
    let a = with_spectrum(&[&[5.0, 4.0, 3.0, 2.9][..], &[1.0; 36]].concat(), &mut rng(1)).0;
    let whole = symmetric_eigen(a.view()).unwrap();
    let mut repeated = Array2::ones((40, 5));
    repeated.column_mut(3)[7] = 2.0;
    let starts = [
        Array2::zeros((40, 3)),
        Array2::ones((40, 1)),
        repeated,
        Array2::eye(40),
        whole.vectors.slice(s![.., ..3]).to_owned(),
        whole.vectors.slice(s![.., 1..4]).to_owned(),
        1e-200 * gaussian(40, 4, &mut rng(2)),
        1e200 * gaussian(40, 4, &mut rng(2)),
    ];
    for method in ALL {
        for (position, start) in starts.iter().enumerate() {
            if position == 5 && [Method::Chebyshev, Method::Lobpcg].contains(&method) {
                continue; // they take what has converged for what is wanted
            }
            let problem = LeadingPairs { k: 3, method, start: Some(start.view()), ..LeadingPairs::default() };
            assert_certified("start", &a, &whole, &problem.of(&a.view()).unwrap(), 1e-10);
        }
    }
}

/// `diag(d)`, as a preconditioner.
struct Diagonal(Array1<f64>);

impl Operator for Diagonal {
    fn order(&self) -> usize {
        self.0.len()
    }

    fn apply_add_unchecked(&self, weight: f64, x: ArrayView2<f64>, mut out: ArrayViewMut2<f64>) {
        out.scaled_add(weight, &(&x * &self.0.view().insert_axis(Axis(1))));
    }
}

/// A diagonal that says where the spectrum spreads, and one that is useless.
#[test]
fn preconditioners_save_steps() {
    let n = 400;
    let noise = gaussian(n, n, &mut rng(1));
    let spread = Array1::from_shape_fn(n, |i| -(i as f64).powi(2));
    let a = (&noise + &noise.t()) * 0.05 + Array2::from_diag(&spread);
    let whole = symmetric_eigen(a.view()).unwrap();
    let start = random_block(n, 8, &mut rng(2));
    let solver = Lobpcg { tolerance: 1e-12, most_steps: 5000, ..Lobpcg::default() };
    let run = |preconditioner: Option<&dyn Operator>| {
        let found = solver.leading(&a.view(), preconditioner, 5, start.view()).unwrap();
        let error = &found.pairs.values - &whole.values.slice(s![..5]);
        assert!(error.iter().all(|error| error.abs() < 1e-6), "{error}");
        found.steps
    };
    let inverse = Diagonal(spread.mapv(|entry| 1.0 / (1.0 - entry)));
    let (plain, preconditioned) = (run(None), run(Some(&inverse)));
    assert!(4 * preconditioned < plain, "{preconditioned} steps, {plain} without");
    // One that is zero leaves directions without structure: slow, not wrong.
    let small = a.slice(s![..20, ..20]).to_owned() / 400.0;
    let problem =
        LeadingPairs { k: 2, preconditioner: Some(&Diagonal(Array1::zeros(20))), ..LeadingPairs::default() };
    let found = problem.of(&small.view()).unwrap();
    assert_eq!(found.method, Method::Lobpcg);
    assert_certified("zero", &small, &symmetric_eigen(small.view()).unwrap(), &found, 1e-10);
}

/// The door takes the solver that its documentation says.
#[test]
fn the_solver_is_chosen_by_size() {
    let chosen = |samples: usize, k: usize| {
        let graph = SimilarityGraph::views(samples / 2, 2).unwrap();
        LeadingPairs { k, ..LeadingPairs::default() }.of(&graph).unwrap().method
    };
    assert_eq!(chosen(1000, 1), Method::Dense);
    assert_eq!(chosen(1002, 300), Method::Dense);
    assert_eq!(chosen(1002, 63), Method::Lanczos);
    assert_eq!(chosen(1002, 64), Method::Chebyshev);
}

/// Products are counted, and the steps are those reported.
#[test]
fn products_and_steps_are_told() {
    struct Watched<'a>(ArrayView2<'a, f64>, Cell<usize>);
    impl Operator for Watched<'_> {
        fn order(&self) -> usize {
            self.0.nrows()
        }
        fn apply_add_unchecked(&self, weight: f64, x: ArrayView2<f64>, out: ArrayViewMut2<f64>) {
            self.1.set(self.1.get() + x.ncols());
            self.0.apply_add_unchecked(weight, x, out);
        }
    }
    let half = gaussian(200, 200, &mut rng(3));
    let a = &half + &half.t();
    for method in ALL {
        let watched = Watched(a.view(), Cell::new(0));
        let told = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let kept = told.clone();
        let observer = Observer::new(move |progress| kept.lock().unwrap().push(progress.done));
        let problem = LeadingPairs { k: 4, method, observer, ..LeadingPairs::default() };
        let found = problem.of(&watched).unwrap();
        assert_eq!(found.products, watched.1.get(), "{method:?}");
        if found.method != Method::Dense {
            assert_eq!(told.lock().unwrap().last(), Some(&found.steps), "{method:?}");
        }
        let silent = LeadingPairs { observer: Observer::default(), ..problem }.of(&a.view()).unwrap();
        assert_eq!(silent.pairs, found.pairs);
        assert!(format!("{silent:?}").contains("products"));
    }
    assert!(format!("{:?}", LeadingPairs::default()).contains("tolerance"));
}

/// Values of a polynomial, whose own are those of the operator: beside plain iterations on a long path, on clusters with more
/// components than a block has columns, and where the first basis is all there is.
#[test]
fn filtered_lanczos_finds_the_same() {
    let path = clusters(&[600], 1.0);
    let many = clusters(&[70, 60, 50, 90, 80, 75, 65, 85, 55], 0.0);
    let labels = Labels::new((0..500).map(|i| i * i % 7).collect(), 7).unwrap();
    let contrastive = SimilarityGraph::contrastive_labels(&labels);
    for (what, graph) in [("path", path), ("components", many), ("contrastive", contrastive)] {
        let dense = graph.to_dense();
        let whole = symmetric_eigen(dense.view()).unwrap();
        for k in [1, 4, 9, 11] {
            for method in [Method::Lanczos, Method::FilteredLanczos] {
                let found = find(&graph, k, method, 1e-7);
                assert_certified(what, &dense, &whole, &found, 1e-7);
            }
        }
    }
    let a = gaussian(40, 40, &mut rng(5));
    let a = &a + &a.t();
    let whole = symmetric_eigen(a.view()).unwrap();
    for k in [1, 20, 40] {
        assert_certified("random", &a, &whole, &find(&a.view(), k, Method::FilteredLanczos, 1e-9), 1e-9);
    }
}

/// The same bits for any number of threads, of a graph with many blocks of rows.
#[test]
fn threads_do_not_change_a_bit() {
    let graph = clusters(&[900, 700, 800, 600, 650], 1.0);
    for method in [Method::FilteredLanczos, Method::Chebyshev, Method::Lanczos, Method::Lobpcg] {
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let found = pool.install(|| find(&graph, 5, method, 1e-4));
            (found.steps, found.pairs, found.block)
        };
        let one = run(1);
        for threads in [2, 3, 7] {
            assert!(run(threads) == one, "{method:?}, {threads} threads");
        }
    }
}

/// Too few steps are an error with the residual, not a wrong answer.
#[test]
fn not_converged_is_an_error() {
    let graph = clusters(&[700, 800], 1.0);
    for method in ITERATIVE {
        let problem = LeadingPairs { k: 6, method, most_steps: 3, ..LeadingPairs::default() };
        match problem.of(&graph) {
            Err(Error::NotConverged { iterations: 3, residual, tolerance, .. }) => {
                assert!(residual > tolerance && tolerance > 0.0, "{method:?}");
            }
            other => panic!("{method:?}: {other:?}"),
        }
    }
    // A tolerance that rounding does not reach.
    for method in [Method::Lanczos, Method::Lobpcg] {
        let problem =
            LeadingPairs { k: 2, method, tolerance: 1e-300, most_steps: 60, ..LeadingPairs::default() };
        refused!(problem.of(&graph), Error::NotConverged { .. });
    }
}

#[test]
fn bad_input_is_refused() {
    let half = gaussian(12, 12, &mut rng(1));
    let a = &half + &half.t();
    let run = |problem: LeadingPairs| problem.of(&a.view());
    let good = LeadingPairs { k: 2, ..LeadingPairs::default() };
    for method in ALL {
        let good = LeadingPairs { method, ..good.clone() };
        for k in [0, 13, usize::MAX] {
            refused!(run(LeadingPairs { k, ..good.clone() }), Error::Domain { argument: "k", .. });
        }
        for tolerance in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            refused!(
                run(LeadingPairs { tolerance, ..good.clone() }),
                Error::Domain { argument: "tolerance", .. }
            );
        }
        refused!(
            run(LeadingPairs { most_steps: 0, ..good.clone() }),
            Error::Domain { argument: "most_steps", .. }
        );
        let start = |start: &Array2<f64>| run(LeadingPairs { start: Some(start.view()), ..good.clone() });
        refused!(start(&Array2::zeros((11, 2))), Error::Shape { argument: "start", .. });
        refused!(start(&Array2::zeros((12, 0))), Error::Empty { argument: "start", .. });
        refused!(start(&Array2::zeros((12, 13))), Error::Domain { argument: "start columns", .. });
        refused!(start(&Array2::from_elem((12, 2), f64::NAN)), Error::NotFinite { argument: "start", .. });
        refused!(good.of(&a.slice(s![..4, ..])), Error::Shape { argument: "operator", .. });
        refused!(good.of(&Array2::<f64>::zeros((0, 0)).view()), Error::Empty { argument: "operator", .. });
        for bad in [f64::NAN, f64::INFINITY, 1e308] {
            refused!(good.of(&(&a * bad).view()), Error::Domain { .. });
        }
    }
    let other = Diagonal(Array1::ones(11));
    let bad = Diagonal(Array1::from_elem(12, f64::NAN));
    let with = |preconditioner| run(LeadingPairs { preconditioner: Some(preconditioner), ..good.clone() });
    refused!(with(&other), Error::Shape { argument: "preconditioner", .. });
    refused!(with(&bad), Error::Domain { argument: "product with the preconditioner", .. });

    let start = gaussian(12, 3, &mut rng(2));
    refused!(
        ThickRestartLanczos { block: 0, ..ThickRestartLanczos::default() }.leading(&a.view(), 2, None),
        Error::Domain { argument: "block", .. }
    );
    refused!(
        Lobpcg::default().leading(&a.view(), None, 4, start.view()),
        Error::Domain { argument: "k", .. }
    );
    refused!(SubspaceIteration::default().leading(&a.view(), 4, start.view()), Error::Domain { .. });
}

/// What is known of values from their residuals: of one pair of `diag(0, 1)` turned by an angle the bounds are exact.
#[test]
fn t33_bounds_of_values() {
    let a = Array2::from_diag(&ndarray::arr1(&[1.0, 0.0, -1.0]));
    let angle = 1e-3_f64;
    let vectors = ndarray::array![[angle.cos()], [angle.sin()], [0.0]];
    let value = angle.cos().powi(2);
    let residual = angle.sin() * angle.cos();
    let bound = |next| {
        let pairs = Eigenpairs { values: ndarray::arr1(&[value]), vectors: vectors.clone(), next };
        pairs.value_bounds(&pairs.certify(&a.view()).unwrap()).unwrap()[0]
    };
    assert!((bound(None) - residual).abs() < 1e-15);
    assert!((bound(Some(0.0)) - residual * residual / value).abs() < 1e-15);
    assert!((1.0 - value - bound(Some(0.0))).abs() < 1e-15);
    // A gap within the residual says nothing.
    assert!((bound(Some(value - 0.5 * residual)) - residual).abs() < 1e-15);
    let pairs = Eigenpairs { values: ndarray::arr1(&[value]), vectors, next: None };
    let mut certificate = pairs.certify(&a.view()).unwrap();
    certificate.residuals = Array1::zeros(2);
    refused!(pairs.value_bounds(&certificate), Error::Shape { argument: "residuals", .. });
}
