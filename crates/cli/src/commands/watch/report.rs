//! What is said of a look.

use std::io;

use cpan_sigstore_core::finding::Exit;
use cpan_sigstore_cpan::Cpan;
use cpan_sigstore_monitor::{Alert, Round, Severity};

use crate::terminal::{Terminal, Tone};

/// Prints an alert.
///
/// # Errors
/// Where it cannot be written: then it is to be told again.
pub fn alert(alert: &Alert, json: bool, terminal: &Terminal) -> io::Result<()> {
    if json {
        terminal.json(alert);
        return terminal.try_flush();
    }
    let tone = match alert.severity {
        Severity::Alarm => Tone::Bad,
        Severity::Notice => Tone::Careful,
    };
    terminal.headline(tone, alert.alert.code(), &alert.path);
    let finding = alert.finding.clone();
    for (label, value) in [
        ("expected", &alert.expected),
        ("found", &alert.found),
        ("finding", &finding),
    ] {
        if let Some(value) = value {
            terminal.field(label, value);
        }
    }
    for detail in &alert.details {
        terminal.field("because", detail);
    }
    terminal.field("advice", &alert.advice);
    terminal.try_flush()
}

/// Says what there is to say beside the alerts, and how the program ends.
pub fn round(round: &Round, cpan: &Cpan, terminal: &Terminal) -> Exit {
    if round.without_recent {
        terminal.say(&format!(
            "{} has no files RECENT: every author is looked at each time",
            cpan.name()
        ));
    }
    for author in &round.begun {
        terminal.say(&format!(
            "{author}: what is there now is the starting point"
        ));
    }
    for untold in &round.untold {
        terminal.warning(&untold.to_string());
    }
    if round.undelivered > 0 {
        terminal.warning(&format!(
            "alerts that are kept for the next run: {}",
            round.undelivered
        ));
    }
    round.exit()
}
