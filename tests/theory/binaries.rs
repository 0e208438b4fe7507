//! What the test binaries say they would run.

use std::collections::BTreeSet;
use std::env;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// The tests of these binaries that are not ignored, as `binary::module::name`.
///
/// Cargo is asked for the binaries, built as this one is: after a whole `cargo test` they are all there, otherwise they are built
/// now.
pub(crate) fn tests_that_run(binaries: &BTreeSet<&str>) -> BTreeSet<String> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR")).args(["test", "--no-run", "--message-format", "json"]);
    cargo.arg("--target-dir").arg(Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap());
    cargo.args(["--profile", &profile(), "--no-default-features", "--features", &features()]);
    cargo.args(binaries.iter().flat_map(|name| ["--test", name]));
    // What `cargo test` told this binary of its package looks like a change to build scripts that read it: all would be built
    // anew.
    let of_package = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for name in env::vars_os().filter_map(|(name, _)| name.into_string().ok()).filter(|name| of_package(name))
    {
        cargo.env_remove(name);
    }
    let built = cargo.output().unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));

    let mut tests = BTreeSet::new();
    for message in String::from_utf8(built.stdout).unwrap().lines() {
        let message: Value = serde_json::from_str(message).unwrap();
        let name = message["target"]["name"].as_str().unwrap_or_default();
        if let Some(path) = message["executable"].as_str().filter(|_| binaries.contains(name)) {
            let ignored = listed(path, &["--ignored"]);
            let run = listed(path, &[]).into_iter().filter(|test| !ignored.contains(test));
            tests.extend(run.map(|test| format!("{name}::{test}")));
        }
    }
    tests
}

/// The profile of this binary, which lies in `target/PROFILE/deps`.
fn profile() -> String {
    let path = env::current_exe().unwrap();
    let folder = path.ancestors().nth(2).unwrap().file_name().unwrap().to_str().unwrap();
    if folder == "debug" { "test".to_owned() } else { folder.to_owned() }
}

/// The features of this binary.
fn features() -> String {
    let features = [
        ("default", cfg!(feature = "default")),
        ("program", cfg!(feature = "program")),
        ("lapack", cfg!(feature = "lapack")),
    ];
    let enabled: Vec<&str> = features.iter().filter(|(_, enabled)| *enabled).map(|(name, _)| *name).collect();
    enabled.join(",")
}

/// The names of the tests in a binary.
fn listed(path: &str, options: &[&str]) -> BTreeSet<String> {
    let output = Command::new(path).args(["--list", "--format", "terse"]).args(options).output().unwrap();
    assert!(output.status.success(), "{path} does not list its tests");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect()
}
