//! The bundled font: how wide a line is and which pixels it inks.
//!
//! Plotters gets the font for its own measurements. The inking is done here, because plotters' drops the space that
//! belongs to the left of each glyph, which makes words look unevenly set.

use std::sync::OnceLock;

use ab_glyph::{Font as _, FontRef, ScaleFont as _, point};
use plotters::style::{Color, FontStyle, IntoFont, RGBColor, TextStyle, register_font};
use plotters_backend::text_anchor::{HPos, Pos, VPos};

use super::units::UNIT;
use crate::error::{Error, Result};

const BYTES: &[u8] = include_bytes!("../../assets/Arimo-Regular.ttf");
/// Plotters' name of the font.
const NAME: &str = "Arimo";
/// Ascent plus descent in em: plotters and `ab_glyph` size text by it, SVG by the em.
pub(crate) const LINE_HEIGHT: f64 = 1.117_187_5;
/// What an SVG viewer may use: all have the widths of the bundled font, except the last, which is squeezed into them.
pub(crate) const FAMILY: &str = "Arimo, Liberation Sans, Arial, Helvetica, sans-serif";

/// Text style: `size` is the em in CSS pixels, the anchor point is where `horizontal` and `vertical` say.
pub(crate) fn text(size: f64, colour: RGBColor, horizontal: HPos, vertical: VPos) -> TextStyle<'static> {
    let plotters_size = size * f64::from(UNIT) * LINE_HEIGHT;
    (NAME, plotters_size).into_font().color(&colour.to_rgba()).pos(Pos::new(horizontal, vertical))
}

/// Width of `line` in units when set at `size` CSS pixels.
#[allow(clippy::cast_possible_truncation)] // a line on the page
pub(crate) fn text_width(line: &str, size: f64) -> Result<i32> {
    let font = font()?.as_scaled((size * f64::from(UNIT) * LINE_HEIGHT) as f32);
    Ok(advances(&font, line).0.ceil() as i32)
}

/// Calls `ink(x, y, coverage)` for the pixels of `line`, set at `em` units with its baseline starting at `(0, 0)`.
#[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)] // places on the page
pub(crate) fn draw(line: &str, em: f64, mut ink: impl FnMut(i32, i32, f64)) -> Result<()> {
    let font = font()?;
    let scale = (em * LINE_HEIGHT) as f32;
    for (c, x) in line.chars().zip(advances(&font.as_scaled(scale), line).1) {
        let glyph = font.glyph_id(c).with_scale_and_position(scale, point(x, 0.0));
        if let Some(outline) = font.outline_glyph(glyph) {
            let corner = outline.px_bounds().min;
            let (left, top) = (corner.x.floor() as i32, corner.y.floor() as i32);
            outline.draw(|x, y, coverage| ink(left + x as i32, top + y as i32, f64::from(coverage)));
        }
    }
    Ok(())
}

/// The font, made known to plotters on the first call.
pub(crate) fn font() -> Result<&'static FontRef<'static>> {
    static FONT: OnceLock<Option<FontRef<'static>>> = OnceLock::new();
    let read = || {
        register_font(NAME, FontStyle::Normal, BYTES).ok()?;
        FontRef::try_from_slice(BYTES).ok()
    };
    FONT.get_or_init(read)
        .as_ref()
        .ok_or_else(|| Error::Draw { what: NAME.into(), reason: "the bundled font is damaged".into() })
}

/// Width of `line` and where each of its glyphs starts, kerning included.
fn advances(font: &ab_glyph::PxScaleFont<&FontRef>, line: &str) -> (f32, Vec<f32>) {
    let mut end = 0.0;
    let mut previous = None;
    let mut starts = Vec::new();
    for c in line.chars() {
        let glyph = font.glyph_id(c);
        end += previous.map_or(0.0, |previous| font.kern(previous, glyph));
        starts.push(end);
        end += font.h_advance(glyph);
        previous = Some(glyph);
    }
    (end, starts)
}
