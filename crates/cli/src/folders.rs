//! Where configuration, cache and data are.

use std::path::PathBuf;

use directories::{BaseDirs, ProjectDirs};

use crate::failure::Failure;

/// The configuration: `$CPAN_SIGSTORE_CONFIG`, else `config.toml` in the user's configuration folder.
pub fn config_file() -> Result<PathBuf, Failure> {
    match std::env::var_os("CPAN_SIGSTORE_CONFIG") {
        Some(path) => Ok(path.into()),
        None => Ok(project()?.config_dir().join("config.toml")),
    }
}

/// The cache: `$CPAN_SIGSTORE_CACHE`, else the user's cache folder.
pub fn cache() -> Result<PathBuf, Failure> {
    match std::env::var_os("CPAN_SIGSTORE_CACHE") {
        Some(path) => Ok(path.into()),
        None => Ok(project()?.cache_dir().to_owned()),
    }
}

/// The policy: `policy.toml` beside the configuration.
pub fn policy_file() -> Result<PathBuf, Failure> {
    Ok(config_file()?.with_file_name("policy.toml"))
}

/// Whose index is in use: `index.toml` beside the configuration.
pub fn operator_file() -> Result<PathBuf, Failure> {
    Ok(config_file()?.with_file_name("index.toml"))
}

/// What must not be lost: `$CPAN_SIGSTORE_DATA`, else the user's data folder.
pub fn data() -> Result<PathBuf, Failure> {
    match std::env::var_os("CPAN_SIGSTORE_DATA") {
        Some(path) => Ok(path.into()),
        None => Ok(project()?.data_dir().to_owned()),
    }
}

/// The user's home.
pub fn home() -> Result<PathBuf, Failure> {
    let folders = BaseDirs::new().ok_or(Failure::NoHome)?;
    Ok(folders.home_dir().to_owned())
}

fn project() -> Result<ProjectDirs, Failure> {
    ProjectDirs::from("", "", "cpan-sigstore").ok_or(Failure::NoHome)
}
