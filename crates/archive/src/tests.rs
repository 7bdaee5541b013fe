//! The text of every error, with sample data.

use std::io;

use crate::{fix::FixError, meta::MetaError, read_error::LimitPassed};

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
