//! Step 9: the CPAN log.

use cpan_sigstore_tlog::{
    checkpoint::Checkpoint,
    key::{Algorithm, SigningKey},
    leaf::Leaf,
    policy::LogPolicy,
    proof::{LoggedLeaf, TlogProof},
    tree::TreeHead,
};

use super::*;
use crate::{
    log::{LogAnswer, LogEvidence, LoggedFile, WithheldFile},
    store::StoredFork,
};

const FOO: &str = "authors/id/T/TI/TIMLEGGE/Foo-Bar-1.02.tar.gz";
const REQUIRED: &str = "[log]\ntlog-policy = 'x'\nrequire-logged = true\n";

/// A leaf of a log that has nothing else.
fn leaf(path: &str, digest: Sha256Digest) -> LoggedLeaf {
    let key = SigningKey::from_seed("log.example", Algorithm::Ed25519, [1; 32]).unwrap();
    let leaf = Leaf::new(path.parse().unwrap(), digest, 7, 1_790_000_000).unwrap();
    let (size, root) = (1, leaf.hash());
    let checkpoint = Checkpoint::new("log.example", TreeHead { size, root });
    let policy = LogPolicy::of_log(key.verifier().clone());
    let note = checkpoint.sign(&key).unwrap().to_string();
    let checkpoint = policy.verify(note.as_bytes()).unwrap();
    let proof = TlogProof::new(&leaf, 0, Vec::new(), &checkpoint);
    proof.verify(&policy).unwrap()
}

fn logged(path: &str, digest: Sha256Digest) -> LogAnswer {
    LogAnswer::Logged(Box::new(LoggedFile::pretended(leaf(path, digest))))
}

fn forked() -> LogAnswer {
    let note = |digest| leaf(FOO, digest).checkpoint().note().to_string();
    LogAnswer::Forked(Box::new(StoredFork {
        log: "log.example+01234567+AAAA".to_owned(),
        known: note(Sha256Digest::new([1; 32])),
        found: note(Sha256Digest::new([2; 32])),
        seen: now(),
    }))
}

/// An unsigned release with this answer of a log that is so many days old.
fn with(answer: LogAnswer, days: Option<i64>) -> Evidence {
    Evidence {
        log: Some(LogEvidence {
            answer,
            age: days.map(|days| SignedDuration::from_hours(24 * days)),
            origin: "log.example".to_owned(),
            notes: vec!["in the CPAN: unknown log".to_owned()],
            withheld: None,
        }),
        ..evidence(Signature::Absent)
    }
}

#[test]
fn admits_unsigned_release_as_the_one_that_everybody_gets() {
    let right = Sha256Digest::new([1; 32]);
    for policy in ["", REQUIRED] {
        let verdict = judge(policy, &with(logged(FOO, right), Some(7)));
        assert_found(&verdict, Finding::Unsigned, Decision::Warn);
        let lines = lines(&verdict);
        assert!(
            lines.contains(
                "everybody gets these bytes: leaf 0 of log.example, logged at 2026-09-21"
            ),
            "{lines}"
        );
        assert!(lines.contains("a proof of the log is not used: in the CPAN: unknown log"));
    }
    // Without a log, nothing changes.
    let verdict = judge(REQUIRED, &evidence(Signature::Absent));
    assert_found(&verdict, Finding::Unsigned, Decision::Warn);
}

#[test]
fn denies_other_bytes_than_the_log_has_under_every_policy() {
    let lenient = "[default]\nunlogged = 'allow'\nunsigned = 'allow'\nname-mismatch = 'allow'\n";
    let right = Sha256Digest::new([1; 32]);
    for answer in [
        logged(FOO, Sha256Digest::new([2; 32])),
        logged("authors/id/T/TI/TIMLEGGE/Foo-Bar-1.03.tar.gz", right),
    ] {
        for (policy, signature) in [
            ("", Signature::Absent),
            (lenient, Signature::Absent),
            (PINNED, valid("tim@x", EARLY)),
        ] {
            let evidence = Evidence {
                signature,
                ..with(answer.clone(), Some(0))
            };
            let verdict = judge(policy, &evidence);
            assert_found(&verdict, Finding::LogMismatch, Decision::Deny);
            assert_eq!(verdict.exit(), Exit::Log);
            assert!(!lines(&verdict).contains("everybody gets"));
        }
    }
}

