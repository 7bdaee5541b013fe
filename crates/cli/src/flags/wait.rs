//! The flags of commands that wait until PAUSE has published.

use std::time::Duration;

use clap::Args;

/// Whether and how long to wait for PAUSE.
#[derive(Args, Debug)]
pub struct WaitArgs {
    /// Wait until both files are published, and compare them with the signed ones
    #[arg(long, help_heading = "PAUSE")]
    pub wait: bool,
    /// Upload both files at once; for some minutes users may find the one without its bundle
    #[arg(long, conflicts_with = "wait", help_heading = "PAUSE")]
    pub no_wait: bool,
    /// Longest wait, in minutes
    #[arg(
        long,
        value_name = "MINUTES",
        default_value_t = 60,
        conflicts_with = "no_wait",
        help_heading = "PAUSE"
    )]
    pub patience: u64,
    /// Time between two checks, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 15.0, value_parser = seconds, conflicts_with = "no_wait", help_heading = "PAUSE")]
    poll: f64,
}

impl WaitArgs {
    /// The longest wait.
    pub fn patience(&self) -> Duration {
        Duration::from_secs(self.patience * 60)
    }

    /// The time between two checks.
    pub fn poll(&self) -> Duration {
        Duration::from_secs_f64(self.poll)
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..=3600.0).contains(&seconds) => Ok(seconds),
        _ => Err("invalid number of seconds: expected 0 to 3600".to_owned()),
    }
}
