//! What the checks find in an archive.

use std::io::Cursor;

use cpan_sigstore_archive::{Code, Defect, Destination, Preflight, Severity, preflight};
pub use cpan_sigstore_testkit::archive::{
    Entry, META_JSON, META_YML, NAME, bzip2, entry, file, gzip, link, of_kind, release, tar, targz,
    with,
};

pub fn look_as(bytes: &[u8], name: &str, destination: &Destination) -> Preflight {
    preflight(&mut Cursor::new(bytes), name, destination).unwrap()
}

pub fn look(bytes: &[u8]) -> Preflight {
    look_as(bytes, NAME, &Destination::default())
}

/// The one defect there is.
#[track_caller]
pub fn the_only(found: &Preflight, code: Code, severity: Severity) -> Defect {
    let [defect] = found.defects.as_slice() else {
        panic!("{:#?}", found.defects);
    };
    assert_eq!(
        (defect.code, defect.severity),
        (code, severity),
        "{defect:#?}"
    );
    assert!(!defect.expected.is_empty() && !defect.found.is_empty() && !defect.remedy.is_empty());
    defect.clone()
}

/// That there is one with this code and severity, beside others.
#[track_caller]
pub fn has(found: &Preflight, code: Code, severity: Severity) {
    let is_it = |defect: &Defect| defect.code == code && defect.severity == severity;
    assert!(found.defects.iter().any(is_it), "{:#?}", found.defects);
}
