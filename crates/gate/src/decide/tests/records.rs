//! Decisions by the author's own records.

use cpan_sigstore_core::identity::{AuthorIdentity, IdentityPolicy};
use cpan_sigstore_records::{
    chain::SignedRecord,
    record::{AuthorRecord, Releases},
};
use jiff::SignedDuration;

use super::*;

const MIDDLE: &str = "2026-06-01T00:00:00Z";

fn author_identity(name: &str, until: Option<&str>) -> AuthorIdentity {
    AuthorIdentity {
        identity: IdentityPolicy::exact(name, "i"),
        from: None,
        until: until.map(|at| at.parse().unwrap()),
    }
}

fn record(
    before: Option<&SignedRecord>,
    identities: &[(&str, Option<&str>)],
    releases: Releases,
    by: &str,
) -> SignedRecord {
    let identities = identities
        .iter()
        .map(|(name, until)| author_identity(name, *until))
        .collect();
    let record = match before {
        Some(before) => before.record().next(identities, releases),
        None => AuthorRecord::first("TIMLEGGE".parse().unwrap(), identities, releases),
    };
    SignedRecord::proved(record.unwrap(), signer(by), vec![EARLY.parse().unwrap()])
}

fn first_record(names: &[&str], by: &str) -> SignedRecord {
    let identities: Vec<_> = names.iter().map(|name| (*name, None)).collect();
    record(None, &identities, Releases::Mixed, by)
}

fn found(records: &[&SignedRecord]) -> PlaceRecords {
    PlaceRecords {
        signed: records.iter().map(|signed| (*signed).clone()).collect(),
        refused: Vec::new(),
    }
}

fn remembered(records: &[&SignedRecord]) -> ChainSources {
    let chain = records.iter().map(|signed| (*signed).clone()).collect();
    ChainSources {
        known: RecordChain::restored("TIMLEGGE".parse().unwrap(), chain).unwrap(),
        ..sources()
    }
}

fn with(signature: Signature, sources: ChainSources) -> Evidence {
    let mut evidence = evidence(signature);
    evidence.known.author.clone_from(&sources.first_seen);
    evidence.authorized = AuthorizedSigners::of(&sources, now());
    evidence.sources = sources;
    evidence
}

#[test]
fn known_record_decides_who_signs_and_when() {
    let one = first_record(&["tim@x", "ci@x"], "tim@x");
    let two = record(
        Some(&one),
        &[("tim@x", Some(MIDDLE)), ("ci@x", None)],
        Releases::Mixed,
        "ci@x",
    );
    for (name, at, finding) in [
        ("tim@x", EARLY, Finding::Trusted),
        ("tim@x", LATE, Finding::IdentityRetired),
        ("ci@x", LATE, Finding::Trusted),
        ("eve@x", LATE, Finding::IdentityMismatch),
    ] {
        // The second is found only now.
        let sources = ChainSources {
            directory: found(&[&two]),
            ..remembered(&[&one])
        };
        let verdict = judge("", &with(valid(name, at), sources));
        assert_eq!(verdict.finding, finding, "{name} {at}: {verdict}");
        assert_eq!(verdict.binding, Some(BindingSource::Record));
        assert!(
            verdict
                .reasons
                .iter()
                .any(|it| it.to_string().contains("version 2"))
        );
    }
}

#[test]
fn record_outranks_first_signer_and_not_a_pin() {
    let one = first_record(&["tim@x"], "tim@x");
    let mut evidence = with(valid("tim@x", LATE), remembered(&[&one]));
    evidence.known.author = seen("eve@x");
    assert_eq!(judge("", &evidence).finding, Finding::Trusted);
    let verdict = judge(PINNED, &evidence);
    assert_eq!(verdict.finding, Finding::IdentityRetired);
    assert_eq!(verdict.binding, Some(BindingSource::Pin));
}

#[test]
fn unknown_record_is_worth_a_first_signature() {
    let one = first_record(&["tim@x"], "tim@x");
    let new = || ChainSources {
        directory: found(&[&one]),
        ..sources()
    };
    let verdict = judge("", &with(valid("tim@x", LATE), new()));
    assert_found(&verdict, Finding::IdentityUnknown, Decision::Warn);
    let verdict = judge(
        "default.require-signed = true",
        &with(valid("tim@x", LATE), new()),
    );
    assert_found(&verdict, Finding::IdentityUnknown, Decision::Deny);
    // A signer who is not in the record is not the author.
    let verdict = judge("", &with(valid("eve@x", LATE), new()));
    assert_found(&verdict, Finding::IdentityMismatch, Decision::Deny);
    // A record in the author index is trusted.
    let sources = ChainSources {
        index: found(&[&one]),
        ..sources()
    };
    let verdict = judge("", &with(valid("tim@x", LATE), sources));
    assert_found(&verdict, Finding::Trusted, Decision::Allow);
}

