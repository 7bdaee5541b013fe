//! Names, versions and paths of releases.

use proptest::prelude::*;

use super::*;

#[test]
fn names_are_split_as_all_of_cpan_splits_them() {
    // What CPAN::DistnameInfo 0.12 makes of them.
    let cases = [
        ("CPAN-DistnameInfo-0.02", "CPAN-DistnameInfo", Some("0.02")),
        ("Foo-Bar-1.02", "Foo-Bar", Some("1.02")),
        ("Foo-Bar-v1.2.3-TRIAL", "Foo-Bar", Some("v1.2.3-TRIAL")),
        ("perl-5.42.0", "perl", Some("5.42.0")),
        ("perl-5.42.0-RC1", "perl", Some("5.42.0-RC1")),
        ("perl5.005_03", "perl", Some("5.005_03")),
        ("perl-5.005_03", "perl", Some("5.005_03")),
        (
            "Unicode-Collate-Standard-V3_1_1-0.1",
            "Unicode-Collate-Standard-V3_1_1",
            Some("0.1"),
        ),
        (
            "Task-Deprecations5_14-1.00",
            "Task-Deprecations5_14",
            Some("1.00"),
        ),
        ("libao-perl_0.03-1", "libao-perl", Some("0.03-1")),
        ("CGI.pm-3.05", "CGI", Some("3.05")),
        ("CGI.pm.3.05", "CGI", Some("3.05")),
        ("Foo-undef", "Foo", None),
        ("Foo-1.0-withoutworldwriteables", "Foo", Some("1.0")),
        ("Foo", "Foo", None),
        ("Foo-Bar-2", "Foo-Bar", Some("2")),
        ("Foo-Bar-20a", "Foo-Bar", Some("20a")),
        ("Foo-2-3", "Foo-2", Some("3")),
        ("A-Foo-1_02", "A-Foo", Some("1_02")),
        ("Foo-v1", "Foo", Some("v1")),
        ("Foo_Bar-0.1", "Foo_Bar", Some("0.1")),
        ("Net-Telnet-3.03", "Net-Telnet", Some("3.03")),
        ("Acme-1.0a", "Acme", Some("1.0a")),
        ("HTML-Template-2.6", "HTML-Template", Some("2.6")),
        ("Text-PDF-0.29a", "Text-PDF", Some("0.29a")),
        ("P-9.8", "P", Some("9.8")),
        ("Archive-Zip-1.68", "Archive-Zip", Some("1.68")),
        ("MooseX-Types-0.20", "MooseX-Types", Some("0.20")),
        ("DBD-SQLite2-0.38", "DBD-SQLite2", Some("0.38")),
        ("Math-BigInt-GMP-1.6007", "Math-BigInt-GMP", Some("1.6007")),
        ("Crypt-SSLeay-0.73_01", "Crypt-SSLeay", Some("0.73_01")),
        ("Foo.Bar-1.0", "Foo.Bar", Some("1.0")),
        ("Foo+Bar-1.0", "Foo+Bar", Some("1.0")),
        ("Foo-1.0-TRIAL2", "Foo", Some("1.0-TRIAL2")),
        ("1.0", "1.0", None),
        ("-1.0", "-1.0", None),
        ("_", "_", None),
        ("a_b-1.2", "a_b", Some("1.2")),
        ("foo-1.2.3_4", "foo", Some("1.2.3_4")),
        ("Bar3", "Bar", Some("3")),
        ("Bar-3", "Bar", Some("3")),
        ("Bar-3b", "Bar", Some("3b")),
        ("Bar-v3_1", "Bar", Some("v3_1")),
        ("Foo-v1.2-3", "Foo-v1.2", Some("3")),
        ("Foo-1.02_03-4", "Foo-1.02_03", Some("4")),
        ("XML-LibXML-2.0207", "XML-LibXML", Some("2.0207")),
        ("IPC-Run-20220807.0", "IPC-Run", Some("20220807.0")),
        ("ev-4.33", "ev", Some("4.33")),
        ("Geo-IP2Proxy-v1.0", "Geo-IP2Proxy", Some("v1.0")),
        (
            "ExtUtils-MakeMaker-7.70",
            "ExtUtils-MakeMaker",
            Some("7.70"),
        ),
        ("v1.2", "v", Some("1.2")),
        ("Foo-.5", "Foo", Some(".5")),
        ("Foo-1-", "Foo-1", None),
        ("Foo-", "Foo", None),
        (
            "Task-BeLike-RJBS-20191226.003",
            "Task-BeLike-RJBS",
            Some("20191226.003"),
        ),
        ("Win32-GUI-1.06_01", "Win32-GUI", Some("1.06_01")),
        ("Scattering", "Scattering", None),
    ];
    for (stem, distribution, version) in cases {
        let (found, found_version) = distname::split(stem);
        assert_eq!(
            (found.as_str(), found_version.as_deref()),
            (distribution, version),
            "{stem}"
        );
    }
}

