use super::*;
use proptest::prelude::*;

const LIST: &str = "File:         02packages.details.txt\nLine-Count:   3\nLast-Updated: Tue, 24 Nov 2026 12:00:00 GMT\n\n\
    Zoo 1.0 A/AB/ABC/Zoo-1.0.tar.gz\nbar 1.0 A/AB/ABC/bar-1.0.tar.gz\nOld undef A/AB/ABC/Old.pm.gz\n";

fn parse(text: &str) -> Result<PackageIndex, PackageIndexError> {
    PackageIndex::parse(text.as_bytes().to_vec())
}

/// An index with these lines.
fn index(lines: &[&str]) -> String {
    let count = lines.len();
    let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
    format!("Line-Count: {count}\nLast-Updated: Tue, 24 Nov 2026 12:00:00 GMT\n\n{lines}")
}

#[test]
fn sorts_packages_and_leaves_out_what_is_no_release() {
    let index = parse(LIST).unwrap();
    assert_eq!(index.dropped(), ["Old"]);
    let found = |package| index.find(package).map(|path| path.name.to_string());
    assert_eq!(found("Zoo").as_deref(), Some("Zoo-1.0.tar.gz"));
    assert_eq!((found("zoo"), found("Old")), (None, None));
    assert_eq!(index.date().unwrap().to_string(), "2026-11-24T12:00:00Z");
    let text = index.to_text();
    assert!(
        text.ends_with("\n\nbar 1.0 A/AB/ABC/bar-1.0.tar.gz\nZoo 1.0 A/AB/ABC/Zoo-1.0.tar.gz\n")
    );
    assert!(text.contains("Line-Count:   2\n"));
    assert!(text.contains("Last-Updated: Tue, 24 Nov 2026 12:00:00 GMT\n"));
    assert_eq!(parse(&text).unwrap().to_text(), text);
}

#[test]
fn rejects_package_index_that_is_cut_off_or_none() {
    for (old, new) in [
        ("Line-Count:   3", "Line-Count:   4"),
        ("Line-Count:   3", "Line-Count: many"),
        ("Old undef ", "Old "),
        ("\n\n", "\n"),
    ] {
        assert!(parse(&LIST.replacen(old, new, 1)).is_err(), "{new}");
    }
    assert!(PackageIndex::parse(b"\xff".to_vec()).is_err());
}

#[test]
fn accepts_indexes_of_private_cpans_without_a_date() {
    for (old, new) in [
        // OrePAN2, and its simple form.
        ("Tue, 24 Nov 2026 12:00:00 GMT", "Tue Nov 24 12:00:00 2026"),
        ("Tue, 24 Nov 2026 12:00:00 GMT", "Tue Nov  3 12:00:00 2026"),
        ("Last-Updated: Tue, 24 Nov 2026 12:00:00 GMT\n", ""),
        (
            "Line-Count:   3\nLast-Updated: Tue, 24 Nov 2026 12:00:00 GMT\n",
            "",
        ),
    ] {
        let text = LIST.replacen(old, new, 1);
        for text in [text.replace('\n', "\r\n"), text] {
            let index = parse(&text).unwrap();
            assert_eq!(index.date(), None, "{new}");
            assert_eq!(index.packages().count(), 2);
            let rendered = index.to_text();
            assert!(!rendered.contains("Last-Updated") && rendered.contains("Line-Count:   2\n"));
            assert_eq!(parse(&rendered).unwrap().to_text(), rendered);
        }
    }
    assert!(parse(LIST).unwrap().date().is_some());
}

#[test]
fn reads_the_date_of_gmtime() {
    let date = parse(LIST).unwrap().date();
    for same in [
        "Tue Nov 24 12:00:00 2026 GMT",
        "Tue Nov 24 12:00:00 2026 UTC",
        "Tue Nov 24 12:00:00 UTC 2026",
        "2026-11-24T12:00:00Z",
        "2026-11-24T13:00:00+01:00",
        "Tue, 24 Nov 2026 13:00:00 +0100",
    ] {
        let text = LIST.replacen("Tue, 24 Nov 2026 12:00:00 GMT", same, 1);
        assert_eq!(parse(&text).unwrap().date(), date, "{same}");
    }
}

