//! Why settings cannot be used.

use std::path::PathBuf;

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not TOML of that form.
    #[error("invalid settings in {}: {source}", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// The issuer is none.
    #[error(
        "invalid `issuer`: expected an https address without a slash, a query or a password at its end, found `{0}`"
    )]
    Issuer(String),
    /// A name of a database would be more than a name.
    #[error("invalid name of a database: expected letters, digits and underscores, found `{0}`")]
    Database(String),
    /// Two clients have one id, or an id is empty.
    #[error("invalid client id: expected one client for each id, found `{0}` twice or empty")]
    Client(String),
    /// An address to which a browser returns is not safe.
    #[error(
        "invalid `redirect` of client `{client}`: expected `loopback` or https addresses without a fragment, found `{address}`"
    )]
    Redirect {
        /// The client.
        client: String,
        /// The address.
        address: String,
    },
    /// The command for mails is empty, or the sender is no address.
    #[error("invalid `notice`: expected a sender's address and a command")]
    Notice,
}
