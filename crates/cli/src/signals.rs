//! The signals that end a program which stays, or have it look anew.

use std::time::Duration;

use tokio::{
    runtime::Runtime,
    signal::unix::{Signal, SignalKind, signal},
};

use crate::failure::Failure;

/// What ends a program that stays, or has it look at its files anew.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    /// From now on SIGTERM, SIGINT and SIGHUP are told and do nothing else.
    ///
    /// # Errors
    /// Where the system does not tell.
    pub fn new(runtime: &Runtime) -> Result<Self, Failure> {
        let _entered = runtime.enter();
        let on = |kind| {
            signal(kind).map_err(|source| Failure::System {
                what: "expected to be told of signals",
                source,
            })
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
