//! The mails that PAUSE sends.

use super::compression::Compression;

/// The list that learns of every published file.
const UPLOADS: &str = "cpan-uploads@perl.org";
/// The administrators.
const ADMINISTRATORS: &str = "modules@perl.org";

/// A mail of PAUSE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// A PAUSE id, or an address.
    pub to: String,
    pub subject: String,
    pub text: String,
}

/// Returns the mails about a published file.
pub(super) fn published(user: &str, path: &str, size: usize) -> [Mail; 2] {
    // PAUSE takes the size from an archive only.
    let is_archive = path.ends_with(".zip") || Compression::of_tar(path).is_some();
    let size = if is_archive {
        size.to_string()
    } else {
        path.to_owned()
    };
    let text = format!(
        "The uploaded file has entered CPAN as\n\n  file: $CPAN/authors/id/{path}\n  size: {size} bytes\n"
    );
    [user, UPLOADS].map(|to| Mail {
        to: to.to_owned(),
        subject: format!("CPAN Upload: {path}"),
        text: text.clone(),
    })
}

/// Returns the mails about a file that PAUSE gave up.
pub(super) fn given_up(user: &str, path: &str, reason: &str) -> [Mail; 2] {
    [user, ADMINISTRATORS].map(|to| Mail {
        to: to.to_owned(),
        subject: format!("Upload failed: {path}"),
        text: format!("PAUSE gave up the upload of {path}: {reason}\n"),
    })
}

/// Returns the mails about a file that the gate refused.
pub(super) fn refused(user: &str, path: &str, text: &str) -> [Mail; 2] {
    [user, ADMINISTRATORS].map(|to| Mail {
        to: to.to_owned(),
        subject: format!("Upload refused: {path}"),
        text: format!("{text}\n"),
    })
}
