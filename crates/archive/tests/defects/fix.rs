//! Repairs, and that they change nothing else.

use std::{fs, path::PathBuf};

use cpan_sigstore_archive::{
    Defect, Destination,
    fix::{FixError, Repair, fix},
    preflight_file,
};
use proptest::prelude::*;
use tar::EntryType;
use tempfile::TempDir;

use crate::archive::{Entry, NAME, bzip2, file, link, of_kind, release, tar, targz, with};

struct Folder(TempDir);

impl Folder {
    fn with(name: &str, bytes: &[u8]) -> (Self, PathBuf) {
        let folder = Self(tempfile::tempdir().unwrap());
        let path = folder.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        (folder, path)
    }

    fn names(&self) -> Vec<String> {
        fs::read_dir(self.0.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }
}

fn open(path: &str, mode: u32) -> Entry {
    Entry {
        mode,
        ..file(path, "content of a member")
    }
}

fn gunzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Read as _;
    let mut unpacked = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes)
        .read_to_end(&mut unpacked)
        .unwrap();
    unpacked
}

#[test]
fn removes_permissions_and_changes_nothing_else() {
    let before = with([
        open("Foo-Bar-1.02/a", 0o666),
        open("Foo-Bar-1.02/b", 0o4777),
    ]);
    let after = with([
        open("Foo-Bar-1.02/a", 0o664),
        open("Foo-Bar-1.02/b", 0o4775),
    ]);
    let (folder, path) = Folder::with(NAME, &targz(&before));
    let fixed = fix(&path).unwrap().unwrap();
    assert_eq!((fixed.permissions, fixed.stripped), (2, 0));
    let bytes = fs::read(&path).unwrap();
    assert_eq!(gunzip(&bytes), tar(&after));
    let found = preflight_file(&path, &Destination::default()).unwrap();
    assert!(found.defects.is_empty(), "{:#?}", found.defects);
    assert_eq!(found.digest, fixed.new_digest);
    assert_ne!(fixed.old_digest, fixed.new_digest);
    assert_eq!(folder.names(), [NAME]);
    assert_eq!(fix(&path).unwrap(), None);
}

#[test]
fn keeps_the_compression() {
    let name = "Foo-Bar-1.02.tar.bz2";
    let before = with([open("Foo-Bar-1.02/a", 0o666)]);
    let (_folder, path) = Folder::with(name, &bzip2(&tar(&before)));
    assert_eq!(fix(&path).unwrap().unwrap().permissions, 1);
    assert!(fs::read(&path).unwrap().starts_with(b"BZh"));
    let found = preflight_file(&path, &Destination::default()).unwrap();
    assert!(found.defects.is_empty(), "{:#?}", found.defects);
}

#[test]
fn cuts_trailing_bytes_without_recompressing() {
    let whole = targz(&release());
    for trailing in [b"garbage".to_vec(), vec![0; 512]] {
        let (_folder, path) = Folder::with(NAME, &[whole.clone(), trailing.clone()].concat());
        let fixed = fix(&path).unwrap().unwrap();
        assert_eq!(
            (fixed.permissions, fixed.stripped),
            (0, trailing.len() as u64)
        );
        assert_eq!(fs::read(&path).unwrap(), whole);
    }
}

#[test]
fn keeps_name_and_time_of_the_gzip_header() {
    use std::io::Write as _;
    let mut out = flate2::GzBuilder::new()
        .filename("Foo-Bar-1.02.tar")
        .mtime(1_234_567_890)
        .write(Vec::new(), flate2::Compression::fast());
    out.write_all(&tar(&with([open("Foo-Bar-1.02/a", 0o666)])))
        .unwrap();
    let (_folder, path) = Folder::with(NAME, &out.finish().unwrap());
    fix(&path).unwrap().unwrap();
    let bytes = fs::read(&path).unwrap();
    let header = flate2::bufread::GzDecoder::new(bytes.as_slice());
    let header = header.header().unwrap();
    assert_eq!(header.filename(), Some(&b"Foo-Bar-1.02.tar"[..]));
    assert_eq!(header.mtime(), 1_234_567_890);
}

