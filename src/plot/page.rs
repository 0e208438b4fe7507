//! A page on which every stroke is drawn twice: as SVG text and into a pixel buffer.
//!
//! [`Page`] is a plotters backend, so charts, meshes and text come from plotters, once, and both files show the same
//! picture. Lengths on the page are whole *units*, [`UNIT`] to a CSS pixel: the SVG carries the unit grid in its
//! `viewBox`, the PNG has `UNIT /` [`OVERSAMPLE`] `= 2` pixels per CSS pixel.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::path::Path;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use ndarray::ArrayView2;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::style::FontTransform;
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
};

use super::raster::{OVERSAMPLE, Raster};
use super::units::UNIT;
use super::{file, font};
use crate::error::{Error, Result};

/// Result of drawing on a page.
pub(crate) type Drawn<T = ()> = std::result::Result<T, DrawingAreaErrorKind<Infallible>>;
/// The whole page or a rectangle of it, in units.
pub(crate) type Area<'p> = DrawingArea<&'p mut Page, plotters::coord::Shift>;

/// One figure in the making.
pub(crate) struct Page {
    width: i32,
    height: i32,
    svg: String,
    raster: Raster,
}

impl Page {
    /// A white page of `width × height` CSS pixels.
    ///
    /// # Errors
    /// [`Error::Draw`] if the bundled font cannot be read.
    pub(crate) fn new(width: i32, height: i32) -> Result<Self> {
        font::font()?;
        let side = |css: i32| usize::try_from(css * UNIT).unwrap_or(0);
        let raster = Raster::new(side(width), side(height));
        let mut svg = format!(
            concat!(
                r#"<svg xmlns="http://www.w3.org/2000/svg" width="{}" height="{}" viewBox="0 0 {} {}""#,
                r#" font-family="{}" stroke-linejoin="round">"#,
                "\n"
            ),
            width,
            height,
            width * UNIT,
            height * UNIT,
            font::FAMILY
        );
        svg.push_str("<rect width=\"100%\" height=\"100%\" fill=\"#FFFFFF\"/>\n");
        Ok(Self { width: width * UNIT, height: height * UNIT, svg, raster })
    }

    /// The page as a plotters drawing area.
    pub(crate) fn area(&mut self) -> Area<'_> {
        self.into_drawing_area()
    }

    /// Shows `cells` (grey values, row 0 on top) in the rectangle at `corner` of `size` units, cells unsmoothed.
    pub(crate) fn image(
        &mut self,
        corner: (i32, i32),
        size: (i32, i32),
        cells: ArrayView2<u8>,
    ) -> Result<()> {
        let (rows, columns) = cells.dim();
        let grey: Vec<u8> = cells.iter().copied().collect();
        let png = file::png(png::ColorType::Grayscale, columns, rows, &grey)?;
        let _ = writeln!(
            self.svg,
            concat!(
                r#"<image x="{}" y="{}" width="{}" height="{}" preserveAspectRatio="none""#,
                r#" style="image-rendering:pixelated" href="data:image/png;base64,{}"/>"#
            ),
            corner.0,
            corner.1,
            size.0,
            size.1,
            BASE64_STANDARD.encode(&png)
        );
        let length = |units: i32| usize::try_from(units).unwrap_or(0);
        let [corner, size] = [corner, size].map(|(x, y)| (length(x), length(y)));
        self.raster.image(corner, size, cells);
        Ok(())
    }

    /// Writes `STEM.svg` and `STEM.png`.
    ///
    /// # Errors
    /// [`Error::Io`] naming the file or folder that cannot be written.
    pub(crate) fn save(mut self, stem: &Path) -> Result<()> {
        self.svg.push_str("</svg>\n");
        let (width, height, rgb) = self.raster.picture();
        let png = file::png(png::ColorType::Rgb, width as usize, height as usize, &rgb)?;
        file::write(stem, ".svg", self.svg.as_bytes())?;
        file::write(stem, ".png", &png)
    }

    fn stroke(&mut self, path: &[BackendCoord], width: u32, colour: BackendColor) {
        let _ = writeln!(
            self.svg,
            r#"<polyline points="{}" fill="none" stroke="{}" stroke-width="{width}"{}/>"#,
            points(path),
            hex(colour),
            opacity(colour)
        );
        self.raster.stroke(&floats(path), f64::from(width), colour.rgb, colour.alpha);
    }
}

