//! The refused files of a run, in order, and its exit code.

use std::collections::HashSet;

use cpan_sigstore_core::{decision::Decision, finding::Exit};
use cpan_sigstore_mirror::{
    DecisionLog, LogEntry,
    decision_log::{EntryCause, Refusal},
};

use crate::ui::{Terminal, verdict_text};

/// Prints refusals and warnings, each once, and returns the exit code of the worst.
pub fn print(log: &DecisionLog, terminal: &Terminal) -> Exit {
    let mut said = HashSet::new();
    for entry in log.last() {
        if entry.is_plain() || !said.insert((entry.path.clone(), entry.code())) {
            continue;
        }
        match entry.decision() {
            Decision::Allow => {}
            Decision::Warn => terminal.warning(&entry.to_string()),
            Decision::Deny | Decision::TryLater => refused(&entry, terminal),
        }
    }
    log.exit()
}

fn refused(entry: &LogEntry, terminal: &Terminal) {
    if let EntryCause::Mirror {
        finding: Refusal::Outside,
        ..
    } = entry.cause
    {
        terminal.say(&format!("closed: {}", entry.path));
        return;
    }
    terminal.say(&format!("refused: {entry}"));
    if let Some(hint) = entry.hint() {
        terminal.hint(verdict_text::hint(hint));
    }
}
