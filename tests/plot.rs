//! What the figures show, read back from the files: coordinates, colours, texts; and what refuses to be drawn.
#![cfg(feature = "plot")]
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
use pal::plot::{
    self, Axes, AxisScale, CurvePanel, Domain, Field, Link, OKABE_ITO, Points, ScatterPanel, Series, TwinAxes,
};
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

/// Left, top, right and bottom of the plot area: the only rectangle of dark lines.
fn plot_area(svg: &str) -> [f64; 4] {
    let is_frame = |rect: &&str| attribute(rect, "stroke") == Some("#222222");
    let frames: Vec<_> = elements(svg, "rect").into_iter().filter(is_frame).collect();
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

#[test]
fn curves_lie_where_the_data_says() {
    let (_folder, stem) = stem();
    let data = queries();
    let axes = Axes { y_range: Some((0.0, 0.5)), ..axes() }; // too low for the first means: moved up to them
    plot::curves(&stem, &data, &axes).unwrap();
    let svg = svg(&stem);
    let [left, top, right, bottom] = plot_area(&svg);
    assert!((right - left - 2.0 * (bottom - top)).abs() < 1e-9, "3 : 1.5");

    let highest = data.iter().flat_map(|curve| &curve.mean).copied().fold(0.5, f64::max);
    let place = |x: f64, y: f64| (left + (right - left) * x / 790.0, bottom - (bottom - top) * y / highest);
    for (curve, colour) in data.iter().zip([0, 1, 2].map(|i| OKABE_ITO[i])) {
        let expected: Vec<_> = curve.x.iter().zip(&curve.mean).map(|(&x, &y)| place(x, y)).collect();
        // The last line of a colour with all its corners is the curve if solid, a dash of the legend otherwise.
        let drawn = strokes(&svg, colour);
        if colour == OKABE_ITO[0] {
            let path = drawn.iter().find(|path| path.len() == 80).unwrap();
            for (a, b) in path.iter().zip(&expected) {
                assert!((a.0 - b.0).abs() <= 0.5001 && (a.1 - b.1).abs() <= 0.5001, "{a:?} {b:?}");
            }
        } else {
            assert!(drawn.len() > 20, "dashed");
            let legend = legend_box(&svg).unwrap();
            let on_plot = drawn.iter().flatten().filter(|point| !inside(legend, **point));
            for point in on_plot {
                let off = expected
                    .windows(2)
                    .map(|pair| distance(*point, pair[0], pair[1]))
                    .fold(f64::MAX, f64::min);
                assert!(off <= 1.5, "{point:?} is {off} units from its curve");
            }
        }
    }

    // Bands: corners of mean ± std where those are inside the plot, none outside, a quarter opaque.
    let bands = elements(&svg, "polygon");
    assert_eq!(bands.len(), 3);
    let mut cuts = 0;
    for ((band, curve), colour) in bands.iter().zip(&data).zip(OKABE_ITO) {
        assert_eq!(
            (attribute(band, "opacity"), attribute(band, "fill")),
            (Some("0.25"), Some(&*hex(colour)))
        );
        let corners = points(band);
        assert!(corners.iter().all(|&corner| inside([left, top, right, bottom], corner)));
        // Where the lower end falls below 0 between two abscissae, the band meets the axis there.
        let lower: Vec<_> =
            curve.x.iter().zip(&curve.mean).zip(&curve.std).map(|((x, m), s)| (*x, m - s)).collect();
        for pair in lower.windows(2).filter(|pair| (pair[0].1 < 0.0) != (pair[1].1 < 0.0)) {
            let share = pair[0].1 / (pair[0].1 - pair[1].1);
            let (x, y) = place(pair[0].0 + share * (pair[1].0 - pair[0].0), 0.0);
            assert!(corners.iter().any(|c| (c.0 - x).abs() <= 0.5001 && (c.1 - y).abs() <= 0.5001));
            cuts += 1;
        }
        for (i, &x) in curve.x.iter().enumerate() {
            for end in [curve.mean[i] - curve.std[i], curve.mean[i] + curve.std[i]] {
                if end > 0.0 && end < highest {
                    let (x, y) = place(x, end);
                    assert!(corners.iter().any(|c| (c.0 - x).abs() <= 0.5001 && (c.1 - y).abs() <= 0.5001));
                }
            }
        }
    }
    assert!(cuts > 0);
}

fn inside([left, top, right, bottom]: [f64; 4], (x, y): (f64, f64)) -> bool {
    left <= x && x <= right && top <= y && y <= bottom
}

/// Distance of a point from a segment.
fn distance(p: (f64, f64), a: (f64, f64), b: (f64, f64)) -> f64 {
    let (along, to) = ((b.0 - a.0, b.1 - a.1), (p.0 - a.0, p.1 - a.1));
    let share = ((to.0 * along.0 + to.1 * along.1) / (along.0 * along.0 + along.1 * along.1)).clamp(0.0, 1.0);
    (to.0 - share * along.0).hypot(to.1 - share * along.1)
}

#[test]
fn texts_colours_and_sizes_reach_both_files() {
    let (_folder, stem) = stem();
    plot::curves(&stem, &queries(), &axes()).unwrap();
    let svg = svg(&stem);
    let texts = texts(&svg);
    for text in
        ["Number of queries", "Test error", "active", "passive", "supervised", "0", "700", "0.0", "0.7"]
    {
        assert!(texts.iter().any(|t| t == text), "{text} not in {texts:?}");
    }
    let root = svg.lines().next().unwrap();
    let picture = Picture::read(&stem);
    assert_eq!(
        (picture.width as f64, picture.height as f64),
        (2.0 * number(root, "width"), 2.0 * number(root, "height"))
    );
    assert!(OKABE_ITO[..3].iter().all(|&colour| picture.holds(colour)) && !picture.holds(OKABE_ITO[3]));

    // The same pixels as the SVG says: the first curve's middle, and a band's colour mixed 1 : 3 with white.
    let path = strokes(&svg, OKABE_ITO[0]).into_iter().find(|path| path.len() == 80).unwrap();
    assert_eq!(picture.at(path[40]), OKABE_ITO[0]);
    let quarter = |band: u8| (255.0 + 0.25 * (f64::from(band) - 255.0)).round() as u8;
    assert!(picture.holds(OKABE_ITO[1].map(quarter)));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let files = || {
        let (_folder, stem) = stem();
        plot::curves(&stem, &queries(), &axes()).unwrap();
        [".svg", ".png"].map(|suffix| std::fs::read(format!("{}{suffix}", stem.display())).unwrap())
    };
    assert_eq!(files(), files());
}

#[test]
fn the_legend_hides_no_curve() {
    let mut places = std::collections::HashSet::new();
    for seed in 0..8 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let curves: Vec<Curve> = ["one", "another", "third"]
            .map(|name| {
                let (a, b, c) = (rng.random::<f64>() - 0.5, rng.random::<f64>(), 12.0 * rng.random::<f64>());
                // No bands: the legend avoids those, too, and with them the curves inside.
                curve(name, |i| i as f64 / 40.0, 41, |x| 1.0 + a * x + 0.3 * b * (c * x).sin(), 0.0)
            })
            .into();
        let (_folder, stem) = stem();
        plot::curves(&stem, &curves, &axes()).unwrap();
        let svg = svg(&stem);
        let [left, top, right, bottom] = plot_area(&svg);
        let lowest_name = elements(&svg, "text").into_iter().find(|text| text.contains(">third<")).unwrap();
        let Some(legend) = legend_box(&svg) else {
            assert!(number(lowest_name, "y") < top, "above the plot");
            places.insert(None);
            continue;
        };
        assert!(inside([left, top, right, bottom], (legend[0], legend[1])));
        assert!(inside([left, top, right, bottom], (legend[2], legend[3])));
        assert!(inside(legend, (number(lowest_name, "x"), number(lowest_name, "y"))));
        let is_sample =
            |path: &&Vec<(f64, f64)>| path.iter().all(|&(_, y)| y == path[0].1) && inside(legend, path[0]);
        for path in
            OKABE_ITO[..3].iter().flat_map(|&colour| strokes(&svg, colour)).filter(|path| !is_sample(&path))
        {
            assert!(path.iter().all(|&point| !inside(legend, point)), "seed {seed}");
        }
        places.insert(Some(legend.map(|side| side as i64)));
    }
    assert!(places.len() > 2, "the place depends on the curves: {places:?}");
}

