//! The signals that end a running program, or make it reload.

use std::time::Duration;

use tokio::{
    runtime::Runtime,
    signal::unix::{Signal, SignalKind, signal},
};

use crate::error::CommandError;

/// The signals of a running program.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    /// Takes SIGTERM, SIGINT and SIGHUP over.
    ///
    /// # Errors
    /// A system that refuses.
    pub fn new(runtime: &Runtime) -> Result<Self, CommandError> {
        let _entered = runtime.enter();
        let on = |kind| {
            signal(kind).map_err(|source| CommandError::system("cannot listen for signals", source))
        };
        Ok(Self {
            terminate: on(SignalKind::terminate())?,
            interrupt: on(SignalKind::interrupt())?,
            hang_up: on(SignalKind::hangup())?,
        })
    }

    /// Waits until it is to end: SIGTERM or SIGINT.
    pub async fn end(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    /// Waits for so long, or until SIGHUP; `false` when it is to end.
    pub async fn is_due(&mut self, after: Duration) -> bool {
        tokio::select! {
            _ = self.terminate.recv() => false,
            _ = self.interrupt.recv() => false,
            _ = self.hang_up.recv() => true,
            () = tokio::time::sleep(after) => true,
        }
    }
}
