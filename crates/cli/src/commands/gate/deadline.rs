//! The time limit of the program itself.

use std::time::Duration;

use cpan_sigstore_core::{finding::Exit, text::count};
use jiff::SignedDuration;

use crate::error::CommandError;

/// Ends the process when the time is up, without an answer.
///
/// A thread that reads a file cannot be stopped in another way. Results are written whole, so none is cut off.
///
/// # Errors
/// A system that starts no thread.
pub fn start(limit: SignedDuration) -> Result<(), CommandError> {
    let limit = Duration::try_from(limit).unwrap_or_default();
    let watch = move || {
        std::thread::sleep(limit);
        let limit = count(limit.as_secs(), "second");
        eprintln!("error: cannot answer: not ready after {limit}");
        std::process::exit(Exit::Failed as i32);
    };
    let thread = std::thread::Builder::new().name("deadline".to_owned());
    thread
        .spawn(watch)
        .map(|_| ())
        .map_err(|source| CommandError::system("cannot start a thread", source))
}
