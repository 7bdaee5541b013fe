//! The text of an index, and the next one.

mod packages;

use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::record::Releases;
use cpan_sigstore_core::identity::{
    AuthorIdentity, IdentityPolicy, Matcher, SourceClaims, WorkflowClaims,
};

const NOW: &str = "2026-11-24T12:00:00Z";

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn id(text: &str) -> PauseId {
    text.parse().unwrap()
}

fn identity(name: &str) -> AuthorIdentity {
    AuthorIdentity {
        identity: IdentityPolicy {
            subject: Matcher::Exact(name.to_owned()),
            issuer: Matcher::Exact("https://issuer.example".to_owned()),
            source: SourceClaims::default(),
            workflow: WorkflowClaims::default(),
        },
        from: None,
        until: None,
    }
}

/// The first versions of an author's record, with a bundle each that is none.
fn entries(author: &str, count: u32) -> Vec<Entry> {
    let mut record =
        AuthorRecord::first(id(author), vec![identity("a@x")], Releases::Mixed).unwrap();
    let mut entries = Vec::new();
    for version in 1..=count {
        let next = record
            .next(vec![identity(&format!("{version}@x"))], Releases::Mixed)
            .unwrap();
        entries.push(Entry {
            record: std::mem::replace(&mut record, next),
            bundle: "{ \"a\":\t\"b \\\" {\\n\" ,\n\"c\": [1, 2] }".to_owned(),
        });
    }
    entries
}

fn first() -> AuthorIndex {
    let mut draft = Draft::after(None);
    draft.put(id("MYAUTHOR"), &entries("MYAUTHOR", 2));
    draft.put(id("ANOTHER"), &entries("ANOTHER", 1));
    draft.finish(time(NOW)).unwrap()
}

fn refused(text: &str) -> AuthorIndexError {
    AuthorIndex::parse(text.as_bytes().to_vec()).unwrap_err()
}

