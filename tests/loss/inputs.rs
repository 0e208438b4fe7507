//! Bad input is an error that names the argument; buffers of any layout are written over.

use ndarray::{Array1, Array2, ShapeBuilder, array, s};
use pal::Error;
use pal::closed_form;
use pal::data::Labels;
use pal::graph::SimilarityGraph;
use pal::loss::{
    BarlowTwins, Loss, NamedLoss, NtXent, Penalised, Ridge, SpectralLoss, Statistics, VicReg, cross_entropy,
};

use crate::support::{gaussian, refused, rel, rng};

fn every_loss() -> [Box<dyn Loss>; 10] {
    [
        Box::new(SpectralLoss::SimClr2),
        Box::new(SpectralLoss::Vic2 { lambda: 1.0 }),
        Box::new(SpectralLoss::BarlowTwins2),
        Box::new(VicReg::default()),
        Box::new(BarlowTwins::default()),
        Box::new(NtXent { temperature: 0.5 }),
        Box::new(Ridge { lambda: 0.1 }),
        Box::new(VicReg { statistics: Statistics::EachView, ..VicReg::default() }),
        Box::new(BarlowTwins { statistics: Statistics::EachView, ..BarlowTwins::default() }),
        Box::new(Penalised { loss: SpectralLoss::BarlowTwins2, beta: 0.5 }),
    ]
}

#[test]
fn statistics_of_each_view_need_views() {
    let z = gaussian(6, 2, &mut rng(0));
    let vicreg = VicReg { statistics: Statistics::EachView, ..VicReg::default() };
    let barlow_twins = BarlowTwins { statistics: Statistics::EachView, ..BarlowTwins::default() };
    let (views, identity) = (SimilarityGraph::views(3, 2).unwrap(), SimilarityGraph::identity(6).unwrap());
    let labels = SimilarityGraph::labels(&Labels::new(vec![0, 0, 1, 1, 2, 2], 3).unwrap());
    let threes = SimilarityGraph::views(2, 3).unwrap();
    let mixed = SimilarityGraph::mixture([(0.5, views.clone()), (0.5, threes)]).unwrap();
    for graph in [&identity, &labels, &mixed] {
        refused!(vicreg.value(z.view(), graph), Error::WrongForm { argument: "graph", .. });
        refused!(barlow_twins.value(z.view(), graph), Error::WrongForm { argument: "graph", .. });
    }
    let without_diagonal = SimilarityGraph::mixture([(1.0, views), (-1.0, identity)]).unwrap();
    assert!(barlow_twins.value(z.view(), &without_diagonal).is_ok());
    let single = SimilarityGraph::views(1, 2).unwrap();
    refused!(vicreg.value(z.slice(s![..2, ..]), &single), Error::Domain { value: 1.0, .. });
}

#[test]
fn losses_by_name() {
    let graph = SimilarityGraph::views(3, 2).unwrap();
    let z = gaussian(6, 2, &mut rng(0));
    let defaults: [(&str, Box<dyn Loss>); 9] = [
        ("nt-xent", Box::new(NtXent { temperature: 0.1 })),
        ("simclr", Box::new(NtXent { temperature: 0.1 })),
        ("supcon", Box::new(NtXent { temperature: 0.1 })),
        ("vicreg", Box::new(VicReg::default())),
        ("barlow-twins", Box::new(BarlowTwins::default())),
        ("simclr2", Box::new(SpectralLoss::SimClr2)),
        ("vic2", Box::new(SpectralLoss::Vic2 { lambda: 2.0 })),
        ("bt2", Box::new(SpectralLoss::BarlowTwins2)),
        ("ridge", Box::new(Ridge { lambda: 1e-3 })),
    ];
    assert_eq!(defaults.each_ref().map(|(name, _)| *name), NamedLoss::NAMES);
    for (name, loss) in defaults {
        let named: NamedLoss = name.parse().unwrap();
        assert_eq!(
            named.value_and_gradient(z.view(), &graph).unwrap(),
            loss.value_and_gradient(z.view(), &graph).unwrap()
        );
    }
    let unknown = "simsiam".parse::<NamedLoss>();
    let message = unknown.as_ref().unwrap_err().to_string();
    assert!(message.contains("\"simsiam\"") && NamedLoss::NAMES.iter().all(|name| message.contains(name)));
    refused!(unknown, Error::UnknownName { argument: "loss", .. });
}

