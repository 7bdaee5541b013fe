//! `cpan-sigstore verify`.

mod arguments;
pub mod fetch;
mod file;
mod gated;
pub mod released;
mod stdio;
pub mod target;

pub use arguments::VerifyArgs;
pub use file::{Question, run as run_question};

use cpan_sigstore_core::finding::Exit;

use crate::{error::CommandError, session::Session};
use arguments::Mode;

/// Runs the command.
pub fn run(args: &VerifyArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    match args.mode()? {
        Mode::Stdio => stdio::run(args, session),
        Mode::Releases(releases) => gated::run(args, releases, session),
        Mode::File(question) => file::run(&question, session),
    }
}