#[test]
fn changed_identity_needs_record_signed_by_old_one() {
    let by_tim = first_record(&["tim@x", "ci@x"], "tim@x");
    let by_eve = first_record(&["tim@x", "eve@x"], "eve@x");
    for (record, place, name, finding) in [
        (&by_tim, "directory", "ci@x", Finding::Trusted),
        (&by_tim, "index", "ci@x", Finding::Trusted),
        // The record names the old identity, which did not sign it. It changes nothing, from any source.
        (&by_eve, "directory", "eve@x", Finding::IdentityChanged),
        (&by_eve, "directory", "tim@x", Finding::Trusted),
        (&by_eve, "index", "eve@x", Finding::IdentityChanged),
        (&by_eve, "index", "tim@x", Finding::Trusted),
    ] {
        let mut sources = ChainSources {
            first_seen: seen("tim@x"),
            ..sources()
        };
        match place {
            "index" => sources.index = found(&[record]),
            _ => sources.directory = found(&[record]),
        }
        let verdict = judge("", &with(valid(name, LATE), sources));
        assert_eq!(verdict.finding, finding, "{place} {name}: {verdict}");
        let is_told = verdict
            .reasons
            .iter()
            .any(|it| it.to_string().contains("are rejected"));
        assert_eq!(is_told, std::ptr::eq(record, &by_eve), "{verdict:?}");
    }
}

#[test]
fn keeps_stored_chain_against_index_and_directory() {
    let known = first_record(&["tim@x"], "tim@x");
    let others = first_record(&["eve@x"], "eve@x");
    let password_only = record(Some(&known), &[("eve@x", None)], Releases::Mixed, "eve@x");
    for record in [&others, &password_only] {
        let places: [fn(&SignedRecord) -> ChainSources; 2] = [
            |record| ChainSources {
                index: found(&[record]),
                ..sources()
            },
            |record| ChainSources {
                directory: found(&[record]),
                ..sources()
            },
        ];
        for place in places {
            for (name, finding) in [
                ("tim@x", Finding::Trusted),
                ("eve@x", Finding::IdentityMismatch),
            ] {
                let sources = ChainSources {
                    known: remembered(&[&known]).known,
                    ..place(record)
                };
                let evidence = with(valid(name, LATE), sources);
                assert!(!evidence.authorized.is_news);
                let verdict = judge("", &evidence);
                assert_eq!(verdict.finding, finding);
                let text = lines(&verdict);
                assert!(
                    text.contains(&record.record().digest().to_string()),
                    "{text}"
                );
            }
        }
    }
}

#[test]
fn override_replaces_stored_record_and_first_signer() {
    let known = first_record(&["tim@x"], "tim@x");
    let recovered = record(Some(&known), &[("new@x", None)], Releases::Mixed, "new@x");
    let sources = |overridden: bool| ChainSources {
        directory: found(&[&recovered]),
        overrides: overridden
            .then(|| recovered.record().digest())
            .into_iter()
            .collect(),
        first_seen: seen("tim@x"),
        ..remembered(&[&known])
    };
    let verdict = judge("", &with(valid("new@x", LATE), sources(false)));
    assert_eq!(verdict.finding, Finding::IdentityMismatch);
    let verdict = judge("", &with(valid("new@x", LATE), sources(true)));
    assert_eq!(verdict.finding, Finding::Trusted);
}

#[test]
fn unsigned_release_of_signing_author_is_downgrade() {
    let one = record(None, &[("tim@x", None)], Releases::Signed, "tim@x");
    let new = ChainSources {
        directory: found(&[&one]),
        ..sources()
    };
    for sources in [remembered(&[&one]), new] {
        let verdict = judge(
            "default.unsigned = 'allow'",
            &with(Signature::Absent, sources),
        );
        assert_found(&verdict, Finding::Downgrade, Decision::Deny);
    }
    let mixed = remembered(&[&first_record(&["tim@x"], "tim@x")]);
    let verdict = judge("", &with(Signature::Absent, mixed));
    assert_found(&verdict, Finding::Unsigned, Decision::Warn);
}

#[test]
fn a_record_outranks_another_authors_distribution() {
    let one = first_record(&["tim@x"], "tim@x");
    let mut evidence = with(valid("tim@x", LATE), remembered(&[&one]));
    evidence.known.distribution = vec![first_signer("EVE", "eve@x")];
    let verdict = judge("default.require-signed = true", &evidence);
    assert_found(&verdict, Finding::Trusted, Decision::Allow);
    let text = lines(&verdict);
    assert!(text.contains("first seen from EVE"), "{text}");
}