#[test]
fn versions_are_equal_and_ordered_as_perl_has_them() {
    // The numbers that version.pm 0.9929 compares by; `None` where it refuses the text.
    let cases: [(&str, Option<&[u64]>); 26] = [
        ("1.02", Some(&[1, 20])),
        ("1.002003", Some(&[1, 2, 3])),
        ("v1.2.3", Some(&[1, 2, 3])),
        ("1.2.3", Some(&[1, 2, 3])),
        ("5.042000", Some(&[5, 42])),
        ("5.42.0", Some(&[5, 42])),
        ("v1.2.3_4", Some(&[1, 2, 34])),
        ("1.02_03", Some(&[1, 20, 300])),
        ("v1.2_3", Some(&[1, 23])),
        ("v1", Some(&[1])),
        ("1.", Some(&[1])),
        (".5", Some(&[0, 500])),
        (".1.2", Some(&[0, 1, 2])),
        ("0", Some(&[])),
        ("01.2", Some(&[1, 200])),
        ("1.2345", Some(&[1, 234, 500])),
        ("1_2", None),
        ("1.2.3.", None),
        ("1..2", None),
        ("v.1.2", None),
        ("1.2_", None),
        ("v1_2.3", None),
        ("1.2_3_4", None),
        ("1.2.3-TRIAL", None),
        ("1e5", None),
        ("", None),
    ];
    for (text, expected) in cases {
        let found = text.parse::<PerlVersion>().ok();
        assert_eq!(found.as_ref().map(PerlVersion::numbers), expected, "{text}");
    }
    let version = |text: &str| text.parse::<PerlVersion>().unwrap();
    assert!(version("1.9") > version("1.10"));
    assert!(version("v1.9.0") < version("v1.10.0"));
    assert_eq!(version("1.002003"), version("v1.2.3"));
}

fn matches(file_name: &str, name: &str, version: &str) -> Result<(), NameMismatch> {
    name_matches_meta(&file_name.parse().unwrap(), name, version)
}

#[test]
fn meta_may_write_name_and_version_in_its_own_way() {
    for (file_name, name, version) in [
        ("Foo-Bar-1.02.tar.gz", "Foo-Bar", "1.02"),
        ("Foo-Bar-1.02.tar.gz", "Foo::Bar", "1.020"),
        ("perl-5.42.0.tar.gz", "perl", "5.042000"),
        ("perl-5.42.0-RC1.tar.bz2", "perl", "5.042000"),
        ("Foo-v1.2.3.tgz", "Foo", "1.002003"),
        ("Foo-v1.2.3-TRIAL.tar.gz", "Foo", "v1.2.3"),
        ("Foo-1.2-TRIAL2.zip", "Foo", "1.2"),
        ("CGI.pm-3.05.tar.gz", "CGI.pm", "3.05"),
        ("Foo-1.0a.tar.gz", "Foo", "1.0a"),
        ("Foo-1.02_03.tar.gz", "Foo", "1.02_03"),
        ("Foo-v1.2.3_4.tar.gz", "Foo", "1.2.3_4"),
        ("Foo-1.0-TRIAL.tar.gz", "Foo", "1.0-TRIAL"),
        ("Foo-1.02_03-TRIAL.tar.gz", "Foo", "1.02_03"),
        ("Bar3.tar.gz", "Bar", "3"),
        ("libao-perl_0.03-1.tar.gz", "libao-perl", "0.03-1"),
        // A file name without a version contradicts none.
        ("Scattering.tar.gz", "Scattering", "0.01"),
    ] {
        assert_eq!(matches(file_name, name, version), Ok(()), "{file_name}");
    }
}

