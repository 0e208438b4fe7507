//! Batches in which what is known meets: every sample once an epoch, and the bias that the documentation states.

mod support;

use std::collections::BTreeSet;

use ndarray::Array2;
use pal::Error;
use pal::data::Labels;
use pal::graph::SimilarityGraph;
use pal::loss::{Loss, VicReg};
use pal::model::Batches;
use pal::random::stream;
use proptest::prelude::*;

const SAMPLES: usize = 24;
const BATCH: usize = 6;
const EPOCHS: usize = 20_000;

/// How often each two samples meet in an epoch.
fn meetings(batches: &Batches, samples: usize, epochs: usize) -> Array2<f64> {
    let mut rng = stream(11, 0);
    let mut meetings = Array2::zeros((samples, samples));
    for _ in 0..epochs {
        for batch in batches.draw(&mut rng) {
            for &i in &batch {
                for &j in &batch {
                    meetings[[i, j]] += 1.0 / epochs as f64;
                }
            }
        }
    }
    meetings
}

fn batch_of(epoch: &[Vec<usize>], sample: usize) -> Option<usize> {
    epoch.iter().position(|batch| batch.contains(&sample))
}

/// The chance that two places which follow each other are in one batch, over all places where a pair may stand.
fn whole() -> f64 {
    let ends = SAMPLES / BATCH - 1;
    1.0 - ends as f64 / (SAMPLES - 1) as f64
}

/// Standard errors of a mean of `EPOCHS` draws of 0 or 1, five of them.
const NOISE: f64 = 5.0 * 0.5 / 141.0;

#[test]
fn without_knowledge_every_two_samples_meet_alike() -> pal::Result<()> {
    let views = SimilarityGraph::views(SAMPLES, 2)?;
    let low_rank = SimilarityGraph::low_rank(Array2::ones((2 * SAMPLES, 1)), ndarray::array![0.1])?;
    let both = SimilarityGraph::mixture([(1.0, views.clone()), (1.0, low_rank)])?;
    for graph in [views, both] {
        let batches = Batches::new(&graph, SAMPLES, BATCH)?;
        assert_eq!(batches.views(), 2);
        let chance = (BATCH - 1) as f64 / (SAMPLES - 1) as f64;
        for ((i, j), &met) in meetings(&batches, SAMPLES, EPOCHS).indexed_iter() {
            assert!((met - if i == j { 1.0 } else { chance }).abs() < NOISE, "{i} and {j}: {met}");
        }
    }
    Ok(())
}

/// The documentation's `1/(m − 1)` and `1/m`, with what ends of batches tear and what chance adds.
#[test]
fn members_of_a_class_meet_as_stated() -> pal::Result<()> {
    for size in [2, 3, 4, 5] {
        let labels = Labels::partial((0..SAMPLES).map(|i| (i < size).then_some(0)).collect(), 1)?;
        let graph = SimilarityGraph::labels(&labels).on_views(2)?;
        let met = meetings(&Batches::new(&graph, SAMPLES, BATCH)?, SAMPLES, EPOCHS);
        let as_mates = 1.0 / (if size % 2 == 0 { size - 1 } else { size }) as f64;
        // A pair that is not one of mates meets by chance, which the mates of either disturb a little.
        let chance = (BATCH - 1) as f64 / (SAMPLES - 1) as f64;
        let expected = as_mates * whole() + (1.0 - as_mates) * chance;
        for i in 0..size {
            for j in (0..size).filter(|&j| j != i) {
                assert!((met[[i, j]] - expected).abs() < 0.03, "{size}: {} for {expected}", met[[i, j]]);
            }
        }
        assert!(met[[0, 1]] > 1.5 * chance, "more often than by chance");
    }
    Ok(())
}

#[test]
fn a_named_pair_meets_at_least_as_often_as_stated() -> pal::Result<()> {
    // A star of three, a path of three, a pair: of the weights only the sign counts.
    let pairs = [(0, 1), (0, 2), (0, 3), (4, 5), (5, 6), (7, 8)];
    let weighted = pairs.iter().enumerate().map(|(position, &(i, j))| (i, j, 0.1 + position as f64));
    let graph = SimilarityGraph::pairs(SAMPLES, weighted)?;
    let met = meetings(&Batches::new(&graph, SAMPLES, BATCH)?, SAMPLES, EPOCHS);
    for (i, j) in pairs {
        let shares =
            |&&(a, b): &&(usize, usize)| (a, b) != (i, j) && [a, b].iter().any(|x| [i, j].contains(x));
        let others = pairs.iter().filter(shares).count();
        let least = whole() / (others + 1) as f64;
        assert!(met[[i, j]] > least - NOISE, "{i} and {j}: {} for {least}", met[[i, j]]);
    }
    Ok(())
}

