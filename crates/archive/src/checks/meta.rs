//! What META states, against the file name and against itself.

use cpan_sigstore_core::release::{PerlVersion, ReleaseName, name_matches_meta};

use crate::{
    Code, Severity,
    findings::Findings,
    meta::{MetaError, MetaFile, Stated},
};

/// Most META files that are compared; an archive with one top folder has two.
const MOST: usize = 8;

/// What the META files of an archive state.
#[derive(Default)]
pub struct Metas {
    read: Vec<(String, Stated)>,
    raku: bool,
}

impl Metas {
    /// Takes in a META file.
    pub fn read(&mut self, form: MetaFile, member: &str, content: &[u8], findings: &mut Findings) {
        if form == MetaFile::Raku {
            self.raku = true;
            return;
        }
        match form.read(content) {
            Ok(stated) if self.read.len() < MOST => self.read.push((member.to_owned(), stated)),
            Ok(_) => {}
            Err(error) => findings.member(
                Code::MetaUnreadable,
                // Readers disagree on which of two counts; one that none can read deceives nobody.
                match error {
                    MetaError::Twice(_) => Severity::Error,
                    MetaError::Malformed(_) => Severity::Warning,
                },
                member,
                "META that states name and version once",
                || format!("{error} in `{member}`"),
            ),
        }
    }

    /// Whether it is a distribution of Raku.
    pub const fn is_raku(&self) -> bool {
        self.raku
    }

    /// Compares all of them with the file name, and with each other.
    pub fn compare(&self, release: Option<&ReleaseName>, findings: &mut Findings) {
        let complete: Vec<_> = self
            .read
            .iter()
            .filter_map(|(member, stated)| {
                Some((
                    member.as_str(),
                    stated.name.as_deref()?,
                    stated.version.as_deref()?,
                ))
            })
            .collect();
        if let Some(release) = release {
            if complete.is_empty() {
                findings.file(
                    Code::NameUnchecked,
                    Severity::Warning,
                    "META.json or META.yml with name and version",
                    if self.read.is_empty() {
                        "neither in the top folder"
                    } else {
                        "no name or no version in it"
                    },
                );
            }
            for (member, name, version) in &complete {
                if let Err(mismatch) = name_matches_meta(release, name, version) {
                    findings.member(
                        Code::NameMismatch,
                        Severity::Error,
                        member,
                        &format!(
                            "{} {} in META, as in the file name",
                            mismatch.field, mismatch.expected
                        ),
                        || format!("{} in `{member}`", mismatch.found),
                    );
                }
            }
        }
        let Some((first, rest)) = complete.split_first() else {
            return;
        };
        for other in rest {
            if !agree(first, other) {
                findings.member(
                    Code::MetaDisagree,
                    Severity::Error,
                    other.0,
                    "META files that state the same name and version",
                    || {
                        format!(
                            "{} {} in `{}`, {} {} in `{}`",
                            first.1, first.2, first.0, other.1, other.2, other.0
                        )
                    },
                );
            }
        }
    }
}

type Complete<'a> = (&'a str, &'a str, &'a str);

fn agree(left: &Complete<'_>, right: &Complete<'_>) -> bool {
    let name = |stated: &Complete<'_>| stated.1.replace("::", "-");
    let version = |stated: &Complete<'_>| stated.2.parse::<PerlVersion>().ok();
    let same_version = left.2 == right.2
        || matches!((version(left), version(right)), (Some(left), Some(right)) if left == right);
    name(left) == name(right) && same_version
}