#[test]
fn another_name_or_version_in_meta_is_a_mismatch() {
    for (file_name, name, version, field) in [
        ("Foo-Bar-1.02.tar.gz", "Foo-Baz", "1.02", "the distribution"),
        ("Foo-Bar-1.02.tar.gz", "foo-bar", "1.02", "the distribution"),
        ("Foo-Bar-1.02.tar.gz", "Foo", "1.02", "the distribution"),
        (
            "Foo-Bar-1.02.tar.gz",
            "Foo-Bar-Baz",
            "1.02",
            "the distribution",
        ),
        ("Foo-Bar-1.02.tar.gz", "Foo-Bar", "1.2", "the version"),
        ("Foo-Bar-1.02.tar.gz", "Foo-Bar", "v1.2.0", "the version"),
        ("Foo-1.0a.tar.gz", "Foo", "1.0", "the version"),
        ("Foo-1.0-RC1.tar.gz", "Foo", "1.0", "the version"),
        ("Foo-1.0.tar.gz", "Foo", "1.0-TRIAL", "the version"),
        ("Foo-1.0-TRIAL2.tar.gz", "Foo", "1.0-TRIAL", "the version"),
        ("Foo-Dev-1.0203.tar.gz", "Foo-Dev", "1.02_03", "the version"),
        ("Foo-Dev-1.02_03.tar.gz", "Foo-Dev", "1.0203", "the version"),
        ("Foo-v1.2.34.tar.gz", "Foo", "v1.2.3_4", "the version"),
        ("Foo-v1.2.3_4.tar.gz", "Foo", "v1.2.34", "the version"),
        ("Foo-1.02_03.tar.gz", "Foo", "1.020_3", "the version"),
        ("Foo-Bar-1.02.tar.gz", "", "", "the distribution"),
        (
            "perl-5.42.0.tar.gz",
            "perl-5.42",
            "5.42.0",
            "the distribution",
        ),
    ] {
        let mismatch = matches(file_name, name, version).unwrap_err();
        assert_eq!(mismatch.field, field, "{file_name} {name} {version}");
    }
}

#[test]
fn developer_releases_are_those_that_pause_does_not_index() {
    let is_one = |name: &str| name.parse::<ReleaseName>().unwrap().is_developer_release();
    for name in [
        "Foo-1.02_03.tar.gz",
        "Foo-1.0-TRIAL.tar.gz",
        "perl-5.42.0-RC1.tar.gz",
        "perl-5.43.2.tar.gz",
        "perl-5.7.3.tar.gz",
        "Foo-v1.2.3_4.tar.gz",
    ] {
        assert!(is_one(name), "{name}");
    }
    for name in [
        "Foo-1.02.tar.gz",
        "Foo_2-1.0.tar.gz",
        "perl-5.42.0.tar.gz",
        "perl-5.005.tar.gz",
        "Perl-Critic-1.43.2.tar.gz",
        "Foo-1_02.zip",
    ] {
        assert!(!is_one(name), "{name}");
    }
}

