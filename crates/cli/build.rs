//! Gives `--version` the commit that the program is built from.
//!
//! Without git, or outside of this repository (as in a source archive), there is no commit, unless the
//! variable `CPAN_SIGSTORE_COMMIT` names it. The result depends on nothing else, so that builds are
//! reproducible.

use std::{env, path::Path, process::Command};

/// The variable by which a packager names the commit.
const COMMIT: &str = "CPAN_SIGSTORE_COMMIT";

fn main() {
    println!("cargo::rerun-if-env-changed={COMMIT}");
    println!("cargo::rerun-if-changed=build.rs");
    let commit = env::var(COMMIT).ok().or_else(|| {
        // Each commit and each checkout adds a line there.
        if let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"]) {
            println!("cargo::rerun-if-changed={log}");
        }
        is_own_repository()
            .then(|| git(&["rev-parse", "--short=12", "HEAD"]))
            .flatten()
    });
    let suffix = commit.filter(|commit| !commit.is_empty());
    let suffix = suffix.map(|commit| format!(" ({commit})"));
    println!(
        "cargo::rustc-env=VERSION_SUFFIX={}",
        suffix.unwrap_or_default()
    );
}

/// Whether the repository around is this program's own, not one that it was copied into.
fn is_own_repository() -> bool {
    let top = git(&["rev-parse", "--show-toplevel"]);
    let own = env::var("CARGO_MANIFEST_DIR")
        .ok()
        .and_then(|folder| Path::new(&folder).join("../..").canonicalize().ok());
    top.and_then(|top| Path::new(&top).canonicalize().ok()) == own
}

/// The one line that git prints; `None` where it fails.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let line = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| line.trim().to_owned())
}