#[test]
fn an_index_reads_back_what_was_put_into_it() {
    let index = first();
    assert_eq!((index.number(), index.previous()), (1, None));
    assert_eq!(index.dated(), time(NOW));
    let ids: Vec<_> = index.authors().map(|author| author.id().as_str()).collect();
    assert_eq!(ids, ["ANOTHER", "MYAUTHOR"]);
    let read = index.author(&id("MYAUTHOR")).unwrap().entries().unwrap();
    assert_eq!(read.len(), 2);
    assert_eq!(read[1].record, entries("MYAUTHOR", 2)[1].record);
    // White space between the parts goes, that of texts stays.
    assert_eq!(read[0].bundle, r#"{"a":"b \" {\n","c":[1,2]}"#);
    let file = &entries("MYAUTHOR", 1)[0];
    assert!(read[0].is(file.record.json(), file.bundle.as_bytes()));
    assert!(!read[0].is(file.record.json(), br#"{"a":"b\" {\n","c":[1,2]}"#));
    assert_eq!(index.author(&id("NOBODY")), None);
    let again = AuthorIndex::parse(index.text().as_bytes().to_vec()).unwrap();
    assert_eq!(again, index);
}

#[test]
fn the_next_index_names_the_one_before_and_keeps_the_bytes_of_unchanged_authors() {
    let one = first();
    let mut draft = Draft::after(Some(&one));
    draft.put(id("MYAUTHOR"), &entries("MYAUTHOR", 3));
    let two = draft.finish(time(NOW)).unwrap();
    assert_eq!((two.number(), two.previous()), (2, Some(one.digest())));
    let line = |index: &AuthorIndex, author: &str| {
        let begin = format!("\"{author}\": ");
        let mut lines = index.text().lines().filter(|line| line.starts_with(&begin));
        let line = lines.next().unwrap().trim_end_matches(',').to_owned();
        assert_eq!(lines.next(), None);
        line
    };
    assert_eq!(line(&one, "ANOTHER"), line(&two, "ANOTHER"));
    assert_ne!(line(&one, "MYAUTHOR"), line(&two, "MYAUTHOR"));

    let found = difference(&one, &two).unwrap();
    assert_eq!(found.authors.len(), 1);
    let change = &found.authors[0];
    assert_eq!((change.from, change.to, change.replaced), (2, 3, None));
    assert!(
        change.changes.iter().any(|it| it.contains("2@x")),
        "{change:?}"
    );
    assert!(difference(&two, &two).unwrap().is_empty());
}

#[test]
fn an_override_counts_after_a_week_at_the_earliest_and_is_carried_on() {
    let record = &entries("MYAUTHOR", 1)[0].record;
    let announce = |reason: &str, days: i64| {
        let delay = SignedDuration::from_hours(24 * days);
        Override::announce(record, reason, delay, time("2026-11-24T12:00:00.5Z"))
    };
    for (reason, days) in [("lost", 6), ("", 7), (" ", 7), ("a\u{202e}b", 7)] {
        assert!(announce(reason, days).is_err(), "{reason} {days}");
    }
    assert!(announce(&"x".repeat(REASON_LIMIT + 1), 7).is_err());
    let announced = announce("lost the laptop", 7).unwrap();
    let active = |now| in_effect([KnownOverride::from(&announced)], time(now));
    assert_eq!(active("2026-12-01T11:59:59Z"), []);
    assert_eq!(active("2026-12-01T12:00:00Z"), [announced.record]);

    let one = first();
    let mut draft = Draft::after(Some(&one));
    draft.announce(announced.clone());
    let two = draft.finish(time(NOW)).unwrap();
    let three = Draft::after(Some(&two)).finish(time(NOW)).unwrap();
    assert_eq!(three.overrides(), std::slice::from_ref(&announced));
    assert_eq!(three.overrides_of(&id("MYAUTHOR")).count(), 1);
    assert_eq!(difference(&one, &three).unwrap().announced, [announced]);

    // In a text, too.
    let text = two.text();
    for (is, instead) in [
        (
            "\"effective\":\"2026-12-01T12:00:00Z\"",
            "\"effective\":\"2026-12-01T11:59:59Z\"",
        ),
        (
            "\"effective\":\"2026-12-01T12:00:00Z\"",
            "\"effective\":\"2026-12-01T12:00:00+00:00\"",
        ),
        ("\"version\":1}\n]", "\"version\":0}\n]"),
        (
            "\"author\":\"MYAUTHOR\",\"effective\"",
            "\"author\":\"myauthor\",\"effective\"",
        ),
        ("\"reason\":\"lost the laptop\"", "\"reason\":\"\""),
        ("\"reason\":\"lost the laptop\",", ""),
    ] {
        assert!(text.contains(is), "{is}");
        refused(&text.replace(is, instead));
    }
    let one_of_them = text
        .lines()
        .find(|line| line.starts_with("{\"announced\""))
        .unwrap();
    refused(&text.replace(one_of_them, &format!("{one_of_them},\n{one_of_them}")));
}

#[test]
fn what_two_readers_could_read_in_two_ways_is_refused() {
    let text = first().text().to_owned();
    let another = text.lines().nth(2).unwrap();
    assert!(another.starts_with("\"ANOTHER\""));
    for (is, instead) in [
        // An author twice, or not in order.
        (another, format!("{another}\n{another}")),
        (another, another.replace("\"ANOTHER\"", "\"ZZZ\"")),
        (another, another.replace("\"ANOTHER\"", "\"another\"")),
        (another, another.replace("\"ANOTHER\"", "\"A/../B\"")),
        // An author on two lines.
        (another, another.replace("[{", "[\n{")),
        (
            "\"number\": 1,",
            "\"number\": 1,\n\"number\": 1,".to_owned(),
        ),
        ("\"number\": 1,", "\"number\": 0,".to_owned()),
        ("\"number\": 1,", "\"number\": 2,".to_owned()),
        ("\"number\": 1,", "\"number\": 1.0,".to_owned()),
        (
            "\"number\": 1,",
            "\"number\": 1,\n\"comment\": \"\",".to_owned(),
        ),
        (
            "\"number\": 1,",
            "\"number\": 1,\n\"previous\": null,".to_owned(),
        ),
        ("\"number\": 1,", "".to_owned()),
        ("index.v1+json", "index.v2+json".to_owned()),
        (
            "\"2026-11-24T12:00:00Z\"",
            "\"2026-11-24T12:00:00.5Z\"".to_owned(),
        ),
        (
            "\"2026-11-24T12:00:00Z\"",
            "\"2026-11-24 12:00:00Z\"".to_owned(),
        ),
        ("\n}\n", "\n}\n{}".to_owned()),
    ] {
        assert!(text.contains(is), "{is}");
        let changed = text.replacen(is, &instead, 1);
        assert!(
            AuthorIndex::parse(changed.clone().into_bytes()).is_err(),
            "{changed:.900}"
        );
    }
    assert!(AuthorIndex::parse(vec![0xff]).is_err());
}

#[test]
fn what_stands_at_an_author_is_read_as_strictly_when_it_is_asked_for() {
    let text = first().text().to_owned();
    let at = |text: &str| {
        let index = AuthorIndex::parse(text.as_bytes().to_vec()).unwrap();
        index.author(&id("ANOTHER")).unwrap().entries()
    };
    assert!(at(&text).is_ok());
    let another = text.lines().nth(2).unwrap();
    for (is, instead) in [
        ("\"author\":\"ANOTHER\"", "\"author\":\"MYAUTHOR\""),
        ("\"version\":1", "\"version\":2"),
        ("\"record\":{", "\"record\":{ "),
        ("\"record\":{", "\"Record\":{"),
        ("\"bundle\":{", "\"bundle\":{},\"bundle\":{"),
        ("\"bundle\":{", "\"more\":1,\"bundle\":{"),
        ("[{\"bundle\"", "[[{\"bundle\""),
    ] {
        assert!(another.contains(is), "{is}");
        let mut changed = another.replacen(is, instead, 1);
        if instead.starts_with("[[") {
            changed = "\"ANOTHER\": [],".to_owned();
        }
        assert!(at(&text.replace(another, &changed)).is_err(), "{is}");
    }
}

proptest! {
    #[test]
    fn whatever_is_put_into_an_index_stands_on_one_line_and_is_read_back(
        bundles in proptest::collection::vec("[a-z\\\\\" \\n]{0,12}", 1..4),
        authors in proptest::collection::btree_set("[A-Z][A-Z0-9-]{1,8}", 0..5),
    ) {
        let mut draft = Draft::after(None);
        let mut put = Vec::new();
        for author in &authors {
            let mut records = entries(author, u32::try_from(bundles.len()).unwrap());
            for (entry, text) in records.iter_mut().zip(&bundles) {
                entry.bundle = serde_json::to_string_pretty(&serde_json::json!({ "a": text })).unwrap();
            }
            draft.put(id(author), &records);
            put.push(records);
        }
        let index = draft.finish(time(NOW)).unwrap();
        prop_assert_eq!(index.text().lines().count(), authors.len() + 9);
        for (author, records) in index.authors().zip(put) {
            for (read, entry) in author.entries().unwrap().iter().zip(records) {
                prop_assert!(read.is(entry.record.json(), entry.bundle.as_bytes()));
                let value = |text| serde_json::from_str::<serde_json::Value>(text).unwrap();
                prop_assert_eq!(value(&read.bundle), value(&entry.bundle));
            }
        }
    }
}

#[test]
fn the_seeds_of_the_fuzzer_are_indexes() {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../fuzz/seeds/operator_index"
    );
    let mut count = 0;
    for seed in std::fs::read_dir(folder).unwrap() {
        let seed = seed.unwrap().path();
        let index = AuthorIndex::parse(std::fs::read(&seed).unwrap()).unwrap();
        for author in index.authors() {
            assert!(author.entries().is_ok(), "{}", seed.display());
        }
        count += 1;
    }
    assert_eq!(count, 5);
}

#[test]
fn states_the_digests_of_all_earlier_indexes() {
    let mut indexes = vec![first()];
    for _ in 0..4 {
        let next = Draft::after(indexes.last()).finish(time(NOW)).unwrap();
        indexes.push(next);
    }
    let [.., third, fourth, fifth] = &indexes[..] else {
        panic!("{indexes:?}");
    };
    assert_eq!(fifth.earlier().len(), 3);
    for (number, index) in (1..).zip(&indexes) {
        assert_eq!(fifth.digest_of(number), Some(index.digest()), "{number}");
    }
    assert_eq!(fifth.digest_of(6), None);
    assert_eq!(fifth.digest_of(0), None);
    // None of them can be left out.
    let text = fifth.text();
    refused(&text.replacen(&format!("\n\"{}\",", third.digest()), "", 1));
    assert!(!text.contains(&format!("\n\"{}\"", fourth.digest())));
    let begin = text.find("\"earlier\"").unwrap();
    let end = text.find("\"mediaType\"").unwrap();
    refused(&format!("{}{}", &text[..begin], &text[end..]));
}

#[test]
fn keeps_a_limited_number_of_earlier_digests() {
    let digest = |at: usize| Sha256Digest::of(&at.to_be_bytes());
    let earlier: Vec<String> = (0..EARLIER_LIMIT)
        .map(|at| format!("\"{}\"", digest(at)))
        .collect();
    let number = EARLIER_LIMIT + 2;
    let text = first().text().replace(
        "\n\"mediaType\"",
        &format!("\"earlier\": [\n{}\n],\n\"mediaType\"", earlier.join(",\n")),
    );
    let text = text.replace("\"number\": 1,", &format!("\"number\": {number},"));
    let previous = digest(EARLIER_LIMIT);
    let text = text.replace(
        "\n]\n}\n",
        &format!("\n],\n\"previous\": \"{previous}\"\n}}\n"),
    );
    let index = AuthorIndex::parse(text.into_bytes()).unwrap();
    let oldest = digest(EARLIER_LIMIT - 1);
    assert_eq!(index.digest_of(1), Some(oldest));
    let next = Draft::after(Some(&index)).finish(time(NOW)).unwrap();
    assert_eq!(next.earlier().len(), EARLIER_LIMIT);
    assert_eq!(next.earlier().first(), Some(&previous));
    assert_eq!(next.digest_of(2), Some(digest(EARLIER_LIMIT - 2)));
    assert_eq!(next.digest_of(1), None);
}
