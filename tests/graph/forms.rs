//! Every form agrees with its dense definition, in every operation and memory layout.

use ndarray::{Array1, Array2, ArrayView2, Axis, ShapeBuilder, array, s};
use pal::data::Labels;
use pal::graph::{Form, SimilarityGraph};
use pal::linalg::Operator;
use proptest::prelude::*;

use rand::RngExt;

use crate::instances::{Instance, any_graph, form, mixture, partial_labels};
use crate::support::{gaussian, rel, rng, symmetric};

const TOLERANCE: f64 = 1e-12;

/// Components by flooding the dense matrix, edges being entries above rounding.
fn flood(dense: &Array2<f64>) -> Vec<usize> {
    let n = dense.nrows();
    let mut component_of = vec![usize::MAX; n];
    let mut components = 0;
    for start in 0..n {
        if component_of[start] != usize::MAX {
            continue;
        }
        let mut stack = vec![start];
        while let Some(i) = stack.pop() {
            component_of[i] = components;
            let next = |&j: &usize| j != i && dense[[i, j]].abs() > 1e-12 && component_of[j] == usize::MAX;
            stack.extend((0..n).filter(next));
        }
        components += 1;
    }
    component_of
}

/// `½ Σ_ij G_ij ‖z_i − z_j‖²`, as written.
pub(crate) fn energy(dense: &Array2<f64>, z: &Array2<f64>) -> f64 {
    let n = dense.nrows();
    let mut sum = 0.0;
    for i in 0..n {
        for j in 0..n {
            sum += 0.5 * dense[[i, j]] * (&z.row(i) - &z.row(j)).mapv(|d| d * d).sum();
        }
    }
    sum
}

/// The same matrix in row-major, column-major, strided and reversed memory.
fn layouts(x: &Array2<f64>) -> Vec<Array2<f64>> {
    let (n, k) = x.dim();
    let mut column_major = Array2::zeros((n, k).f());
    column_major.assign(x);
    let mut wide = Array2::from_elem((2 * n, 3 * k), f64::NAN);
    wide.slice_mut(s![..;2, ..;3]).assign(x);
    wide.slice_collapse(s![..;2, ..;3]);
    let mut reversed = x.slice(s![..;-1, ..;-1]).to_owned();
    reversed.invert_axis(Axis(0));
    reversed.invert_axis(Axis(1));
    vec![x.clone(), column_major, wide, reversed]
}