#[test]
fn accepts_pause_as_issuer_only_by_policy() {
    let policy = "[pause]\nissuer = 'https://pause.example'\ndomain = 'pause.example'\n";
    let by = |subject| {
        let signer = SignerIdentity {
            subject,
            issuer: "https://pause.example".into(),
            claims: CiClaims::default(),
        };
        verified(signer, vec![LATE.parse().unwrap()], None)
    };
    let username = |name: &str| by(Subject::Username(name.into()));
    for (signature, finding) in [
        (username("TIMLEGGE!pause.example"), Finding::Trusted),
        (username("EVE!pause.example"), Finding::IdentityMismatch),
        (
            username("timlegge!pause.example"),
            Finding::IdentityMismatch,
        ),
        (username("TIMLEGGE!evil.example"), Finding::IdentityMismatch),
        (username("TIMLEGGE"), Finding::IdentityMismatch),
        (
            by(Subject::Email("TIMLEGGE!pause.example".into())),
            Finding::IdentityMismatch,
        ),
    ] {
        let mut evidence = evidence(signature);
        let verdict = judge(policy, &evidence);
        assert_eq!(verdict.finding, finding, "{verdict}");
        assert_eq!(verdict.binding, Some(BindingSource::PauseIssued));
        assert_eq!(judge("", &evidence).finding, Finding::IdentityUnknown);
        // A record survives a stolen password at PAUSE.
        let one = first_record(&["tim@x"], "tim@x");
        evidence.authorized = AuthorizedSigners::of(&remembered(&[&one]), now());
        assert_eq!(judge(policy, &evidence).finding, Finding::IdentityMismatch);
    }
}

#[test]
fn stale_author_index_warns_then_is_unavailable() {
    let one = first_record(&["tim@x"], "tim@x");
    let aged = |days: i64| IndexAge::Signed {
        operator: "https://index.example".into(),
        age: SignedDuration::from_hours(24 * days),
    };
    let absent = IndexAge::Absent {
        operator: "https://index.example".into(),
    };
    let future = IndexAge::InFuture {
        operator: "https://index.example".into(),
        signed: LATE.parse().unwrap(),
    };
    for (index, policy, finding, decision) in [
        (aged(7), "", Finding::Trusted, Decision::Allow),
        (aged(8), "", Finding::IndexStale, Decision::Warn),
        (
            aged(8),
            "default.index-stale = 'deny'",
            Finding::IndexStale,
            Decision::Deny,
        ),
        (
            aged(8),
            "default.index-age = 8",
            Finding::Trusted,
            Decision::Allow,
        ),
        (aged(30), "", Finding::IndexStale, Decision::Warn),
        (aged(31), "", Finding::Unavailable, Decision::TryLater),
        (
            aged(31),
            "default.index-stale = 'allow'",
            Finding::Unavailable,
            Decision::TryLater,
        ),
        (aged(31), PINNED_LONG, Finding::Trusted, Decision::Allow),
        (absent.clone(), "", Finding::Unavailable, Decision::TryLater),
        (absent, PINNED_LONG, Finding::Trusted, Decision::Allow),
        (future, "", Finding::Unavailable, Decision::TryLater),
    ] {
        let mut evidence = with(valid("tim@x", LATE), remembered(&[&one]));
        evidence.index = Some(index.clone());
        assert_found(&judge(policy, &evidence), finding, decision);
        // An unsigned release is not known to be allowed either.
        if decision == Decision::TryLater {
            let mut evidence = with(Signature::Absent, sources());
            evidence.index = Some(index);
            assert_found(&judge(policy, &evidence), finding, decision);
        }
    }
}

/// An author whose identity the user has pinned.
const PINNED_LONG: &str = "[author.TIMLEGGE]\nidentities = [{ subject = 'tim@x', issuer = 'i' }]\n";

#[test]
fn unverifiable_records_are_unavailable() {
    for signature in [Signature::Absent, valid("tim@x", LATE)] {
        let mut evidence = with(signature, sources());
        evidence.undetermined = Some("no trust material".into());
        assert_found(
            &judge("", &evidence),
            Finding::Unavailable,
            Decision::TryLater,
        );
    }
}

#[test]
fn remembers_record_signer_like_release_signer() {
    let first = first_record(&["tim@x"], "tim@x");
    let agrees = StableIdentity::from(first.signer());
    assert_eq!(StableIdentity::from(&agrees.signer()), agrees);
}
