//! The client as a child process, on systems without Unix signals.

use std::{io, process::Command};

/// Runs a client to its end, and returns its exit code. Ctrl-C reaches the client by itself.
///
/// # Errors
/// [`io::Error`] if it cannot be started.
pub async fn run(command: Command) -> io::Result<i32> {
    let mut child = tokio::process::Command::from(command).spawn()?;
    loop {
        tokio::select! {
            ended = child.wait() => return Ok(ended?.code().unwrap_or(1)),
            // The client decides whether it ends.
            pressed = tokio::signal::ctrl_c() => pressed?,
        }
    }
}