#[test]
fn twin_curves_have_an_axis_each() {
    let (_folder, stem) = stem();
    let (left_curve, right_curve) = missing_entries();
    plot::twin(&stem, &left_curve, &right_curve, &missing_axes()).unwrap();
    let svg = svg(&stem);
    let [left, top, right, bottom] = plot_area(&svg);
    let texts = elements(&svg, "text");
    for (label, colour) in [("Test error", 0), ("Connected components", 1), ("0.7", 0), ("70", 1)] {
        let text = texts.iter().find(|text| text.contains(&format!(">{label}<"))).unwrap();
        assert_eq!(attribute(text, "fill"), Some(&*hex(OKABE_ITO[colour])), "{label}");
        assert_eq!(number(text, "x") < left, colour == 0, "{label}");
        assert_eq!(number(text, "x") > right, colour == 1, "{label}");
    }
    let path = &strokes(&svg, OKABE_ITO[0])[0];
    let first = bottom - (bottom - top) * left_curve.mean[0] / 0.7;
    assert!((path[0].0 - left).abs() < 1.0 && (path[0].1 - first).abs() < 1.0);
    let dashes = strokes(&svg, OKABE_ITO[1]);
    let (start, last) = (dashes[0][0], *dashes.last().unwrap().last().unwrap());
    let height = |y: f64| bottom - (bottom - top) * y / 70.0;
    assert!((start.1 - height(right_curve.mean[0])).abs() < 1.0);
    // The right curve ends one step before the left one (its last dash may, too).
    assert!((right - last.0) >= (right - left) / 19.0 - 1.0 && (right - last.0) < (right - left) / 10.0);
}

