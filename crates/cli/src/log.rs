//! What is done, for those who ask for it by `-v`: on standard error, without times, so that two runs
//! can be compared.
//!
//! Nothing that is logged has a secret in it: addresses are logged without their query, and headers with
//! credentials are marked so that the HTTP libraries do not show them.

use tracing_subscriber::filter::LevelFilter;

/// Begins to log. Without `-v` nothing is set up.
pub fn begin(verbosity: u8) {
    let level = match verbosity {
        0 => return,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    // Fails only where a log was set up before.
    let _ = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .without_time()
        .try_init();
}