#[test]
fn samples_that_do_not_belong_together_meet_with_their_mates() -> pal::Result<()> {
    let graph = SimilarityGraph::pairs(200, [(0, 50, 1.0), (100, 150, 1.0), (50, 150, -1.0), (7, 9, -0.5)])?;
    let batches = Batches::new(&graph.on_views(2)?, 200, 20)?;
    let met = meetings(&batches, 200, 2000);
    for pair in [[0, 50], [100, 150], [50, 150], [0, 100], [7, 9]] {
        assert!(met[pair] > 0.8, "{pair:?}: {}", met[pair]);
    }
    Ok(())
}

/// The gradient of what a loss has in pairs, averaged over epochs, is that of the graph with the weights that the documentation
/// states; that of uniform batches, of which each sees a tenth of the pull, is not.
#[test]
fn the_gradient_is_that_of_the_stated_weights() -> pal::Result<()> {
    let size = 6;
    let labels = Labels::partial((0..SAMPLES).map(|i| (i < size).then_some(0)).collect(), 1)?;
    let graph = SimilarityGraph::labels(&labels);
    let z = support::gaussian(SAMPLES, 3, &mut stream(12, 0));
    let loss = VicReg { variance: 0.0, covariance: 0.0, ..VicReg::default() };
    let gradient = |graph: &SimilarityGraph, rows: &[usize]| -> pal::Result<Array2<f64>> {
        let (_, part) =
            loss.value_and_gradient(z.select(ndarray::Axis(0), rows).view(), &graph.restrict(rows)?)?;
        let mut gradient = Array2::zeros(z.raw_dim());
        rows.iter().zip(part.rows()).for_each(|(&row, part)| gradient.row_mut(row).assign(&part));
        Ok(gradient)
    };
    let batches = Batches::new(&graph, SAMPLES, BATCH)?;
    let met = meetings(&batches, SAMPLES, EPOCHS);
    let mut rng = stream(11, 0); // the same epochs
    let mut mean = Array2::<f64>::zeros(z.raw_dim());
    for _ in 0..EPOCHS {
        let epoch = batches.draw(&mut rng);
        let count = epoch.len() as f64;
        for batch in epoch {
            mean.scaled_add(1.0 / (count * EPOCHS as f64), &gradient(&graph, &batch)?);
        }
    }
    let all: Vec<usize> = (0..SAMPLES).collect();
    // The loss is a mean over the rows of a batch, so the mean of the batches is that of all rows, with each pair as often as it is met.
    let seen = SimilarityGraph::dense(&graph.to_dense() * &met)?;
    let error = |against: &Array2<f64>| (&mean - against).iter().map(|x| x * x).sum::<f64>().sqrt();
    let of_seen = gradient(&seen, &all)?;
    let norm = of_seen.iter().map(|x| x * x).sum::<f64>().sqrt();
    assert!(error(&of_seen) < 1e-9 * norm);
    let mates = 1.0 / (size - 1) as f64;
    let chance = (BATCH - 1) as f64 / (SAMPLES - 1) as f64;
    let stated = |p: f64| gradient(&SimilarityGraph::mixture([(p, graph.clone())])?, &all);
    assert!(error(&stated(mates * whole() + (1.0 - mates) * chance)?) < 0.1 * norm);
    assert!(error(&stated(chance)?) > 0.3 * norm, "uniform batches would pull less");
    Ok(())
}

#[test]
fn a_graph_of_views_keeps_the_order_of_a_shuffle() -> pal::Result<()> {
    use rand::seq::SliceRandom;
    let batches = Batches::new(&SimilarityGraph::views(10, 2)?, 10, 4)?;
    let mut order: Vec<usize> = (0..10).collect();
    order.shuffle(&mut stream(3, 1));
    assert_eq!(batches.draw(&mut stream(3, 1)).concat(), order);
    Ok(())
}

