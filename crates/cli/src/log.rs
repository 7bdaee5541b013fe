//! The log of `-v`: on standard error, without times, so that two runs can be compared. Without `-v`, the
//! log has only notices, and the waits before a request is sent again.
//!
//! Nothing that is logged has a secret in it: addresses are logged without their query, and headers with
//! credentials are marked so that the HTTP libraries do not show them.

use std::fmt;

use cpan_sigstore_gate::NOTICE;
use cpan_sigstore_http::WAITING;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    layer::SubscriberExt as _,
    registry::LookupSpan,
    util::SubscriberInitExt as _,
};

/// Begins to log.
pub fn begin(verbosity: u8) {
    let level = match verbosity {
        0 => return begin_messages(),
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

/// Begins to show notices and waits alone, as messages to a person.
fn begin_messages() {
    let messages = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .event_format(Message);
    // Fails only where a log was set up before.
    let _ = tracing_subscriber::registry()
        .with(
            Targets::new()
                .with_target(WAITING, LevelFilter::INFO)
                .with_target(NOTICE, LevelFilter::WARN),
        )
        .with(messages)
        .try_init();
}

/// The message of an event, and nothing else.
struct Message;

impl<S, N> FormatEvent<S, N> for Message
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        writer.write_str(match *event.metadata().level() {
            Level::WARN => "warning: ",
            _ => "waiting: ",
        })?;
        context
            .field_format()
            .format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}
