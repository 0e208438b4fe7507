//! Results of the Python packages, as the scripts of `benches/peers` left them there.

use std::path::PathBuf;

use pal::Result;
use pal::experiment::Curves;

pub fn file(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "benches", "peers", name].iter().collect()
}

pub fn curves(name: &str) -> Result<Curves> {
    Curves::read(file(name))
}
