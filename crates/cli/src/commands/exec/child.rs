//! The client as a child process: on the terminal, with every signal passed on.

use std::{io, os::unix::process::ExitStatusExt as _, process::Command};

use rustix::process::{Pid, Signal as Sent, kill_process};
use tokio::signal::unix::{SignalKind, signal};

/// Runs a client to its end, and gives its exit code; as a shell does, 128 and the number of a signal that
/// ended it.
///
/// # Errors
/// Where it cannot be started.
pub async fn run(command: Command) -> io::Result<i32> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut quit = signal(SignalKind::quit())?;
    // Only now: a signal that comes first would end this program and leave the client alone.
    let mut child = tokio::process::Command::from(command).spawn()?;
    let pid = child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
    // Keys on the terminal reach the client by themselves.
    let by_terminal = io::IsTerminal::is_terminal(&io::stdin());
    loop {
        let sent = tokio::select! {
            ended = child.wait() => {
                let status = ended?;
                let by_signal = status.signal().map(|signal| 128 + signal);
                return Ok(status.code().or(by_signal).unwrap_or(1));
            }
            _ = terminate.recv() => Some(Sent::TERM),
            _ = hang_up.recv() => Some(Sent::HUP),
            _ = interrupt.recv() => (!by_terminal).then_some(Sent::INT),
            _ = quit.recv() => (!by_terminal).then_some(Sent::QUIT),
        };
        if let (Some(pid), Some(sent)) = (pid, sent) {
            // It may have ended just now.
            let _ = kill_process(pid, sent);
        }
    }
}
