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

/// Returns the path of our identity provider, which is built beside our program.
///
/// # Errors
/// If the environment does not name our program.
pub fn idp() -> Result<PathBuf, InteropError> {
    Ok(ours()?.with_file_name("cpan-sigstore-idp"))
}

/// Returns the path of a program of the system, also of one for administrators.
///
/// # Errors
/// If there is none.
pub fn in_path(name: &str) -> Result<PathBuf, InteropError> {
    let folders = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"];
    let mut paths = folders
        .iter()
        .map(|folder| PathBuf::from(folder).join(name));
    paths
        .find(|path| path.exists())
        .ok_or_else(|| InteropError::UnknownPeer(name.to_owned()))
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
