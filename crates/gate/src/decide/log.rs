//! Step 9: the CPAN log.

use cpan_sigstore_core::{
    finding::Finding, hint::Hint, policy::Rule, reason::Reason, release::ReleasePath, text::count,
};
use cpan_sigstore_tlog::checkpoint::Checkpoint;
use jiff::SignedDuration;

use super::{Assessment, unavailable};
use crate::{
    evidence::Evidence,
    log::{LogAnswer, LogEvidence},
    store::StoredFork,
};

/// Compares the archive with the leaf of its path. Bytes that are not the logged ones, and a log with two histories,
/// are denied under every policy.
pub(super) fn file(path: &ReleasePath, evidence: &Evidence, rule: &Rule) -> Option<Assessment> {
    let log = evidence.log.as_ref()?;
    match &log.answer {
        LogAnswer::Logged(logged) => {
            let leaf = logged.leaf().leaf();
            if leaf.path().as_str() == path.to_string() && leaf.digest() == evidence.digest {
                return None;
            }
            Some(
                Assessment::new(Finding::LogMismatch)
                    .expected(
                        format!(
                            "{}, as leaf {} of {}",
                            leaf.digest(),
                            logged.leaf().index(),
                            log.origin
                        ),
                        evidence.digest.to_string(),
                    )
                    .hint(Hint::NotAsLogged),
            )
        }
        LogAnswer::Forked(fork) => Some(forked(fork)),
        LogAnswer::Unlogged => Some(unlogged(path, log, "none".to_owned())),
        // Where the log is required, its absence decides nothing.
        LogAnswer::Undetermined(reason) if !rule.unlogged.value.admits() => Some(unavailable(
            format!("no answer of the log {}: {reason}", log.origin),
        )),
        LogAnswer::Undetermined(reason) => Some(unlogged(path, log, format!("none: {reason}"))),
    }
}

fn unlogged(path: &ReleasePath, log: &LogEvidence, found: String) -> Assessment {
    Assessment::new(Finding::Unlogged)
        .expected(format!("a proof that {} has {path}", log.origin), found)
        .hint(Hint::AwaitLog)
}

fn forked(fork: &StoredFork) -> Assessment {
    let tree = |note: &str| {
        let text = note.split_once("\n\n").map_or(note, |(text, _)| text);
        match Checkpoint::parse(&format!("{text}\n")) {
            Ok(it) => format!("{} leaves with the root {}", it.tree.size, it.tree.root),
            Err(_) => "another tree".to_owned(),
        }
    };
    let origin = fork.log.split('+').next().unwrap_or_default();
    Assessment {
        evidence: Some(fork.evidence()),
        ..Assessment::new(Finding::LogFork)
    }
    .expected(
        format!("a tree of {origin} that continues {}", tree(&fork.known)),
        tree(&fork.found),
    )
    .hint(Hint::PublishFork)
}

/// Returns `log-stale` if the newest checkpoint may be old: somebody may withhold newer ones.
pub(super) fn stale(evidence: &Evidence, rule: &Rule) -> Option<Assessment> {
    let log = evidence.log.as_ref()?;
    let days = rule.checkpoint_age;
    let limit = SignedDuration::from_hours(24 * i64::from(days));
    let found = match (&log.answer, log.age) {
        (LogAnswer::Forked(_), _) => return None,
        (_, Some(age)) if age <= limit => return None,
        (_, Some(age)) => format!("one that was new {} ago", count(age.as_hours() / 24, "day")),
        (_, None) => "none that anything dates".to_owned(),
    };
    Some(
        Assessment::new(Finding::LogStale)
            .expected(
                format!(
                    "a checkpoint of {} that was new at most {} ago",
                    log.origin,
                    count(days, "day")
                ),
                found,
            )
            .hint(Hint::RefreshLog),
    )
}

/// Returns `unavailable` where the log is required, and has another author record or author index than the one in use.
pub(super) fn withheld(evidence: &Evidence, rule: &Rule) -> Option<Assessment> {
    let log = evidence.log.as_ref()?;
    let file = log.withheld.as_ref()?;
    (!rule.unlogged.value.admits()).then(|| {
        unavailable(format!(
            "the log {} has another {} since {}, which the CPAN withholds",
            log.origin, file.path, file.time
        ))
        .hint(Hint::AwaitLog)
    })
}

/// The leaf of the archive, and the proofs that were not used.
pub(super) fn reasons(path: &ReleasePath, evidence: &Evidence) -> Vec<Reason> {
    let Some(log) = &evidence.log else {
        return Vec::new();
    };
    let logged = match &log.answer {
        LogAnswer::Logged(logged) => {
            let leaf = logged.leaf().leaf();
            let is_it =
                leaf.path().as_str() == path.to_string() && leaf.digest() == evidence.digest;
            is_it.then(|| Reason::Logged {
                origin: log.origin.clone(),
                index: logged.leaf().index(),
                time: logged.time(),
            })
        }
        _ => None,
    };
    let rejected = log.notes.iter().cloned().map(Reason::ProofRejected);
    logged.into_iter().chain(rejected).collect()
}