proptest! {
    #[test]
    fn entries_agree_with_dense(instance in any_graph()) {
        let Instance { graph, dense } = instance;
        prop_assert_eq!(graph.len(), dense.nrows());
        prop_assert!(rel(&graph.to_dense(), &dense) < TOLERANCE);
        let entries = Array2::from_shape_fn(dense.raw_dim(), |(i, j)| graph.entry(i, j).unwrap());
        prop_assert!(rel(&entries, &dense) < TOLERANCE);
        prop_assert!(rel(&graph.diagonal(), &dense.diag().to_owned()) < TOLERANCE);
    }

    #[test]
    fn add_to_adds_in_every_layout(instance in any_graph(), weight in -3.0..3.0, seed in any::<u64>()) {
        let Instance { graph, dense } = instance;
        let start = gaussian(dense.nrows(), dense.nrows(), &mut rng(seed));
        let expected = &start + weight * &dense;
        for mut out in layouts(&start) {
            graph.add_to(weight, &mut out.view_mut()).unwrap();
            prop_assert!(rel(&out, &expected) < TOLERANCE);
        }
    }

    #[test]
    fn apply_agrees_with_dense_in_every_layout(
        instance in any_graph(), k in 0..4_usize, weight in -3.0..3.0, seed in any::<u64>(),
    ) {
        let Instance { graph, dense } = instance;
        let mut rng = rng(seed);
        let x = gaussian(graph.len(), k, &mut rng);
        let start = gaussian(graph.len(), k, &mut rng);
        let expected = &start + weight * dense.dot(&x);
        for x in layouts(&x) {
            prop_assert!(rel(&graph.apply(x.view()).unwrap(), &dense.dot(&x)) < TOLERANCE);
            for mut out in layouts(&start) {
                graph.apply_add(weight, x.view(), out.view_mut()).unwrap();
                prop_assert!(rel(&out, &expected) < TOLERANCE);
            }
        }
    }

    #[test]
    fn sums_agree_with_dense(a in any_graph(), b in any_graph()) {
        prop_assert!(rel(&a.graph.degrees(), &a.dense.sum_axis(Axis(1))) < TOLERANCE);
        let (frobenius, inner) = ((&a.dense * &a.dense).sum(), (&a.dense * &b.dense).sum());
        prop_assert!((a.graph.frobenius_squared() - frobenius).abs() < TOLERANCE * (1.0 + frobenius));
        let scale = 1.0 + frobenius + (&b.dense * &b.dense).sum();
        prop_assert!((a.graph.inner(&b.graph).unwrap() - inner).abs() < TOLERANCE * scale);
    }

    #[test]
    fn signs_and_components_agree_with_dense(instance in any_graph()) {
        let Instance { graph, dense } = instance;
        prop_assert_eq!(graph.is_non_negative(), dense.iter().all(|&entry| entry > -1e-12));
        let expected = flood(&dense);
        prop_assert_eq!(graph.components(), expected.iter().max().unwrap() + 1);
        prop_assert_eq!(graph.component_of(), expected);
    }

    #[test]
    fn restriction_selects_rows_and_columns(
        instance in any_graph(), indices in prop::collection::vec(0..12_usize, 1..20),
    ) {
        let Instance { graph, dense } = instance;
        let expected = dense.select(Axis(0), &indices).select(Axis(1), &indices);
        let restricted = graph.restrict(&indices).unwrap();
        prop_assert!(rel(&restricted.to_dense(), &expected) < TOLERANCE);
        let entries = Array2::from_shape_fn(expected.raw_dim(), |(i, j)| restricted.entry(i, j).unwrap());
        prop_assert!(rel(&entries, &expected) < TOLERANCE);
    }

    /// Labels and factors on one side, all else on the other, and nothing lost.
    #[test]
    fn a_split_graph_is_the_sum_of_its_parts(instance in any_graph()) {
        let Instance { graph, dense } = instance;
        let (rest, part) = graph.split_low_rank();
        let low_rank = |form: &Form| matches!(form, Form::Labels(_) | Form::Contrastive(_) | Form::LowRank(_));
        let ranks = graph.terms().iter().filter(|(_, form)| low_rank(form)).count();
        prop_assert_eq!(part.is_some(), ranks > 0);
        prop_assert_eq!(rest.as_ref().map_or(0, |rest| rest.terms().len()), graph.terms().len() - ranks);
        let mut sum = rest.map_or(Array2::zeros(dense.raw_dim()), |rest| rest.to_dense());
        if let Some(part) = part {
            sum += &part.factor.dot(&part.core).dot(&part.factor.t());
        }
        prop_assert!(rel(&sum, &dense) < TOLERANCE);
    }

    #[test]
    fn laplacian_agrees_with_dense(instance in any_graph(), k in 1..4_usize, seed in any::<u64>()) {
        let Instance { graph, dense } = instance;
        let by_definition = Array2::from_diag(&dense.sum_axis(Axis(1))) - &dense;
        let laplacian = graph.laplacian();
        prop_assert!(rel(&laplacian.to_dense(), &by_definition) < TOLERANCE);
        let x = gaussian(graph.len(), k, &mut rng(seed));
        for x in layouts(&x) {
            prop_assert!(rel(&laplacian.apply(x.view()).unwrap(), &by_definition.dot(&x)) < TOLERANCE);
        }
    }

    /// Squares keep the degrees positive, whatever the form.
    #[test]
    fn normalised_forms_agree_with_dense(
        instance in form(), lift in 20.0..40.0, k in 1..4_usize, seed in any::<u64>(),
    ) {
        let n = instance.dense.nrows();
        let identity = Instance { graph: SimilarityGraph::identity(n).unwrap(), dense: Array2::eye(n) };
        let Instance { graph, dense } = mixture(&[(0.3, instance), (lift, identity)]);
        let degrees = dense.sum_axis(Axis(1));
        prop_assume!(degrees.iter().all(|&degree| degree > 1e-3));
        let normalised =
            Array2::from_shape_fn((n, n), |(i, j)| dense[[i, j]] / (degrees[i] * degrees[j]).sqrt());
        prop_assert!(rel(&graph.normalised().unwrap().to_dense(), &normalised) < 1e-11);
        let laplacian = graph.laplacian().normalised().unwrap();
        let by_definition = Array2::eye(n) - &normalised;
        prop_assert!(rel(&laplacian.to_dense(), &by_definition) < 1e-11);
        let z = gaussian(n, k, &mut rng(seed));
        let image = by_definition.dot(&z);
        for x in layouts(&z) {
            prop_assert!(rel(&laplacian.apply(x.view()).unwrap(), &image) < 1e-11);
        }
        let trace = (&z * &image).sum();
        prop_assert!((laplacian.energy(z.view()).unwrap() - trace).abs() < 1e-9 * (1.0 + trace.abs()));
    }

    /// Labels alone: few classes give a factor, many give pairs, unknown samples have degree zero.
    #[test]
    fn normalised_label_graphs_agree_with_dense(
        classes in 1..15_usize, class_of in prop::collection::vec(prop::option::of(0..15_usize), 1..20),
    ) {
        let class_of: Vec<_> = class_of.into_iter().map(|class| class.map(|c| c % classes)).collect();
        let graph = SimilarityGraph::labels(&Labels::partial(class_of, classes).unwrap());
        let dense = graph.to_dense();
        let degrees = dense.sum_axis(Axis(1));
        let root = |d: f64| if d == 0.0 { 0.0 } else { 1.0 / d.sqrt() };
        let normalised =
            Array2::from_shape_fn(dense.raw_dim(), |(i, j)| dense[[i, j]] * root(degrees[i]) * root(degrees[j]));
        prop_assert!(rel(&graph.normalised().unwrap().to_dense(), &normalised) < TOLERANCE);
    }

    #[test]
    fn normalised_contrastive_graph_agrees_with_dense(big in 6..12_usize, small in 0..3_usize) {
        let class_of: Vec<_> = (0..big + small + 2)
            .map(|i| if i < big { Some(0) } else if i < big + small { Some(1) } else { None })
            .collect();
        let graph = SimilarityGraph::contrastive_labels(&Labels::partial(class_of, 2).unwrap());
        let shifted = SimilarityGraph::mixture([
            (1.0, graph),
            (2.0 * big as f64, SimilarityGraph::identity(big + small + 2).unwrap()),
        ])
        .unwrap();
        let dense = shifted.to_dense();
        let degrees = dense.sum_axis(Axis(1));
        let normalised =
            Array2::from_shape_fn(dense.raw_dim(), |(i, j)| dense[[i, j]] / (degrees[i] * degrees[j]).sqrt());
        prop_assert!(rel(&shifted.normalised().unwrap().to_dense(), &normalised) < TOLERANCE);
    }
}

