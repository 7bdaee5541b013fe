//! Properties of records. Texts that are none are in the vectors of the standard.

mod difference;
mod hand_over;
mod schema;

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use cpan_sigstore_core::identity::{
    IdentityPolicy, Matcher, SourceClaims, Wildcard, WorkflowClaims,
};

/// Names, texts with what has to be escaped, and letters of more than one byte.
const NAME: &str = r#"[a-zA-Z0-9@!:/"\\.ä作😀*-]{1,20}"#;

fn time() -> impl Strategy<Value = Timestamp> {
    // All of four-digit years.
    (-62_167_219_200i64..=253_402_207_200)
        .prop_map(|second| Timestamp::from_second(second).unwrap())
}

/// Nothing, a beginning, an end, or both.
fn period() -> impl Strategy<Value = (Option<Timestamp>, Option<Timestamp>)> {
    let time = || proptest::option::of(time());
    (time(), time()).prop_filter("it ends after it begins", |(from, until)| {
        from.zip(*until).is_none_or(|(from, until)| from < until)
    })
}

fn subject() -> impl Strategy<Value = Matcher> {
    let pattern = ("[a-z]{1,5}", r"[a-z.ä]{1,9}", "[a-z]{1,5}", "[a-z@/-]{0,9}");
    let pattern = pattern.prop_map(|(scheme, host, owner, rest)| {
        Wildcard::new(&format!("{scheme}://{host}/{owner}/{rest}*")).unwrap()
    });
    prop_oneof![
        NAME.prop_map(Matcher::Exact),
        pattern.prop_map(Matcher::Wildcard)
    ]
}

