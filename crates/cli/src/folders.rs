//! The folders of configuration, cache and data.

use std::path::PathBuf;

use directories::{BaseDirs, ProjectDirs};

use crate::error::CommandError;

/// The configuration: `$CPAN_SIGSTORE_CONFIG`, else `config.toml` in the user's configuration folder.
pub fn config_file() -> Result<PathBuf, CommandError> {
    match std::env::var_os("CPAN_SIGSTORE_CONFIG") {
        Some(path) => Ok(path.into()),
        None => Ok(project()?.config_dir().join("config.toml")),
    }
}

/// The cache: `$CPAN_SIGSTORE_CACHE`, else the user's cache folder.
pub fn cache() -> Result<PathBuf, CommandError> {
    match std::env::var_os("CPAN_SIGSTORE_CACHE") {
        Some(path) => Ok(path.into()),
        None => Ok(project()?.cache_dir().to_owned()),
    }
}

/// The policy: `policy.toml` beside the configuration.
pub fn policy_file() -> Result<PathBuf, CommandError> {
    Ok(config_file()?.with_file_name("policy.toml"))
}

/// The author index in use: `index.toml` beside the configuration.
pub fn operator_file() -> Result<PathBuf, CommandError> {
    Ok(config_file()?.with_file_name("index.toml"))
}

/// The data that must not be lost: `$CPAN_SIGSTORE_DATA`, else the user's data folder.
pub fn data() -> Result<PathBuf, CommandError> {
    match std::env::var_os("CPAN_SIGSTORE_DATA") {
        Some(path) => Ok(path.into()),
        None => Ok(project()?.data_dir().to_owned()),
    }
}

/// The user's home.
pub fn home() -> Result<PathBuf, CommandError> {
    let folders = BaseDirs::new().ok_or_else(no_home)?;
    Ok(folders.home_dir().to_owned())
}

fn project() -> Result<ProjectDirs, CommandError> {
    ProjectDirs::from("", "", "cpan-sigstore").ok_or_else(no_home)
}

/// The home folder is unknown.
fn no_home() -> CommandError {
    CommandError::usage("cannot find the home folder for configuration and cache".to_owned())
        .hinted("set CPAN_SIGSTORE_CONFIG and CPAN_SIGSTORE_CACHE")
}
