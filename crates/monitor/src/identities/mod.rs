//! Finds signatures under an author's identities in Sigstore's own logs, and keeps each log to one history.
//!
//! - [`site`]: the files of a log, within limits; [`tiles`]: computes from its tiles.
//! - [`history`]: proves each checkpoint consistent with the known ones, and keeps the evidence of a fork.
//! - [`scan`]: reads entries, and proves that they are those of the signed tree.
//! - [`search`]: the identities that are searched for.
//! - [`round`]: the search for watched authors; [`state`]: how far it has come.
//!
//! # Security
//!
//! A log's files come from anybody. Entries are used only if all of them lead to the root of a tree that the log signed,
//! so that a missing or a changed one is noticed. Anybody can log a certificate with any name, so one that no trusted
//! authority issued is ignored, and counted.

mod error;
mod history;
mod round;
mod scan;
mod search;
mod site;
mod state;
mod tiles;

pub use error::LogError;
pub use round::IdentitySearch;
