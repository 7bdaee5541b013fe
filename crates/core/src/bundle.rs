//! The bundle beside a release: its name and its limit. `keyless` reads what is in it.

/// Follows the name of an archive or author record in the name of its bundle.
pub const SUFFIX: &str = ".sigstore.json";
/// Largest bundle that is read, in bytes.
pub const SIZE_LIMIT: usize = 1 << 20;
