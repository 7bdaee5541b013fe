//! Archives with random changes always get an answer, in bounded time.

use cpan_sigstore_archive::Destination;
use proptest::prelude::*;
use tar::EntryType;

use crate::archive::{bzip2, gzip, link, look_as, of_kind, tar, with};

/// A release with every kind of member.
fn rich() -> Vec<u8> {
    tar(&with([
        link("Foo-Bar-1.02/l", EntryType::Symlink, "lib"),
        link("Foo-Bar-1.02/h", EntryType::Link, "Foo-Bar-1.02/META.json"),
        of_kind("Foo-Bar-1.02/t/", EntryType::Directory),
    ]))
}

fn check(bytes: &[u8], name: &str) -> Result<(), TestCaseError> {
    let found = look_as(bytes, name, &Destination::default());
    prop_assert!(found.is_fit() || !found.defects.is_empty());
    for defect in &found.defects {
        prop_assert!(defect.members.len() <= 5);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn never_panics_on_changed_tar_archives(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        fix_sums in any::<bool>(),
    ) {
        let mut bytes = rich();
        for (at, value) in &changes {
            let at = at.index(bytes.len());
            bytes[at] = *value;
        }
        if fix_sums {
            // Without this, only the checksum would reveal the change.
            for block in bytes.chunks_exact_mut(512).filter(|block| block[0] == b'F') {
                let sum: u32 = block[..148].iter().chain(&block[156..]).map(|b| u32::from(*b)).sum();
                block[148..156].copy_from_slice(format!("{:06o}\0 ", sum + 8 * 32).as_bytes());
            }
        }
        check(&gzip(&bytes), "Foo-Bar-1.02.tar.gz")?;
    }

    #[test]
    fn never_panics_on_changed_compressed_streams(
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
    fn answers_for_any_bytes_under_any_name(
        bytes in proptest::collection::vec(any::<u8>(), 0..600),
        start in prop::sample::select(vec![&b""[..], b"\x1f\x8b\x08\0", b"BZh9", b"PK\x03\x04", b"PK\x05\x06"]),
        name in "\\PC{0,40}",
    ) {
        check(&[start, &bytes].concat(), &name)?;
    }
}
