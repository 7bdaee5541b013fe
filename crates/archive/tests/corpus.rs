//! Real releases raise no false alarm.
//!
//! `scripts/corpus` downloads them to the user's cache, and `scripts/test` runs this file. Expected
//! names come from the `tar` crate's own reader, not from the code under test.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a test that cannot go on fails"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::{Cursor, Read},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use cpan_sigstore_archive::{Defect, Destination, Preflight, Severity, preflight};

/// Errors in releases that are on CPAN, each with the reason why the error is right.
const EXCEPTIONS: &[(&str, Defect, &str)] = &[
    (
        "libbarcode-datamatrix-perl",
        Defect::NameMismatch,
        "META.json states the version of an older release",
    ),
    (
        "libbarcode-datamatrix-perl",
        Defect::MetaDisagree,
        "META.json states the version of an older release, META.yml does not",
    ),
    (
        "libcgi-application-plugin-config-simple-perl",
        Defect::WorldWritable,
        "a file of its tests has mode 0666",
    ),
    (
        "libgetopt-argvfile-perl",
        Defect::WorldWritable,
        "packed on Windows: every member has mode 0777",
    ),
    (
        "libhtml-linkextractor-perl",
        Defect::WorldWritable,
        "packed on Windows: every member has mode 0777",
    ),
    (
        "libmail-sendeasy-perl",
        Defect::WorldWritable,
        "packed on Windows: every member has mode 0777",
    ),
    (
        "libmarc-file-marcmaker-perl",
        Defect::DataAfterEnd,
        "an old tar program wrote its buffer to the end; a warning",
    ),
    (
        "libnumber-recordlocator-perl",
        Defect::NameMismatch,
        "META.yml states the version of an older release",
    ),
    (
        "libparse-binary-perl",
        Defect::NameMismatch,
        "META.yml states the version of an older release",
    ),
    (
        "libtemplate-plugin-stash-perl",
        Defect::WorldWritable,
        "uploaded in 2007, before PAUSE checked permissions: every member has mode 0777",
    ),
    (
        "libxml-dtdparser-perl",
        Defect::WorldWritable,
        "packed on Windows: every member has mode 0777",
    ),
];

/// Warnings that old releases may have.
const WARNINGS: &[Defect] = &[
    // Older than META.
    Defect::NameUnchecked,
    // Packed by hand, in a folder without a version.
    Defect::NameUnversioned,
    // Packed by Debian, in Debian's folder.
    Defect::TopFolderName,
    // Compared with Perl's own readers below.
    Defect::MetaUnreadable,
];

/// Smallest number of releases: Debian's mirrors do not always have all of them.
const ENOUGH: usize = 600;

/// The folder of the archives, and the names of the packages in it.
fn corpus() -> (PathBuf, Vec<String>) {
    let folder = std::env::var_os("CPAN_SIGSTORE_CORPUS").map_or_else(
        || {
            let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(
                || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache"),
                PathBuf::from,
            );
            cache.join("cpan-sigstore/corpus")
        },
        PathBuf::from,
    );
    let packages: Vec<_> = include_str!("corpus.list")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect();
    let (there, missing): (Vec<_>, Vec<_>) = packages
        .into_iter()
        .partition(|package| folder.join(package).is_dir());
    assert!(
        there.len() >= ENOUGH,
        "expected at least {ENOUGH} of the releases that scripts/corpus fetches in {}, found {}, not {}; run scripts/test, or scripts/corpus before cargo test",
        folder.display(),
        there.len(),
        missing.join(" ")
    );
    (folder, there)
}

fn archive_of(folder: &Path) -> PathBuf {
    let mut files = fs::read_dir(folder).unwrap();
    let file = files.next().unwrap().unwrap().path();
    assert!(files.next().is_none(), "{}", folder.display());
    file
}

/// Asks Perl whether its toolchain reads META files.
const TOOLCHAIN: &str = include_str!("../src/tests/toolchain.pl");

/// Paths of all members and META of the top folder, as the `tar` crate reads them.
struct Listing {
    members: u64,
    top: String,
    meta: Option<(String, String)>,
    /// The META files of the top folder, by name.
    metas: BTreeMap<String, Vec<u8>>,
}

fn listing(file: &Path) -> Listing {
    let compressed = File::open(file).unwrap();
    let stream: Box<dyn Read> = if file.extension().is_some_and(|suffix| suffix == "bz2") {
        Box::new(bzip2::read::MultiBzDecoder::new(compressed))
    } else {
        Box::new(flate2::read::MultiGzDecoder::new(compressed))
    };
    let mut archive = tar::Archive::new(stream);
    let mut tops = BTreeSet::new();
    let mut members = 0;
    let mut meta = None;
    let mut metas = BTreeMap::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        // `git archive` notes a commit. The crate returns it like a member.
        if entry.header().entry_type().is_pax_global_extensions() {
            continue;
        }
        members += 1;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let path = path.trim_start_matches("./").to_owned();
        if let Some((top, rest)) = path.split_once('/') {
            tops.insert(top.to_owned());
            if matches!(rest, "META.yml" | "META.json") {
                let mut text = Vec::new();
                entry.read_to_end(&mut text).unwrap();
                if rest == "META.yml" {
                    meta = stated(&String::from_utf8_lossy(&text)).or(meta);
                }
                metas.insert(rest.to_owned(), text);
            }
        }
    }
    assert_eq!(tops.len(), 1, "{}: {tops:?}", file.display());
    Listing {
        members,
        top: tops.pop_first().unwrap(),
        meta,
        metas,
    }
}

