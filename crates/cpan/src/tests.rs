//! The text of every error, with sample data.

use std::io;

use jiff::Timestamp;

use crate::{
    CpanError,
    backlog::BacklogError,
    checksums::{Checksums, ChecksumsError},
    package_index::{PackageIndexError, PackedError},
    recent::{Epoch, NewsError, RecentError},
};

fn epoch(text: &str) -> Epoch {
    text.parse().unwrap()
}

#[test]
fn states_each_error_of_a_cpan() {
    let address = || "http://cpan.example/authors/id/T/TI/TIMLEGGE/CHECKSUMS".to_owned();
    let path = || "/srv/cpan/modules/02packages.details.txt.gz".into();
    let author = "TIMLEGGE".parse().unwrap();
    let errors = [
        CpanError::Address("ftp://cpan.example/".to_owned()),
        CpanError::Read {
            path: path(),
            source: io::ErrorKind::PermissionDenied.into(),
        },
        CpanError::TooLarge {
            path: path(),
            limit: 1024,
        },
        CpanError::Checksums {
            address: address(),
            source: ChecksumsError::NotText,
        },
        CpanError::Packed {
            address: address(),
            source: PackedError::TooLarge(1024),
        },
        CpanError::TooManyDirectories {
            author,
            limit: 1000,
        },
        CpanError::TooManyRecords {
            author: "TIMLEGGE".parse().unwrap(),
            read: 256,
        },
    ];
    let no_author = BacklogError::NoAuthor("authors/id/T/TI/TIMLEGGE/".to_owned());
    let mut texts: Vec<_> = errors.iter().map(ToString::to_string).collect();
    texts.push(no_author.to_string());
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn states_each_error_of_checksums() {
    let nested = "{'a' => ".repeat(40);
    let data = [
        "$cksum = 1;",
        "$cksum = {'F-1.tgz' => {'size' => 1, 'size' => 2}};",
        &format!("$cksum = {nested}"),
    ];
    let errors = [
        ChecksumsError::NotText,
        ChecksumsError::Start(2),
        ChecksumsError::End,
        ChecksumsError::Entry("F-1.tgz".to_owned()),
        ChecksumsError::Digest("F-1.tgz".to_owned()),
    ];
    let parsed = data.map(|text| Checksums::parse(text.as_bytes()).unwrap_err());
    let errors = errors.iter().chain(&parsed);
    let texts: Vec<_> = errors.map(ToString::to_string).collect();
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn states_each_error_of_package_index() {
    let time = |second| Timestamp::from_second(second).unwrap();
    let errors = [
        PackageIndexError::NoHeader,
        PackageIndexError::Number("Line-Count"),
        PackageIndexError::HeaderLine("File".to_owned()),
        PackageIndexError::FieldTwice("Line-Count"),
        PackageIndexError::InTheFuture {
            found: time(1_800_000_000),
            now: time(1_795_000_000),
        },
        PackageIndexError::Count {
            expected: 2,
            found: 1,
        },
        PackageIndexError::Line("Foo::Bar 1.02".to_owned()),
        PackageIndexError::PackageTwice("Foo::Bar".to_owned()),
        PackageIndexError::Form {
            file: "01mailrc.txt.gz",
            expected: "`alias ID \"NAME <ADDRESS>\"`",
            found: "alias".to_owned(),
        },
    ];
    let packed = [
        PackedError::Gzip(io::Error::other("invalid header")),
        PackedError::TooLarge(1024),
        PackedError::Trailing(3),
    ];
    let errors = errors.iter().map(ToString::to_string);
    let texts: Vec<_> = errors
        .chain(packed.iter().map(ToString::to_string))
        .collect();
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn states_each_error_of_recent_files() {
    let in_file = |source| NewsError::<CpanError>::File {
        path: "authors/RECENT-1h.yaml".to_owned(),
        source,
    };
    let errors = [
        in_file(RecentError::TooLarge),
        in_file(RecentError::NotText),
        in_file(RecentError::Shape {
            expected: "a map",
            found: "a list".to_owned(),
        }),
        in_file(RecentError::Twice("meta".to_owned())),
        in_file(RecentError::Missing("recent")),
        in_file(RecentError::Protocol("2".to_owned())),
        in_file("now".parse::<Epoch>().unwrap_err().into()),
        in_file(RecentError::Path("../x".to_owned())),
        in_file(RecentError::TooMany),
        in_file(RecentError::Order {
            later: epoch("3.5"),
            earlier: epoch("2.5"),
        }),
        NewsError::Interval {
            path: "authors/RECENT-1h.yaml".to_owned(),
            expected: "1h",
            found: "6h".to_owned(),
        },
    ];
    insta::assert_snapshot!(errors.map(|error| error.to_string()).join("\n"));
}
