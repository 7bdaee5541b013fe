//! Checks of the place where each member is unpacked: its path, and the targets of links.

use std::collections::{HashMap, HashSet};

use crate::{
    Defect, Severity,
    collector::DefectCollector,
    limits,
    member::{Member, MemberKind},
    path::{MemberPath, PathKey},
};

/// Permissions that programs restore.
const PERMISSIONS: u32 = 0o777;

/// The places of all members so far. A place takes a few bytes, however long its path is.
#[derive(Default)]
pub struct Places {
    seen: HashMap<PathKey, Place>,
    folded: HashSet<PathKey>,
    implied_folders: u64,
}

/// A path that the members before have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// A folder that no member states. Programs create it for the members in it.
    ImpliedFolder,
    Folder,
    /// A file, with its permissions.
    File(u32),
    Symlink,
    Other,
}

impl Place {
    const fn of(member: &Member) -> Self {
        match member.kind {
            MemberKind::File | MemberKind::HardLink(_) => Self::File(member.mode & PERMISSIONS),
            MemberKind::Folder => Self::Folder,
            MemberKind::Symlink(_) => Self::Symlink,
            MemberKind::Other(_) => Self::Other,
        }
    }

    const fn is_folder(self) -> bool {
        matches!(self, Self::ImpliedFolder | Self::Folder)
    }
}

/// A member with its path, and the collector of its defects.
struct Subject<'a> {
    member: &'a Member,
    path: &'a MemberPath,
    shown: &'a str,
    defects: &'a mut DefectCollector,
}

impl Places {
    /// Checks the place of a member, and adds it.
    pub fn add(
        &mut self,
        member: &Member,
        path: &MemberPath,
        shown: &str,
        defects: &mut DefectCollector,
    ) {
        let mut subject = Subject {
            member,
            path,
            shown,
            defects,
        };
        subject.form();
        subject.escape();
        if let Some((target, reason)) = self.bad_link(member, path) {
            subject.link(target, reason);
        }
        self.hard_link_permissions(&mut subject);
        self.folders(&mut subject);
        self.own_path(&mut subject);
    }

    /// Returns why a link does not lead to a file of the release.
    fn bad_link<'a>(
        &self,
        member: &'a Member,
        path: &MemberPath,
    ) -> Option<(&'a [u8], &'static str)> {
        match &member.kind {
            MemberKind::Symlink(target) => {
                path.link_escape(target).map(|reason| (&target[..], reason))
            }
            // The target of a hard link is a path from the top of the archive.
            MemberKind::HardLink(target) => {
                let parsed = MemberPath::parse(target);
                let reason = match self.seen.get(&parsed.key()) {
                    _ if parsed.escape().is_some() => parsed.escape(),
                    Some(Place::File(_)) => MemberPath::irregularity(target, false),
                    Some(Place::Symlink) => Some("a hard link to a symbolic link"),
                    _ => Some("a hard link to no file before it"),
                };
                reason.map(|reason| (&target[..], reason))
            }
            _ => None,
        }
    }

    /// Some programs give the permissions of a hard link to its file, others do not.
    fn hard_link_permissions(&self, subject: &mut Subject<'_>) {
        let MemberKind::HardLink(target) = &subject.member.kind else {
            return;
        };
        let place = self.seen.get(&MemberPath::parse(target).key());
        if let Some(Place::File(mode)) = place
            && *mode != subject.member.mode & PERMISSIONS
        {
            subject.ambiguous("one mode for each file", || {
                "a hard link with other permissions than its file".to_owned()
            });
        }
    }

    /// Checks the folders above the member, and adds those that no member states.
    fn folders(&mut self, subject: &mut Subject<'_>) {
        for above in subject.path.ancestors() {
            match self.seen.get(&above) {
                None if self.implied_folders < limits::MEMBERS => {
                    self.implied_folders += 1;
                    self.seen.insert(above, Place::ImpliedFolder);
                }
                None => return subject.too_many_folders(),
                // Those above it were checked when it was added.
                Some(place) if place.is_folder() => return,
                Some(Place::Symlink) => return subject.through_link(),
                Some(_) => return subject.twice("a file and a folder"),
            }
        }
    }

    /// Checks that no other member has this path.
    fn own_path(&mut self, subject: &mut Subject<'_>) {
        let place = Place::of(subject.member);
        match self.seen.insert(subject.path.key(), place) {
            // Creating a folder twice changes nothing.
            Some(before) if before.is_folder() && place.is_folder() => {}
            Some(_) => subject.twice("more than once"),
            None if !self.folded.insert(subject.path.folded_key()) => subject.same_but_for_case(),
            None => {}
        }
    }
}

impl Subject<'_> {
    fn report(
        &mut self,
        defect: Defect,
        severity: Severity,
        expected: &str,
        found: impl FnOnce() -> String,
    ) {
        self.defects
            .add_member(defect, severity, self.shown, expected, found);
    }

    fn ambiguous(&mut self, expected: &str, found: impl FnOnce() -> String) {
        let shown = self.shown;
        let found = || format!("{}: `{shown}`", found());
        self.report(Defect::MemberAmbiguous, Severity::Error, expected, found);
    }

    /// Checks that all readers see the same path.
    fn form(&mut self) {
        let member = self.member;
        if let Some(conflict) = &member.conflict {
            self.ambiguous("one path and one target for each member", || {
                let text = String::from_utf8_lossy;
                format!(
                    "the {} `{}` in an extended header, `{}` in the plain header",
                    conflict.field,
                    text(&conflict.extended),
                    text(&conflict.plain)
                )
            });
        }
        let is_folder = member.kind == MemberKind::Folder;
        if let Some(reason) = MemberPath::irregularity(&member.path, is_folder) {
            self.ambiguous("paths of plain parts", || format!("a path with {reason}"));
        }
    }

    fn escape(&mut self) {
        let shown = self.shown;
        if let Some(reason) = self.path.escape() {
            self.report(
                Defect::PathEscapes,
                Severity::Error,
                "paths below the folder in which the release is unpacked",
                || format!("{reason}, `{shown}`"),
            );
        }
    }

    fn link(&mut self, target: &[u8], reason: &str) {
        let shown = self.shown;
        self.report(
            Defect::LinkEscapes,
            Severity::Error,
            "links to files of the release itself",
            || {
                let target = String::from_utf8_lossy(target);
                format!("{reason}: `{shown}` links to `{target}`")
            },
        );
    }

    fn through_link(&mut self) {
        let shown = self.shown;
        self.report(
            Defect::MemberThroughLink,
            Severity::Error,
            "members below folders of the release itself",
            || format!("`{shown}` below a symbolic link"),
        );
    }

    fn twice(&mut self, how: &str) {
        let shown = self.shown;
        let found = || format!("`{shown}` {how}");
        self.report(
            Defect::MemberTwice,
            Severity::Error,
            "each path once",
            found,
        );
    }

    fn same_but_for_case(&mut self) {
        let shown = self.shown;
        self.report(
            Defect::MemberCase,
            Severity::Warning,
            "paths that differ by more than letter case",
            || format!("`{shown}`, and another that differs only in letter case"),
        );
    }

    fn too_many_folders(&mut self) {
        let limit = limits::MEMBERS;
        self.report(
            Defect::LimitPassed,
            Severity::Error,
            "at most 100000 folders",
            || format!("more than {limit}"),
        );
    }
}