impl DrawingBackend for &mut Page {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        (self.width.unsigned_abs(), self.height.unsigned_abs())
    }

    fn ensure_prepared(&mut self) -> Result<(), DrawingErrorKind<Infallible>> {
        Ok(())
    }

    fn present(&mut self) -> Result<(), DrawingErrorKind<Infallible>> {
        Ok(())
    }

    fn draw_pixel(
        &mut self,
        (x, y): BackendCoord,
        colour: BackendColor,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        self.draw_rect((x, y), (x + 1, y + 1), &colour, true)
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        self.draw_path([from, to], style)
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        if style.color().alpha > 0.0 {
            let path: Vec<_> = path.into_iter().collect();
            self.stroke(&path, style.stroke_width(), style.color());
        }
        Ok(())
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        (x0, y0): BackendCoord,
        (x1, y1): BackendCoord,
        style: &S,
        fill: bool,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        let colour = style.color();
        if colour.alpha <= 0.0 {
            return Ok(());
        }
        let corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)];
        let paint = if fill {
            self.raster.fill(&floats(&corners), colour.rgb, colour.alpha);
            format!(r#"fill="{}""#, hex(colour))
        } else {
            let width = style.stroke_width();
            // Once round and on to the second corner, so that all four joins are drawn.
            let walk = [corners[0], corners[1], corners[2], corners[3], corners[0], corners[1]];
            self.raster.stroke(&floats(&walk), f64::from(width), colour.rgb, colour.alpha);
            format!(r#"fill="none" stroke="{}" stroke-width="{width}""#, hex(colour))
        };
        let (width, height) = (x1 - x0, y1 - y0);
        let _ = writeln!(
            self.svg,
            r#"<rect x="{x0}" y="{y0}" width="{width}" height="{height}" {paint}{}/>"#,
            opacity(colour)
        );
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        vertices: I,
        style: &S,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        let (ring, colour): (Vec<_>, _) = (vertices.into_iter().collect(), style.color());
        let _ = writeln!(
            self.svg,
            r#"<polygon points="{}" fill="{}"{}/>"#,
            points(&ring),
            hex(colour),
            opacity(colour)
        );
        self.raster.fill(&floats(&ring), colour.rgb, colour.alpha);
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        (x, y): BackendCoord,
        radius: u32,
        style: &S,
        _fill: bool, // every circle of this crate is a filled dot
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        let colour = style.color();
        let _ = writeln!(
            self.svg,
            r#"<circle cx="{x}" cy="{y}" r="{radius}" fill="{}"{}/>"#,
            hex(colour),
            opacity(colour)
        );
        self.raster.disc((f64::from(x), f64::from(y)), f64::from(radius), colour.rgb, colour.alpha);
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(
        &mut self,
        line: &str,
        style: &S,
        (x, y): BackendCoord,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        let em = style.size() / font::LINE_HEIGHT;
        let (turn, colour) = (style.transform(), style.color());
        let anchor = style.anchor();
        let (anchor_name, share) = match anchor.h_pos {
            HPos::Left => ("start", 0.0),
            HPos::Center => ("middle", 0.5),
            HPos::Right => ("end", 1.0),
        };
        // From the anchor down to the baseline: capitals are 0.72 em high, descenders 0.21 em deep.
        let drop = match anchor.v_pos {
            VPos::Top => 0.74 * em,
            VPos::Center => 0.36 * em,
            VPos::Bottom => -0.21 * em,
        };
        let rotation = match turn {
            FontTransform::None => String::new(),
            FontTransform::Rotate90 => format!(r#" transform="rotate(90 {x} {y})""#),
            FontTransform::Rotate180 => format!(r#" transform="rotate(180 {x} {y})""#),
            FontTransform::Rotate270 => format!(r#" transform="rotate(270 {x} {y})""#),
        };
        let font_error = |error: Error| DrawingErrorKind::FontError(Box::new(error));
        let width = font::text_width(line, em / f64::from(UNIT)).map_err(font_error)?;
        // Whatever font the viewer has, the text is as wide as was planned.
        let length = format!(r#" textLength="{width}" lengthAdjust="spacingAndGlyphs""#);
        let (shift, drop) = (whole(-share * f64::from(width)), whole(drop));
        let _ = writeln!(
            self.svg,
            r#"<text x="{x}" y="{}" font-size="{em}"{length} text-anchor="{anchor_name}" fill="{}"{rotation}>{}</text>"#,
            y + drop,
            hex(colour),
            escaped(line)
        );
        font::draw(line, em, |glyph_x, glyph_y, coverage| {
            let (dx, dy) = turn.transform(glyph_x + shift, glyph_y + drop);
            self.raster.blend((x + dx, y + dy), colour.rgb, colour.alpha * coverage);
        })
        .map_err(font_error)
    }
}

#[allow(clippy::cast_possible_truncation)] // lengths on the page: below 10⁵
fn whole(length: f64) -> i32 {
    length.round() as i32
}

fn floats(path: &[BackendCoord]) -> Vec<(f64, f64)> {
    path.iter().map(|&(x, y)| (f64::from(x), f64::from(y))).collect()
}

fn points(path: &[BackendCoord]) -> String {
    let pairs: Vec<String> = path.iter().map(|(x, y)| format!("{x},{y}")).collect();
    pairs.join(" ")
}

fn hex(colour: BackendColor) -> String {
    let (r, g, b) = colour.rgb;
    format!("#{r:02X}{g:02X}{b:02X}")
}

fn opacity(colour: BackendColor) -> String {
    if colour.alpha < 1.0 { format!(r#" opacity="{}""#, colour.alpha) } else { String::new() }
}

fn escaped(line: &str) -> String {
    line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

const _: () =
    assert!((UNIT as usize).is_multiple_of(OVERSAMPLE), "a CSS pixel must hold whole picture pixels");
