//! Claims T1–T6 and the graph rows of T16.

use ndarray::{Array1, Array2, Axis, array};
use pal::data::Labels;
use pal::graph::{Form, SimilarityGraph};
use pal::linalg::Operator;
use proptest::prelude::*;
use rand::RngExt;

use crate::forms::energy;
use crate::instances::{any_graph, contrastive_by_definition, labels_by_definition, labels_of_sizes};
use crate::support::{cases, gaussian, jacobi, random_graph_and_z, rel, rng, spectrum, symmetric};

/// `(value, multiplicity)` written out, descending.
fn written_out(parts: &[(f64, usize)]) -> Vec<f64> {
    let mut values: Vec<f64> = parts.iter().flat_map(|&(value, times)| vec![value; times]).collect();
    values.sort_by(|a, b| b.total_cmp(a));
    values
}

fn same_spectrum(matrix: &Array2<f64>, parts: &[(f64, usize)]) -> bool {
    rel(&spectrum(matrix), &written_out(parts)) < 1e-9
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * (1.0 + b.abs())
}

fn sizes(classes: std::ops::RangeInclusive<usize>, largest: usize) -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(1..=largest, classes)
}

proptest! {
    /// Σ_ij G_ij ‖z_i − z_j‖² = 2 Tr(ZᵀLZ), and L does not see the diagonal.
    #[test]
    fn t01_energy((dense, z) in random_graph_and_z()) {
        let graph = SimilarityGraph::dense(dense.clone()).unwrap();
        let laplacian = graph.laplacian();
        let trace = (&z * &laplacian.to_dense().dot(&z)).sum();
        prop_assert!(close(trace, energy(&dense, &z)));
        prop_assert!(close(laplacian.energy(z.view()).unwrap(), trace));
        let mut hollow = dense;
        hollow.diag_mut().fill(0.0);
        let hollow = SimilarityGraph::dense(hollow).unwrap();
        prop_assert!(rel(&hollow.laplacian().to_dense(), &laplacian.to_dense()) < 1e-12);
    }

    #[test]
    fn t01_energy_of_every_form(instance in any_graph(), k in 1..20_usize, seed in any::<u64>()) {
        let z = gaussian(instance.graph.len(), k, &mut rng(seed));
        let expected = energy(&instance.dense, &z);
        let scale = 1.0 + energy(&instance.dense.mapv(f64::abs), &z);
        prop_assert!((instance.graph.laplacian().energy(z.view()).unwrap() - expected).abs() < 1e-12 * scale);
    }

    #[test]
    fn t02_view_graph(n in 3..=8_usize, views in 1..=4_usize) {
        let graph = SimilarityGraph::views(n, views).unwrap();
        let (dense, v, rest) = (graph.to_dense(), views as f64, n * (views - 1));
        prop_assert!(same_spectrum(&dense, &[(v, n), (0.0, rest)]));
        prop_assert!(rel(&dense.dot(&dense), &(v * &dense)) < 1e-12);
        prop_assert_eq!(graph.degrees(), Array1::from_elem(n * views, v));
        prop_assert!(same_spectrum(&graph.laplacian().to_dense(), &[(0.0, n), (v, rest)]));
        let normalised = graph.laplacian().normalised().unwrap().to_dense();
        prop_assert!(same_spectrum(&normalised, &[(0.0, n), (1.0, rest)]));
        prop_assert_eq!(graph.components(), n);
        prop_assert_eq!(graph.frobenius_squared(), n as f64 * v * v);
        let sample_of_row = Labels::new((0..n * views).map(|row| row / views).collect(), n).unwrap();
        prop_assert_eq!(dense, SimilarityGraph::labels(&sample_of_row).to_dense());
    }

    #[test]
    fn t03_label_graph(sizes in sizes(1..=5, 7), seed in any::<u64>()) {
        let labels = labels_of_sizes(&sizes, &mut rng(seed));
        let graph = SimilarityGraph::labels(&labels);
        let (dense, n, classes) = (graph.to_dense(), labels.len(), sizes.len());
        prop_assert_eq!(&dense, &labels_by_definition(&labels));
        let blocks: Vec<_> = sizes.iter().map(|&size| (size as f64, 1)).collect();
        prop_assert!(same_spectrum(&dense, &[&blocks[..], &[(0.0, n - classes)]].concat()));
        let own_size = labels.iter().map(|class| sizes[class.unwrap()] as f64).collect::<Array1<f64>>();
        prop_assert_eq!(graph.degrees(), own_size);
        prop_assert_eq!(graph.frobenius_squared(), sizes.iter().map(|size| size * size).sum::<usize>() as f64);
        let laplacian: Vec<_> = sizes.iter().map(|&size| (size as f64, size - 1)).collect();
        prop_assert!(same_spectrum(&graph.laplacian().to_dense(), &[&laplacian[..], &[(0.0, classes)]].concat()));
        let normalised = graph.normalised().unwrap().to_dense();
        prop_assert!(rel(&normalised.dot(&normalised), &normalised) < 1e-12);
        prop_assert!(rel(&normalised.dot(&labels.one_hot()), &labels.one_hot()) < 1e-12);
        prop_assert!(same_spectrum(&normalised, &[(1.0, classes), (0.0, n - classes)]));
        prop_assert_eq!(graph.components(), classes);
        let with_empty_class =
            Labels::new(labels.iter().map(|class| class.unwrap() + 1).collect(), classes + 3).unwrap();
        prop_assert_eq!(SimilarityGraph::labels(&with_empty_class).to_dense(), dense);
    }

    #[test]
    fn t04_contrastive_label_graph(sizes in sizes(1..=5, 7), seed in any::<u64>()) {
        let labels = labels_of_sizes(&sizes, &mut rng(seed));
        let graph = SimilarityGraph::contrastive_labels(&labels);
        let (dense, n, classes) = (graph.to_dense(), labels.len(), sizes.len());
        prop_assert_eq!(&dense, &contrastive_by_definition(&labels));
        let small = Array2::from_shape_fn((classes, classes), |(a, b)| {
            let product = ((sizes[a] * sizes[b]) as f64).sqrt();
            if a == b { 2.0 * sizes[a] as f64 - product } else { -product }
        });
        let non_zero: Vec<_> = spectrum(&small).into_iter().map(|value| (value, 1)).collect();
        prop_assert!(same_spectrum(&dense, &[&non_zero[..], &[(0.0, n - classes)]].concat()));
        let inertia = |sign: f64| spectrum(&dense).iter().filter(|&&value| sign * value > 1e-9).count();
        prop_assert_eq!(inertia(1.0), (classes - 1).max(1));
        prop_assert_eq!(inertia(-1.0), usize::from(classes >= 3));
        let mut laplacian = vec![(0.0, 1), (-(n as f64), classes - 1)];
        laplacian.extend(sizes.iter().map(|&size| (2.0 * size as f64 - n as f64, size - 1)));
        prop_assert!(same_spectrum(&graph.laplacian().to_dense(), &laplacian));
        let labels_laplacian = SimilarityGraph::labels(&labels).laplacian().to_dense();
        let complete = Array2::from_diag(&Array1::from_elem(n, n as f64)) - 1.0;
        prop_assert!(rel(&graph.laplacian().to_dense(), &(2.0 * labels_laplacian - complete)) < 1e-12);
    }

    #[test]
    fn t04_balanced_spectrum(classes in 2..=5_usize, size in 1..6_usize, seed in any::<u64>()) {
        let labels = labels_of_sizes(&vec![size; classes], &mut rng(seed));
        let dense = SimilarityGraph::contrastive_labels(&labels).to_dense();
        let (n, c) = (labels.len() as f64, classes as f64);
        let parts = [(2.0 * n / c, classes - 1), (n * (2.0 / c - 1.0), 1), (0.0, labels.len() - classes)];
        prop_assert!(same_spectrum(&dense, &parts));
        let ones = Array1::ones(labels.len());
        prop_assert!(rel(&dense.dot(&ones), &(n * (2.0 / c - 1.0) * &ones)) < 1e-12);
    }

    /// The roots of T5(b), and the labels on all views of T5(a).
    #[test]
    fn t05_interpolation(
        views in 2..=3_usize, samples in 4..=8_usize, alpha in 0.05..0.95, classes in 1..=3_usize, seed in any::<u64>(),
    ) {
        let mut rng = rng(seed);
        let class_of: Vec<Option<usize>> =
            (0..samples).map(|_| rng.random_bool(0.6).then(|| rng.random_range(0..classes))).collect();
        let mut members = vec![0; classes];
        class_of.iter().flatten().for_each(|&class| members[class] += 1);
        members.retain(|&size| size > 0);
        let mix = |known: &dyn Fn(usize) -> bool| {
            let labels = (0..samples * views).map(|row| class_of[row / views].filter(|_| known(row))).collect();
            let labelled = SimilarityGraph::labels(&Labels::partial(labels, classes).unwrap());
            let views = SimilarityGraph::views(samples, views).unwrap();
            let commutator = {
                let (a, b) = (views.to_dense(), labelled.to_dense());
                (a.dot(&b) - b.dot(&a)).mapv(f64::abs).sum()
            };
            (SimilarityGraph::mixture([(1.0 - alpha, views), (alpha, labelled)]).unwrap(), commutator)
        };
        let v = views as f64;
        let unlabelled = ((1.0 - alpha) * v, samples - members.len());

        let (graph, commutator) = mix(&|_| true);
        prop_assert!(commutator == 0.0);
        let mut parts = vec![unlabelled, (0.0, samples * (views - 1))];
        parts.extend(members.iter().map(|&m| ((1.0 - alpha) * v + alpha * v * m as f64, 1)));
        prop_assert!(same_spectrum(&graph.to_dense(), &parts));

        let (graph, commutator) = mix(&|row| row % views == 0);
        prop_assert_eq!(commutator > 0.0, !members.is_empty());
        let mut parts = vec![unlabelled, (0.0, samples * (views - 1) - members.len())];
        for &m in &members {
            let m = m as f64;
            let (sum, product) = ((1.0 - alpha) * v + alpha * m, (1.0 - alpha) * alpha * m * (v - 1.0));
            let root = (sum * sum / 4.0 - product).sqrt();
            parts.extend([(sum / 2.0 + root, 1), (sum / 2.0 - root, 1)]);
        }
        prop_assert!(same_spectrum(&graph.to_dense(), &parts));
    }

    /// dim ker L = number of components for G ≥ 0, with either Laplacian and any storage.
    #[test]
    fn t06_components(n in 6..=25_usize, density in 0.02..0.2, seed in any::<u64>()) {
        let mut rng = rng(seed);
        let dense = symmetric(
            n,
            || if rng.random_bool(density) { rng.random_range(0.2..2.0) } else { 0.0 },
            |entry| entry,
        );
        let triples = (0..n).flat_map(|i| (0..=i).map(move |j| (i, j))).map(|(i, j)| (i, j, dense[[i, j]]));
        let graph = SimilarityGraph::pairs(n, triples).unwrap();
        let kernel = |laplacian: &Array2<f64>| spectrum(laplacian).iter().filter(|value| value.abs() < 1e-9).count();
        prop_assert_eq!(graph.components(), kernel(&graph.laplacian().to_dense()));
        let normalised = graph.laplacian().normalised().unwrap();
        prop_assert_eq!(graph.components(), kernel(&normalised.to_dense()));
        prop_assert_eq!(SimilarityGraph::dense(dense).unwrap().component_of(), graph.component_of());
        // The indicator of a component is in the kernel.
        let component_of = graph.component_of();
        let indicators =
            Array2::from_shape_fn((n, graph.components()), |(i, c)| f64::from(u8::from(component_of[i] == c)));
        prop_assert!(graph.laplacian().apply(indicators.view()).unwrap().iter().all(|entry| entry.abs() < 1e-12));
    }

    /// Tr(ZᵀYYᵀZ) = Σ_c ‖Σ_{i∈c} z_i‖² and Tr(Zᵀ(2G−11ᵀ)Z) = 2 Tr(ZᵀGZ) − ‖1ᵀZ‖².
    #[test]
    fn t16_quadratic_forms(sizes in sizes(1..=5, 6), k in 1..=5_usize, seed in any::<u64>()) {
        let mut rng = rng(seed);
        let labels = labels_of_sizes(&sizes, &mut rng);
        let z = gaussian(labels.len(), k, &mut rng);
        let quadratic = |graph: &SimilarityGraph| (&z * &graph.apply(z.view()).unwrap()).sum();
        let class_sums = labels.one_hot().t().dot(&z);
        let positives = (&class_sums * &class_sums).sum();
        prop_assert!(close(quadratic(&SimilarityGraph::labels(&labels)), positives));
        let total = z.sum_axis(Axis(0));
        let contrastive = quadratic(&SimilarityGraph::contrastive_labels(&labels));
        prop_assert!(close(contrastive, 2.0 * positives - total.dot(&total)));
    }

    /// XᵀGX of every form, in both precisions and in one precision for more columns than are taken at a time.
    #[test]
    fn t16_projections_of_every_form(instance in any_graph(), k in 0..=6_usize, seed in any::<u64>()) {
        let x = gaussian(instance.dense.nrows(), k, &mut rng(seed));
        let expected = x.t().dot(&instance.dense).dot(&x);
        let found = instance.graph.quadratic(x.view()).unwrap();
        prop_assert!(rel(&found, &expected) < 1e-12);
        prop_assert_eq!(&found, &found.t());
        #[allow(clippy::cast_possible_truncation)]
        let single = x.mapv(|entry| entry as f32);
        prop_assert!(rel(&instance.graph.quadratic(single.view()).unwrap(), &expected) < 1e-4);
        let wide = gaussian(instance.dense.nrows(), 130 + k, &mut rng(seed));
        let found = instance.graph.quadratic(wide.view()).unwrap();
        prop_assert!(rel(&found, &wide.t().dot(&instance.dense).dot(&wide)) < 1e-12);
        prop_assert_eq!(&found, &found.t());
    }

    /// ‖aYYᵀ + bY'Y'ᵀ‖² from counts, for label, view and contrastive graphs.
    #[test]
    fn t16_frobenius_of_mixtures(samples in 2..7_usize, a in -2.0..2.0, b in -2.0..2.0, seed in any::<u64>()) {
        let mut rng = rng(seed);
        let mut graphs: Vec<SimilarityGraph> = Vec::new();
        for classes in [2, 5] {
            let class_of: Vec<_> =
                (0..2 * samples).map(|_| rng.random_bool(0.7).then(|| rng.random_range(0..classes))).collect();
            let labels = Labels::partial(class_of, classes).unwrap();
            graphs.extend([SimilarityGraph::labels(&labels), SimilarityGraph::contrastive_labels(&labels)]);
        }
        graphs.extend([SimilarityGraph::views(samples, 2).unwrap(), SimilarityGraph::identity(2 * samples).unwrap()]);
        for first in &graphs {
            for second in &graphs {
                let graph = SimilarityGraph::mixture([(a, first.clone()), (b, second.clone())]).unwrap();
                let by_definition = graph.to_dense().mapv(|entry| entry * entry).sum();
                prop_assert!(close(graph.frobenius_squared(), by_definition));
            }
        }
    }

    /// Differences stay accurate near a collapsed Z, where traces drown in rounding.
    #[test]
    fn t16_energy_near_collapse(sizes in sizes(2..=4, 8), seed in any::<u64>()) {
        let mut rng = rng(seed);
        let labels = labels_of_sizes(&sizes, &mut rng);
        let n = labels.len();
        let centres = 100.0 * gaussian(sizes.len(), 3, &mut rng);
        let noise = gaussian(n, 3, &mut rng).mapv(|entry| (entry * 1024.0).round() / 1024.0 * 2.0_f64.powi(-20));
        // Centres on a coarse grid: the noise survives the addition exactly, so its energy is known.
        let z = labels.one_hot().dot(&centres.mapv(f64::round)) + &noise;
        let exact = energy(&labels_by_definition(&labels), &noise);
        let graph = SimilarityGraph::labels(&labels);
        let factor = SimilarityGraph::low_rank(labels.one_hot(), Array1::ones(sizes.len())).unwrap();
        let pairs = SimilarityGraph::pairs(
            n,
            (0..n * n).map(|at| (at / n, at % n, graph.entry(at / n, at % n).unwrap())),
        )
        .unwrap();
        for graph in [graph, factor, pairs] {
            let energy = graph.laplacian().energy(z.view()).unwrap();
            prop_assert!((energy - exact).abs() <= 1e-6 * exact, "{energy} {exact}");
        }
    }
}

