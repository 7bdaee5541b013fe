//! Paths of the programs: ours as just built, the peers as `scripts/interop-setup` installed them.

use std::env;
use std::path::PathBuf;

use crate::error::InteropError;

/// Names, versions and origins of the peers. The installing script reads the same file.
const PEERS: &str = include_str!("../peers.list");

/// Returns the path of our program.
///
/// # Errors
/// If the environment does not name it.
pub fn ours() -> Result<PathBuf, InteropError> {
    from_environment("CPAN_SIGSTORE_PROGRAM")
}

/// Returns the path of the peer with this name, at the version of `peers.list`.
///
/// # Errors
/// If the environment does not name the peers' folder, or if there is no such peer.
pub fn peer(name: &str) -> Result<PathBuf, InteropError> {
    let folder = from_environment("CPAN_SIGSTORE_PEERS")?;
    let version = PEERS
        .lines()
        .map(|line| line.split_whitespace())
        .find_map(|mut words| (words.next()? == name).then(|| words.next())?)
        .ok_or_else(|| InteropError::UnknownPeer(name.to_owned()))?;
    Ok(folder.join(format!("{name}-{version}")))
}

fn from_environment(variable: &'static str) -> Result<PathBuf, InteropError> {
    env::var_os(variable)
        .map(PathBuf::from)
        .ok_or(InteropError::NotSetUp { variable })
}
