//! Trees of files, as this crate sees them and as programs unpack them.

use std::{
    collections::BTreeMap, fs, io::Cursor, os::unix::ffi::OsStrExt as _,
    os::unix::fs::PermissionsExt as _, path::Path,
};

use crate::{
    Defect, Severity,
    checks::members::MemberChecks,
    collector::DefectCollector,
    contents::{walk_tar, walk_zip},
    member::{Member, MemberKind},
    path::MemberPath,
    read_error::ReadError,
    tar::TarReader,
    zip::ZipReader,
};

/// Largest content that is compared.
const CONTENT: u64 = 1 << 20;

#[derive(Clone, PartialEq, Eq)]
pub enum Node {
    Folder,
    Link(Vec<u8>),
    File { content: Vec<u8>, runs: bool },
    Other,
}

/// The nodes by path.
#[derive(Default)]
pub struct Tree {
    nodes: BTreeMap<Vec<u8>, Node>,
    /// Whether its owner may read all of it.
    unreadable: bool,
}

impl Tree {
    /// Returns the tree in a folder.
    pub fn of_folder(folder: &Path) -> Self {
        let mut tree = Self::default();
        tree.walk(folder, &[]);
        tree
    }

    fn walk(&mut self, folder: &Path, path: &[u8]) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let mut below = path.to_vec();
            if !below.is_empty() {
                below.push(b'/');
            }
            below.extend_from_slice(entry.file_name().as_bytes());
            let metadata = fs::symlink_metadata(entry.path()).unwrap();
            let node = if metadata.is_symlink() {
                let target = fs::read_link(entry.path()).unwrap();
                Node::Link(target.as_os_str().as_bytes().to_vec())
            } else if metadata.is_dir() {
                self.walk(&entry.path(), &below);
                Node::Folder
            } else if metadata.is_file() {
                Node::File {
                    content: fs::read(entry.path()).unwrap(),
                    runs: metadata.permissions().mode() & 0o100 != 0,
                }
            } else {
                Node::Other
            };
            self.nodes.insert(below, node);
        }
    }

    /// Adds a member, and the folders above it.
    pub fn add(&mut self, member: &Member, content: Vec<u8>) {
        let parts = MemberPath::parse(&member.path).parts().to_vec();
        for depth in 1..parts.len() {
            self.nodes.insert(parts[..depth].join(&b'/'), Node::Folder);
        }
        let path = parts.join(&b'/');
        let needed = if member.kind == MemberKind::Folder {
            0o700
        } else {
            0o400
        };
        self.unreadable |= member.mode & needed != needed;
        let node = match &member.kind {
            MemberKind::File => Node::File {
                content,
                runs: member.mode & 0o100 != 0,
            },
            MemberKind::Folder => Node::Folder,
            MemberKind::Symlink(target) => Node::Link(target.clone()),
            MemberKind::HardLink(target) => {
                let target = MemberPath::parse(target).parts().join(&b'/');
                self.nodes.get(&target).cloned().unwrap_or(Node::Other)
            }
            MemberKind::Other(_) => Node::Other,
        };
        if !path.is_empty() {
            self.nodes.insert(path, node);
        }
    }

    pub const fn is_readable(&self) -> bool {
        !self.unreadable
    }

    /// Returns the first difference of what a program unpacked.
    pub fn difference(&self, unpacked: &Self) -> Option<String> {
        let paths = self.nodes.keys().chain(unpacked.nodes.keys());
        paths
            .filter(|path| self.nodes.get(*path) != unpacked.nodes.get(*path))
            .map(|path| {
                format!(
                    "`{}`: expected {}, unpacked {}",
                    path.escape_ascii(),
                    shown(self.nodes.get(path)),
                    shown(unpacked.nodes.get(path))
                )
            })
            .next()
    }
}

fn shown(node: Option<&Node>) -> String {
    match node {
        None => "nothing".to_owned(),
        Some(Node::Folder) => "a folder".to_owned(),
        Some(Node::Link(target)) => format!("a link to `{}`", target.escape_ascii()),
        Some(Node::File { content, runs }) => {
            let start = &content[..content.len().min(40)];
            format!(
                "a file ({runs}) of {} bytes: {}",
                content.len(),
                start.escape_ascii()
            )
        }
        Some(Node::Other) => "something else".to_owned(),
    }
}

/// Returns the tree that this crate sees in a tar archive, or the defects for which the gate refuses it.
pub fn seen_tar(bytes: &[u8]) -> Result<Tree, String> {
    accepted(|members, defects| {
        walk_tar(&mut TarReader::new(Cursor::new(bytes)), members, defects)
    })?;
    let mut tree = Tree::default();
    let mut tar = TarReader::new(Cursor::new(bytes));
    while let Some(found) = tar.next().unwrap() {
        let content = tar
            .read_content(CONTENT)
            .map_err(|error| error.to_string())?;
        tree.add(&found.member, content);
    }
    Ok(tree)
}

/// Returns the tree that this crate sees in a zip archive, or why the gate refuses it.
pub fn seen_zip(bytes: &[u8]) -> Result<Tree, String> {
    let mut file = Cursor::new(bytes);
    accepted(|members, defects| walk_zip(&mut file, members, defects, &mut 0))?;
    let mut tree = Tree::default();
    let mut zip = ZipReader::new(&mut file).map_err(|error| error.to_string())?;
    while let Some((member, content)) = zip
        .next(|_| Some(CONTENT))
        .map_err(|error| error.to_string())?
    {
        tree.add(&member, content);
    }
    Ok(tree)
}

/// Returns the defects for which the gate refuses an archive, if there are any.
pub fn accepted(
    walk: impl FnOnce(&mut MemberChecks, &mut DefectCollector) -> Result<(), ReadError>,
) -> Result<(), String> {
    let mut defects = DefectCollector::default();
    let mut members = MemberChecks::default();
    walk(&mut members, &mut defects).map_err(|error| error.to_string())?;
    let refused: Vec<_> = defects
        .into_reports(true)
        .into_iter()
        .filter(|report| report.severity == Severity::Error)
        .map(|report| report.code)
        // The gate leaves these to PAUSE, or they are about names in META.
        .filter(|code| {
            !matches!(
                code,
                Defect::WorldWritable | Defect::NameMismatch | Defect::MetaUnreadable
            )
        })
        .collect();
    if refused.is_empty() && members.count() > 0 {
        Ok(())
    } else {
        Err(format!("{refused:?}"))
    }
}
