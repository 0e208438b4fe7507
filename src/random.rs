//! Seeded random streams: all randomness of a computation follows from one `u64`.
//!
//! Streams of one seed do not overlap, so that every trial, epoch or annotator draws from its own and the results do not depend
//! on the order in which they run.
//!
//! ```
//! use pal::random::stream;
//! use rand::RngExt;
//!
//! let draw = |seed, number| -> f64 { stream(seed, number).random() };
//! assert_eq!(draw(7, 3), draw(7, 3)); // the same from its beginning at every call
//! assert_ne!(draw(7, 3), draw(7, 4));
//! ```

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// The stream for what all trials share, such as the test set. Trial `t` (from 0) draws from stream `t + 1`.
pub const SHARED_STREAM: u64 = 0;

/// Random stream `number` of `seed`: `ChaCha8`, keyed by the seed; streams of one seed do not overlap.
#[must_use]
pub fn stream(seed: u64, number: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(number);
    rng
}