#[test]
fn points_have_the_place_colour_and_shape_of_their_class() {
    let (_folder, stem) = stem();
    let points =
        Array2::from_shape_vec((5, 2), vec![0.0, 0.0, 4.0, 0.0, 0.0, 2.0, 4.0, 2.0, 2.0, 1.0]).unwrap();
    let labels = Labels::partial(vec![Some(0), Some(1), Some(2), Some(3), None], 4).unwrap();
    let panel = ScatterPanel { title: "Five & more", points: points.view(), labels: &labels };
    plot::scatter(&stem, &[panel]).unwrap();
    let svg = svg(&stem);
    let picture = Picture::read(&stem);
    let [left, top, right, bottom] = plot_area(&svg);
    assert!((right - left - (bottom - top)).abs() < 1e-9, "square");
    let unit = (right - left) / (4.0 * 1.06); // 3 % air on both sides of the longer side
    let middle = (f64::midpoint(left, right), f64::midpoint(top, bottom));
    for (row, label) in points.rows().into_iter().zip(labels.iter()) {
        let place = (middle.0 + unit * (row[0] - 2.0), middle.1 - unit * (row[1] - 1.0));
        assert_eq!(picture.at(place), label.map_or([0x99; 3], |class| OKABE_ITO[class]));
    }
    let corners: Vec<_> = elements(&svg, "polygon").into_iter().map(|p| self::points(p).len()).collect();
    assert_eq!((corners, elements(&svg, "circle").len()), (vec![4, 3, 4], 2));
    assert!(texts(&svg).contains(&"Five &amp; more".to_owned()));
}

#[test]
fn links_join_the_points_they_name() {
    let points = ndarray::array![[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]];
    let labels = Labels::new(vec![0, 0, 0], 1).unwrap();
    let panel = ScatterPanel { title: "", points: points.view(), labels: &labels };
    let links = [Link { pair: (0, 1), same: true }, Link { pair: (2, 1), same: false }];
    let (_folder, stem) = stem();
    plot::map(&stem, panel, &links).unwrap();
    let svg = svg(&stem);
    let discs = elements(&svg, "circle");
    let centre = |point: usize| (number(discs[point], "cx"), number(discs[point], "cy"));
    let drawn = elements(&svg, "polyline").into_iter().filter(|line| attribute(line, "opacity").is_some());
    let drawn: Vec<_> = drawn.map(|line| (attribute(line, "stroke").unwrap(), self::points(line))).collect();
    let [apart, together] = [hex(OKABE_ITO[1]), hex([0x22; 3])];
    let expected = [(&apart[..], vec![centre(2), centre(1)]), (&together[..], vec![centre(0), centre(1)])];
    assert_eq!(drawn, expected, "those that say \"together\" are on top");
    let nowhere = [Link { pair: (0, 3), same: true }];
    assert!(matches!(plot::map(&stem, panel, &nowhere), Err(Error::Domain { argument: "link", .. })));
}

