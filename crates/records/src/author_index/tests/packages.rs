//! Packages, their authors, and transfers.

use super::*;

fn owners(text: &str) -> PackageOwners {
    PackageOwners::from_json(text).unwrap()
}

fn package(name: &str) -> PackageName {
    name.parse().unwrap()
}

/// An index after another one, with these packages and transfers.
fn with_packages(
    previous: Option<&AuthorIndex>,
    packages: &[(&str, &str)],
    transfers: Vec<Transfer>,
) -> AuthorIndex {
    let mut draft = Draft::after(previous);
    let packages = packages.iter();
    let packages = packages.map(|(name, authors)| (package(name), owners(authors)));
    draft.set_packages(packages.collect(), transfers);
    draft.finish(time(NOW)).unwrap()
}

const PACKAGES: &[(&str, &str)] = &[
    ("Foo::Bar", r#"["MYAUTHOR","ABC","OTHER"]"#),
    ("Foo::bar", r#"["OTHER"]"#),
    ("Orphan", r#"[null,"ABC"]"#),
    ("Zoë", r#"["ABC"]"#),
];

#[test]
fn reads_owners_of_packages_each_on_one_line() {
    let index = with_packages(None, PACKAGES, Vec::new());
    for (name, authors) in PACKAGES {
        assert_eq!(index.owners_of(&package(name)), Some(&owners(authors)));
        let line = format!("\"{name}\": {authors}");
        let mut lines = index.text().lines().map(|line| line.trim_end_matches(','));
        assert!(lines.any(|one| one == line), "{line}");
    }
    // Names that differ in case only are two packages; of any other nothing is known.
    for name in ["foo::bar", "Foo", "Foo::Bar::Baz"] {
        assert_eq!(index.owners_of(&package(name)), None, "{name}");
    }
    let found = owners(PACKAGES[0].1);
    assert_eq!(found.owner(), Some(&id("MYAUTHOR")));
    assert_eq!(found.maintainers(), [id("ABC"), id("OTHER")]);
    assert!(found.includes(&id("OTHER")) && !found.includes(&id("NOBODY")));
    assert_eq!(found.to_string(), "MYAUTHOR with ABC, OTHER");
    let without = first();
    assert!(!without.text().contains("packages"));
    // The next index keeps them, to the byte.
    let next = Draft::after(Some(&index)).finish(time(NOW)).unwrap();
    assert_eq!(next.packages(), index.packages());
}

#[test]
fn rejects_owners_in_another_form_or_order() {
    let text = with_packages(None, PACKAGES, Vec::new()).text().to_owned();
    let line = "\"Foo::Bar\": [\"MYAUTHOR\",\"ABC\",\"OTHER\"],\n";
    for (is, instead) in [
        (line, format!("{line}{line}")),
        (line, line.replace("Foo::Bar", "Zoo::Bar")),
        (line, line.replace("Foo::Bar", "Foo::Bar ")),
        (line, line.replace("Foo::Bar", "Foo::B\\u0061r")),
        (line, line.replace("MYAUTHOR", "myauthor")),
        (line, line.replace("MYAUTHOR", "OTHER")),
        (line, line.replace("\"ABC\",\"OTHER\"", "\"OTHER\",\"ABC\"")),
        (line, line.replace("\"ABC\"", "\"OTHER\"")),
        (line, line.replace("\"ABC\"", "null")),
        (line, line.replace("\"ABC\",", "\"ABC\", ")),
        (line, line.replace("\"ABC\",", "\n\"ABC\",")),
        (line, "\"Foo::Bar\": [],\n".to_owned()),
        (line, "\"Foo::Bar\": [null],\n".to_owned()),
        (line, "\"Foo::Bar\": null,\n".to_owned()),
        (line, "\"Foo::Bar\": \"MYAUTHOR\",\n".to_owned()),
    ] {
        assert!(text.contains(is));
        refused(&text.replacen(is, &instead, 1));
    }
    let begin = text.find("\"packages\"").unwrap();
    for packages in ["{}", "null", "[]"] {
        refused(&format!("{}\"packages\": {packages}\n}}\n", &text[..begin]));
    }
}

#[test]
fn lists_changes_of_owners_first() {
    let one = with_packages(None, PACKAGES, Vec::new());
    let two = with_packages(
        Some(&one),
        &[
            ("Foo::Bar", r#"["MYAUTHOR","ABC"]"#),
            ("Foo::bar", r#"["EVIL"]"#),
            ("New", r#"["ABC"]"#),
            ("Zoë", r#"["ABC"]"#),
        ],
        Vec::new(),
    );
    let found = difference(&one, &two).unwrap();
    let changes: Vec<_> = found.owners.iter().map(ToString::to_string).collect();
    assert_eq!(
        changes,
        [
            "Foo::bar: OTHER to EVIL",
            "Orphan: no owner with ABC to nobody known",
            "Foo::Bar: MYAUTHOR with ABC, OTHER to MYAUTHOR with ABC",
        ]
    );
    assert_eq!(found.new_packages, 1);
    assert!(!found.is_empty());
    let none = with_packages(Some(&two), &[], Vec::new());
    assert_eq!(difference(&two, &none).unwrap().owners.len(), 4);
}

#[test]
fn announces_transfers_a_week_before_they_are_in_effect() {
    let one = with_packages(None, PACKAGES, Vec::new());
    let announce = |name: &str, authors: Option<&str>| {
        Transfer::announce(package(name), authors.map(owners), time(NOW)).unwrap()
    };
    let moved = announce("Foo::Bar", Some(r#"["EVIL"]"#));
    assert_eq!(moved.effective, time("2026-12-01T12:00:00Z"));
    let gone = announce("Orphan", None);
    let two = with_packages(Some(&one), PACKAGES, vec![gone.clone(), moved.clone()]);
    assert_eq!(two.transfers(), [moved.clone(), gone.clone()]);
    let next = Draft::after(Some(&two)).finish(time(NOW)).unwrap();
    assert_eq!(next.transfers(), two.transfers());
    let found = difference(&one, &two).unwrap();
    assert_eq!(found.transfers, [moved.clone(), gone.clone()]);
    // One is applied, the other one withdrawn.
    let mut packages = PACKAGES.to_vec();
    packages[0].1 = r#"["EVIL"]"#;
    let three = with_packages(Some(&two), &packages, Vec::new());
    let found = difference(&two, &three).unwrap();
    assert_eq!(found.withdrawn_transfers, [gone]);
    assert_eq!(found.owners.len(), 1);
    // They are other states of known packages, a week ahead, sorted.
    let text = two.text();
    for (is, instead) in [
        (
            "\"effective\":\"2026-12-01T12:00:00Z\"",
            "\"effective\":\"2026-12-01T11:59:59Z\"",
        ),
        (
            "\"owners\":[\"EVIL\"]",
            "\"owners\":[\"MYAUTHOR\",\"ABC\",\"OTHER\"]",
        ),
        ("\"owners\":[\"EVIL\"]", "\"owners\":[]"),
        ("\"owners\":[\"EVIL\"],", ""),
        ("\"package\":\"Foo::Bar\"", "\"package\":\"Orphan\""),
        ("\"package\":\"Orphan\"", "\"package\":\"Unknown\""),
    ] {
        assert!(text.contains(is), "{is} in {text}");
        refused(&text.replacen(is, instead, 1));
    }
}

proptest! {
    #[test]
    fn reads_back_owners_of_any_packages(
        packages in proptest::collection::btree_map(
            "[A-Za-z_][A-Za-z0-9_:'.é-]{0,20}",
            (proptest::option::of("[A-C][A-C0-9-]{1,3}"), proptest::collection::vec("[A-C][A-C0-9-]{1,3}", 0..4)),
            0..12,
        ),
    ) {
        let packages: std::collections::BTreeMap<_, _> = packages
            .iter()
            .filter_map(|(name, (owner, others))| {
                let others = others.iter().map(|other| id(other));
                let owners = PackageOwners::new(owner.as_deref().map(id), others)?;
                Some((package(name), owners))
            })
            .collect();
        let mut draft = Draft::after(None);
        draft.set_packages(packages.clone(), Vec::new());
        let index = draft.finish(time(NOW)).unwrap();
        let read: std::collections::BTreeMap<_, _> = index.packages().iter().cloned().collect();
        prop_assert_eq!(&read, &packages);
        for (name, owners) in &packages {
            prop_assert_eq!(index.owners_of(name), Some(owners));
        }
    }
}
