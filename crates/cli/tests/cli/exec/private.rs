//! Private CPANs, as their tools and web servers write them.

use std::fs;

use crate::{
    fixtures::author::distribution,
    harness::{Ran, World},
};

/// A CPAN in a folder with one release of an author, and an index with this header.
fn cpan(user: &World, id: &str, header: &str) -> String {
    let home = format!("{}/{}/{id}", &id[..1], &id[..2]);
    let authors = user.path(&format!("cpan/authors/id/{home}"));
    fs::create_dir_all(&authors).unwrap();
    let archive = distribution("Foo-Bar", "1.02");
    fs::write(authors.join("Foo-Bar-1.02.tar.gz"), archive).unwrap();
    let modules = user.path("cpan/modules");
    fs::create_dir_all(&modules).unwrap();
    let lines = format!(
        "Foo::Bar 1.02 {home}/Foo-Bar-1.02.tar.gz\nFoo::Gone 1.0 {home}/Foo-Gone-1.0.tar.gz\n"
    );
    let index = modules.join("02packages.details.txt");
    fs::write(index, format!("{header}\n\n{lines}")).unwrap();
    format!("file://{}/", user.path("cpan").display())
}

fn cpanm(user: &World, upstream: &str, module: &str) -> Ran {
    let client = ["cpanm", "--notest", "-l", "perl", module];
    user.exec(&["--upstream", upstream], &client)
}

#[test]
fn installs_from_an_index_without_a_date_and_warns() {
    for header in [
        "Written-By: OrePAN2 0.52\nLine-Count: 2\nLast-Updated: Fri Nov 27 16:17:02 2026",
        "File: 02packages.details.txt\nWritten-By: OrePAN2 0.52",
    ] {
        let user = World::new().with_policy();
        let upstream = cpan(&user, "MYAUTHOR", header);
        let ran = cpanm(&user, &upstream, "Foo::Bar");
        assert_eq!(ran.code, Some(0), "{ran:#?}");
        assert!(user.has("perl", "Foo::Bar"));
        ran.assert_summary("index_without_date");
        let list = user.run(&["trust", "list"]).stdout;
        let index = list.lines().find(|line| line.starts_with("index "));
        assert!(index.unwrap().ends_with(": undated"), "{list}");
    }
}

#[test]
fn installs_from_an_index_with_a_wrong_count_and_warns() {
    let user = World::new().with_policy();
    let header = "Written-By: OrePAN2 0.52\nLine-Count: 36\nLast-Updated: Fri Nov 27 16:17:02 2026";
    let upstream = cpan(&user, "MYAUTHOR", header);
    let ran = cpanm(&user, &upstream, "Foo::Bar");
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert!(user.has("perl", "Foo::Bar"));
    ran.assert_summary("index_with_wrong_count");
}

#[test]
fn rejects_a_dated_index_that_may_be_cut_off() {
    let user = World::new().with_policy();
    let header = "Line-Count: 36\nLast-Updated: Tue, 24 Nov 2026 12:00:00 GMT";
    let upstream = cpan(&user, "MYAUTHOR", header);
    let ran = cpanm(&user, &upstream, "Foo::Bar");
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    ran.assert_summary("index_cut_off");
    assert!(!user.has("perl", "Foo::Bar"));
    let ran = user.run(&["verify", "Foo::Bar", "--cpan", &upstream]);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    ran.snapshot("verify/index_cut_off");
}

#[test]
fn rejects_an_index_that_lost_its_date() {
    let user = World::new().with_policy();
    let dated = "Last-Updated: Tue, 24 Nov 2026 12:00:00 GMT";
    let upstream = cpan(&user, "MYAUTHOR", dated);
    assert_eq!(cpanm(&user, &upstream, "Foo::Bar").code, Some(0));
    cpan(&user, "MYAUTHOR", "Last-Updated: Tue Nov 24 12:00:00 2026");
    let ran = cpanm(&user, &upstream, "Foo::Bar");
    assert_eq!(ran.code, Some(13), "{ran:#?}");
    ran.assert_summary("index_lost_its_date");
}

#[test]
fn installs_from_an_author_with_a_digit_in_second_place() {
    let user = World::new().with_policy();
    let upstream = cpan(&user, "P5P", "Line-Count: 2");
    let ran = cpanm(&user, &upstream, "Foo::Bar");
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert!(user.has("perl", "Foo::Bar"));
}

#[test]
fn names_what_the_upstream_lacks() {
    let user = World::new().with_policy();
    let upstream = cpan(&user, "MYAUTHOR", "Line-Count: 2");
    let ran = cpanm(&user, &upstream, "Foo::Gone");
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    ran.assert_summary("missing_archive");
    fs::create_dir(user.path("none")).unwrap();
    let none = format!("file://{}/", user.path("none").display());
    let ran = cpanm(&user, &none, "Foo::Bar");
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    ran.assert_summary("missing_index");
}
