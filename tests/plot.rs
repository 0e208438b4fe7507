//! What the figures show, read back from the files: coordinates, colours, texts; and what refuses to be drawn.
#![allow(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]

use std::f64::consts::TAU;
use std::path::{Path, PathBuf};

use ndarray::{Array2, ArrayView2};
use pal::Error;
use pal::data::Labels;
use pal::experiment::Curve;
use pal::plot::{self, Axes, Domain, Field, OKABE_ITO, Points, ScatterPanel, TwinAxes};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

// ---- made-up data that looks like the real ----

fn curve(series: &str, x: impl Fn(usize) -> f64, n: usize, mean: impl Fn(f64) -> f64, spread: f64) -> Curve {
    let mut rng = ChaCha8Rng::seed_from_u64(series.len() as u64);
    let x: Vec<f64> = (0..n).map(x).collect();
    let mean: Vec<f64> = x.iter().map(|&x| (mean(x) + 0.01 * (rng.random::<f64>() - 0.5)).max(0.0)).collect();
    let std = mean.iter().map(|mean| spread * (0.2 + mean)).collect();
    Curve { series: series.into(), x, mean, std, n: 100 }
}

fn queries() -> Vec<Curve> {
    let x = |round: usize| 10.0 * round as f64;
    vec![
        curve("active", x, 80, |x| 0.55 * (-x / 90.0).exp() + 0.01, 0.15),
        curve("passive", x, 80, |x| 0.6 * (-x / 600.0).exp(), 0.2),
        curve("supervised", x, 80, |x| 0.55 * (-x / 250.0).exp() + 0.02, 0.1),
    ]
}

fn axes() -> Axes {
    Axes { x_label: "Number of queries".into(), y_label: "Test error".into(), y_range: None }
}

fn rings(n: usize, noise: f64) -> (Array2<f64>, Labels) {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let class: Vec<usize> = (0..n).map(|_| rng.random_range(0..4)).collect();
    let points = class.iter().flat_map(|&c| {
        let (turn, radius) =
            (TAU * rng.random::<f64>(), c as f64 + 1.0 + noise * (rng.random::<f64>() - 0.5));
        [radius * turn.cos(), radius * turn.sin()]
    });
    let points = Array2::from_shape_vec((n, 2), points.collect()).unwrap();
    (points, Labels::new(class, 4).unwrap())
}

fn label_graph(labels: &Labels, known: f64) -> Array2<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let n = labels.len();
    Array2::from_shape_fn((n, n), |(i, j)| {
        let sign = if labels.class_of(i) == labels.class_of(j) { 1.0 } else { -1.0 };
        if rng.random::<f64>() < known { sign } else { 0.0 }
    })
}

fn on_grid(n: usize, f: impl Fn(f64, f64) -> f64) -> Array2<f64> {
    let at = |i: usize| 10.0 * i as f64 / (n - 1) as f64 - 5.0;
    Array2::from_shape_fn((n, n), |(row, column)| f(at(column), at(row)))
}

const DOMAIN: Domain = Domain { x: (-5.0, 5.0), y: (-5.0, 5.0) };

// ---- reading the files back ----

/// A folder that vanishes, and a stem inside a folder in it that does not exist yet.
fn stem() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let stem = folder.path().join("new").join("figure_0.5");
    (folder, stem)
}

fn svg(stem: &Path) -> String {
    std::fs::read_to_string(format!("{}.svg", stem.display())).unwrap()
}

struct Picture {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

impl Picture {
    fn read(stem: &Path) -> Self {
        let bytes = std::fs::read(format!("{}.png", stem.display())).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut rgb = vec![0; reader.output_buffer_size()];
        let info = reader.next_frame(&mut rgb).unwrap();
        Self { width: info.width as usize, height: info.height as usize, rgb }
    }

    /// The colour at a place given in SVG units.
    fn at(&self, (x, y): (f64, f64)) -> [u8; 3] {
        let pixel = (y / 3.0) as usize * self.width + (x / 3.0) as usize;
        self.rgb[3 * pixel..3 * pixel + 3].try_into().unwrap()
    }

    fn holds(&self, colour: [u8; 3]) -> bool {
        self.rgb.chunks(3).any(|pixel| pixel == colour)
    }
}

/// All elements `<name …>` of the SVG.
fn elements<'s>(svg: &'s str, name: &str) -> Vec<&'s str> {
    svg.lines().filter(|line| line.starts_with(&format!("<{name} "))).collect()
}

fn attribute<'s>(element: &'s str, name: &str) -> Option<&'s str> {
    let (_, rest) = element.split_once(&format!(" {name}=\""))?;
    Some(rest.split_once('"').unwrap().0)
}

fn number(element: &str, name: &str) -> f64 {
    attribute(element, name).unwrap().parse().unwrap()
}

fn points(element: &str) -> Vec<(f64, f64)> {
    let pairs = attribute(element, "points").unwrap().split(' ');
    let pair = |text: &str| {
        let (x, y) = text.split_once(',').unwrap();
        (x.parse().unwrap(), y.parse().unwrap())
    };
    pairs.map(pair).collect()
}

fn hex([r, g, b]: [u8; 3]) -> String {
    format!("#{r:02X}{g:02X}{b:02X}")
}

