//! Members: paths, kinds, permissions.

use cpan_sigstore_archive::{
    Code, Destination, Preflight,
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
fn every_world_writable_member_is_counted() {
    let open = |path: &str, mode| Entry {
        mode,
        ..file(path, "")
    };
    let found =
        look(&targz(&with((0..9).map(|number| {
            open(&format!("Foo-Bar-1.02/t/{number}.t"), 0o666)
        }))));
    let defect = the_only(&found, Code::WorldWritable, Error);
    assert_eq!((defect.count, defect.members.len()), (9, 5));
    assert!(defect.found.contains("t/0.t") && defect.found.contains("0666"));
    let folder = Entry {
        mode: 0o777,
        ..of_kind("Foo-Bar-1.02/t/", EntryType::Directory)
    };
    the_only(&look_with(folder), Code::WorldWritable, Error);
    // Group and owner may.
    assert!(look_with(open("Foo-Bar-1.02/x", 0o775)).defects.is_empty());
}

#[test]
fn a_symbolic_link_is_an_error_only_where_pause_would_repack_for_it() {
    let at = |target: &str| look_with(link("Foo-Bar-1.02/lib/l", EntryType::Symlink, target));
    // `tar` lists every link as open to everybody; PAUSE finds no file of that path, and leaves it.
    assert!(at("Foo").defects.is_empty());
    assert!(at("../META.json").defects.is_empty());
    for repacked in [".", "..", "Foo-Bar-1.02/META.json"] {
        has(&at(repacked), Code::WorldWritable, Error);
    }
    let hard = link("Foo-Bar-1.02/l", EntryType::Link, "Foo-Bar-1.02/META.json");
    the_only(&look_with(hard), Code::WorldWritable, Error);
}

#[test]
fn a_path_that_leads_out_is_found() {
    for path in [
        "../evil",
        "Foo-Bar-1.02/../../evil",
        "Foo-Bar-1.02/..",
        "/etc/passwd",
        "C:/evil",
        "Foo-Bar-1.02/..\\..\\evil",
        "\\evil",
    ] {
        has(&look_with(file(path, "x")), Code::PathEscapes, Error);
    }
    let harmless = look_with(file("./Foo-Bar-1.02//..x/a..b", "x"));
    assert!(harmless.defects.is_empty(), "{:#?}", harmless.defects);
}

#[test]
fn a_link_that_leads_out_is_found() {
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
        has(&symlink(target), Code::LinkEscapes, Error);
    }
    for target in ["/etc/passwd", "../evil", "Foo-Bar-1.02/../../evil"] {
        let hard = link("Foo-Bar-1.02/l", EntryType::Link, target);
        has(&look_with(hard), Code::LinkEscapes, Error);
    }
}

#[test]
fn two_links_cannot_lead_out_together() {
    // Each of them stays inside, by its text alone.
    let found = look(&targz(&with([
        link("Foo-Bar-1.02/a/b/up", EntryType::Symlink, "../.."),
        link("Foo-Bar-1.02/out", EntryType::Symlink, "a/b/up/../../evil"),
    ])));
    has(&found, Code::LinkEscapes, Error);
}

#[test]
fn a_member_that_is_unpacked_through_a_link_is_found() {
    let found = look(&targz(&with([
        link("Foo-Bar-1.02/t", EntryType::Symlink, "lib"),
        file("Foo-Bar-1.02/t/deep/Evil.pm", "x"),
    ])));
    the_only(&found, Code::MemberThroughLink, Error);
}

#[test]
fn devices_pipes_and_sparse_files_are_found() {
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
        the_only(&found, Code::MemberKind, Error);
    }
}

#[test]
fn a_second_member_of_the_same_path_is_found() {
    let twice = file("./Foo-Bar-1.02/lib//Foo/Bar.pm", "package Evil;\n");
    the_only(&look_with(twice), Code::MemberTwice, Error);
    let a_folder = of_kind("Foo-Bar-1.02/lib/Foo/Bar.pm/", EntryType::Directory);
    the_only(&look_with(a_folder), Code::MemberTwice, Error);
    // A folder that is made twice is the same folder.
    let again = of_kind("Foo-Bar-1.02", EntryType::Directory);
    assert!(look_with(again).defects.is_empty());
}

#[test]
fn paths_that_differ_in_case_alone_are_a_warning() {
    let found = look_with(file("Foo-Bar-1.02/LIB/foo/Bar.pm", ""));
    the_only(&found, Code::MemberCase, Warning);
}

#[test]
fn files_outside_the_one_top_folder_are_a_warning() {
    let found = look_with(file("other/file", ""));
    the_only(&found, Code::TopFolders, Warning);
    let found = look_with(file("loose", ""));
    the_only(&found, Code::TopFolders, Warning);
    assert!(found.is_fit());
}

#[test]
fn a_top_folder_of_another_name_is_a_warning() {
    let entries = [file("Foo/META.json", META_JSON)];
    the_only(&look(&targz(&entries)), Code::TopFolderName, Warning);
}

#[test]
fn what_a_build_has_made_is_a_warning() {
    let found = look_with(file("Foo-Bar-1.02/blib/lib/Foo.pm", ""));
    the_only(&found, Code::BuildFolder, Warning);
}

#[test]
fn a_raku_distribution_goes_where_pause_moves_it() {
    let bytes = targz(&with([file("Foo-Bar-1.02/META6.json", "{}")]));
    the_only(&look(&bytes), Code::Raku, Error);
    let destination = Destination {
        author: None,
        subdirectory: Some("Perl6".parse().unwrap()),
    };
    assert!(look_as(&bytes, NAME, &destination).defects.is_empty());
}

#[test]
fn all_defects_are_found_at_once_the_worst_first() {
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
            Code::WorldWritable,
            Code::PathEscapes,
            Code::MemberKind,
            Code::TopFolders
        ]
    );
}