/// The documentation's `(b − e) m/n + e = share · b`.
#[test]
fn known_samples_have_their_share_of_every_batch() -> pal::Result<()> {
    let (samples, batch) = (1000, 50);
    for (named, share, expected) in
        [(40, 0.5, 25.0), (10, 0.5, 10.0), (40, 0.0, 2.0), (600, 0.5, 30.0), (0, 0.5, 0.0)]
    {
        let labels = Labels::partial((0..samples).map(|i| (i < named).then_some(i % 2)).collect(), 2)?;
        let graph = SimilarityGraph::mixture([
            (1.0, SimilarityGraph::views(samples, 2)?),
            (1.0, SimilarityGraph::labels(&labels).on_views(2)?),
        ])?;
        let batches = Batches::new(&graph, samples, batch)?.with_known(share)?;
        let (mut known, mut count, mut rng) = (0, 0, stream(13, 0));
        for _ in 0..20 {
            let epoch = batches.draw(&mut rng);
            assert_eq!(epoch.len(), batches.per_epoch());
            for drawn in &epoch {
                let distinct: BTreeSet<usize> = drawn.iter().copied().collect();
                assert_eq!(distinct.len(), drawn.len(), "no sample is in a batch twice");
                assert!(drawn.len() <= batch);
                known += drawn.iter().filter(|&&sample| sample < named).count();
            }
            count += epoch.len();
            assert!((0..samples).all(|sample| batch_of(&epoch, sample).is_some()));
        }
        let mean = known as f64 / f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        // Less than stated by what was drawn that the batch had already.
        let range = 0.9 * expected - 0.1..expected + 0.5;
        assert!(range.contains(&mean), "{named} named, share {share}: {mean} for {expected}");
    }
    let batches = Batches::new(&SimilarityGraph::views(3, 2)?, 3, 4)?;
    for share in [-0.1, 1.0, f64::NAN] {
        assert!(matches!(
            batches.clone().with_known(share),
            Err(Error::Domain { argument: "share of known samples", .. })
        ));
    }
    Ok(())
}

#[test]
fn counts_that_do_not_fit_are_refused() -> pal::Result<()> {
    let graph = SimilarityGraph::views(3, 2)?;
    assert!(matches!(Batches::new(&graph, 0, 4), Err(Error::Empty { argument: "samples", .. })));
    assert!(matches!(Batches::new(&graph, 3, 0), Err(Error::Domain { argument: "batch", .. })));
    for samples in [4, 5, 7] {
        assert!(matches!(Batches::new(&graph, samples, 4), Err(Error::Shape { argument: "graph", .. })));
    }
    Ok(())
}

proptest! {
    #[test]
    fn an_epoch_has_every_sample_once(
        samples in 1_usize..40,
        batch in 1_usize..50,
        views in 1_usize..4,
        classes in 1_usize..6,
        pairs in proptest::collection::vec((0_usize..40, 0_usize..40, prop::bool::ANY), 0..60),
        seed in 0_u64..1000,
    ) {
        let mut named = BTreeSet::new();
        let pairs = pairs.into_iter().map(|(i, j, same)| (i.min(j) % samples, i.max(j) % samples, same));
        let pairs: Vec<_> = pairs
            .filter(|&(i, j, _)| i != j && named.insert((i.min(j), i.max(j))))
            .map(|(i, j, same)| (i, j, if same { 1.0 } else { -1.0 }))
            .collect();
        let labels = Labels::partial((0..samples).map(|i| (i % 3 > 0).then_some(i % classes)).collect(), classes)?;
        let graph = SimilarityGraph::mixture([
            (1.0, SimilarityGraph::pairs(samples, pairs)?),
            (0.5, SimilarityGraph::contrastive_labels(&labels)),
        ])?;
        let batches = Batches::new(&graph.on_views(views)?, samples, batch)?;
        let epoch = batches.draw(&mut stream(seed, 0));
        prop_assert_eq!(epoch.len(), batches.per_epoch());
        let sizes: Vec<usize> = epoch.iter().map(Vec::len).collect();
        let (least, most) = (sizes.iter().min(), sizes.iter().max());
        prop_assert!(most <= Some(&batch) && most.zip(least).is_some_and(|(most, least)| most - least <= 1));
        prop_assert!((0..samples).all(|sample| batch_of(&epoch, sample).is_some()));
        prop_assert_eq!(sizes.iter().sum::<usize>(), samples);
    }
}