/// The lines of a colour and of a curve's width.
fn strokes(svg: &str, colour: [u8; 3]) -> Vec<Vec<(f64, f64)>> {
    let is_curve = |line: &&str| {
        attribute(line, "stroke") == Some(&hex(colour)) && attribute(line, "stroke-width") == Some("15")
    };
    elements(svg, "polyline").into_iter().filter(is_curve).map(points).collect()
}

/// Left, top, right and bottom of the plot area: the only unfilled rectangle.
fn plot_area(svg: &str) -> [f64; 4] {
    let frames: Vec<_> =
        elements(svg, "rect").into_iter().filter(|rect| attribute(rect, "fill") == Some("none")).collect();
    assert_eq!(frames.len(), 1);
    corners(frames[0])
}

fn corners(rect: &str) -> [f64; 4] {
    let [x, y, width, height] = ["x", "y", "width", "height"].map(|name| number(rect, name));
    [x, y, x + width, y + height]
}

/// The translucent box behind the legend.
fn legend_box(svg: &str) -> Option<[f64; 4]> {
    elements(svg, "rect").into_iter().find(|rect| attribute(rect, "opacity") == Some("0.85")).map(corners)
}

fn texts(svg: &str) -> Vec<String> {
    let content = |line: &str| line.split_once('>').unwrap().1.trim_end_matches("</text>").to_owned();
    elements(svg, "text").into_iter().map(content).collect()
}

/// Draws one of every kind into `target/tmp/plot`, to be looked at.
#[test]
fn showcase() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("plot");
    plot::curves(&folder.join("curves"), &queries(), &axes()).unwrap();

    let labels = |count: usize| count as f64;
    let crowded = vec![
        curve("α = 0.5", labels, 200, |x| 0.4 + 0.3 * (x / 9.0).sin(), 0.1),
        curve("α = 10⁻³", labels, 200, |x| 0.4 + 0.3 * (x / 11.0).cos(), 0.1),
        curve("α = 10⁻⁶", labels, 200, |x| 0.75 - 0.003 * x, 0.1),
    ];
    let crowded_axes = Axes { x_label: "Number of labels".into(), ..axes() };
    plot::curves(&folder.join("crowded"), &crowded, &crowded_axes).unwrap();
    let noise = [curve("", |j| 10.0 * j as f64, 30, |x| x * x / 2e5, 0.3)];
    plot::curves(
        &folder.join("noise"),
        &noise,
        &Axes { x_label: "Number of corrupted labels".into(), ..axes() },
    )
    .unwrap();

    let (left, right) = missing_entries();
    plot::twin(&folder.join("missing"), &left, &right, &missing_axes()).unwrap();

    let (clean, labels) = rings(300, 0.0);
    let (noisy, _) = rings(300, 0.5);
    let panels = [
        ScatterPanel { title: "Training set", points: clean.view(), labels: &labels },
        ScatterPanel { title: "With noise", points: noisy.view(), labels: &labels },
    ];
    plot::scatter(&folder.join("scatter"), &panels).unwrap();
    plot::scatter(&folder.join("single"), &panels[..1]).unwrap();

    let graphs =
        [0.1, 0.5, 1.0].map(|known| (format!("{} % known", 100.0 * known), label_graph(&labels, known)));
    plot::matrices(&folder.join("matrices"), &graphs, (-1.0, 1.0)).unwrap();

    let grids = [1.0, 2.0, 3.0, 4.0, 5.0].map(|k| {
        on_grid(100, move |x, y| {
            (k * 0.6 * x).sin() * (0.4 * k * y + x * 0.3).cos() * (-(x * x + y * y) / 30.0).exp()
        })
    });
    let titles = ["λ₁ = −0.2", "λ₂ = 0.31", "λ₃ = 0.45", "λ₄ = 0.98", "λ₅ = 1.0"];
    let five: Vec<_> =
        grids.iter().zip(titles).map(|(values, title)| Field { title, values: values.view() }).collect();
    plot::fields(&folder.join("fields"), &five, DOMAIN, None).unwrap();
    let points = Points { coordinates: clean.view(), labels: &labels };
    plot::fields(&folder.join("fields_points"), &five, DOMAIN, Some(points)).unwrap();
    for file in std::fs::read_dir(&folder).unwrap() {
        let file = file.unwrap();
        assert!(file.metadata().unwrap().len() < 1_000_000, "{:?}", file.path());
    }
}

fn missing_entries() -> (Curve, Curve) {
    let p = |i: usize| 0.5 + 0.5 * i as f64 / 19.0;
    let left = curve("Downstream error", p, 20, |p| 0.02 + 0.6 * ((p - 0.5) * 2.0).powi(6), 0.1);
    let right = curve("Connected components", p, 19, |p| 1.0 + 60.0 * ((p - 0.5) * 2.1).powi(8), 0.1);
    (left, right)
}

fn missing_axes() -> TwinAxes {
    TwinAxes {
        x_label: "Percentage missing entries".into(),
        left_label: "Test error".into(),
        left_range: Some((0.0, 0.7)),
        right_label: "Connected components".into(),
        right_range: Some((0.0, 70.0)),
    }
}
