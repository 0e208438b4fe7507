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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use ndarray::Array2;
    use proptest::prelude::*;

    use super::rings;

    /// Even–odd: a ray to the right crosses the ring an odd number of times.
    fn contains(corners: &[(f64, f64)], (x, y): (f64, f64)) -> bool {
        let sides = corners.iter().zip(corners.iter().cycle().skip(1));
        let crossed = |&(a, b): &(&(f64, f64), &(f64, f64))| {
            (a.1 > y) != (b.1 > y) && x < a.0 + (y - a.1) / (b.1 - a.1) * (b.0 - a.0)
        };
        sides.filter(crossed).count() % 2 == 1
    }

    /// The value at a place, linear on the triangle that holds it.
    fn interpolate(values: &Array2<f64>, (x, y): (f64, f64)) -> f64 {
        let (column, row) = (x.floor(), y.floor());
        let (u, v) = (x - column, y - row);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // inside the grid
        let at = |down: usize, right: usize| values[[row as usize + down, column as usize + right]];
        if u >= v {
            (1.0 - u) * at(0, 0) + (u - v) * at(0, 1) + v * at(1, 1)
        } else {
            (1.0 - v) * at(0, 0) + (v - u) * at(1, 0) + u * at(1, 1)
        }
    }

    proptest! {
        #[test]
        fn the_smallest_ring_round_a_point_has_its_band(
            values in proptest::collection::vec(-6_i32..=6, 6 * 5),
            fine in proptest::collection::vec(-0.9_f64..0.9, 6 * 5),
            points in proptest::collection::vec((0.0_f64..4.0, 0.0_f64..5.0), 40),
            coarse: bool,
        ) {
            // Whole values sit exactly on thresholds, which is where tracing goes wrong.
            let value = |(whole, part): (&i32, &f64)| f64::from(*whole) + if coarse { 0.0 } else { *part };
            let values = Array2::from_shape_vec((6, 5), values.iter().zip(&fine).map(value).collect()).unwrap();
            let thresholds = [-4.0, -2.0, -1.0, 0.0, 1.5, 3.0, 5.0];
            let painted = rings(values.view(), &thresholds);
            for point in points {
                let value = interpolate(&values, point);
                if thresholds.iter().any(|threshold| (threshold - value).abs() < 1e-9) {
                    continue;
                }
                let band = thresholds.iter().filter(|&&threshold| threshold <= value).count();
                let shown = painted.iter().rev().find(|ring| contains(&ring.corners, point)).map_or(0, |ring| ring.band);
                prop_assert_eq!(shown, band);
            }
        }
    }

    #[test]
    fn a_constant_field_is_one_ring_or_none() {
        let flat = Array2::from_elem((3, 3), 1.0);
        assert_eq!(rings(flat.view(), &[2.0]).len(), 0);
        let all = rings(flat.view(), &[1.0]);
        assert_eq!((all.len(), all[0].band, all[0].corners.len()), (1, 1, 8));
    }
}
