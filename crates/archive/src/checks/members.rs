//! Each member: its path, its kind, its permissions, and whether it is the only one of its name.

use std::collections::{HashMap, HashSet};

use cpan_sigstore_core::release::{Packing, ReleaseName};

use crate::{
    Code, Destination, Severity,
    checks::meta::Metas,
    findings::Findings,
    limits,
    member::{Kind, Member},
    meta::MetaFile,
    path::{Key, MemberPath},
};

/// Most folders at the top that are told apart.
const TOPS: usize = 10;

/// What was seen of the members so far. It holds a few bytes for each of them, whatever their paths.
#[derive(Default)]
pub struct Members {
    count: u64,
    /// Paths, and whether there is a folder.
    seen: HashMap<Key, bool>,
    folded: HashSet<Key>,
    links: HashSet<Key>,
    /// First parts of the paths of all that is not a folder.
    tops: Vec<String>,
    /// Files beside the folders at the top.
    loose: bool,
    /// What META states.
    pub metas: Metas,
}

impl Members {
    /// How many there were.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// How many bytes of the content are to be read, where it is META.
    pub fn wanted(member: &Member) -> Option<u64> {
        meta_of(member).map(|_| limits::META)
    }

    /// Takes in a member, with its content where it was wanted.
    pub fn see(&mut self, member: &Member, content: &[u8], findings: &mut Findings) {
        self.count += 1;
        let path = MemberPath::parse(&member.path);
        let shown = member.shown();
        kind(member, &path, &shown, findings);
        permissions(member, &path, &shown, findings);
        self.place(member, &path, &shown, findings);
        self.name(member, &path, &shown, findings);
        if member.kind != Kind::Folder {
            self.top(&path);
        }
        if let Some(form) = meta_of(member) {
            self.metas.read(form, &shown, content, findings);
        }
    }

    /// Where it will be unpacked.
    fn place(&self, member: &Member, path: &MemberPath, shown: &str, findings: &mut Findings) {
        if let Some(reason) = path.escape() {
            findings.member(
                Code::PathEscapes,
                Severity::Error,
                shown,
                "paths below the folder it is unpacked in",
                || format!("{reason}, `{shown}`"),
            );
        }
        let escape = match &member.kind {
            Kind::Symlink(target) => path.link_escape(target).map(|reason| (target, reason)),
            // The target of a hard link is a path from the top, as that of a member.
            Kind::HardLink(target) => MemberPath::parse(target)
                .escape()
                .map(|reason| (target, reason)),
            _ => None,
        };
        if let Some((target, reason)) = escape {
            findings.member(
                Code::LinkEscapes,
                Severity::Error,
                shown,
                "links to files of the release itself",
                || {
                    let target = String::from_utf8_lossy(target);
                    format!("{reason}: `{shown}` leads to `{target}`")
                },
            );
        }
        if !self.links.is_empty() && path.ancestors().any(|above| self.links.contains(&above)) {
            findings.member(
                Code::MemberThroughLink,
                Severity::Error,
                shown,
                "members below folders of the release itself",
                || format!("`{shown}` below a symbolic link"),
            );
        }
    }

    /// Whether it is the only one of its name.
    fn name(&mut self, member: &Member, path: &MemberPath, shown: &str, findings: &mut Findings) {
        if let Some(other) = &member.other_path {
            findings.member(
                Code::MemberAmbiguous,
                Severity::Error,
                shown,
                "one path for each member",
                || {
                    let other = String::from_utf8_lossy(other);
                    format!("`{shown}` in an extended header, `{other}` in the plain one")
                },
            );
        }
        let is_folder = member.kind == Kind::Folder;
        let before = self.seen.insert(path.key(), is_folder);
        if matches!(member.kind, Kind::Symlink(_)) {
            self.links.insert(path.key());
        }
        match before {
            // To make a folder twice changes nothing.
            Some(true) if is_folder => {}
            Some(_) => findings.member(
                Code::MemberTwice,
                Severity::Error,
                shown,
                "each path once",
                || format!("`{shown}` more than once"),
            ),
            None if !self.folded.insert(path.folded_key()) => findings.member(
                Code::MemberCase,
                Severity::Warning,
                shown,
                "paths that differ by more than the case of letters",
                || format!("`{shown}`, and another that differs in case alone"),
            ),
            None => {}
        }
    }

