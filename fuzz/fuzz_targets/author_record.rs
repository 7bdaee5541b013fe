//! Author records. A parsed record must be written as the same text, and must accept a successor.

#![no_main]

use cpan_sigstore_records::record::{
    AuthorRecord, Change, RecordName, Releases, VERSION_LIMIT, difference,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let Ok(record) = AuthorRecord::parse(text) else {
        return;
    };
    assert_eq!(record.json(), text);
    assert_eq!(
        record.name().to_string().parse::<RecordName>(),
        Ok(record.name())
    );
    assert!(difference(Some(&record), &record).is_empty());
    for line in difference(None, &record).iter().map(Change::to_string) {
        assert!(!line.contains('\n'));
    }
    let next = record.next(record.identities().to_vec(), Releases::Signed);
    if record.version() == VERSION_LIMIT {
        assert!(next.is_err());
    } else if let Ok(next) = next {
        // The successor is longer and may be too long.
        assert_eq!(AuthorRecord::parse(next.json()), Ok(next.clone()));
        assert_eq!(next.previous(), Some(record.digest()));
    }
});
