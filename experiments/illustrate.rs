//! The views that explain a curve: the training set, the graph as it grows, the features it ends with.

use std::path::Path;

use ndarray::{Array2, Axis};
use pal::data::Labelled;
use pal::experiment::{Picture, Run, linspace};
use pal::graph::SimilarityGraph;
use pal::{Result, plot};

use super::reference::Representation;

/// Half the side of the square on which features are drawn.
const REACH: f64 = 5.0;
/// Points a side.
const RESOLUTION: usize = 100;

pub const TRAINING: Picture = Picture::new("_training", "The training set of the first trial.");
pub const FEATURES: Picture = Picture::new(
    "_features",
    "The five learned features of the last graph, on [−5, 5]²; each panel is scaled to its own maximum.",
);

/// A trial to look at.
pub struct Illustration {
    pub train: Labelled,
    /// The graph at some moments, each with its title; the features drawn are those of the last.
    pub graphs: Vec<(String, SimilarityGraph)>,
}

/// Draws `NAME_training`, `NAME_graph` (values of `range` from black to white) and `NAME_features`.
pub fn illustrate(
    run: &Run,
    illustration: &Illustration,
    representation: Representation,
    range: (f64, f64),
) -> Result<()> {
    run.parallel(3, |view| match view {
        0 => draw_features(&run.outputs.picture(FEATURES.ending), illustration, representation),
        1 => {
            let dense = |(title, graph): &(String, SimilarityGraph)| (title.clone(), graph.to_dense());
            let matrices: Vec<_> = illustration.graphs.iter().map(dense).collect();
            plot::matrices(&run.outputs.picture("_graph"), &matrices, range)
        }
        _ => {
            let Labelled { inputs, labels } = &illustration.train;
            let title = format!("{} training points", inputs.nrows());
            plot::scatter(
                &run.outputs.picture(TRAINING.ending),
                &[plot::ScatterPanel { title: &title, points: inputs.view(), labels }],
            )
        }
    })?;
    Ok(())
}

fn draw_features(
    stem: &Path,
    Illustration { train, graphs }: &Illustration,
    representation: Representation,
) -> Result<()> {
    let Some((_, last)) = graphs.last() else { return Ok(()) };
    let fit = representation.on(&train.inputs)?;
    let (pairs, function) = fit.leading(last, representation.width)?;
    let features = function.embed(grid().view())?;
    let panels: Vec<(String, Array2<f64>)> = features
        .axis_iter(Axis(1))
        .zip(&pairs.values)
        .rev()
        .map(|(feature, value)| {
            let values =
                Array2::from_shape_fn((RESOLUTION, RESOLUTION), |(y, x)| feature[y * RESOLUTION + x]);
            (format!("eigenvalue {value:.4}").replace('-', "−"), values)
        })
        .collect();
    let fields: Vec<plot::Field> =
        panels.iter().map(|(title, values)| plot::Field { title, values: values.view() }).collect();
    let domain = plot::Domain { x: (-REACH, REACH), y: (-REACH, REACH) };
    let points = plot::Points { coordinates: train.inputs.view(), labels: &train.labels };
    plot::fields(stem, &fields, domain, Some(points))
}

/// The points of the square, row by row from below.
fn grid() -> Array2<f64> {
    let axis = linspace(-REACH, REACH, RESOLUTION);
    Array2::from_shape_fn((RESOLUTION * RESOLUTION, 2), |(point, coordinate)| {
        axis[if coordinate == 0 { point % RESOLUTION } else { point / RESOLUTION }]
    })
}
