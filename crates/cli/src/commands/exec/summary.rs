//! The refused files of a run, in order, and its exit code.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use cpan_sigstore_core::{
    decision::Decision, finding::Exit, reason::Reason, release::ReleasePath, text::count,
};
use cpan_sigstore_mirror::{
    DecisionLog, LogEntry,
    decision_log::{EntryCause, Refusal},
};

use crate::{
    error::after_fault,
    ui::{Terminal, verdict_text},
};

/// Most authors that are listed by name.
const AUTHORS: usize = 10;

/// Prints refusals and warnings, each once, and returns the exit code of the worst.
pub fn print(log: &DecisionLog, terminal: &Terminal) -> Exit {
    let mut said = HashSet::new();
    for entry in log.last() {
        if entry.is_plain() || !said.insert((entry.path.clone(), entry.code(), entry.left_out)) {
            continue;
        }
        match entry.decision() {
            Decision::Allow => {}
            Decision::Warn => terminal.warning(&entry.to_string()),
            Decision::Deny | Decision::TryLater => refused(&entry, terminal),
        }
    }
    first_uses(log, terminal);
    logged(log, terminal);
    log.exit()
}

/// States once what the run could not know: the owners of modules that were never installed from here.
fn first_uses(log: &DecisionLog, terminal: &Terminal) {
    let mut authors = BTreeSet::new();
    let mut releases = HashSet::new();
    let mut is_logged = true;
    for entry in log.last() {
        let EntryCause::Gate(verdict) = &entry.cause else {
            continue;
        };
        let first = verdict.reasons.iter().find_map(|reason| match reason {
            Reason::OwnerFirstSeen {
                author, is_logged, ..
            } => Some((author.to_string(), *is_logged)),
            _ => None,
        });
        if let Some((author, has_log)) = first.filter(|_| verdict.admits()) {
            is_logged &= has_log;
            releases.insert(entry.path.clone());
            authors.insert(author);
        }
    }
    if releases.is_empty() {
        return;
    }
    let more = match authors.len().saturating_sub(AUTHORS) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let authors: Vec<_> = authors.into_iter().take(AUTHORS).collect();
    let index = match is_logged {
        true => "the package index, which everybody sees in the log,",
        false => "only the package index, which nobody signs,",
    };
    terminal.say(&format!(
        "first use: {index} names the authors of the modules in {}: {}{more}",
        count(releases.len(), "release"),
        authors.join(", ")
    ));
}

/// States how many releases everybody gets as they are.
fn logged(log: &DecisionLog, terminal: &Terminal) {
    let mut releases = BTreeMap::<String, BTreeSet<String>>::new();
    for entry in log.last() {
        let EntryCause::Gate(verdict) = &entry.cause else {
            continue;
        };
        for reason in verdict.reasons.iter().filter(|_| verdict.admits()) {
            if let Reason::Logged { origin, .. } = reason {
                let paths = releases.entry(origin.clone()).or_default();
                paths.insert(entry.path.clone());
            }
        }
    }
    for (origin, paths) in releases {
        terminal.say(&format!(
            "logged: everybody gets the same bytes of {}, by {origin}",
            count(paths.len(), "release")
        ));
    }
}

fn refused(entry: &LogEntry, terminal: &Terminal) {
    if let EntryCause::Mirror { finding, found, .. } = &entry.cause {
        match finding {
            Refusal::Outside => return terminal.say(&format!("closed: {}", entry.path)),
            Refusal::Missing => return missing(entry, found, terminal),
            _ => {}
        }
    }
    let word = if entry.left_out { "" } else { "refused: " };
    terminal.say(&format!("{word}{entry}"));
    for line in entry.evidence().into_iter().flat_map(str::lines) {
        terminal.copy(line);
    }
    if let EntryCause::Mirror { finding, .. } = &entry.cause {
        let of_network = entry.fault.map(after_fault);
        return terminal.hint(of_network.unwrap_or_else(|| advice(*finding)));
    }
    let path = entry.path.parse::<ReleasePath>().ok();
    if let Some(hint) = entry.hint() {
        terminal.hint(&match &path {
            Some(path) => verdict_text::hint_about(hint, path),
            None => verdict_text::hint(hint).to_owned(),
        });
    }
    if let (EntryCause::Gate(verdict), Some(path)) = (&entry.cause, path)
        && let Some(line) = verdict.pin(&path)
    {
        terminal.copy(&line);
    }
}

/// The advice for a file that the mirror itself refused.
fn advice(finding: Refusal) -> &'static str {
    match finding {
        Refusal::IndexRolledBack => {
            "name another CPAN with `--upstream`; if the tool of this one was changed, forget the old date with `cpan-sigstore trust forget --index URL`"
        }
        Refusal::Unreadable => {
            "ask the operator of this CPAN to mend the file, or name another CPAN with `--upstream`"
        }
        Refusal::IndexUnlogged => {
            "run the same command again later if the index is new, or name another CPAN with `--upstream`: others may see another index"
        }
        Refusal::LogFork => {
            "publish both checkpoints, which `cpan-sigstore trust list` shows, and ask the log's operator"
        }
        Refusal::Internal => "check the disk with the cache and the trust store",
        _ => "run the same command again later, or name another CPAN with `--upstream`",
    }
}

fn missing(entry: &LogEntry, found: &str, terminal: &Terminal) {
    terminal.say(&format!("missing: {found}"));
    terminal.hint(if entry.path.starts_with("modules/") {
        "check the address of the upstream: a CPAN has a package index"
    } else {
        "wait until this mirror has the release, or name another one with `--upstream`"
    });
}