#[test]
fn every_loss_refuses_bad_representations() {
    let graph = SimilarityGraph::views(3, 2).unwrap();
    let z = gaussian(6, 2, &mut rng(0));
    for loss in every_loss() {
        refused!(loss.value(z.slice(s![..5, ..]), &graph), Error::Shape { argument: "z", .. });
        refused!(loss.value(z.slice(s![.., ..0]), &graph), Error::Empty { argument: "z", .. });
        refused!(loss.value_and_gradient(z.slice(s![..5, ..]), &graph), Error::Shape { argument: "z", .. });
        refused!(loss.value_and_gradient(z.slice(s![.., ..0]), &graph), Error::Empty { argument: "z", .. });
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let mut z = z.clone();
            z[[4, 1]] = bad;
            refused!(loss.value(z.view(), &graph), Error::NotFinite { argument: "z", .. });
            refused!(loss.value_and_gradient(z.view(), &graph), Error::NotFinite { argument: "z", .. });
        }
        let mut narrow = Array2::zeros((6, 1));
        refused!(
            loss.value_and_gradient_into(z.view(), &graph, narrow.view_mut()),
            Error::Shape { argument: "gradient", .. }
        );
    }
}

#[test]
fn parameters_out_of_range() {
    let graph = SimilarityGraph::views(3, 2).unwrap();
    let z = gaussian(6, 2, &mut rng(0));
    for bad in [-1.0, f64::NAN, f64::INFINITY] {
        let weights = VicReg::default();
        let losses: [(Box<dyn Loss>, &str); 8] = [
            (Box::new(SpectralLoss::Vic2 { lambda: bad }), "lambda"),
            (Box::new(BarlowTwins { lambda: bad, ..BarlowTwins::default() }), "lambda"),
            (Box::new(Ridge { lambda: bad }), "lambda"),
            (Box::new(Penalised { loss: SpectralLoss::BarlowTwins2, beta: bad }), "beta"),
            (Box::new(NtXent { temperature: bad }), "temperature"),
            (Box::new(VicReg { variance: bad, ..weights }), "variance"),
            (Box::new(VicReg { covariance: bad, ..weights }), "covariance"),
            (Box::new(VicReg { invariance: bad, ..weights }), "invariance"),
        ];
        for (loss, name) in losses {
            match loss.value(z.view(), &graph) {
                Err(Error::Domain { argument, .. }) => assert_eq!(argument, name),
                other => panic!("{name}: {other:?}"),
            }
        }
    }
    refused!(
        NtXent { temperature: 0.0 }.value(z.view(), &graph),
        Error::Domain { argument: "temperature", .. }
    );
    refused!(Ridge { lambda: 0.0 }.value(z.view(), &graph), Error::Domain { argument: "lambda", .. });
    // The closed form asks the loss.
    refused!(
        closed_form::free(SpectralLoss::Vic2 { lambda: -1.0 }, &graph, 2, 0.0),
        Error::Domain { argument: "lambda", .. }
    );
}

#[test]
fn losses_that_need_positive_pairs() {
    let z = gaussian(4, 2, &mut rng(0));
    let (nt_xent, barlow_twins) = (NtXent { temperature: 0.5 }, BarlowTwins::default());
    let signed = SimilarityGraph::pairs(4, [(0, 1, 1.0), (2, 3, -0.5)]).unwrap();
    refused!(nt_xent.value(z.view(), &signed), Error::Domain { argument: "graph", value: -0.5, .. });
    refused!(barlow_twins.value(z.view(), &signed), Error::Domain { argument: "graph", value: -0.5, .. });
    let identity = SimilarityGraph::identity(4).unwrap();
    refused!(nt_xent.value(z.view(), &identity), Error::Empty { argument: "graph", .. });
    assert!(barlow_twins.value(z.view(), &identity).is_ok());
    let empty = SimilarityGraph::pairs(4, []).unwrap();
    refused!(nt_xent.value(z.view(), &empty), Error::Empty { argument: "graph", .. });
    refused!(barlow_twins.value(z.view(), &empty), Error::Empty { argument: "graph", .. });
    let single = SimilarityGraph::identity(1).unwrap();
    refused!(nt_xent.value(array![[1.0]].view(), &single), Error::Empty { argument: "graph", .. });
}

#[test]
fn representations_that_a_loss_cannot_take() {
    let graph = SimilarityGraph::views(3, 2).unwrap();
    let mut z = gaussian(6, 2, &mut rng(0));
    z.row_mut(3).fill(0.0);
    refused!(NtXent { temperature: 0.5 }.value(z.view(), &graph), Error::Domain { value: 0.0, .. });
    for constant in [0.0, 0.1, 1e200] {
        z.column_mut(1).fill(constant);
        refused!(BarlowTwins::default().value(z.view(), &graph), Error::Singular { argument: "z", .. });
    }
    let single = SimilarityGraph::identity(1).unwrap();
    refused!(VicReg::default().value(array![[1.0]].view(), &single), Error::Domain { value: 1.0, .. });
}