#[test]
fn matrix_cells_have_the_grey_of_their_value() {
    let (_folder, stem) = stem();
    let first = Array2::from_shape_vec((2, 3), vec![-1.0, -0.5, 0.0, 0.5, 1.0, 7.0]).unwrap();
    let (_, labels) = rings(50, 0.0);
    let second = label_graph(&labels, 0.5);
    plot::matrices(&stem, &[("A".into(), first.clone()), ("B".into(), second.clone())], (-1.0, 1.0)).unwrap();
    let svg = svg(&stem);
    let picture = Picture::read(&stem);
    let images = elements(&svg, "image");
    for (image, matrix) in images.iter().zip([&first, &second]) {
        let [left, top, right, bottom] = corners(image);
        let cell = (right - left) / matrix.ncols() as f64;
        assert!((cell * matrix.nrows() as f64 - (bottom - top)).abs() < 1.0, "square cells");
        for ((row, column), value) in matrix.indexed_iter() {
            let shown = picture.at((left + cell * (column as f64 + 0.5), top + cell * (row as f64 + 0.5)));
            assert_eq!(shown, [(255.0 * (value.min(1.0) + 1.0) / 2.0).round() as u8; 3], "{row} {column}");
        }
    }
    // The embedded image holds one pixel an entry.
    let (_, code) = attribute(images[0], "href").unwrap().split_once("base64,").unwrap();
    let mut reader = png::Decoder::new(std::io::Cursor::new(decoded(code))).read_info().unwrap();
    let mut cells = vec![0; reader.output_buffer_size()];
    reader.next_frame(&mut cells).unwrap();
    assert_eq!(cells, [0, 64, 128, 191, 255, 255]);
    for text in ["A", "B", "−1.0", "0.0", "1.0"] {
        assert!(texts(&svg).iter().any(|t| t == text), "{text}");
    }
}

fn decoded(base64: &str) -> Vec<u8> {
    let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits = base64.trim_end_matches('=').chars().flat_map(|c| {
        let digit = digits.find(c).unwrap();
        (0..6).rev().map(move |bit| digit >> bit & 1)
    });
    let bits: Vec<_> = bits.collect();
    bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |byte, bit| byte << 1 | *bit as u8)).collect()
}

/// The field x has the colours of the bar from left to right, the field y from bottom to top.
#[test]
fn contours_have_the_colours_of_the_bar() {
    let (_folder, stem) = stem();
    let (across, up) = (on_grid(31, |x, _| x), on_grid(31, |_, y| y));
    let flat = Array2::zeros((2, 2));
    let fields = [("x", &across), ("y", &up), ("0", &flat)];
    let fields = fields.map(|(title, values)| Field { title, values: values.view() });
    plot::fields(&stem, &fields, DOMAIN, None).unwrap();
    let svg = svg(&stem);
    let picture = Picture::read(&stem);
    let frames: Vec<_> = elements(&svg, "rect")
        .into_iter()
        .filter(|rect| attribute(rect, "stroke") == Some("#222222"))
        .map(corners)
        .collect();
    assert_eq!(frames.len(), 4);
    let bar = frames[3];
    let in_frame = |[left, top, right, bottom]: [f64; 4], (u, v): (f64, f64)| {
        picture.at((left + u * (right - left), bottom - v * (bottom - top)))
    };
    let mut colours = std::collections::HashSet::new();
    for band in 0..12 {
        for share in [0.1, 0.5, 0.9].map(|part| (f64::from(band) + part) / 12.0) {
            let colour = in_frame(bar, (0.5, share));
            assert_eq!(in_frame(frames[0], (share, 0.3)), colour);
            assert_eq!(in_frame(frames[1], (0.7, share)), colour);
            colours.insert(colour);
        }
    }
    assert_eq!(colours.len(), 12);
    let [red, _, blue] = in_frame(bar, (0.5, 0.01));
    assert!(blue > red, "blue below zero");
}

#[test]
fn points_over_fields_stay_inside() {
    let (_folder, stem) = stem();
    let coordinates = Array2::from_shape_vec((2, 2), vec![1.0, -2.0, 9.0, 0.0]).unwrap();
    let labels = Labels::new(vec![2, 3], 4).unwrap();
    let field = on_grid(11, |x, y| x * y);
    let points = Points { coordinates: coordinates.view(), labels: &labels };
    plot::fields(&stem, &[Field { title: "", values: field.view() }], DOMAIN, Some(points)).unwrap();
    let svg = svg(&stem);
    let dots = elements(&svg, "circle");
    assert_eq!(dots.len(), 2, "a dot and its rim; the point outside is left out");
    assert_eq!(attribute(dots[1], "fill"), Some(&*hex(OKABE_ITO[2])));
}