    fn top(&mut self, path: &MemberPath) {
        let Some(first) = path.parts().first() else {
            return;
        };
        self.loose |= path.parts().len() == 1;
        let first = String::from_utf8_lossy(first);
        if self.tops.len() < TOPS && !self.tops.iter().any(|top| *top == first) {
            self.tops.push(first.into_owned());
        }
    }

    /// What can only be said of all of them.
    pub fn finish(
        &self,
        release: Option<&ReleaseName>,
        destination: &Destination,
        findings: &mut Findings,
    ) {
        if self.count == 0 {
            findings.file(
                Code::Empty,
                Severity::Error,
                "an archive with files in it",
                "an archive without members",
            );
            return;
        }
        self.top_folder(release, findings);
        self.metas.compare(release, findings);
        let is_tar = release.is_none_or(|name| name.suffix().packing() != Packing::Zip);
        if self.metas.is_raku() && is_tar && !is_perl6(destination) {
            findings.file(
                Code::Raku,
                Severity::Error,
                "a distribution of Perl, or the subdirectory Perl6",
                "META6.json in the top folder",
            );
        }
    }

    fn top_folder(&self, release: Option<&ReleaseName>, findings: &mut Findings) {
        let [top] = self.tops.as_slice() else {
            findings.file(
                Code::TopFolders,
                Severity::Warning,
                "all files in one folder",
                match self.tops.len() {
                    0 => "no files".to_owned(),
                    _ => format!("files in {}", self.tops.join(", ")),
                },
            );
            return;
        };
        if self.loose {
            findings.file(
                Code::TopFolders,
                Severity::Warning,
                "all files in one folder",
                format!("`{top}` without a folder"),
            );
            return;
        }
        if let Some(release) = release
            && !is_named_after(top, release)
        {
            findings.file(
                Code::TopFolderName,
                Severity::Warning,
                format!("a top folder of the name {}", release.stem()),
                top,
            );
        }
    }
}

/// Whether a top folder has the name of the release; one that will be a trial may go without the mark.
fn is_named_after(top: &str, release: &ReleaseName) -> bool {
    let stem = release.stem();
    stem == top
        || stem
            .strip_prefix(top)
            .is_some_and(|rest| rest.starts_with("-TRIAL") || rest.starts_with("-RC"))
}

fn is_perl6(destination: &Destination) -> bool {
    destination
        .subdirectory
        .as_ref()
        .is_some_and(|folder| folder.as_str().split('/').next() == Some("Perl6"))
}

/// The form of META that a member is, in the top folder.
fn meta_of(member: &Member) -> Option<MetaFile> {
    if member.kind != Kind::File {
        return None;
    }
    let path = MemberPath::parse(&member.path);
    match path.parts() {
        [_, name] if path.escape().is_none() => MetaFile::of(name),
        _ => None,
    }
}

fn kind(member: &Member, path: &MemberPath, shown: &str, findings: &mut Findings) {
    if let Kind::Other(what) = &member.kind {
        findings.member(
            Code::MemberKind,
            Severity::Error,
            shown,
            "files, folders and links",
            || format!("{what}, `{shown}`"),
        );
    }
    // PAUSE looks for this folder behind the first part of a path.
    let is_of_a_build = path.parts().get(1).is_some_and(|part| part == b"blib");
    if is_of_a_build && path.parts().len() > 2 && member.kind != Kind::Folder {
        findings.member(
            Code::BuildFolder,
            Severity::Warning,
            shown,
            "sources alone",
            || format!("`{shown}`, which a build has made"),
        );
    }
}

/// What everybody may write to, PAUSE repacks.
fn permissions(member: &Member, path: &MemberPath, shown: &str, findings: &mut Findings) {
    if is_repacked_by_pause(member, path) {
        findings.member(
            Code::WorldWritable,
            Severity::Error,
            shown,
            "members that only their owner and group may write to",
            || format!("`{shown}` with the mode {:04o}", member.mode & 0o7777),
        );
    }
}

/// Whether PAUSE repacks an archive for this member.
///
/// It goes by the listing of `tar`. In that, every symbolic link may be written to by everybody; PAUSE
/// then takes the link's target for a path from the top, and gives up where there is no such file, as
/// there almost never is.
pub fn is_repacked_by_pause(member: &Member, path: &MemberPath) -> bool {
    let Kind::Symlink(target) = &member.kind else {
        return member.is_world_writable();
    };
    let target = MemberPath::parse(target);
    let leads_upwards = target.parts().iter().all(|part| part.as_slice() == b"..");
    let begins_at_the_top = target.parts().first() == path.parts().first();
    member.is_world_writable() && (leads_upwards || begins_at_the_top)
}
