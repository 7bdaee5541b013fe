//! META against the file name and against itself.

use cpan_sigstore_archive::{
    Defect, Preflight,
    Severity::{Error, Warning},
};

use crate::archive::{META_JSON, META_YML, file, has, look, targz, the_only};

/// A release with these META files.
fn with_meta(json: Option<&str>, yml: Option<&str>) -> Preflight {
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