#[test]
fn values_that_overflow() {
    let graph = SimilarityGraph::views(3, 2).unwrap();
    let z = gaussian(6, 2, &mut rng(0)) * 1e160;
    for loss in [SpectralLoss::SimClr2, SpectralLoss::Vic2 { lambda: 1.0 }, SpectralLoss::BarlowTwins2] {
        refused!(loss.value(z.view(), &graph), Error::Domain { argument: "value of the loss", .. });
    }
    refused!(VicReg::default().value(z.view(), &graph), Error::Domain { argument: "value of the loss", .. });
    // These do not see the scale, or see it vanish.
    assert!(BarlowTwins::default().value(z.view(), &graph).is_ok());
    assert!(NtXent { temperature: 0.5 }.value(z.view(), &graph).is_ok());
    let everything_fits = Ridge { lambda: 0.1 }.value(gaussian(6, 6, &mut rng(1)).view(), &graph).unwrap();
    let without_penalty =
        Ridge { lambda: 0.1 }.value((gaussian(6, 6, &mut rng(1)) * 1e160).view(), &graph).unwrap();
    assert!(without_penalty.abs() < 1e-12 && everything_fits > 0.01);
}

#[test]
fn a_representation_of_zeros() {
    let graph = SimilarityGraph::views(3, 2).unwrap();
    let z = Array2::zeros((6, 2));
    for (loss, expected) in [
        (&SpectralLoss::SimClr2 as &dyn Loss, 12.0),
        (&SpectralLoss::Vic2 { lambda: 2.0 }, 2.0),
        (&SpectralLoss::BarlowTwins2, 2.0),
        (&VicReg { variance: 1.0, covariance: 1.0, invariance: 1.0, ..VicReg::default() }, 1.98),
        (&Ridge { lambda: 0.1 }, 1.0),
    ] {
        let (value, gradient) = loss.value_and_gradient(z.view(), &graph).unwrap();
        assert!((value - expected).abs() < 1e-14);
        assert_eq!(gradient, Array2::<f64>::zeros((6, 2)));
    }
}

#[test]
fn every_layout_of_z_and_of_the_buffer() {
    let graph = SimilarityGraph::views(40, 2).unwrap();
    let z = gaussian(80, 3, &mut rng(0));
    let mut columns = Array2::zeros((80, 3).f());
    columns.assign(&z);
    let mut wide = Array2::from_elem((160, 9), f64::NAN);
    wide.slice_mut(s![..;-2, ..;3]).assign(&z);
    for loss in every_loss() {
        let (value, gradient) = loss.value_and_gradient(z.view(), &graph).unwrap();
        for view in [columns.view(), wide.slice(s![..;-2, ..;3])] {
            let mut by_columns = Array2::from_elem((80, 3).f(), f64::NAN);
            let mut backwards = Array2::from_elem((160, 6), f64::NAN);
            let buffers = [by_columns.view_mut(), backwards.slice_mut(s![..;2, ..;-2])];
            for mut buffer in buffers {
                let again = loss.value_and_gradient_into(view, &graph, buffer.view_mut()).unwrap();
                assert!((again - value).abs() <= 1e-12 * value.abs());
                assert!(rel(&buffer, &gradient) < 1e-12);
            }
        }
    }
}

#[test]
fn cross_entropy_refuses_bad_input() {
    let labels = Labels::new(vec![0, 1, 1], 2).unwrap();
    let (z, w) = (gaussian(3, 2, &mut rng(0)), gaussian(2, 2, &mut rng(1)));
    refused!(cross_entropy(z.slice(s![..2, ..]), w.view(), &labels), Error::Shape { argument: "z", .. });
    refused!(
        cross_entropy(z.view(), w.slice(s![.., ..1]), &labels),
        Error::Shape { argument: "weights", .. }
    );
    refused!(
        cross_entropy(z.view(), w.slice(s![..1, ..]), &labels),
        Error::Shape { argument: "weights", .. }
    );
    refused!(
        cross_entropy(z.slice(s![.., ..0]), w.slice(s![..0, ..]), &labels),
        Error::Empty { argument: "z", .. }
    );
    let bad = |a: &Array2<f64>| a * &Array1::from(vec![1.0, f64::NAN]);
    refused!(cross_entropy(bad(&z).view(), w.view(), &labels), Error::NotFinite { argument: "z", .. });
    refused!(cross_entropy(z.view(), bad(&w).view(), &labels), Error::NotFinite { argument: "weights", .. });
    let unknown = labels.reveal(|_| false);
    refused!(cross_entropy(z.view(), w.view(), &unknown), Error::Empty { argument: "labels", .. });
    let far = cross_entropy((z * 1e5).view(), w.view(), &labels).unwrap();
    assert!(far.gradient_weights.iter().all(|entry| entry.is_finite()));
}
