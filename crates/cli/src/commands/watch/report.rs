//! The output of a run.

use std::{collections::BTreeSet, io};

use cpan_sigstore_core::finding::Exit;
use cpan_sigstore_cpan::Cpan;
use cpan_sigstore_monitor::{Alert, Severity};

use super::{
    WatchRound,
    advice::{AdvisedAlert, advice},
};
use crate::{
    commands::log,
    error::after_fault,
    ui::{Terminal, Tone},
};

/// Most faults of a log that are shown.
const FAULTS_SHOWN: usize = 10;

/// Prints an alert.
///
/// # Errors
/// A failed write; the alert has to be printed again.
pub fn alert(alert: &Alert, json: bool, terminal: &Terminal) -> io::Result<()> {
    if json {
        terminal.json(&AdvisedAlert::from(alert));
        return terminal.try_flush();
    }
    let tone = match alert.severity {
        Severity::Alarm => Tone::Bad,
        Severity::Notice => Tone::Careful,
    };
    terminal.headline(tone, alert.alert.code(), &alert.path);
    for (label, value) in [
        ("expected", &alert.expected),
        ("found", &alert.found),
        ("finding", &alert.finding),
    ] {
        if let Some(value) = value {
            terminal.field(label, value);
        }
    }
    for detail in &alert.details {
        terminal.field("because", detail);
    }
    terminal.field("advice", advice(alert.alert));
    terminal.try_flush()
}

/// Prints the rest of a run beside the alerts, and returns the exit code.
pub fn round(watched: &WatchRound, cpan: &Cpan, json: bool, terminal: &Terminal) -> Exit {
    let WatchRound { round, faults } = watched;
    for fault in faults.iter().take(FAULTS_SHOWN) {
        log::report(
            json,
            terminal,
            (fault.code(), &fault.to_string()),
            Tone::Bad,
        );
    }
    if round.without_recent {
        terminal.say(&format!(
            "{} has no RECENT files: every run checks every author",
            cpan.name()
        ));
    }
    for author in &round.begun {
        terminal.say(&format!("{author}: the current releases are the baseline"));
    }
    for remark in &round.remarks {
        terminal.say(remark);
    }
    for undetermined in &round.undetermined {
        terminal.warning(&undetermined.to_string());
    }
    let of_network = round.undetermined.iter().filter_map(|it| it.fault);
    let hints: BTreeSet<_> = of_network.map(after_fault).collect();
    for hint in hints {
        terminal.hint(hint);
    }
    if round.waiting > 0 {
        terminal.warning(&format!("alerts kept for the next run: {}", round.waiting));
    }
    match faults.is_empty() {
        true => round.exit(),
        false => Exit::Log,
    }
}
