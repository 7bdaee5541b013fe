//! Digests that the policy states, and archives whose META lags behind their name.

use super::*;

const RELEASE: &str = "[release.'TIMLEGGE/Foo-Bar-1.02.tar.gz']\n";

/// A pin of the digest whose bytes are all this one.
fn pin(byte: u8) -> String {
    format!("{RELEASE}digest = '{}'\n", Sha256Digest::new([byte; 32]))
}

/// The pin of the bytes that [`evidence`] has.
fn pinned() -> String {
    pin(1)
}

fn misnamed(signature: Signature) -> Evidence {
    Evidence {
        archive: look(Finding::NameMismatch),
        ..evidence(signature)
    }
}

fn by_author() -> Evidence {
    Evidence {
        known: StoreRows {
            author: seen("tim@x"),
            ..StoreRows::default()
        },
        ..misnamed(valid("tim@x", EARLY))
    }
}

#[test]
fn name_mismatch_of_unsigned_release_follows_policy() {
    let evidence = misnamed(Signature::Absent);
    let verdict = judge("", &evidence);
    assert_found(&verdict, Finding::NameMismatch, Decision::Deny);
    assert_eq!(verdict.hint, Some(Hint::OtherRelease));
    let verdict = judge("default.name-mismatch = 'warn'", &evidence);
    assert_found(&verdict, Finding::Unsigned, Decision::Warn);
    let verdict = judge(
        "default.name-mismatch = 'warn'\ndefault.unsigned = 'allow'",
        &evidence,
    );
    assert_found(&verdict, Finding::NameMismatch, Decision::Warn);
    let strict = "[default]\nname-mismatch = 'allow'\nrequire-signed = true\n";
    assert!(!judge(strict, &evidence).admits());
}

#[test]
fn name_mismatch_of_signed_release_follows_no_key() {
    let verdict = judge("default.name-mismatch = 'allow'", &by_author());
    assert_found(&verdict, Finding::NameMismatch, Decision::Deny);
    assert_eq!(verdict.reasons.first(), Some(&Reason::SignedMismatch));
}

#[test]
fn pinned_digest_admits_a_name_that_meta_contradicts() {
    let verdict = judge(&pinned(), &by_author());
    assert_found(&verdict, Finding::Trusted, Decision::Allow);
    let origin = Origin::Release("TIMLEGGE/Foo-Bar-1.02.tar.gz".into());
    assert!(verdict.reasons.contains(&Reason::DigestPinned(origin)));
    let also = |it: &Reason| {
        matches!(
            it,
            Reason::Also {
                finding: Finding::NameMismatch,
                ..
            }
        )
    };
    assert!(verdict.reasons.iter().any(also), "{:?}", verdict.reasons);

    let unsigned = misnamed(Signature::Absent);
    assert_found(
        &judge(&pinned(), &unsigned),
        Finding::Unsigned,
        Decision::Warn,
    );
    let unchecked = Evidence {
        archive: look(Finding::NameUnchecked),
        ..by_author()
    };
    let strict = format!("default.require-signed = true\n{}", pinned());
    assert_found(
        &judge(&strict, &unchecked),
        Finding::Trusted,
        Decision::Allow,
    );
}

#[test]
fn hint_of_a_misnamed_release_states_its_pin() {
    let path = "T/TI/TIMLEGGE/Foo-Bar-1.02.tar.gz".parse().unwrap();
    let evidence = misnamed(Signature::Absent);
    let line = judge("", &evidence).pin(&path).unwrap();
    assert!(judge(&line, &evidence).admits(), "{line}");
    assert_eq!(judge(&line, &evidence).pin(&path), None);
    // Above another release, and above everything else.
    let others = "[release.'T/TI/TIMLEGGE/Foo-Bar-1.03.tar.gz']\ndigest = 'sha256:";
    let others = format!("{line}\n[default]\n{others}{}'\n", "01".repeat(32));
    assert!(judge(&others, &evidence).admits(), "{others}");
}

#[test]
fn pinned_digest_denies_other_bytes_under_the_same_path() {
    for archive in [ArchiveAssessment::Fits, look(Finding::NameUnchecked)] {
        let other = Evidence {
            archive,
            ..by_author()
        };
        for unsigned in [Signature::Absent, valid("tim@x", EARLY)] {
            let other = Evidence {
                signature: unsigned,
                ..copy(&other)
            };
            assert!(judge("", &other).admits());
            let loose = format!("[default]\nname-mismatch = 'allow'\n{}", pin(2));
            let verdict = judge(&loose, &other);
            assert_found(&verdict, Finding::NameMismatch, Decision::Deny);
            assert_eq!(verdict.exit(), Exit::Archive);
            assert_eq!(verdict.hint, Some(Hint::OtherBytes));
        }
    }
}

fn copy(evidence: &Evidence) -> Evidence {
    Evidence {
        archive: evidence.archive.clone(),
        known: evidence.known.clone(),
        ..super::evidence(evidence.signature.clone())
    }
}

#[test]
fn pinned_digest_excuses_neither_signature_nor_signer_nor_hostile_archive() {
    let hostile = Evidence {
        archive: look(Finding::ArchiveHostile),
        ..by_author()
    };
    let stranger = Evidence {
        signature: valid("eve@x", EARLY),
        ..by_author()
    };
    let stripped = Evidence {
        signature: Signature::Absent,
        known: StoreRows {
            signed: Some("T/TI/TIMLEGGE/A-1.tar.gz".parse().unwrap()),
            ..StoreRows::default()
        },
        ..by_author()
    };
    let forged = Evidence {
        signature: refused(),
        ..by_author()
    };
    let undetermined = Evidence {
        signature: Signature::Undetermined("no network".into()),
        ..by_author()
    };
    for (evidence, finding) in [
        (hostile, Finding::ArchiveHostile),
        (stranger, Finding::IdentityChanged),
        (stripped, Finding::Downgrade),
        (forged, Finding::SignatureInvalid(Cause::ArtifactMismatch)),
        (undetermined, Finding::Unavailable),
    ] {
        let verdict = judge(&pinned(), &evidence);
        assert_eq!(verdict.finding, finding);
        assert!(!verdict.admits(), "{finding}");
    }
    let strict = format!("default.require-signed = true\n{}", pinned());
    let unsigned = misnamed(Signature::Absent);
    assert_found(
        &judge(&strict, &unsigned),
        Finding::Unsigned,
        Decision::Deny,
    );
    let owned = format!("[distribution.Foo-Bar]\nauthors = ['OTHER']\n{}", pinned());
    assert_found(
        &judge(&owned, &by_author()),
        Finding::OwnerChanged,
        Decision::Deny,
    );
}

#[test]
fn misnamed_release_is_newest_only_if_its_digest_is_pinned() {
    let path = "T/TI/TIMLEGGE/Foo-Bar-1.02.tar.gz".parse().unwrap();
    let packages = ["Foo::Bar".parse().unwrap()];
    let is_newest = |policy: &str| {
        let rules = Policy::parse(policy).unwrap().rules(&path, &packages);
        let evidence = misnamed(Signature::Absent);
        assert!(decide(&path, &evidence, &rules).admits());
        Lesson::of(&path, &evidence, &rules, now()).is_newest
    };
    assert!(!is_newest("default.name-mismatch = 'allow'"));
    assert!(is_newest(&pinned()));
}
