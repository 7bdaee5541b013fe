//! Author indexes. A parsed index must survive its successor unchanged. Each author's records must
//! be the author's and start from version 1 without a gap.

#![no_main]

use cpan_sigstore_records::author_index::{AuthorIndex, Draft, PackageOwners, difference};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(index) = AuthorIndex::parse(bytes.to_vec()) else {
        return;
    };
    assert!(
        index
            .authors()
            .is_sorted_by(|one, other| one.id() < other.id())
    );
    assert!(
        index
            .packages()
            .is_sorted_by(|(one, _), (two, _)| one < two)
    );
    for (package, owners) in index.packages() {
        assert_eq!(index.owners_of(package), Some(owners));
        assert_eq!(
            PackageOwners::from_json(&owners.to_json()).as_ref(),
            Some(owners)
        );
    }
    for author in index.authors() {
        assert!(!author.text().contains('\n'));
        let Ok(entries) = author.entries() else {
            continue;
        };
        for (version, entry) in (1..).zip(&entries) {
            assert_eq!(entry.record.author(), author.id());
            assert_eq!(entry.record.version(), version);
        }
        let mut draft = Draft::after(Some(&index));
        draft.put(author.id().clone(), &entries);
        if let Ok(next) = draft.finish(index.dated()) {
            let again = next.author(author.id()).expect("it was inserted").entries();
            let again = again.expect("it was read before");
            assert!(
                again
                    .iter()
                    .zip(&entries)
                    .all(|(read, entry)| { read.is(entry.record.json(), entry.bundle.as_bytes()) })
            );
        }
    }
    let Ok(next) = Draft::after(Some(&index)).finish(index.dated()) else {
        return;
    };
    assert_eq!(next.number(), index.number() + 1);
    assert_eq!(next.previous(), Some(index.digest()));
    assert_eq!(next.overrides(), index.overrides());
    assert_eq!(next.packages(), index.packages());
    assert_eq!(next.transfers(), index.transfers());
    for number in index.number().saturating_sub(3)..=index.number() {
        assert_eq!(next.digest_of(number), index.digest_of(number));
    }
    assert!(difference(&index, &next).is_ok_and(|difference| difference.is_empty()));
});