#[test]
fn ignores_a_date_that_nobody_can_compare() {
    // Nobody gains by it: such a date could be left out as well.
    for other in [
        "Tue Nov 24 12:00:00 2026 CET",
        "Tue Nov 31 12:00:00 2026 GMT",
        "2026-11-24 12:00:00",
        "Di 24. Nov 12:00:00 CET 2026",
        "today",
        "",
    ] {
        let text = LIST.replacen("Tue, 24 Nov 2026 12:00:00 GMT", other, 1);
        let index = parse(&text).unwrap();
        assert_eq!(index.date(), None, "{other}");
        assert!(!index.to_text().contains("Last-Updated"), "{other}");
    }
}

#[test]
fn reads_an_index_behind_a_byte_order_mark() {
    let index = parse(&format!("\u{feff}{LIST}")).unwrap();
    assert_eq!(index.packages().count(), 2);
    assert_eq!(index.date(), parse(LIST).unwrap().date());
    assert!(index.to_text().starts_with("File: "));
}

#[test]
fn accepts_wrong_count_unless_a_dated_index_may_be_cut_off() {
    let undated = LIST.replacen(
        "Tue, 24 Nov 2026 12:00:00 GMT",
        "Tue Nov 24 12:00:00 2026",
        1,
    );
    for (text, stated) in [(LIST, 2), (&undated, 2), (&undated, 36)] {
        let text = text.replacen("Line-Count:   3", &format!("Line-Count: {stated}"), 1);
        let index = parse(&text).unwrap();
        assert_eq!(index.miscount(), Some(Miscount { stated, found: 3 }));
        assert_eq!(index.packages().count(), 2);
        assert_eq!(parse(&index.to_text()).unwrap().miscount(), None);
    }
    assert_eq!(parse(LIST).unwrap().miscount(), None);
    let error = parse(&LIST.replacen("Line-Count:   3", "Line-Count: 36", 1)).unwrap_err();
    let PackageIndexError::Count { expected, found } = error else {
        panic!("{error}");
    };
    assert_eq!((expected, found), (36, 3));
}

#[test]
fn reads_no_release_from_a_line_that_is_cut_off() {
    // Editors leave out the last end of a line.
    assert!(parse(LIST.trim_end()).is_ok());
    let text = index(&["Zoo 1.0 A/AB/ABC/Zoo-1.0.tar.gz"]);
    let whole = text.trim_end();
    assert!(parse(whole).unwrap().find("Zoo").is_some());
    for end in text.find("A/AB").unwrap() + 1..whole.len() {
        assert_eq!(parse(&text[..end]).unwrap().find("Zoo"), None, "{end}");
    }
}

#[test]
fn rejects_package_that_is_listed_twice() {
    let one = "Good::Mod 1.0 A/AB/ABC/Good-Mod-1.0.tar.gz";
    for other in [
        "Good::Mod 9.0 E/EV/EVIL/Good-Mod-9.0.tar.gz",
        "Good::Mod 9.0 E/EV/EVIL/Good-Mod.pm.gz",
        "Good::Mod 1.1 A/AB/ABC/Good-Mod-1.0.tar.gz",
    ] {
        for lines in [[one, other], [other, one]] {
            let error = parse(&index(&lines)).unwrap_err();
            assert!(
                matches!(&error, PackageIndexError::PackageTwice(package) if package == "Good::Mod"),
                "{error}"
            );
        }
    }
    // The same line twice contradicts nothing.
    let text = parse(&index(&[one, one])).unwrap().to_text();
    assert_eq!(text.matches("Good::Mod").count(), 1);
    assert!(text.contains("Line-Count:   1\n"));
}

#[test]
fn keeps_packages_that_differ_in_case_only() {
    let lines = [
        "Net::Telnet 1.0 A/AB/ABC/Net-Telnet-1.0.tar.gz",
        "Net::telnet 1.0 D/DE/DEF/Net-telnet-1.0.tar.gz",
    ];
    let index = parse(&index(&lines)).unwrap();
    let found = |package| index.find(package).map(|path| path.author.to_string());
    assert_eq!(found("Net::Telnet").as_deref(), Some("ABC"));
    assert_eq!(found("Net::telnet").as_deref(), Some("DEF"));
    assert_eq!(index.packages().count(), 2);
}

