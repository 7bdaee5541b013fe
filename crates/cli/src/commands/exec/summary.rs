//! The refused files of a run, in order, and its exit code.

use std::collections::HashSet;

use cpan_sigstore_core::{decision::Decision, finding::Exit};
use cpan_sigstore_mirror::{
    Record, Records,
    record::{Refusal, Ruling},
};

use crate::ui::{Terminal, verdict_text};

/// Prints refusals and warnings, each once, and returns the exit code of the worst.
pub fn print(records: &Records, terminal: &Terminal) -> Exit {
    let mut said = HashSet::new();
    for record in records.last() {
        if record.is_plain() || !said.insert((record.path.clone(), record.code())) {
            continue;
        }
        match record.decision() {
            Decision::Allow => {}
            Decision::Warn => terminal.warning(&record.to_string()),
            Decision::Deny | Decision::TryLater => refused(&record, terminal),
        }
    }
    records.exit()
}

fn refused(record: &Record, terminal: &Terminal) {
    if let Ruling::Mirror {
        finding: Refusal::Outside,
        ..
    } = record.ruling
    {
        terminal.say(&format!("closed: {}", record.path));
        return;
    }
    terminal.say(&format!("refused: {record}"));
    if let Some(hint) = record.hint() {
        terminal.hint(verdict_text::hint(hint));
    }
}