#[test]
fn denies_log_with_two_histories_and_shows_both() {
    let verdict = judge("[default]\nunlogged = 'allow'\n", &with(forked(), None));
    assert_found(&verdict, Finding::LogFork, Decision::Deny);
    assert_eq!(verdict.exit(), Exit::Log);
    let evidence = verdict.evidence.unwrap();
    assert_eq!(
        evidence.matches("\u{2014} log.example ").count(),
        2,
        "{evidence}"
    );
    let expected = verdict.expected.unwrap();
    assert!(
        expected.starts_with("a tree of log.example that continues 1 leaves"),
        "{expected}"
    );
}

#[test]
fn never_takes_a_log_that_is_down_for_an_answer() {
    let down = || LogAnswer::Undetermined("connection refused".to_owned());
    let verdict = judge(REQUIRED, &with(down(), Some(0)));
    assert_found(&verdict, Finding::Unavailable, Decision::TryLater);
    assert_eq!(verdict.exit(), Exit::TryLater);
    // Where the log is not required, its state is only reported.
    let verdict = judge("", &with(down(), Some(0)));
    assert_found(&verdict, Finding::Unsigned, Decision::Warn);
    assert!(lines(&verdict).contains("also unlogged"), "{verdict}");
    let verdict = judge(REQUIRED, &with(LogAnswer::Unlogged, Some(0)));
    assert_found(&verdict, Finding::Unlogged, Decision::Deny);
    assert_eq!(verdict.exit(), Exit::Log);
}

#[test]
fn reports_log_whose_news_are_withheld() {
    let right = logged(FOO, Sha256Digest::new([1; 32]));
    let policy = |required: &str| format!("[log]\ntlog-policy = 'x'\n{required}");
    for (days, is_stale) in [(Some(7), false), (Some(8), true), (None, true)] {
        let evidence = with(right.clone(), days);
        let verdict = judge(&policy(""), &evidence);
        assert_found(&verdict, Finding::Unsigned, Decision::Warn);
        assert_eq!(lines(&verdict).contains("also log-stale"), is_stale);
        let verdict = judge(REQUIRED, &evidence);
        let finding = match is_stale {
            true => (Finding::LogStale, Decision::Deny, Exit::TryLater),
            false => (Finding::Unsigned, Decision::Warn, Exit::Success),
        };
        assert_eq!((verdict.finding, verdict.decision, verdict.exit()), finding);
    }
    let longer = judge(
        "[log]\ntlog-policy = 'x'\ncheckpoint-age = 9\n",
        &with(right, Some(8)),
    );
    assert!(!lines(&longer).contains("log-stale"));
}

#[test]
fn awaits_author_record_that_a_required_log_has() {
    let mut evidence = with(logged(FOO, Sha256Digest::new([1; 32])), Some(1));
    if let Some(log) = &mut evidence.log {
        log.withheld = Some(WithheldFile {
            path: "authors/id/T/TI/TIMLEGGE/TIMLEGGE-sigstore-identities-2.json"
                .parse()
                .unwrap(),
            time: now(),
        });
    }
    let verdict = judge(REQUIRED, &evidence);
    assert_found(&verdict, Finding::Unavailable, Decision::TryLater);
    let found = verdict.found.unwrap();
    assert!(found.contains("identities-2.json since"), "{found}");
    assert_found(&judge("", &evidence), Finding::Unsigned, Decision::Warn);
}
