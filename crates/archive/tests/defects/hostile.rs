//! Archives that were changed anywhere: an answer comes each time, and in time.

use cpan_sigstore_archive::{Destination, Severity};
use proptest::prelude::*;
use tar::EntryType;

use crate::archive::{bzip2, gzip, link, look_as, of_kind, tar, with};

/// A release with something of everything.
fn rich() -> Vec<u8> {
    tar(&with([
        link("Foo-Bar-1.02/l", EntryType::Symlink, "lib"),
        link("Foo-Bar-1.02/h", EntryType::Link, "Foo-Bar-1.02/META.json"),
        of_kind("Foo-Bar-1.02/t/", EntryType::Directory),
    ]))
}

fn check(bytes: &[u8], name: &str) -> Result<(), TestCaseError> {
    let found = look_as(bytes, name, &Destination::default());
    prop_assert_eq!(found.is_fit(), found.of(Severity::Error).count() == 0);
    for defect in &found.defects {
        prop_assert!(defect.members.len() <= 5);
        prop_assert!(!defect.remedy.is_empty());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_changed_tar_archive_never_panics(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        fix_sums in any::<bool>(),
    ) {
        let mut bytes = rich();
        for (at, value) in &changes {
            let at = at.index(bytes.len());
            bytes[at] = *value;
        }
        if fix_sums {
            // So that the change is not only found by the checksum.
            for block in bytes.chunks_exact_mut(512).filter(|block| block[0] == b'F') {
                let sum: u32 = block[..148].iter().chain(&block[156..]).map(|b| u32::from(*b)).sum();
                block[148..156].copy_from_slice(format!("{:06o}\0 ", sum + 8 * 32).as_bytes());
            }
        }
        check(&gzip(&bytes), "Foo-Bar-1.02.tar.gz")?;
    }

    #[test]
    fn a_changed_compressed_stream_never_panics(
        at in any::<prop::sample::Index>(),
        value in any::<u8>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let packed = [("Foo-Bar-1.02.tar.gz", gzip(&rich())), ("Foo-Bar-1.02.tbz", bzip2(&rich()))];
        for (name, mut bytes) in packed {
            let at = at.index(bytes.len());
            bytes[at] = value;
            check(&bytes, name)?;
            bytes.truncate(cut.index(bytes.len()));
            check(&bytes, name)?;
        }
    }

    #[test]
    fn any_bytes_under_any_name_get_an_answer(
        bytes in proptest::collection::vec(any::<u8>(), 0..600),
        start in prop::sample::select(vec![&b""[..], b"\x1f\x8b\x08\0", b"BZh9", b"PK\x03\x04", b"PK\x05\x06"]),
        name in "\\PC{0,40}",
    ) {
        check(&[start, &bytes].concat(), &name)?;
    }
}
