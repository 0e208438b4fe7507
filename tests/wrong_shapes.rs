//! Every public function on arrays and graphs, with arguments in every memory layout, of wrong shapes, and with entries that are no
//! numbers: the right result, or an error that names the argument; never a panic.
//!
//! The modules list the functions, a room each; `listed` reads the sources and demands that every public function of these rooms is
//! in a list, or stands there with the reason why not. A new function is added to its room by one [`door`].
#![allow(clippy::unwrap_used, clippy::float_cmp)] // a test may panic

#[path = "wrong_shapes/active.rs"]
mod active;
#[path = "wrong_shapes/autodiff.rs"]
mod autodiff;
#[path = "wrong_shapes/closed_form.rs"]
mod closed_form;
#[path = "wrong_shapes/door.rs"]
mod door;
#[path = "wrong_shapes/graph.rs"]
mod graph;
#[path = "wrong_shapes/kernel.rs"]
mod kernel;
#[path = "wrong_shapes/linalg.rs"]
mod linalg;
#[path = "wrong_shapes/listed.rs"]
mod listed;
#[path = "wrong_shapes/loss.rs"]
mod loss;
#[path = "wrong_shapes/model.rs"]
mod model;
#[path = "wrong_shapes/probe.rs"]
mod probe;
mod support;

use door::Door;
use proptest::prelude::*;
use support::{cases, rng};

/// All doors for `n` samples, an even number of at least 6, with entries drawn by the seed.
fn doors(n: usize, seed: u64) -> Vec<Door> {
    let rng = &mut rng(seed);
    let mut doors = linalg::doors(n, rng);
    doors.extend(kernel::doors(n, rng));
    doors.extend(graph::doors(n, rng));
    doors.extend(loss::doors(n, rng));
    doors.extend(autodiff::doors(n, rng));
    doors.extend(closed_form::doors(n, rng));
    doors.extend(probe::doors(n, rng));
    doors.extend(model::doors(n, rng));
    doors.extend(active::doors(n, rng));
    doors
}

proptest! {
    #![proptest_config(cases(8))]

    #[test]
    fn layouts_do_not_matter(n in 3..8_usize, seed in any::<u64>()) {
        for door in doors(2 * n, seed) {
            door.takes_every_layout()?;
        }
    }

    #[test]
    fn wrong_shapes_are_refused(n in 3..8_usize, seed in any::<u64>()) {
        for door in doors(2 * n, seed) {
            door.refuses_wrong_shapes()?;
        }
    }

    #[test]
    fn what_is_no_number_is_refused(n in 3..8_usize, seed in any::<u64>()) {
        let mut rng = rng(!seed);
        for door in doors(2 * n, seed) {
            door.refuses_what_is_no_number(&mut rng)?;
        }
    }
}

proptest! {
    #![proptest_config(cases(1))]

    /// Beyond one block of rows, where the work is cut up.
    #[test]
    fn layouts_of_many_rows_do_not_matter(n in 140..150_usize, seed in any::<u64>()) {
        let rng = &mut rng(seed);
        let mut doors = kernel::doors(2 * n, rng);
        doors.extend(graph::products(2 * n, rng));
        doors.extend(loss::doors(2 * n, rng));
        for door in doors {
            door.takes_every_layout()?;
        }
    }
}
