//! Distributions that are handed over.

use super::*;

fn identity(name: &str) -> AuthorIdentity {
    AuthorIdentity {
        identity: IdentityPolicy::exact(name, "https://issuer.example"),
        from: None,
        until: None,
    }
}

/// A record with a value of `distributions`.
fn with_distributions(stated: &str) -> Result<AuthorRecord, RecordError> {
    let author: PauseId = "TIMLEGGE".parse().unwrap();
    let record = AuthorRecord::first(author, vec![identity("a@x")], Releases::Mixed).unwrap();
    let text = String::from_utf8(record.json().to_vec()).unwrap();
    let start = r#"{"author":"TIMLEGGE","#;
    let rest = text.strip_prefix(start).unwrap();
    AuthorRecord::parse(format!("{start}\"distributions\":{stated},{rest}").as_bytes())
}

#[test]
fn reads_distributions_that_are_handed_over() {
    let record = with_distributions(r#"{"Foo-Bar":["ANOTHER","OTHER"],"perl":["OTHER"]}"#).unwrap();
    let ids = |name: &str| -> Vec<_> {
        record
            .successors(name)
            .iter()
            .map(PauseId::as_str)
            .collect()
    };
    assert_eq!(ids("Foo-Bar"), ["ANOTHER", "OTHER"]);
    assert_eq!(ids("perl"), ["OTHER"]);
    // Another spelling is another distribution.
    for other in ["foo-bar", "Foo-Bar-Baz", "Foo", "Foo::Bar", "Perl", ""] {
        assert!(ids(other).is_empty(), "{other}");
    }
    // The next version keeps them, unless it states others.
    let next = record
        .next(record.identities().to_vec(), Releases::Signed)
        .unwrap();
    assert_eq!(next.distributions(), record.distributions());
    let without = next.handing_over(&HandOvers::new()).unwrap();
    assert!(!String::from_utf8_lossy(without.json()).contains("distributions"));
    let changes: Vec<_> = difference(Some(&next), &without)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        changes[0],
        "- Foo-Bar: releases by ANOTHER are not legitimate any more"
    );
    assert_eq!(changes.len(), 3);
    let back = difference(
        Some(&without),
        &without.handing_over(record.distributions()).unwrap(),
    );
    assert!(
        back.len() == 3 && back.iter().all(Change::widens),
        "{back:?}"
    );
}

#[test]
fn rejects_hand_overs_that_nobody_can_mean() {
    for stated in [
        "{}",
        "[]",
        r#"{"Foo":[]}"#,
        r#"{"Foo":["other"]}"#,
        r#"{"Foo":["O"]}"#,
        r#"{"Foo":["TIMLEGGE"]}"#,
        r#"{"Foo":["OTHER","OTHER"]}"#,
        r#"{"Foo":["OTHER","ANOTHER"]}"#,
        r#"{"Foo":"OTHER"}"#,
        r#"{"Foo":["OTHER"],"Foo":["OTHER"]}"#,
        r#"{"Foo":["OTHER"],"Bar":["OTHER"]}"#,
        r#"{"":["OTHER"]}"#,
        r#"{"-Foo":["OTHER"]}"#,
        r#"{"*":["OTHER"]}"#,
        r#"{"Foo::Bar":["OTHER"]}"#,
        r#"{"Foo/Bar":["OTHER"]}"#,
        r#"{"Foö":["OTHER"]}"#,
        r#"{"Foo ":["OTHER"]}"#,
        "null",
    ] {
        assert!(with_distributions(stated).is_err(), "{stated}");
    }
    let long = format!(r#"{{"{}":["OTHER"]}}"#, "x".repeat(201));
    assert!(with_distributions(&long).is_err());
    let ids = |count: usize| -> String {
        (0..count)
            .map(|at| format!(r#""A{at:03}""#))
            .collect::<Vec<_>>()
            .join(",")
    };
    assert!(with_distributions(&format!(r#"{{"Foo":[{}]}}"#, ids(100))).is_ok());
    assert!(with_distributions(&format!(r#"{{"Foo":[{}]}}"#, ids(101))).is_err());
}