#[test]
fn leaves_out_release_with_too_many_packages() {
    let lines = |count: usize| -> Vec<String> {
        let line = |number| format!("P{number} 1.0 A/AB/ABC/Good-Mod-1.0.tar.gz");
        let other = "Other 1.0 A/AB/ABC/Other-1.0.tar.gz".to_owned();
        (0..count).map(line).chain([other]).collect()
    };
    let all = |lines: &[String]| index(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    let found = parse(&all(&lines(PACKAGES_LIMIT))).unwrap();
    assert_eq!(found.entries().count(), PACKAGES_LIMIT + 1);
    let found = parse(&all(&lines(PACKAGES_LIMIT + 1))).unwrap();
    assert_eq!(found.packages().collect::<Vec<_>>(), ["Other"]);
    assert_eq!(found.dropped().len(), PACKAGES_LIMIT + 1);
}

#[test]
fn leaves_out_lines_that_are_not_utf_8() {
    let text = index(&[
        "Good 1.0 A/AB/ABC/Good-1.0.tar.gz",
        "Umlaut 1.0 A/AB/ABC/?-1.0.tar.gz",
    ]);
    let text: Vec<u8> = text
        .bytes()
        .map(|byte| if byte == b'?' { 0xe4 } else { byte })
        .collect();
    let index = PackageIndex::parse(text).unwrap();
    assert_eq!(index.packages().collect::<Vec<_>>(), ["Good"]);
    assert_eq!(index.dropped(), ["Umlaut"]);
}

#[test]
fn leaves_out_paths_that_clients_read_as_another_authors() {
    let lines = [
        "Bad 9.0 T/TI/TIM/authors/id/E/EV/EVIL/Foo-9.0.tar.gz",
        "Bad2 9.0 T/TI/TIM/x/authors/id/E/EV/EVIL/Foo-9.0.tar.gz",
        "Bad3 9.0 authors/id/T/TI/TIM/authors/id/E/EV/EVIL/Foo-9.0.tar.gz",
        "Bad4 9.0 T/TI/TIM/xauthors/id/E/EV/EVIL/Foo-9.0.tar.gz",
        "Good 1.0 authors/id/T/TI/TIM/id/Foo-1.0.tar.gz",
    ];
    let index = parse(&index(&lines)).unwrap();
    assert_eq!(index.packages().collect::<Vec<_>>(), ["Good"]);
    assert!(
        index
            .to_text()
            .ends_with("\n\nGood 1.0 T/TI/TIM/id/Foo-1.0.tar.gz\n")
    );
}

#[test]
fn leaves_out_entries_that_are_not_kept() {
    let lines = [
        "Good 1.0 A/AB/ABC/Good-1.0.tar.gz",
        "Evil 1.0 authors/id/E/EV/EVIL/Good-1.0.tar.gz",
    ];
    let mut index = parse(&index(&lines)).unwrap();
    let authors: Vec<_> = index.entries().map(|it| it.author().to_owned()).collect();
    assert_eq!(authors, ["EVIL", "ABC"]);
    index.retain(|entry| entry.author() == "ABC");
    assert_eq!(index.packages().collect::<Vec<_>>(), ["Good"]);
    assert_eq!(index.find("Evil"), None);
    let text = index.to_text();
    assert!(text.contains("Line-Count:   1\n") && !text.contains("EVIL"));
}

#[test]
fn rejects_package_in_the_header() {
    for line in [
        "Good::Mod 9.0 E/EV/EVIL/Good-Mod-9.0.tar.gz",
        "Good 9.0 E/EV/EVIL/Good-9.0.tar.gz",
        " Good 9.0 E/EV/EVIL/Good-9.0.tar.gz",
        "Written-By: x\rGood 9.0 E/EV/EVIL/Good-9.0.tar.gz",
        "Last-Updated: Wed, 25 Nov 2026 12:00:00 GMT",
    ] {
        let text = LIST.replacen("Line-Count", &format!("{line}\nLine-Count"), 1);
        assert!(parse(&text).is_err(), "{line}");
    }
}

#[test]
fn renders_no_header_text_of_the_upstream() {
    let text = LIST.replacen(
        "Line-Count",
        "Written-By: someone\nX-Any: thing\nLine-Count",
        1,
    );
    let rendered = parse(&text).unwrap().to_text();
    assert!(!rendered.contains("someone") && !rendered.contains("X-Any"));
}

#[test]
fn leaves_out_lines_with_odd_characters() {
    let lines = [
        "Good$Mod 1.0 A/AB/ABC/Good-1.0.tar.gz",
        "Good\u{1b}Mod 1.0 A/AB/ABC/Good-1.0.tar.gz",
        "Good 1\u{202e}0 A/AB/ABC/Good-1.0.tar.gz",
        "Acme::ǝmɔA 1.0 A/AB/ABC/Acme-1.0.tar.gz",
    ];
    let index = parse(&index(&lines)).unwrap();
    assert_eq!(index.packages().collect::<Vec<_>>(), ["Acme::ǝmɔA"]);
    assert_eq!(index.dropped().len(), 3);
}

#[test]
fn leaves_out_names_that_pause_never_writes() {
    for name in [
        "Old-1.0;cd;id>shell-in-name;true;.tar.gz",
        "Old-1.0$(id).tar.gz",
        "-xOld-1.0.tar.gz",
        "Old-1.0~.tar.gz",
    ] {
        let line = format!("Old 1.0 A/AB/ABC/{name}");
        let index = parse(&index(&[&line, "New 1.0 A/AB/ABC/New-1.0.tar.gz"])).unwrap();
        assert_eq!(index.dropped(), ["Old"], "{name}");
        assert_eq!(index.packages().collect::<Vec<_>>(), ["New"]);
        assert!(!index.to_text().contains("Old"), "{name}");
    }
}

#[test]
fn rejects_package_index_dated_in_the_future() {
    let index = parse(LIST).unwrap();
    let at = |time: &str| index.check_date(time.parse().unwrap());
    at("2026-11-24T12:00:00Z").unwrap();
    at("2026-11-24T11:50:00Z").unwrap();
    for time in ["2026-11-24T11:49:59Z", "2026-11-23T13:00:00Z"] {
        let error = at(time).unwrap_err();
        assert!(
            matches!(error, PackageIndexError::InTheFuture { .. }),
            "{error}"
        );
    }
}

#[test]
fn module_list_brings_no_program() {
    let list = b"File: 03modlist.data\nDate: Tue, 24 Nov 2026 12:00:00 GMT\n\nsystem('id');\n";
    let text = render_site_file(SiteFile::ModuleList, list.to_vec()).unwrap();
    assert!(!text.contains("system"));
    assert!(
        text.contains("Date:        Tue, 24 Nov 2026 12:00:00 GMT\n\npackage CPAN::Modulelist;")
    );
    assert!(render_site_file(SiteFile::ModuleList, b"<html>".to_vec()).is_err());
    // Tools of private CPANs write the date in another form, or none.
    for date in ["Date: Tue Nov 24 12:00:00 2026\n", ""] {
        let list = format!("File: 03modlist.data\n{date}\nsystem('id');\n");
        let text = render_site_file(SiteFile::ModuleList, list.into_bytes()).unwrap();
        assert!(
            !text.contains("system") && !text.contains("Date:"),
            "{text}"
        );
        assert!(text.contains("Modcount:    0\n\npackage CPAN::Modulelist;"));
    }
}

#[test]
fn renders_author_list_and_permissions_from_data() {
    let render = |file, text: &str| render_site_file(file, text.as_bytes().to_vec());
    let authors = "alias ABC \"A <a@b>\"\nalias  DEF \"D \u{e9} <d@e>\" \n";
    assert_eq!(
        render(SiteFile::Authors, authors).unwrap(),
        "alias ABC \"A <a@b>\"\nalias DEF \"D \u{e9} <d@e>\"\n"
    );
    // A name in two encodings has control characters, and must not stop the list.
    assert_eq!(
        render(SiteFile::Authors, "alias ABC \"A\u{85}\rx\"\n").unwrap(),
        "alias ABC \"A  x\"\n"
    );
    // One line that no client reads does not stop the list either.
    let odd = "alias ABC \"A <a@b>\"\nalias DEF D <d@e>\n# mine\n \n";
    assert_eq!(
        render(SiteFile::Authors, odd).unwrap(),
        "alias ABC \"A <a@b>\"\n"
    );
    for text in ["<html>\n", "alias ABC A <a@b>\n", "alias A;B \"A\"\n"] {
        assert!(render(SiteFile::Authors, text).is_err(), "{text}");
    }
}

/// A list with this body, whose header states the number of its lines.
fn permission_list(body: &str) -> String {
    let count = body.lines().count();
    format!(
        "File: 06perms.txt\nX: y\nDescription: of\n    two lines\nLine-Count: {count}\n\
         Date: Tue, 24 Nov 2026 12:00:00 GMT\n\n{body}"
    )
}

fn permissions(text: &str) -> Result<PermissionList, PackageIndexError> {
    PermissionList::parse(text.as_bytes())
}

#[test]
fn renders_permissions_from_data() {
    let text = permission_list("Foo,XYZ,c\nFoo,ABC,f\nBar,ABC,m\nBar,ABC,m\n");
    let text = render_site_file(SiteFile::Permissions, text.into_bytes()).unwrap();
    assert!(!text.contains("X: y"));
    assert!(text.contains("Line-Count:  3\n"));
    assert!(text.ends_with(
        "Date:        Tue, 24 Nov 2026 12:00:00 GMT\n\nBar,ABC,m\nFoo,ABC,f\nFoo,XYZ,c\n"
    ));
}

#[test]
fn reads_owners_and_co_maintainers() {
    let text = permission_list(
        "Both,ABC,f\nBoth,REG,m\nFoo,ABC,f\nFoo,XYZ,c\nfoo,OTHER,f\nOrphan,ABC,c\nZo\u{eb}'s,P5P,f\n",
    );
    let owners = permissions(&text).unwrap().owners();
    let owners: Vec<String> = owners
        .iter()
        .map(|(package, owners)| format!("{package} {}", owners.to_json()))
        .collect();
    assert_eq!(
        owners,
        [
            r#"Both ["REG","ABC"]"#,
            r#"Foo ["ABC","XYZ"]"#,
            r#"Orphan [null,"ABC"]"#,
            "Zo\u{eb}'s [\"P5P\"]",
            r#"foo ["OTHER"]"#,
        ]
    );
}

#[test]
fn leaves_out_permissions_of_no_package_or_author() {
    let text = permission_list("A b,ABC,f\nFoo,A,f\nFoo,abc,c\nWith,comma,ABC,c\nFoo,ABC,f\n");
    let list = permissions(&text).unwrap();
    assert_eq!(list.dropped(), 4);
    assert_eq!(list.owners().len(), 1);
    let mut bytes = permission_list("")
        .replace("Count: 0", "Count: 1")
        .into_bytes();
    bytes.extend(b"Zo\xeb,ABC,f\n");
    assert_eq!(PermissionList::parse(&bytes).unwrap().dropped(), 1);
}

#[test]
fn reads_the_permissions_in_the_seed_of_the_fuzzer() {
    let list = permissions(include_str!("../../../../fuzz/seeds/permissions/list")).unwrap();
    assert_eq!((list.owners().len(), list.dropped()), (4, 1));
    assert!(list.date().is_some());
}

#[test]
fn rejects_permissions_in_another_form_or_cut_off() {
    let whole = permission_list("Foo,ABC,f\nFoo,XYZ,c\n");
    permissions(&whole).unwrap();
    for text in [
        "File: 06perms.txt\nFoo,ABC,f\n".to_owned(),
        permission_list("<html>\n"),
        permission_list("Foo,ABC,x\n"),
        permission_list("Foo,ABC\n"),
        permission_list("\nFoo,ABC,f\n"),
        permission_list("Foo,ABC,f"),
        permission_list("Foo,ABC,f\nFoo,XYZ,f\n"),
        permission_list("Foo,ABC,f\nFoo,ABC,c\n"),
        permission_list("Foo,ABC,m\nFoo,XYZ,m\n"),
        whole.replace("Foo,XYZ,c\n", ""),
        whole.replace("Line-Count: 2\n", ""),
        whole.replace("Line-Count: 2\n", "Line-Count: 2\nLine-Count: 2\n"),
    ] {
        assert!(permissions(&text).is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn reads_again_what_it_renders(text in "\\PC{0,40}", cut in 0..LIST.len()) {
        let mut mixed = LIST.as_bytes().to_vec();
        mixed.splice(cut..cut, text.bytes());
        if let Ok(index) = PackageIndex::parse(mixed) {
            let text = index.to_text();
            prop_assert_eq!(parse(&text).unwrap().to_text(), text);
        }
    }

    #[test]
    fn reads_permissions_again_that_it_renders(text in "\\PC{0,30}", cut in 0..60_usize) {
        let mut body = "Foo,ABC,f\nFoo,XYZ,c\nZo\u{eb}::X,P5P,m\n".to_owned();
        let cut = (0..=cut.min(body.len())).rev().find(|at| body.is_char_boundary(*at)).unwrap();
        body.insert_str(cut, &text);
        if let Ok(list) = permissions(&permission_list(&body)) {
            let text = list.to_text();
            let again = permissions(&text).unwrap();
            prop_assert_eq!(again.dropped(), 0);
            prop_assert_eq!(again.owners(), list.owners());
            prop_assert_eq!(again.to_text(), text);
        }
    }
}