/// More rows than a task handles, classes and views of more members than are summed at once, columns past a vector's width.
#[test]
fn graphs_of_many_rows_agree_with_dense() {
    let (n, k) = (1200, 19);
    let mut rng = rng(12);
    let labels = partial_labels(n, 3, &mut rng);
    let sparse: Vec<_> = (0..n).map(|i| (i, (i * 7) % n, 0.5 - (i % 3) as f64)).collect();
    let views = |views: usize| SimilarityGraph::views(n / views, views).unwrap();
    let x = gaussian(n, k, &mut rng);
    for graph in [
        views(3),
        views(400),
        SimilarityGraph::labels(&labels),
        SimilarityGraph::contrastive_labels(&labels),
        SimilarityGraph::pairs(n, sparse).unwrap(),
        SimilarityGraph::dense(symmetric(n, || rng.random_range(-1.0..1.0), |entry| entry)).unwrap(),
    ] {
        let dense = graph.to_dense();
        let image = dense.dot(&x);
        assert!(rel(&graph.apply(x.view()).unwrap(), &image) < TOLERANCE);
        let degrees = dense.sum_axis(Axis(1)).insert_axis(Axis(1));
        let expected = (&x * &(degrees * &x - &image)).sum();
        let energy = graph.laplacian().energy(x.view()).unwrap();
        assert!((energy - expected).abs() < 1e-10 * expected.abs(), "{energy} for {expected}");
    }
}

