//! Results of the peers, as the scripts and the example `rivals` left them in `benches/peers`.

use std::path::PathBuf;

use pal::Result;
use pal::experiment::Curves;

pub fn file(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "benches", "peers", name].iter().collect()
}

pub fn curves(name: &str) -> Result<Curves> {
    Curves::read(file(name))
}