#[test]
fn a_path_stays_in_its_authors_directory() {
    let path: ReleasePath = "authors/id/T/TI/TIMLEGGE/sub/Foo-Bar-1.02.tar.gz"
        .parse()
        .unwrap();
    assert_eq!(path.author.as_str(), "TIMLEGGE");
    assert_eq!(path.subdirectory.as_ref().unwrap().as_str(), "sub");
    assert_eq!(path.name.distribution(), "Foo-Bar");
    assert_eq!(
        path.to_string(),
        "authors/id/T/TI/TIMLEGGE/sub/Foo-Bar-1.02.tar.gz"
    );
    assert_eq!("T/TI/TIMLEGGE/sub/Foo-Bar-1.02.tar.gz".parse(), Ok(path));
    for text in [
        "authors/id/T/TI/TIMLEGGE/../MALLORY/Foo-1.tar.gz",
        "authors/id/T/TI/TIMLEGGE/./Foo-1.tar.gz",
        "authors/id/T/TI/TIMLEGGE//Foo-1.tar.gz",
        "authors/id/T/TI/TIMLEGGE/.hidden/Foo-1.tar.gz",
        "authors/id/M/MA/TIMLEGGE/Foo-1.tar.gz",
        "authors/id/t/ti/timlegge/Foo-1.tar.gz",
        "authors/id/T/TI/Foo-1.tar.gz",
        "/authors/id/T/TI/TIMLEGGE/Foo-1.tar.gz",
        "authors/id/T/TI/TIMLEGGE/",
        "authors/id/T/TI/TIMLEGGE/..",
        "authors/id/T/TI/TIMLEGGE/a\\b-1.tar.gz",
    ] {
        assert!(text.parse::<ReleasePath>().is_err(), "{text}");
    }
}

/// Names that PAUSE never writes; a shell, `tar` or a reader of text takes them for something else.
const FOREIGN_NAMES: [&str; 14] = [
    "Old-1.0;cd;id>shell-in-name;true;.tar.gz",
    "Old-1.0$(id).tar.gz",
    "Old-1.0`id`.tar.gz",
    "Old 1.0.tar.gz",
    "Old-1.0\n.tar.gz",
    "Old'-1.0.tar.gz",
    "Old-1.0%0a.tar.gz",
    "Old-1.0~.tar.gz",
    "Öld-1.0.tar.gz",
    "-xOld-1.0.tar.gz",
    "--to-command=id.tar.gz",
    "@Old-1.0.tar.gz",
    ".Old-1.0.tar.gz",
    ".tar.gz",
];

#[test]
fn rejects_names_that_pause_never_writes() {
    for name in FOREIGN_NAMES {
        assert!(name.parse::<ReleaseName>().is_err(), "{name}");
        let path = format!("authors/id/T/TI/TIMLEGGE/{name}");
        assert!(path.parse::<ReleasePath>().is_err(), "{path}");
    }
    for name in [
        "Foo-Bar-1.02.tar.gz",
        "perl5.005_03.tar.gz",
        "Foo+Bar@x-1.0.zip",
        "3D-1.0.tgz",
    ] {
        assert!(name.parse::<ReleaseName>().is_ok(), "{name}");
    }
}

