//! The end of a program that stays, on systems without Unix signals: Ctrl-C.

use std::time::Duration;

use tokio::{runtime::Runtime, signal::ctrl_c};

use crate::error::CommandError;

/// The end of a program that stays; nothing has it read its files again before they are due.
pub struct Signals;

impl Signals {
    /// Listens for Ctrl-C from the first wait on.
    ///
    /// # Errors
    /// None; other systems can fail here.
    pub fn new(_runtime: &Runtime) -> Result<Self, CommandError> {
        Ok(Self)
    }

    /// Waits for Ctrl-C.
    pub async fn end(&mut self) {
        // Without a handler, Ctrl-C ends the process itself.
        if ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Waits for so long; `false` when the program is to end.
    pub async fn is_due(&mut self, after: Duration) -> bool {
        tokio::select! {
            () = self.end() => false,
            () = tokio::time::sleep(after) => true,
        }
    }
}
