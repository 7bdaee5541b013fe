//! Checks of each member: kind, permissions and META. `places` checks where it is unpacked.

use cpan_sigstore_core::release::{Packing, ReleaseName};

use crate::{
    Defect, Destination, Severity,
    checks::meta::{MetaFiles, check_folder},
    checks::places::Places,
    collector::DefectCollector,
    limits,
    member::{Member, MemberKind},
    meta::MetaFile,
    path::MemberPath,
};

/// Most top folders that are listed.
const TOPS: usize = 10;

/// State of the checks over all members.
#[derive(Default)]
pub struct MemberChecks {
    count: u64,
    places: Places,
    /// First parts of the paths of everything but folders.
    tops: Vec<String>,
    /// Whether there are files outside the top folders.
    loose: bool,
    pub metas: MetaFiles,
}

impl MemberChecks {
    /// Returns how many members were checked.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Returns how many bytes of the content to read: only META files are read.
    pub fn read_limit(member: &Member) -> Option<u64> {
        meta_of(member).map(|_| limits::META)
    }

    /// Checks a member. `content` is empty unless [`read_limit`](Self::read_limit) asked for it.
    pub fn check(&mut self, member: &Member, content: &[u8], defects: &mut DefectCollector) {
        self.count += 1;
        let path = MemberPath::parse(&member.path);
        let shown = member.shown();
        kind(member, &path, &shown, defects);
        permissions(member, &path, &shown, defects);
        self.places.add(member, &path, &shown, defects);
        if member.kind != MemberKind::Folder {
            self.top(&path);
        }
        if let Some(form) = meta_of(member) {
            self.metas.add(form, &shown, content, defects);
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

    /// Checks the archive as a whole.
    pub fn finish(
        &self,
        release: Option<&ReleaseName>,
        destination: &Destination,
        defects: &mut DefectCollector,
    ) {
        if self.count == 0 {
            defects.add(
                Defect::Empty,
                Severity::Error,
                "an archive that contains files",
                "an archive without members",
            );
            return;
        }
        self.top_folder(release, defects);
        self.metas.compare(release, defects);
        let is_tar = release.is_none_or(|name| name.suffix().packing() != Packing::Zip);
        if self.metas.is_raku() && is_tar && !is_perl6(destination) {
            defects.add(
                Defect::Raku,
                Severity::Error,
                "a Perl distribution, or the subdirectory Perl6",
                "META6.json in the top folder",
            );
        }
    }

    fn top_folder(&self, release: Option<&ReleaseName>, defects: &mut DefectCollector) {
        let [top] = self.tops.as_slice() else {
            defects.add(
                Defect::TopFolders,
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
            defects.add(
                Defect::TopFolders,
                Severity::Warning,
                "all files in one folder",
                format!("`{top}` outside a folder"),
            );
            return;
        }
        check_folder(release, top, defects);
        if let Some(release) = release
            && !is_named_after(top, release)
        {
            defects.add(
                Defect::TopFolderName,
                Severity::Warning,
                format!("a top folder named {}", release.stem()),
                top,
            );
        }
    }
}

/// Returns whether a top folder is named after the release. A trial release may lack the mark.
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

/// Returns which META file a member of the top folder is.
fn meta_of(member: &Member) -> Option<MetaFile> {
    if member.kind != MemberKind::File {
        return None;
    }
    let path = MemberPath::parse(&member.path);
    match path.parts() {
        [_, name] if path.escape().is_none() => MetaFile::of(name),
        _ => None,
    }
}

fn kind(member: &Member, path: &MemberPath, shown: &str, defects: &mut DefectCollector) {
    if let MemberKind::Other(what) = &member.kind {
        defects.add_member(
            Defect::MemberKind,
            Severity::Error,
            shown,
            "files, folders and links",
            || format!("{what}, `{shown}`"),
        );
    }
    // PAUSE looks for this folder after the first part of a path.
    let is_build_output = path.parts().get(1).is_some_and(|part| part == b"blib");
    if is_build_output && path.parts().len() > 2 && member.kind != MemberKind::Folder {
        defects.add_member(
            Defect::BuildFolder,
            Severity::Warning,
            shown,
            "only sources",
            || format!("`{shown}`, which a build created"),
        );
    }
}

/// PAUSE repacks archives with world-writable members.
fn permissions(member: &Member, path: &MemberPath, shown: &str, defects: &mut DefectCollector) {
    if is_repacked_by_pause(member, path) {
        defects.add_member(
            Defect::WorldWritable,
            Severity::Error,
            shown,
            "members that only their owner and group may write",
            || format!("`{shown}` with mode {:04o}", member.mode & 0o7777),
        );
    }
}

/// Returns whether PAUSE repacks an archive because of this member.
///
/// PAUSE reads the listing of `tar`, which shows every symbolic link as world-writable. PAUSE then
/// uses the link's target as a path from the top. It gives up if there is no such file, which is
/// nearly always so.
pub fn is_repacked_by_pause(member: &Member, path: &MemberPath) -> bool {
    let MemberKind::Symlink(target) = &member.kind else {
        return member.is_world_writable();
    };
    let target = MemberPath::parse(target);
    let leads_upwards = target.parts().iter().all(|part| part.as_slice() == b"..");
    let begins_at_the_top = target.parts().first() == path.parts().first();
    member.is_world_writable() && (leads_upwards || begins_at_the_top)
}
