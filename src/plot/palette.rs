//! The one place that decides colours, dashes and markers.
//!
//! Series and classes take the Okabe–Ito colours, which stay apart for colour-blind readers; series also differ by
//! dash and classes by shape, for readers of grey prints.

use plotters::style::RGBColor;

/// Okabe–Ito (red, green, blue) without its yellow (too pale for a line), in the order of use.
pub const OKABE_ITO: [[u8; 3]; 7] = [
    [0x00, 0x72, 0xB2], // blue
    [0xD5, 0x5E, 0x00], // vermillion
    [0x00, 0x9E, 0x73], // bluish green
    [0xCC, 0x79, 0xA7], // reddish purple
    [0xE6, 0x9F, 0x00], // orange
    [0x56, 0xB4, 0xE9], // sky blue
    [0x00, 0x00, 0x00], // black
];

/// Text and axes.
pub(crate) const INK: RGBColor = RGBColor(0x22, 0x22, 0x22);
/// Grid lines.
pub(crate) const GRID: RGBColor = RGBColor(0xDD, 0xDD, 0xDD);
/// Points of unknown class.
pub(crate) const UNKNOWN: RGBColor = RGBColor(0x99, 0x99, 0x99);

/// Series that appear in several figures and keep their place in the palette there; the rest goes by index.
const KNOWN_SERIES: [(&str, usize); 6] = [
    ("active", 0),
    ("passive", 1),
    ("contrastive", 0),
    ("non-contrastive", 1),
    ("Downstream error", 0),
    ("Connected components", 1),
];

/// Further colours, for panels with more series than those: grey, brown, olive, dark purple.
const FURTHER: [[u8; 3]; 4] =
    [[0x8A, 0x8A, 0x8A], [0x8C, 0x4A, 0x20], [0x8F, 0x8F, 0x00], [0x5B, 0x2A, 0x86]];

/// How the points of a series are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stroke {
    Solid,
    /// Lengths of dash and gap in CSS pixels.
    Dashed(i32, i32),
    /// Not at all.
    Dots,
}

const DASHES: [Stroke; 4] =
    [Stroke::Solid, Stroke::Dashed(14, 6), Stroke::Dashed(4, 5), Stroke::Dashed(22, 10)];

/// How a series is drawn in curves and legend.
#[derive(Clone, Copy)]
pub(crate) struct SeriesStyle {
    /// Colour of line and band.
    pub(crate) colour: RGBColor,
    /// Solid, dashed or dots.
    pub(crate) stroke: Stroke,
}

/// Style of the series `name`, the `index`-th of its figure.
pub(crate) fn series(name: &str, index: usize) -> SeriesStyle {
    let known = KNOWN_SERIES.iter().find(|(known, _)| *known == name);
    let place = known.map_or(index, |&(_, place)| place);
    SeriesStyle { colour: okabe_ito(place), stroke: DASHES[place % DASHES.len()] }
}

/// A colour of the palette, which begins anew after its end.
pub(crate) fn okabe_ito(place: usize) -> RGBColor {
    let [r, g, b] = OKABE_ITO[place % OKABE_ITO.len()];
    RGBColor(r, g, b)
}

/// The colour at `place` of Okabe–Ito and the further ones, over again from the first when they are used up.
pub(crate) fn colour(place: usize) -> RGBColor {
    let place = place % (OKABE_ITO.len() + FURTHER.len());
    let [r, g, b] = OKABE_ITO.get(place).copied().unwrap_or_else(|| FURTHER[place - OKABE_ITO.len()]);
    RGBColor(r, g, b)
}

/// Colour of a class; unknown is grey.
pub(crate) fn class(class: Option<usize>) -> RGBColor {
    class.map_or(UNKNOWN, okabe_ito)
}

/// Blue over white to red for `t` from 0 to 1, linear between five anchors.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // between two bytes
pub(crate) fn diverging(t: f64) -> RGBColor {
    const ANCHORS: [[u8; 3]; 5] =
        [[0x0A, 0x3A, 0x78], [0x5C, 0x9F, 0xD0], [0xF7, 0xF7, 0xF7], [0xE4, 0x7F, 0x68], [0x86, 0x0B, 0x22]];
    let place = t.clamp(0.0, 1.0) * (ANCHORS.len() - 1) as f64;
    let left = (place as usize).min(ANCHORS.len() - 2);
    let share = place - left as f64;
    let mix = |channel: usize| {
        let (a, b) = (f64::from(ANCHORS[left][channel]), f64::from(ANCHORS[left + 1][channel]));
        (a + share * (b - a)).round() as u8
    };
    RGBColor(mix(0), mix(1), mix(2))
}

/// Black at `lo` to white at `hi`, clamped.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped to a byte
pub(crate) fn grey(value: f64, (lo, hi): (f64, f64)) -> u8 {
    (255.0 * ((value - lo) / (hi - lo)).clamp(0.0, 1.0)).round() as u8
}
