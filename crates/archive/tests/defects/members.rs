//! Members: paths, kinds, permissions.

use cpan_sigstore_archive::{
    Defect, Destination, Preflight,
    Severity::{Error, Warning},
};
use tar::EntryType;

use crate::archive::{
    Entry, META_JSON, NAME, file, has, link, look, look_as, of_kind, targz, the_only, with,
};

fn look_with(entry: Entry) -> Preflight {
    look(&targz(&with([entry])))
}

#[test]
fn counts_every_world_writable_member() {
    let open = |path: &str, mode| Entry {
        mode,
        ..file(path, "")
    };
    let found =
        look(&targz(&with((0..9).map(|number| {
            open(&format!("Foo-Bar-1.02/t/{number}.t"), 0o666)
        }))));
    let defect = the_only(&found, Defect::WorldWritable, Error);
    assert_eq!((defect.count, defect.members.len()), (9, 5));
    assert!(defect.found.contains("t/0.t") && defect.found.contains("0666"));
    let folder = Entry {
        mode: 0o777,
        ..of_kind("Foo-Bar-1.02/t/", EntryType::Directory)
    };
    the_only(&look_with(folder), Defect::WorldWritable, Error);
    // Group and owner may write.
    assert!(look_with(open("Foo-Bar-1.02/x", 0o775)).defects.is_empty());
}

#[test]
fn reports_symbolic_links_only_if_pause_would_repack() {
    let at = |target: &str| look_with(link("Foo-Bar-1.02/lib/l", EntryType::Symlink, target));
    // `tar` lists every link as world-writable. PAUSE finds no file of that path and leaves the
    // archive alone.
    assert!(at("Foo").defects.is_empty());
    assert!(at("../META.json").defects.is_empty());
    for repacked in [".", "..", "Foo-Bar-1.02/META.json"] {
        has(&at(repacked), Defect::WorldWritable, Error);
    }
    let hard = link("Foo-Bar-1.02/l", EntryType::Link, "Foo-Bar-1.02/META.json");
    has(&look_with(hard), Defect::WorldWritable, Error);
}

#[test]
fn reports_paths_that_lead_out() {
    for path in [
        "../evil",
        "Foo-Bar-1.02/../../evil",
        "Foo-Bar-1.02/..",
        "/etc/passwd",
        "C:/evil",
        "Foo-Bar-1.02/..\\..\\evil",
        "\\evil",
    ] {
        has(&look_with(file(path, "x")), Defect::PathEscapes, Error);
    }
    let harmless = look_with(file("./Foo-Bar-1.02/..x/a..b", "x"));
    assert!(harmless.defects.is_empty(), "{:#?}", harmless.defects);
}

#[test]
fn reports_links_that_lead_out() {
    let symlink = |target: &str| look_with(link("Foo-Bar-1.02/lib/l", EntryType::Symlink, target));
    for target in [
        "/etc/passwd",
        "../../evil",
        "../../Foo-Bar-1.02/META.json",
        "Foo/../../../evil",
        "C:\\evil",
        "..\\evil",
        "",
    ] {
        has(&symlink(target), Defect::LinkEscapes, Error);
    }
    for target in ["/etc/passwd", "../evil", "Foo-Bar-1.02/../../evil"] {
        let hard = link("Foo-Bar-1.02/l", EntryType::Link, target);
        has(&look_with(hard), Defect::LinkEscapes, Error);
    }
}

#[test]
fn reports_two_links_that_lead_out_together() {
    // By its text alone, each link stays inside.
    let found = look(&targz(&with([
        link("Foo-Bar-1.02/a/b/up", EntryType::Symlink, "../.."),
        link("Foo-Bar-1.02/out", EntryType::Symlink, "a/b/up/../../evil"),
    ])));
    has(&found, Defect::LinkEscapes, Error);
}

#[test]
fn reports_members_unpacked_through_a_link() {
    let found = look(&targz(&with([
        link("Foo-Bar-1.02/t", EntryType::Symlink, "lib"),
        file("Foo-Bar-1.02/t/deep/Evil.pm", "x"),
    ])));
    the_only(&found, Defect::MemberThroughLink, Error);
}

#[test]
fn reports_devices_pipes_and_sparse_files() {
    for kind in [
        EntryType::Char,
        EntryType::Block,
        EntryType::Fifo,
        EntryType::GNUSparse,
        EntryType::new(b'V'),
        EntryType::new(b'D'),
        EntryType::new(0xff),
    ] {
        let found = look_with(of_kind("Foo-Bar-1.02/x", kind));
        the_only(&found, Defect::MemberKind, Error);
    }
}

#[test]
fn reports_a_second_member_of_the_same_path() {
    let twice = file("./Foo-Bar-1.02/lib/Foo/Bar.pm", "package Evil;\n");
    the_only(&look_with(twice), Defect::MemberTwice, Error);
    let a_folder = of_kind("Foo-Bar-1.02/lib/Foo/Bar.pm/", EntryType::Directory);
    the_only(&look_with(a_folder), Defect::MemberTwice, Error);
    // A folder that is created twice is still one folder.
    let again = of_kind("Foo-Bar-1.02", EntryType::Directory);
    assert!(look_with(again).defects.is_empty());
}

#[test]
fn warns_of_paths_that_differ_only_in_case() {
    let found = look_with(file("Foo-Bar-1.02/LIB/foo/Bar.pm", ""));
    the_only(&found, Defect::MemberCase, Warning);
}

#[test]
fn warns_of_files_outside_the_top_folder() {
    let found = look_with(file("other/file", ""));
    the_only(&found, Defect::TopFolders, Warning);
    let found = look_with(file("loose", ""));
    the_only(&found, Defect::TopFolders, Warning);
    assert!(found.is_fit());
}

#[test]
fn warns_of_a_top_folder_with_another_name() {
    let entries = [file("Foo/META.json", META_JSON)];
    the_only(&look(&targz(&entries)), Defect::TopFolderName, Warning);
}

#[test]
fn warns_of_build_output() {
    let found = look_with(file("Foo-Bar-1.02/blib/lib/Foo.pm", ""));
    the_only(&found, Defect::BuildFolder, Warning);
}

#[test]
fn accepts_raku_distributions_only_where_pause_moves_them() {
    let bytes = targz(&with([file("Foo-Bar-1.02/META6.json", "{}")]));
    the_only(&look(&bytes), Defect::Raku, Error);
    let destination = Destination {
        author: None,
        subdirectory: Some("Perl6".parse().unwrap()),
    };
    assert!(look_as(&bytes, NAME, &destination).defects.is_empty());
}

#[test]
fn reports_all_defects_at_once_worst_first() {
    let found = look(&targz(&with([
        file("other/file", ""),
        file("../evil", ""),
        Entry {
            mode: 0o666,
            ..file("Foo-Bar-1.02/open", "")
        },
        of_kind("Foo-Bar-1.02/pipe", EntryType::Fifo),
    ])));
    let codes: Vec<_> = found.defects.iter().map(|defect| defect.code).collect();
    assert_eq!(
        codes,
        [
            Defect::WorldWritable,
            Defect::PathEscapes,
            Defect::MemberKind,
            Defect::TopFolders
        ]
    );
}