proptest! {
    #[test]
    fn a_release_name_has_no_other_characters(name in "[ -~]{0,12}(\\PC){0,2}\\.tar\\.gz") {
        if let Ok(release) = name.parse::<ReleaseName>() {
            let is_kept = |c: char| c.is_ascii_alphanumeric() || "_.@+-".contains(c);
            prop_assert!(release.file_name().chars().all(is_kept));
            prop_assert!(release.file_name().starts_with(|c: char| c.is_ascii_alphanumeric()));
        }
    }

    #[test]
    fn any_text_is_split_without_losing_its_place(stem in "[A-Za-z0-9_.+v-]{0,24}") {
        let (name, version) = distname::split(&stem);
        prop_assert!(stem.starts_with(&name) || name.len() < stem.len());
        // What was split by a hyphen may be joined without one, as `Foo-a-0` is Foo in version a0.
        let plain = |text: &str| text.replace('-', "");
        let version = plain(version.as_deref().unwrap_or_default());
        prop_assert!(plain(&stem).contains(&version));
    }

    #[test]
    fn a_release_matches_the_meta_it_was_named_by(
        name in "[A-Z][a-z]{1,8}(-[A-Z][a-z]{1,8}){0,3}",
        version in "(v[1-9]\\.[0-9]{1,3}\\.[0-9]{1,3}|[0-9]{1,2}\\.[0-9]{1,6}(_[0-9]{2})?)",
        trial in any::<bool>(),
    ) {
        let mark = if trial { "-TRIAL" } else { "" };
        let release: ReleaseName = format!("{name}-{version}{mark}.tar.gz").parse().unwrap();
        prop_assert_eq!(release.distribution(), name.as_str());
        prop_assert_eq!(name_matches_meta(&release, &name, &version), Ok(()));
        prop_assert_eq!(name_matches_meta(&release, &name.replace('-', "::"), &version), Ok(()));
        let longer = format!("{name}x");
        prop_assert!(name_matches_meta(&release, &longer, &version).is_err());
        // No version that is made here is so high.
        prop_assert!(name_matches_meta(&release, &name, "1000.5").is_err());
    }

    #[test]
    fn decimal_and_dotted_forms_of_a_version_are_one(a in 0_u64..999, b in 0_u64..999, c in 0_u64..999) {
        let dotted: PerlVersion = format!("v{a}.{b}.{c}").parse().unwrap();
        let decimal: PerlVersion = format!("{a}.{b:03}{c:03}").parse().unwrap();
        prop_assert_eq!(&dotted, &decimal);
        let next: PerlVersion = format!("v{a}.{b}.{}", c + 1).parse().unwrap();
        prop_assert!(dotted < next);
    }

    #[test]
    fn a_path_reads_back_what_it_shows(
        id in "[A-Z][A-Z0-9-]{1,8}",
        folder in proptest::option::of("[a-z0-9_@+-]{1,8}(/[a-z0-9.]{1,3})?"),
        file in "[A-Z][a-z]{1,8}-[0-9]\\.[0-9]{2}",
    ) {
        let folder = folder.map(|folder| format!("{folder}/")).unwrap_or_default();
        let author: PauseId = id.parse().unwrap();
        let text = format!("{}{folder}{file}.tar.gz", author.directory());
        if let Ok(path) = text.parse::<ReleasePath>() {
            prop_assert_eq!(path.to_string(), text);
            prop_assert!(!path.to_string().contains("/."));
        }
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct NameVector {
    name: String,
    section: String,
    file: Option<String>,
    /// A whole path in place of a file.
    path: Option<String>,
    #[serde(default)]
    meta: Option<MetaVector>,
    #[serde(default)]
    folder: Option<String>,
    finding: Option<String>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct MetaVector {
    name: String,
    version: String,
    #[serde(default)]
    release_status: Option<String>,
}

/// `None` for a text that names no release.
fn finding(vector: &NameVector) -> Option<&'static str> {
    let release = match (&vector.file, &vector.path) {
        (Some(file), None) => file.parse::<ReleaseName>().ok()?,
        (None, Some(path)) => path.parse::<ReleasePath>().ok()?.name,
        _ => panic!("{}: expected a file or a path", vector.name),
    };
    let meta = vector.meta.as_ref();
    let compared = [
        meta.map(|meta| name_matches_meta(&release, &meta.name, &meta.version)),
        meta.and_then(|meta| {
            Some(status_matches_name(
                &release,
                meta.release_status.as_deref()?,
            ))
        }),
        vector
            .folder
            .as_deref()
            .map(|folder| folder_matches_name(&release, folder)),
    ];
    Some(match compared.into_iter().flatten().find(Result::is_err) {
        Some(_) => "name-mismatch",
        None => "trusted",
    })
}

#[test]
fn judges_names_by_the_vectors_of_the_standard() {
    let text = include_str!("../../../../docs/spec/vectors/names.json");
    let vectors: Vec<NameVector> = serde_json::from_str(text).unwrap();
    assert!(vectors.len() > 40);
    for vector in &vectors {
        assert_eq!(
            finding(vector),
            vector.finding.as_deref(),
            "{} ({})",
            vector.name,
            vector.section
        );
    }
}