fn claims() -> impl Strategy<Value = SourceClaims> {
    let text = || proptest::option::of(r#"[a-z0-9 "\\/ä]{1,12}"#);
    let address = || proptest::option::of(r#"[a-z]{1,3}://[a-z0-9 "\\/ä]{1,12}"#);
    (text(), text(), address(), text(), address()).prop_map(
        |(owner_id, git_ref, repository, repository_id, workflow)| SourceClaims {
            owner_id,
            git_ref,
            repository,
            repository_id,
            workflow,
        },
    )
}

fn identity() -> impl Strategy<Value = AuthorIdentity> {
    (subject(), NAME, claims(), period()).prop_map(|(subject, issuer, source, (from, until))| {
        let mut identity = IdentityPolicy {
            subject,
            issuer: Matcher::Exact(issuer),
            source,
            workflow: WorkflowClaims::default(),
        };
        if identity.leaves_source_open() {
            identity.source.repository_id = Some("17".to_owned());
        }
        AuthorIdentity {
            identity,
            from,
            until,
        }
    })
}

fn identities() -> impl Strategy<Value = Vec<AuthorIdentity>> {
    proptest::collection::vec(identity(), 1..5).prop_filter("each once", |all| {
        (1..all.len()).all(|at| !all[..at].contains(&all[at]))
    })
}

fn releases() -> impl Strategy<Value = Releases> {
    prop_oneof![Just(Releases::Signed), Just(Releases::Mixed)]
}

fn author() -> impl Strategy<Value = PauseId> {
    "[A-Z][A-Z0-9-]{1,11}".prop_map(|id| id.parse().unwrap())
}

/// A first record and the one after it.
fn two() -> impl Strategy<Value = [AuthorRecord; 2]> {
    let said = || (identities(), releases());
    (author(), said(), said()).prop_map(|(author, (first, mixed), (second, signed))| {
        let first = AuthorRecord::first(author, first, mixed).unwrap();
        let second = first.next(second, signed).unwrap();
        [first, second]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_as_the_same_and_is_canonical(records in two()) {
        for record in &records {
            prop_assert_eq!(&AuthorRecord::parse(record.json()).unwrap(), record);
            // JSON of sorted maps, by a way of its own.
            let value: serde_json::Value = serde_json::from_slice(record.json()).unwrap();
            prop_assert_eq!(value.to_string().into_bytes(), record.json());
            prop_assert_eq!(record.name().to_string().parse(), Ok(record.name()));
        }
        let [first, second] = records;
        prop_assert_eq!(second.previous(), Some(first.digest()));
        prop_assert_eq!((first.version(), second.version()), (1, 2));
    }

    #[test]
    fn another_text_is_another_record_or_none(
        records in two(), at in any::<prop::sample::Index>(), byte: u8, edit in 0..3,
    ) {
        let mut text = records[1].json().to_vec();
        let at = at.index(text.len());
        match edit {
            0 => text[at] = byte,
            1 => text.insert(at, byte),
            _ => drop(text.remove(at)),
        }
        match AuthorRecord::parse(&text) {
            Ok(read) if text == records[1].json() => prop_assert_eq!(&read, &records[1]),
            Ok(read) => {
                prop_assert_eq!(read.json(), &text[..]);
                prop_assert_ne!(read.digest(), records[1].digest());
            }
            Err(_) => {}
        }
    }
}

#[test]
fn a_time_of_more_than_four_digits_in_its_year_is_none() {
    let identity = |from: Timestamp| AuthorIdentity {
        identity: IdentityPolicy::exact("tim@example.org", "https://accounts.example"),
        from: Some(from),
        until: None,
    };
    let record = |from| {
        let author = "TIMLEGGE".parse().unwrap();
        AuthorRecord::first(author, vec![identity(from)], Releases::Mixed)
    };
    assert!(record("0000-01-01T00:00:00Z".parse().unwrap()).is_ok());
    assert!(record("-000001-12-31T23:59:59Z".parse().unwrap()).is_err());
}

#[test]
fn what_a_record_cannot_say_is_refused_when_it_is_made() {
    let author: PauseId = "TIMLEGGE".parse().unwrap();
    let made = |subject: Matcher, issuer: Matcher| {
        let identity = AuthorIdentity {
            identity: IdentityPolicy {
                subject,
                issuer,
                source: SourceClaims::default(),
                workflow: WorkflowClaims::default(),
            },
            from: None,
            until: None,
        };
        AuthorRecord::first(author.clone(), vec![identity], Releases::Mixed)
    };
    let exact = |name: &str| Matcher::Exact(name.into());
    let regular = Matcher::pattern(".*@example\\.org").unwrap();
    assert!(made(exact("a@b"), exact("https://i")).is_ok());
    assert!(made(regular.clone(), exact("https://i")).is_err());
    assert!(made(exact("a@b"), regular).is_err());
    assert!(made(exact("a b"), exact("https://i")).is_err());
    assert!(AuthorRecord::first(author, Vec::new(), Releases::Mixed).is_err());
}

#[test]
fn rejects_record_of_a_workflow_that_everybody_may_call() {
    let flows = "https://github.com/shared/flows/.github/workflows/release.yml@refs/tags/";
    for subject in [
        Matcher::Wildcard(Wildcard::new(&format!("{flows}*")).unwrap()),
        Matcher::Exact(format!("{flows}v1")),
    ] {
        let made = |source: SourceClaims| {
            let identity = AuthorIdentity {
                identity: IdentityPolicy {
                    subject: subject.clone(),
                    source,
                    ..IdentityPolicy::exact("", "https://token.actions.githubusercontent.com")
                },
                from: None,
                until: None,
            };
            AuthorRecord::first("TIMLEGGE".parse().unwrap(), vec![identity], Releases::Mixed)
        };
        let none = SourceClaims::default();
        let error = made(none.clone()).unwrap_err().to_string();
        assert!(error.contains("repository-id"), "{error}");
        let owner = SourceClaims {
            owner_id: Some("5".into()),
            git_ref: Some("refs/tags/v1".into()),
            ..none.clone()
        };
        assert!(made(owner).is_err());
        let by_name = SourceClaims {
            repository: Some("https://github.com/tim/Foo".into()),
            ..none.clone()
        };
        assert!(made(by_name).is_ok());
        let by_id = SourceClaims {
            repository_id: Some("17".into()),
            ..none.clone()
        };
        assert!(made(by_id).is_ok());
        let half = SourceClaims {
            repository: Some("tim/Foo".into()),
            ..none
        };
        assert!(made(half).is_err());
    }
}

#[test]
fn the_seeds_of_the_fuzzer_are_records() {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../fuzz/seeds/author_record"
    );
    let mut count = 0;
    for seed in std::fs::read_dir(folder).unwrap() {
        let seed = seed.unwrap().path();
        let read = AuthorRecord::parse(&std::fs::read(&seed).unwrap());
        assert!(read.is_ok(), "{}: {read:?}", seed.display());
        count += 1;
    }
    assert_eq!(count, 7);
}