/// Name and version from the lines of META.yml.
fn stated(yaml: &str) -> Option<(String, String)> {
    let value = |key: &str| {
        yaml.lines().find_map(|line| {
            let value = line.strip_prefix(key)?.strip_prefix(':')?.trim();
            Some(value.trim_matches(['\'', '"']).to_owned())
        })
    };
    Some((value("name")?, value("version")?))
}

/// The name of the upload: that of its top folder, if the folder has a version.
fn file_name(listing: &Listing, file: &Path) -> String {
    let suffix = if file.extension().is_some_and(|suffix| suffix == "bz2") {
        "tar.bz2"
    } else {
        "tar.gz"
    };
    let has_version = listing
        .top
        .rsplit_once('-')
        .is_some_and(|(_, version)| version.contains(|c: char| c.is_ascii_digit()));
    // Two authors adopted Debian's folder as their own.
    let is_debians = listing.top.starts_with("lib") && listing.top.contains("-perl-");
    match &listing.meta {
        Some((name, version)) if !has_version || is_debians => {
            format!("{}-{version}.{suffix}", name.replace("::", "-"))
        }
        _ => format!("{}.{suffix}", listing.top),
    }
}

fn look(file: &Path, name: &str) -> Preflight {
    let mut bytes = Cursor::new(fs::read(file).unwrap());
    preflight(&mut bytes, name, &Destination::default()).unwrap()
}

#[test]
fn raises_no_false_alarm_on_cpan_releases() {
    let (folder, packages) = corpus();
    let mut wrong = Vec::new();
    let mut unbound = Vec::new();
    let mut unused: BTreeSet<_> = EXCEPTIONS
        .iter()
        .map(|(package, ..)| *package)
        .filter(|package| packages.iter().any(|there| there == package))
        .collect();
    for package in &packages {
        let file = archive_of(&folder.join(package));
        let listing = listing(&file);
        let name = file_name(&listing, &file);
        let found = look(&file, &name);
        assert_eq!(found.members, listing.members, "{package}");
        let has = |found: &Preflight, code| found.defects.iter().any(|defect| defect.code == code);
        if has(&found, Defect::NameUnchecked) || has(&found, Defect::NameUnversioned) {
            unbound.push(package.as_str());
        } else {
            // With another version in its name, it is another release.
            let distribution = found.release.as_ref().unwrap().distribution();
            let suffix = found.release.as_ref().unwrap().suffix();
            let renamed = look(&file, &format!("{distribution}-987.65{}", suffix.as_str()));
            assert!(has(&renamed, Defect::NameMismatch), "{package} as {name}");
        }
        for defect in &found.defects {
            let excepted = EXCEPTIONS
                .iter()
                .any(|(known, code, _)| known == package && *code == defect.code);
            if excepted {
                unused.remove(package.as_str());
            } else if defect.severity == Severity::Error || !WARNINGS.contains(&defect.code) {
                wrong.push(format!("{package} as {name}: {defect:#?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!(
        "{} of {} have no META to bind them to their name: {unbound:?}",
        unbound.len(),
        packages.len()
    );
    assert!(unbound.len() * 10 <= packages.len(), "{unbound:?}");
    assert!(unused.is_empty(), "exceptions for nothing: {unused:?}");
}

#[test]
fn warns_of_the_meta_that_perl_cannot_read() {
    let (folder, packages) = corpus();
    let work = tempfile::tempdir().unwrap();
    let mut orders = String::new();
    let mut ours = Vec::new();
    for package in &packages {
        let file = archive_of(&folder.join(package));
        let listing = listing(&file);
        let found = look(&file, &file_name(&listing, &file));
        let mut warned = found.defects.iter();
        let warned = warned.find(|defect| defect.code == Defect::MetaUnreadable);
        let there = work.path().join(package);
        fs::create_dir(&there).unwrap();
        for (name, text) in &listing.metas {
            let path = there.join(name);
            fs::write(&path, text).unwrap();
            orders.push_str(&format!("{}\n", path.display()));
            let is_named = |member: &String| member.ends_with(name);
            let warning = warned.filter(|it| it.members.iter().any(is_named));
            ours.push((
                format!("{package} {name}"),
                warning.map(|it| it.found.clone()),
            ));
        }
    }
    let list = work.path().join("list");
    fs::write(&list, orders).unwrap();
    let perl = Command::new("perl")
        .args(["-e", TOOLCHAIN])
        .env_remove("PERL_YAML_BACKEND")
        .env_remove("PERL_JSON_BACKEND")
        .stdin(Stdio::from(File::open(&list).unwrap()))
        .output()
        .unwrap();
    let theirs = String::from_utf8_lossy(&perl.stdout);
    assert_eq!(theirs.lines().count(), ours.len());
    let both = || ours.iter().zip(theirs.lines());
    let differs: Vec<_> = both()
        .filter(|((_, warning), theirs)| warning.is_some() == (*theirs == "ok"))
        .collect();
    let warned: Vec<_> = both()
        .filter(|((_, warning), _)| warning.is_some())
        .collect();
    println!("{} of {} META files: {warned:#?}", warned.len(), ours.len());
    assert!(differs.is_empty(), "{differs:#?}");
}
