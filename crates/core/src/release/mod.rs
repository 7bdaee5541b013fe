//! Releases of CPAN: whose, under which name.

mod pause_id;

pub use pause_id::{PauseId, PauseIdError};