#[test]
fn a_single_point_is_a_dot() {
    let (_folder, stem) = stem();
    let one = Curve { series: "one".into(), x: vec![3.0], mean: vec![0.5], std: vec![0.0], n: 1 };
    plot::curves(&stem, &[one], &axes()).unwrap();
    let svg = svg(&stem);
    let [left, _, right, _] = plot_area(&svg);
    assert!((number(elements(&svg, "circle")[0], "cx") - f64::midpoint(left, right)).abs() < 1.0);
}

fn decades() -> Curve {
    let mean = vec![10.0, 100.0, 1000.0];
    Curve { series: "decades".into(), x: vec![1.0, 2.0, 3.0], mean, std: vec![0.0; 3], n: 1 }
}

fn panel(title: &str, series: Vec<Series>, scale: AxisScale) -> CurvePanel {
    CurvePanel { title: title.into(), axes: Axes::new("Classes", "Questions"), series, scale }
}

#[test]
fn panels_share_a_legend_and_have_axes_of_their_own() {
    let (_folder, stem) = stem();
    let curve = decades();
    let both =
        || vec![Series::dots("measured", &curve, 1), Series::dashed("bound", &curve, 0).without_band()];
    let panels = [
        panel("first", both(), AxisScale::Logarithmic),
        panel("second", both(), AxisScale::Linear),
        panel("third", vec![Series::line("bound", &curve, 0)], AxisScale::Linear),
    ];
    plot::curve_panels(&stem, &panels).unwrap();
    let svg = svg(&stem);
    let written = texts(&svg);
    for (text, times) in
        [("first", 1), ("second", 1), ("third", 1), ("measured", 1), ("bound", 1), ("Questions", 3)]
    {
        assert_eq!(written.iter().filter(|line| *line == text).count(), times, "{text}");
    }
    // The legend's dot, and three in each of two panels; equal ratios are equally far apart where the axis is logarithmic.
    let dots: Vec<(f64, f64)> = elements(&svg, "circle")
        .into_iter()
        .filter(|circle| attribute(circle, "fill") == Some(&hex(OKABE_ITO[1])))
        .map(|circle| (number(circle, "cx"), number(circle, "cy")))
        .collect();
    assert_eq!(dots.len(), 7);
    let steps = |dots: &[(f64, f64)]| (dots[0].1 - dots[1].1, dots[1].1 - dots[2].1);
    let (low, high) = steps(&dots[1..4]);
    assert!((low - high).abs() <= 2.0, "{low} and {high}");
    let (low, high) = steps(&dots[4..]);
    assert!((high / low - 10.0).abs() < 0.2, "{low} and {high}");
    assert!(dots[4].0 > dots[3].0, "the second panel stands on the right");
    for tick in ["10", "100", "1000"] {
        assert!(written.iter().any(|line| line == tick), "{tick}");
    }
}

#[test]
fn bad_curve_panels_are_refused_by_name() {
    let (folder, stem) = stem();
    let refusal =
        |series: Vec<Series>, scale| plot::curve_panels(&stem, &[panel("", series, scale)]).unwrap_err();
    assert!(matches!(plot::curve_panels(&stem, &[]), Err(Error::Empty { argument: "panels", .. })));
    assert!(matches!(refusal(vec![], AxisScale::Linear), Error::Empty { argument: "series", .. }));
    let mut zero = decades();
    zero.mean[1] = 0.0;
    assert!(matches!(
        refusal(vec![Series::line("zero", &zero, 0)], AxisScale::Logarithmic),
        Error::Domain { argument: "mean", .. }
    ));
    zero.mean[1] = f64::NAN;
    assert!(matches!(
        refusal(vec![Series::line("nan", &zero, 0)], AxisScale::Linear),
        Error::NotFinite { argument: "mean", .. }
    ));
    assert_eq!(folder.path().read_dir().unwrap().count(), 0, "nothing was written");
}

