//! META against the file name and against itself.

use cpan_sigstore_archive::{
    Defect, Destination, Preflight,
    Severity::{Error, Warning},
};

use crate::archive::{META_JSON, META_YML, file, has, look, look_as, targz, the_only};

/// A release with these META files.
fn with_meta(json: Option<&str>, yml: Option<&str>) -> Preflight {
    with_bytes(json.map(str::as_bytes), yml.map(str::as_bytes))
}

fn with_bytes(json: Option<&[u8]>, yml: Option<&[u8]>) -> Preflight {
    let metas = [("META.json", json), ("META.yml", yml)];
    let mut entries: Vec<_> = metas
        .into_iter()
        .filter_map(|(name, text)| Some(file(&format!("Foo-Bar-1.02/{name}"), text?)))
        .collect();
    entries.push(file("Foo-Bar-1.02/lib/Foo/Bar.pm", "1;"));
    look(&targz(&entries))
}

#[test]
fn reports_meta_of_another_name_or_version_with_its_member() {
    for (json, found) in [
        (META_JSON.replace("Foo-Bar", "Foo-Baz"), "Foo-Baz"),
        (META_JSON.replace("1.02", "1.03"), "1.03"),
    ] {
        let defect = the_only(&with_meta(Some(&json), None), Defect::NameMismatch, Error);
        assert!(defect.found.contains(found), "{defect:#?}");
        assert_eq!(defect.members, ["Foo-Bar-1.02/META.json"]);
    }
    let yml = META_YML.replace("1.02", "1.2");
    the_only(&with_meta(None, Some(&yml)), Defect::NameMismatch, Error);
}

#[test]
fn reports_developer_release_under_the_name_of_a_stable_one() {
    for status in ["testing", "unstable"] {
        let json = META_JSON.replacen('{', &format!(r#"{{"release_status":"{status}","#), 1);
        let defect = the_only(&with_meta(Some(&json), None), Defect::NameMismatch, Error);
        assert!(defect.found.contains(status), "{defect:#?}");
        // Without a version, META still states it.
        let json = format!(r#"{{"release_status":"{status}"}}"#);
        has(&with_meta(Some(&json), None), Defect::NameMismatch, Error);
    }
    let yml = META_YML.replace("1.02", "1.0_2");
    the_only(&with_meta(None, Some(&yml)), Defect::NameMismatch, Error);
    let json = META_JSON.replacen('{', r#"{"release_status":"stable","#, 1);
    assert!(with_meta(Some(&json), None).defects.is_empty());
}

#[test]
fn reports_top_folder_of_a_developer_release() {
    for (folder, name) in [
        ("Foo-Bar-1.02-TRIAL", "Foo-Bar-1.02.tar.gz"),
        ("Foo-Bar-1.0_2", "Foo-Bar-1.02.tar.gz"),
        ("perl-5.42.0-RC1", "perl-5.42.0.tar.gz"),
    ] {
        let bytes = targz(&[file(&format!("{folder}/Makefile.PL"), "1;")]);
        let found = look_as(&bytes, name, &Destination::default());
        has(&found, Defect::NameMismatch, Error);
        let found = look_as(&bytes, &format!("{folder}.tar.gz"), &Destination::default());
        assert!(found.is_fit(), "{found:#?}");
    }
}

#[test]
fn reports_contradictory_meta_files() {
    let yml = META_YML.replace("1.02", "1.03");
    let found = with_meta(Some(META_JSON), Some(&yml));
    has(&found, Defect::MetaDisagree, Error);
    has(&found, Defect::NameMismatch, Error);
    let same = META_YML
        .replace("1.02", "v1.20.0")
        .replace("Foo-Bar", "Foo::Bar");
    assert!(with_meta(Some(META_JSON), Some(&same)).defects.is_empty());
}

#[test]
fn reports_meta_that_repeats_a_field() {
    let json = r#"{"name":"Foo-Bar","version":"1.02","name":"Evil"}"#;
    has(
        &with_meta(Some(json), Some(META_YML)),
        Defect::MetaUnreadable,
        Error,
    );
    let yml = format!("{META_YML}name: Evil\n");
    has(
        &with_meta(Some(META_JSON), Some(&yml)),
        Defect::MetaUnreadable,
        Error,
    );
}

#[test]
fn warns_of_unreadable_meta() {
    let found = with_meta(Some("{"), Some(META_YML));
    the_only(&found, Defect::MetaUnreadable, Warning);
    let found = with_meta(Some(META_JSON), Some("name: [\n"));
    the_only(&found, Defect::MetaUnreadable, Warning);
}

#[test]
fn warns_of_missing_meta() {
    the_only(&with_meta(None, None), Defect::NameUnchecked, Warning);
    the_only(&with_meta(Some("{}"), None), Defect::NameUnchecked, Warning);
    let found = with_meta(None, Some("name: Foo-Bar\nversion: ~\n"));
    the_only(&found, Defect::NameUnchecked, Warning);
}

#[test]
fn ignores_meta_below_the_top_folder() {
    let entries = [
        file("Foo-Bar-1.02/META.json", META_JSON),
        file(
            "Foo-Bar-1.02/t/META.json",
            r#"{"name":"Other","version":"9"}"#,
        ),
    ];
    assert!(look(&targz(&entries)).defects.is_empty());
}

#[test]
fn warns_once_of_meta_that_perl_cannot_read() {
    let json = META_JSON.as_bytes();
    let with = |before: &[u8], after: &[u8]| [before, json, after].concat();
    let latin1 = META_JSON.replacen('{', "{\"abstract\":\"Gr?\",", 1);
    let latin1 = latin1
        .bytes()
        .map(|byte| if byte == b'?' { 0xfc } else { byte });
    let odd: [(Vec<u8>, &str); 5] = [
        (with(b"\xef\xbb\xbf", b""), "a byte order mark at the start"),
        (latin1.collect(), "not UTF-8 in line 1"),
        (with(b"", b"// comment"), "trailing characters"),
        (with(b"", b"\0"), "trailing characters"),
        (
            META_JSON.replacen('{', "{\"x\":1,\"x\":2,", 1).into_bytes(),
            "the key `x` twice",
        ),
    ];
    for (json, found) in odd {
        let defect = the_only(
            &with_bytes(Some(&json), None),
            Defect::MetaUnreadable,
            Warning,
        );
        assert!(defect.found.contains(found), "{}", defect.found);
        assert_eq!(defect.members, ["Foo-Bar-1.02/META.json"]);
    }
    let yml = format!("{META_YML}x: !!str 1\n");
    let defect = the_only(
        &with_meta(None, Some(&yml)),
        Defect::MetaUnreadable,
        Warning,
    );
    assert!(defect.found.contains("!!str 1"), "{}", defect.found);
}

#[test]
fn warns_once_of_meta_that_nobody_can_read() {
    for json in ["JSON-ish not json {", "[1]", "", "{\"name\":"] {
        let found = with_meta(Some(json), None);
        the_only(&found, Defect::MetaUnreadable, Warning);
        assert!(!found.states_name, "{json}");
    }
    assert!(with_meta(Some("{"), Some(META_YML)).states_name);
}

#[test]
fn warns_of_meta_that_repeats_a_field_with_one_value() {
    let json = META_JSON.replacen('{', "{\"version\":\"1.02\",", 1);
    the_only(
        &with_meta(Some(&json), None),
        Defect::MetaUnreadable,
        Warning,
    );
}