/// Terms that cancel leave no edge and no sign, even when the sum is only zero up to rounding.
#[test]
fn cancelled_entries_are_no_edges() {
    let labels = Labels::new(vec![0, 0, 1, 1], 2).unwrap();
    let graph = || SimilarityGraph::labels(&labels);
    let cancelled = SimilarityGraph::mixture([(0.1, graph()), (0.2, graph()), (-0.3, graph())]).unwrap();
    assert_ne!(cancelled.entry(0, 1).unwrap(), 0.0); // 5.6e-17
    assert_eq!(cancelled.components(), 4);
    assert!(cancelled.is_non_negative());
    let half = SimilarityGraph::pairs(4, [(0, 1, -1.0), (0, 2, -1e-9)]).unwrap();
    let mixed = SimilarityGraph::mixture([(1.0, graph()), (1.0, half)]).unwrap();
    assert_eq!(mixed.component_of(), [0, 1, 0, 0]);
    assert!(!mixed.is_non_negative());
    // Orthogonal columns: the entries between the two vertices cancel inside one form.
    let c = 0.3_f64;
    let rotation = array![[c.cos(), c.sin()], [-c.sin(), c.cos()]];
    let low_rank = SimilarityGraph::low_rank(rotation, Array1::from_elem(2, 0.7)).unwrap();
    assert_eq!(low_rank.components(), 2);
    assert!(low_rank.is_non_negative());
    let negated = SimilarityGraph::mixture([(-1.0, graph())]).unwrap();
    assert!(!negated.is_non_negative());
}

#[test]
fn mixtures_are_flat_and_zero_weights_vanish() {
    let identity = SimilarityGraph::identity(4).unwrap();
    let views = SimilarityGraph::views(2, 2).unwrap();
    let inner = SimilarityGraph::mixture([(0.5, identity.clone()), (0.25, views.clone())]).unwrap();
    let outer = SimilarityGraph::mixture([(2.0, inner), (0.0, views.clone())]).unwrap();
    assert!(matches!(outer.terms(), [(1.0, Form::Views(_)), (0.5, Form::Views(_))]));
    assert_eq!(SimilarityGraph::mixture([(1.0, views.clone())]).unwrap(), views);
    let nothing = SimilarityGraph::mixture([(0.0, views)]).unwrap();
    assert_eq!((nothing.len(), nothing.components(), nothing.frobenius_squared()), (4, 4, 0.0));
    assert_eq!(nothing.to_dense(), Array2::<f64>::zeros((4, 4)));
    assert!(nothing.is_non_negative());
}

#[test]
fn restricted_forms_stay_cheap() {
    let views = SimilarityGraph::views(3, 2).unwrap().restrict(&[5, 0, 4]).unwrap();
    let [(1.0, Form::Labels(labels))] = views.terms() else { panic!("{views:?}") };
    assert_eq!(labels.class_of(), [Some(2), Some(0), Some(2)]);
    assert_eq!(labels.blocks().map(<[usize]>::to_vec).collect::<Vec<_>>(), [vec![1], vec![], vec![0, 2]]);
    let pairs = SimilarityGraph::pairs(3, [(0, 2, 5.0), (1, 1, 2.0)]).unwrap().restrict(&[2, 0]).unwrap();
    let [(1.0, Form::Pairs(pairs))] = pairs.terms() else { panic!("{pairs:?}") };
    assert_eq!(pairs.entries().collect::<Vec<_>>(), [(0, 1, 5.0), (1, 0, 5.0)]);
}

#[test]
fn normalised_forms_stay_cheap() {
    let normalised = |class_of: Vec<usize>, classes| {
        let graph = SimilarityGraph::labels(&Labels::new(class_of, classes).unwrap());
        graph.normalised().unwrap().terms()[0].1.clone()
    };
    // Two classes of four: 8 × 2 numbers, or 2 × 4² pairs; four of two: 8 × 4, or 4 × 2².
    assert!(matches!(normalised(vec![0, 0, 0, 0, 1, 1, 1, 1], 2), Form::LowRank(_)));
    assert!(matches!(normalised(vec![0, 0, 1, 1, 2, 2, 3, 3], 4), Form::Pairs(_)));
    let views = SimilarityGraph::views(3, 2).unwrap().normalised().unwrap();
    assert!(matches!(views.terms(), [(_, Form::Views(_))]));
}

/// The identity is one view of each sample, and applying a transposed view needs no copy by the caller.
#[test]
fn identity_applies_as_identity() {
    let x = array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    let view: ArrayView2<f64> = x.t();
    assert_eq!(SimilarityGraph::identity(3).unwrap().apply(view).unwrap(), view);
}