#[test]
fn bad_curves_are_refused_by_name() {
    let (folder, stem) = stem();
    let refusal = |change: fn(&mut Curve)| {
        let mut curves = queries();
        change(&mut curves[1]);
        plot::curves(&stem, &curves, &axes()).unwrap_err()
    };
    assert!(
        matches!(refusal(|c| c.mean[7] = f64::NAN), Error::NotFinite { argument: "mean", index, .. } if index == [7])
    );
    assert!(matches!(refusal(|c| c.std[0] = f64::INFINITY), Error::NotFinite { argument: "std", .. }));
    assert!(matches!(refusal(|c| c.x[2] = f64::NAN), Error::NotFinite { argument: "x", .. }));
    assert!(matches!(refusal(|c| c.std[3] = -0.1), Error::Domain { argument: "std", .. }));
    assert!(matches!(refusal(|c| c.x[3] = c.x[2]), Error::Domain { argument: "x", .. }));
    assert!(matches!(refusal(|c| _ = c.mean.pop()), Error::Shape { argument: "mean", .. }));
    assert!(matches!(refusal(|c| c.std.push(0.0)), Error::Shape { argument: "std", .. }));
    let empty = |c: &mut Curve| (c.x, c.mean, c.std) = (vec![], vec![], vec![]);
    assert!(matches!(refusal(empty), Error::Empty { .. }));
    assert!(matches!(plot::curves(&stem, &[], &axes()), Err(Error::Empty { argument: "curves", .. })));
    let upside_down = Axes { y_range: Some((1.0, 0.0)), ..axes() };
    assert!(matches!(
        plot::curves(&stem, &queries(), &upside_down),
        Err(Error::Domain { argument: "y_range", .. })
    ));
    assert_eq!(folder.path().read_dir().unwrap().count(), 0, "nothing was written");
}

#[test]
fn bad_panels_are_refused_by_name() {
    let (folder, stem) = stem();
    let (points, labels) = rings(10, 0.0);
    let few = points.slice(ndarray::s![..9, ..]);
    let scatter = |points: ArrayView2<f64>| {
        plot::scatter(&stem, &[ScatterPanel { title: "", points, labels: &labels }])
    };
    assert!(matches!(scatter(few), Err(Error::Shape { argument: "points", .. })));
    let mut broken = points.clone();
    broken[[4, 1]] = f64::NAN;
    assert!(matches!(scatter(broken.view()), Err(Error::NotFinite { argument: "points", .. })));
    assert!(matches!(plot::scatter(&stem, &[]), Err(Error::Empty { .. })));

    let matrices =
        |matrix: &Array2<f64>, range| plot::matrices(&stem, &[("A".into(), matrix.clone())], range);
    assert!(matches!(plot::matrices(&stem, &[], (0.0, 1.0)), Err(Error::Empty { .. })));
    assert!(matches!(matrices(&Array2::zeros((0, 3)), (0.0, 1.0)), Err(Error::Empty { .. })));
    assert!(matches!(matrices(&broken, (0.0, 1.0)), Err(Error::NotFinite { .. })));
    assert!(matches!(matrices(&points, (1.0, 1.0)), Err(Error::Domain { argument: "range", .. })));

    let fields =
        |values: ArrayView2<f64>, domain| plot::fields(&stem, &[Field { title: "", values }], domain, None);
    assert!(matches!(plot::fields(&stem, &[], DOMAIN, None), Err(Error::Empty { .. })));
    assert!(matches!(fields(Array2::zeros((1, 3)).view(), DOMAIN), Err(Error::Shape { .. })));
    assert!(matches!(fields(broken.view(), DOMAIN), Err(Error::NotFinite { .. })));
    let flat = Domain { x: (0.0, 1.0), y: (0.0, 2.0) };
    assert!(matches!(fields(points.view(), flat), Err(Error::Domain { argument: "domain.y", .. })));
    assert_eq!(folder.path().read_dir().unwrap().count(), 0, "nothing was written");
}

#[test]
fn an_unwritable_place_is_named_and_left_clean() {
    let folder = tempfile::tempdir().unwrap();
    // A file where the folder should be.
    std::fs::write(folder.path().join("file"), "").unwrap();
    let stem = folder.path().join("file").join("figure");
    let refused = plot::curves(&stem, &queries(), &axes());
    assert!(matches!(refused, Err(Error::Io { path, .. }) if path == folder.path().join("file")));
    // A folder where the file should be: the draft must not stay behind.
    std::fs::create_dir(folder.path().join("figure.svg")).unwrap();
    std::fs::write(folder.path().join("figure.svg").join("keep"), "").unwrap();
    let refused = plot::curves(&folder.path().join("figure"), &queries(), &axes());
    assert!(matches!(refused, Err(Error::Io { path, .. }) if path == folder.path().join("figure.svg")));
    let mut left: Vec<_> =
        folder.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["figure.svg", "file"]);
}