proptest! {
    #![proptest_config(cases(8))]

    /// Least squares of Y on the C−1 positive eigenvectors has the right argmax on every row.
    #[test]
    fn t04_c_minus_one_features_suffice(sizes in sizes(2..=4, 60), seed in any::<u64>()) {
        let labels = labels_of_sizes(&sizes, &mut rng(seed));
        let (values, vectors) = jacobi(&SimilarityGraph::contrastive_labels(&labels).to_dense());
        let positive = sizes.len() - 1;
        prop_assert!(values[positive - 1] > 1e-9 && values[positive] < 1e-9);
        let features = vectors.slice(ndarray::s![.., ..positive]);
        let predicted = features.dot(&features.t().dot(&labels.one_hot()));
        for (row, class) in predicted.rows().into_iter().zip(labels.iter()) {
            let class = class.unwrap();
            prop_assert!((0..sizes.len()).all(|other| other == class || row[other] < row[class]));
        }
    }
}

/// T6 needs G ≥ 0: this signed triangle is connected, yet its Laplacian has a kernel of dimension 2.
#[test]
fn t06_needs_non_negative_entries() {
    let graph = SimilarityGraph::pairs(3, [(0, 1, 1.0), (0, 2, -0.5), (1, 2, 1.0)]).unwrap();
    assert_eq!(graph.components(), 1);
    assert!(!graph.is_non_negative());
    assert!(same_spectrum(&graph.laplacian().to_dense(), &[(3.0, 1), (0.0, 2)]));
}

