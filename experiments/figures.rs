//! All experiments, the five of the paper first, and one page that shows and explains them.

use std::path::Path;
use std::process::ExitCode;

use pal::experiment::Gallery;

#[path = "registry.rs"]
mod registry;

fn main() -> ExitCode {
    Gallery {
        name: "figures",
        about: "All experiments, one after the other, and a page of their figures, DIR/index.html",
        experiments: registry::EXPERIMENTS,
        title: "Positive Active Learning in figures",
        introduction: "In the first five figures samples lie on four concentric rings, one class each. A similarity \
                       graph G says which belong together; the representation is spanned by the five leading \
                       eigenvectors of G − βK⁻¹, K the exponential kernel; its error is that of the best linear probe \
                       on the test set. The others set training and graphs against the theory, learn \
                       handwritten digits from views and labels, and count what it takes to find classes by questions. \
                       Lines are means over independent trials, bands one standard deviation.",
        committed: Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/figures")),
    }
    .main()
}