#[test]
fn leaves_and_reports_defects_that_need_judgement() {
    let entries = with([
        open("Foo-Bar-1.02/a", 0o666),
        link("Foo-Bar-1.02/l", EntryType::Symlink, "/etc/passwd"),
    ]);
    let (_folder, path) = Folder::with(NAME, &targz(&entries));
    assert_eq!(fix(&path).unwrap().unwrap().permissions, 1);
    let found = preflight_file(&path, &Destination::default()).unwrap();
    let codes: Vec<_> = found.defects.iter().map(|defect| defect.code).collect();
    assert_eq!(codes, [Defect::LinkEscapes]);
}

#[test]
fn leaves_unreadable_archives_unchanged() {
    let whole = targz(&with([open("Foo-Bar-1.02/a", 0o666)]));
    let cut = &whole[..whole.len() - 3];
    let (folder, path) = Folder::with(NAME, cut);
    assert!(matches!(fix(&path), Err(FixError::Unreadable { .. })));
    assert_eq!(fs::read(&path).unwrap(), cut);
    assert_eq!(folder.names(), [NAME]);
}

#[test]
fn leaves_other_files_than_tar_archives_unchanged() {
    for bytes in [&b"PK\x05\x06"[..], b"", b"text"] {
        let (_folder, path) = Folder::with("Foo-Bar-1.02.zip", bytes);
        assert_eq!(fix(&path).unwrap(), None);
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
}

#[cfg(unix)]
#[test]
fn repairs_the_file_behind_a_link_and_keeps_its_mode() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let (folder, path) = Folder::with(
        "real.tar.gz",
        &targz(&with([open("Foo-Bar-1.02/a", 0o666)])),
    );
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let linked = folder.0.path().join(NAME);
    symlink("real.tar.gz", &linked).unwrap();
    fix(&linked).unwrap().unwrap();
    assert!(linked.symlink_metadata().unwrap().is_symlink());
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o640);
    assert!(
        preflight_file(&linked, &Destination::default())
            .unwrap()
            .is_fit()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn changes_only_modes_and_only_once(
        modes in proptest::collection::vec(0_u32..0o10000, 1..8),
        trailing in proptest::collection::vec(1_u8..=0x1e, 0..20),
    ) {
        let entries = |mask: u32| -> Vec<Entry> {
            let files = modes.iter().enumerate();
            with(files.map(|(number, mode)| open(&format!("Foo-Bar-1.02/{number}"), mode & mask)))
        };
        let bytes = [targz(&entries(!0)), trailing.clone()].concat();
        let (_folder, path) = Folder::with(NAME, &bytes);
        let count = modes.iter().filter(|mode| **mode & 2 != 0).count() as u64;
        match fix(&path).unwrap() {
            None => prop_assert!(count == 0 && trailing.is_empty()),
            Some(Repair { permissions, stripped, .. }) => {
                prop_assert_eq!((permissions, stripped), (count, trailing.len() as u64));
            }
        }
        prop_assert_eq!(gunzip(&fs::read(&path).unwrap()), tar(&entries(!2)));
        prop_assert_eq!(fix(&path).unwrap(), None);
    }
}

#[test]
fn repairs_symbolic_links_that_pause_would_repack_for() {
    let entries = with([
        link("Foo-Bar-1.02/l", EntryType::Symlink, "."),
        of_kind("Foo-Bar-1.02/t/", EntryType::Directory),
    ]);
    let (_folder, path) = Folder::with(NAME, &targz(&entries));
    assert_eq!(fix(&path).unwrap().unwrap().permissions, 1);
    assert!(
        preflight_file(&path, &Destination::default())
            .unwrap()
            .defects
            .is_empty()
    );
}
