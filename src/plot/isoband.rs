//! Filled contours of a function known on a grid.
//!
//! The function is taken linear on triangles (each grid cell is cut along one diagonal), so the sets `{v ≥ t}` have
//! straight edges and the lines of different thresholds `t` never cross. Each set is walked round, along its contour
//! and along the border of the domain, into closed [`Ring`]s. Painted from the largest to the smallest, every ring in
//! the colour of the band just inside it, they give the filled contour plot, without seams between the bands.

use std::collections::HashMap;

use ndarray::ArrayView2;

/// One closed contour.
pub(crate) struct Ring {
    /// Number of thresholds at or below the values just inside: 0 for the lowest band.
    pub(crate) band: usize,
    /// Corners in grid coordinates: `(column, row)`, grid points at whole numbers.
    pub(crate) corners: Vec<(f64, f64)>,
}

/// A point where a ring may turn: a grid point, or the crossing on the edge between two.
type Node = (usize, usize);

/// The rings of `values` at the ascending `thresholds`, largest first; outside all of them lies band 0.
///
/// Cost `O(cells · thresholds)`. `values` is `(rows, columns)`, both at least 2, and finite.
pub(crate) fn rings(values: ArrayView2<f64>, thresholds: &[f64]) -> Vec<Ring> {
    let mut all: Vec<(f64, Ring)> = Vec::new();
    for (below, &threshold) in thresholds.iter().enumerate() {
        for corners in walk(&Level { values, threshold }) {
            let area = signed_area(&corners);
            // The set lies on the left, so a ring that turns right is a hole in it.
            let band = if area > 0.0 { below + 1 } else { below };
            all.push((area.abs(), Ring { band, corners }));
        }
    }
    all.sort_by(|a, b| b.0.total_cmp(&a.0)); // stable: equal areas stay in ascending order of threshold
    all.into_iter().map(|(_, ring)| ring).collect()
}

/// The set `{v ≥ threshold}`.
struct Level<'a> {
    values: ArrayView2<'a, f64>,
    threshold: f64,
}

impl Level<'_> {
    fn value(&self, point: usize) -> f64 {
        self.values[[point / self.values.ncols(), point % self.values.ncols()]]
    }

    fn holds(&self, point: usize) -> bool {
        self.value(point) >= self.threshold
    }

    fn place(&self, (a, b): Node) -> (f64, f64) {
        let columns = self.values.ncols();
        let at = |point: usize| ((point % columns) as f64, (point / columns) as f64);
        let ((ax, ay), (bx, by)) = (at(a), at(b));
        if a == b {
            return (ax, ay);
        }
        let share = (self.threshold - self.value(a)) / (self.value(b) - self.value(a));
        (ax + share * (bx - ax), ay + share * (by - ay))
    }
}

/// The boundary of the set as closed walks with the set on the left (x to the right, y with the rows).
fn walk(level: &Level) -> Vec<Vec<(f64, f64)>> {
    let (rows, columns) = level.values.dim();
    let point = |row: usize, column: usize| row * columns + column;
    let mut steps: Vec<(Node, Node)> = Vec::new();
    for row in 0..rows - 1 {
        for column in 0..columns - 1 {
            let (a, b) = (point(row, column), point(row, column + 1));
            let (c, d) = (point(row + 1, column + 1), point(row + 1, column));
            steps.extend(across(level, [a, b, c]));
            steps.extend(across(level, [a, c, d]));
        }
    }
    for column in 0..columns - 1 {
        steps.extend(along(level, point(0, column), point(0, column + 1)));
        steps.extend(along(level, point(rows - 1, column + 1), point(rows - 1, column)));
    }
    for row in 0..rows - 1 {
        steps.extend(along(level, point(row, columns - 1), point(row + 1, columns - 1)));
        steps.extend(along(level, point(row + 1, 0), point(row, 0)));
    }

    // Every node is left exactly once, so following the steps closes every walk.
    let mut next: HashMap<Node, Node> = steps.iter().copied().collect();
    let mut walks = Vec::new();
    for (start, _) in steps {
        let mut corners = Vec::new();
        let mut node = start;
        while let Some(following) = next.remove(&node) {
            corners.push(level.place(node));
            node = following;
        }
        if corners.len() > 2 {
            walks.push(corners);
        }
    }
    walks
}

/// The contour's step through one triangle, whose corners go round with the interior on the left.
fn across(level: &Level, corners: [usize; 3]) -> Option<(Node, Node)> {
    let [a, b, c] = corners.map(|corner| level.holds(corner));
    // Turn the triangle until the corner that differs from the other two comes first.
    let [lone, second, third] = match (a, b, c) {
        _ if a == b && b == c => return None,
        _ if b == c => corners,
        _ if a == c => [corners[1], corners[2], corners[0]],
        _ => [corners[2], corners[0], corners[1]],
    };
    let (ahead, behind) = (edge(lone, second), edge(lone, third));
    Some(if level.holds(lone) { (ahead, behind) } else { (behind, ahead) })
}

/// The part of the border from `a` to `b` inside the set.
fn along(level: &Level, a: usize, b: usize) -> Option<(Node, Node)> {
    match (level.holds(a), level.holds(b)) {
        (true, true) => Some(((a, a), (b, b))),
        (true, false) => Some(((a, a), edge(a, b))),
        (false, true) => Some((edge(a, b), (b, b))),
        (false, false) => None,
    }
}

fn edge(a: usize, b: usize) -> Node {
    (a.min(b), a.max(b))
}

/// Area of a polygon, positive if its interior is on the left in a frame with x right and y down the rows.
fn signed_area(corners: &[(f64, f64)]) -> f64 {
    let turn = corners.iter().zip(corners.iter().cycle().skip(1));
    turn.map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum::<f64>() / 2.0
}
