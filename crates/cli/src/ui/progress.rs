//! The progress of what takes long: a bar on a terminal, and nothing elsewhere.

use std::time::Duration;

use cpan_sigstore_pause::upload::Outgoing;
use indicatif::{ProgressBar, ProgressStyle};

/// How often the bar is drawn while nothing moves.
const TICK: Duration = Duration::from_millis(200);

/// The bar of one upload, or of work on many authors.
pub struct Progress(ProgressBar);

impl Progress {
    /// A bar for a file on its way to a host. Where standard error is no terminal it stays unseen.
    pub fn of_upload(file: &Outgoing, host: &str) -> Self {
        let size = std::fs::metadata(&file.path).map_or(0, |metadata| metadata.len());
        let bar = ProgressBar::new(size);
        // The template is ours and well formed; without it the bar looks plainer.
        if let Ok(style) = ProgressStyle::with_template(
            "{msg} {bar:24} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
        ) {
            bar.set_style(style);
        }
        bar.set_message(format!("{} to {host}", file.name));
        bar.enable_steady_tick(TICK);
        Self(bar)
    }

    /// A bar for work on many authors.
    pub fn of_authors(what: &'static str) -> Self {
        let bar = ProgressBar::new(0);
        if let Ok(style) =
            ProgressStyle::with_template("{msg} {bar:24} {human_pos}/{human_len} {eta}")
        {
            bar.set_style(style);
        }
        bar.set_message(what);
        Self(bar)
    }

    /// So many of so many are done; several threads may say so at once.
    pub fn of(&self, done: usize, of: usize) {
        self.0.set_length(of as u64);
        self.0.set_position(self.0.position().max(done as u64));
    }

    /// So many bytes were sent.
    pub fn at(&self, sent: u64) {
        self.0.set_position(sent);
    }

    /// Takes the bar away.
    pub fn end(&self) {
        self.0.finish_and_clear();
    }
}
