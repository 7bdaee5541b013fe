//! The text of every error, with sample data.

use std::io;

use crate::{
    fix::FixError,
    form::{ExtensionProblem, FormError, HeaderProblem, ZipProblem},
    meta::MetaError,
    read_error::LimitPassed,
};

#[test]
fn states_each_error() {
    let path = || "Foo-Bar-1.02.tar.gz".into();
    let texts = [
        FixError::Io {
            path: path(),
            source: io::ErrorKind::StorageFull.into(),
        }
        .to_string(),
        FixError::Unreadable {
            path: path(),
            found: "it ends early".to_owned(),
        }
        .to_string(),
        FixError::Changed { path: path() }.to_string(),
        LimitPassed::MEMBERS.to_string(),
        MetaError::Twice("version").to_string(),
    ];
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn states_each_unusual_form() {
    let headers = [
        HeaderProblem::Magic,
        HeaderProblem::Number("size"),
        HeaderProblem::Text("name"),
        HeaderProblem::Unused("linkname"),
        HeaderProblem::Format,
        HeaderProblem::Sum,
        HeaderProblem::OtherFormat,
        HeaderProblem::NoName,
        HeaderProblem::FolderName,
        HeaderProblem::ReservedName,
    ];
    let extensions = [
        ExtensionProblem::Record,
        ExtensionProblem::Key,
        ExtensionProblem::Value("path"),
        ExtensionProblem::HiddenHeader,
        ExtensionProblem::Padding,
        ExtensionProblem::Second,
        ExtensionProblem::Unused,
        ExtensionProblem::LateGlobal,
        ExtensionProblem::LongLink,
        ExtensionProblem::Size,
    ];
    let zips = [
        ZipProblem::End,
        ZipProblem::Directory,
        ZipProblem::Malformed("name"),
        ZipProblem::Contradiction("sizes"),
        ZipProblem::OtherFormat,
        ZipProblem::Unsupported("method"),
    ];
    let headers = headers.map(|problem| FormError::Header { at: 512, problem });
    let extensions = extensions.map(|problem| FormError::Extension { at: 512, problem });
    let zips = zips.map(|problem| FormError::Zip { problem });
    let forms = headers.iter().chain(&extensions).chain(&zips);
    let texts: Vec<_> = forms.map(ToString::to_string).collect();
    insta::assert_snapshot!(texts.join("\n"));
}
