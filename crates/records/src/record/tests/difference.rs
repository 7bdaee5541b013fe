//! What is shown before the author says yes is all of what changes.

use super::*;
use cpan_sigstore_core::identity::{CiClaims, Membership, SignerIdentity, Subject};

/// Few names and times, so that the same ones meet.
fn few() -> impl Strategy<Value = Vec<AuthorIdentity>> {
    let time =
        || proptest::option::of((0..4i64).prop_map(|at| Timestamp::from_second(at).unwrap()));
    let one = ("[ab]", time(), time()).prop_filter_map("a period", |(name, from, until)| {
        if from.zip(until).is_some_and(|(from, until)| from >= until) {
            return None;
        }
        Some(AuthorIdentity {
            identity: IdentityPolicy::exact(name, "https://accounts.example"),
            from,
            until,
        })
    });
    proptest::collection::vec(one, 1..4).prop_filter("each once", |all| {
        (1..all.len()).all(|at| !all[..at].contains(&all[at]))
    })
}

fn records() -> impl Strategy<Value = [AuthorRecord; 2]> {
    let said = || (few(), releases());
    (said(), said()).prop_map(|((before, mixed), (after, signed))| {
        let author = "TIMLEGGE".parse().unwrap();
        let before = AuthorRecord::first(author, before, mixed).unwrap();
        let after = before.next(after, signed).unwrap();
        [before, after]
    })
}

fn counts(record: &AuthorRecord, name: &str, at: i64) -> bool {
    let signer = SignerIdentity {
        subject: Subject::Email(name.into()),
        issuer: "https://accounts.example".into(),
        claims: CiClaims::default(),
    };
    let times = [Timestamp::from_second(at).unwrap()];
    AuthorIdentity::compare(record.identities(), &signer, &times) == Membership::Authorized
}

proptest! {
    #[test]
    fn nothing_is_shown_only_where_nothing_changes(records in records()) {
        let [before, after] = records;
        let same_identities = before.identities().len() == after.identities().len()
            && before.identities().iter().all(|it| after.identities().contains(it));
        let same = same_identities && before.releases() == after.releases();
        prop_assert_eq!(difference(Some(&before), &after).is_empty(), same);
        // All of a first record is new.
        let all = before.identities().len() + 1;
        prop_assert_eq!(difference(None, &before).len(), all);
    }

    #[test]
    fn no_signature_comes_to_count_without_a_change_that_says_so(records in records()) {
        let [before, after] = records;
        let widens = difference(Some(&before), &after).iter().any(Change::widens);
        for (name, at) in ["a", "b"].into_iter().flat_map(|name| (-1..5).map(move |at| (name, at))) {
            prop_assert!(widens || !counts(&after, name, at) || counts(&before, name, at));
        }
    }
}

#[test]
fn a_change_is_a_line_that_a_person_understands() {
    let identity = |name: &str, until: Option<&str>| AuthorIdentity {
        identity: IdentityPolicy::exact(name, "https://accounts.example"),
        from: None,
        until: until.map(|time| time.parse().unwrap()),
    };
    let author = "TIMLEGGE".parse().unwrap();
    let before = vec![identity("old@x", None), identity("gone@x", None)];
    let before = AuthorRecord::first(author, before, Releases::Mixed).unwrap();
    let after = vec![
        identity("old@x", Some("2026-06-01T00:00:00Z")),
        identity("new@x", None),
    ];
    let after = before.next(after, Releases::Signed).unwrap();
    let lines: Vec<_> = difference(Some(&before), &after)
        .iter()
        .map(Change::to_string)
        .collect();
    assert_eq!(
        lines,
        [
            "~ old@x (by https://accounts.example): valid for signatures before 2026-06-01T00:00:00Z (was: always)",
            "- gone@x (by https://accounts.example): none of its signatures is valid any more, not even older ones",
            "+ new@x (by https://accounts.example)",
            "~ releases: all are signed; one without a bundle is refused",
        ]
    );
}