/// T6: without the convention `D^{-1/2} = 0` at degree zero an isolated vertex would give 1 instead of 0.
#[test]
fn t06_isolated_vertex_of_the_normalised_laplacian() {
    let graph = SimilarityGraph::pairs(3, [(0, 1, 4.0)]).unwrap();
    let normalised = graph.laplacian().normalised().unwrap().to_dense();
    assert_eq!(normalised, array![[1.0, -1.0, 0.0], [-1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]);
    assert_eq!(graph.components(), 2);
}

/// Degrees that cancel up to rounding count as zero; degrees that do not must not be negative.
#[test]
fn t06_degrees_of_signed_graphs() {
    let graph = SimilarityGraph::pairs(4, [(0, 1, 0.1), (0, 2, 0.2), (0, 3, -0.3), (1, 2, 1.0), (3, 3, 2.0)])
        .unwrap();
    assert_ne!(graph.degrees()[0], 0.0); // 5.6e-17
    assert!(graph.normalised().unwrap().to_dense().row(0).iter().all(|&entry| entry == 0.0));
}

#[test]
fn t02_a_view_graph_knows_its_shape() {
    let graph = SimilarityGraph::views(5, 3).unwrap();
    let [(_, Form::Views(views))] = graph.terms() else { panic!("one term") };
    assert_eq!((views.samples(), views.views(), graph.len()), (5, 3, 15));
}

/// What cancels in the degree of a signed graph cancels up to rounding, whatever the scale and the weight of its entries.
#[test]
fn t06_degrees_that_cancel_normalise_to_zero_at_any_scale() {
    let pairs = [(0, 1, -0.1), (0, 2, -0.2), (0, 3, 0.3), (1, 1, 1.0), (2, 2, 1.0), (3, 3, 1.0)];
    // Powers of two, which round nothing themselves.
    let large = 2.0_f64.powi(27);
    for (scale, weight) in [(1.0, 1.0 / large), (1.0, 1.0), (1.0, large), (large, 1.0), (large, 1.0 / large)]
    {
        let signed = SimilarityGraph::pairs(4, pairs.map(|(i, j, entry)| (i, j, scale * entry))).unwrap();
        let graph = SimilarityGraph::mixture([(weight, signed)]).unwrap();
        assert!(graph.degrees()[0] < 0.0);
        let normalised = graph.normalised().unwrap().to_dense();
        assert!(normalised.row(0).iter().all(|&entry| entry == 0.0), "{scale:e} times {weight:e}");
        assert!((normalised[[1, 1]] - 1.0 / 0.9).abs() < 1e-14);
    }
}

/// More samples than are summed at a time, by their products.
#[test]
fn t16_projections_of_many_samples() {
    let mut rng = rng(16);
    let n = 3 * 4200;
    let x = gaussian(n, 5, &mut rng);
    let labels = Labels::partial((0..n).map(|i| (i % 7 < 5).then_some(i % 7)).collect(), 5).unwrap();
    let pairs: Vec<_> = (0..n - 9).map(|i| (i, i + 9, rng.random_range(-1.0..1.0))).collect();
    let low_rank = SimilarityGraph::low_rank(gaussian(n, 3, &mut rng), array![1.0, -2.0, 0.5]).unwrap();
    for graph in [
        SimilarityGraph::views(n / 3, 3).unwrap(),
        SimilarityGraph::identity(n).unwrap(),
        SimilarityGraph::labels(&labels),
        SimilarityGraph::contrastive_labels(&labels),
        SimilarityGraph::pairs(n, pairs).unwrap(),
        low_rank,
    ] {
        let found = graph.quadratic(x.view()).unwrap();
        assert!(rel(&found, &x.t().dot(&graph.apply(x.view()).unwrap())) < 1e-11);
        assert_eq!(found, found.t());
    }
}
