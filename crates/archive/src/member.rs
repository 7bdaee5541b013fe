//! A member of an archive, the same for tar and zip.

/// The kind of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link, with its target.
    Symlink(Vec<u8>),
    /// A hard link, with the path of the member that is the same file.
    HardLink(Vec<u8>),
    /// A kind that no release needs, as a phrase.
    Other(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Path, exactly as in the archive.
    pub path: Vec<u8>,
    pub kind: MemberKind,
    /// Permissions. Some archives set more bits above them.
    pub mode: u32,
    /// Bytes of content.
    pub size: u64,
    /// What a reader of a simpler format would see instead.
    pub conflict: Option<Conflict>,
}

/// Two values of one field: the first is in an extended header, the second in the plain header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The field, as a noun.
    pub field: &'static str,
    pub extended: Vec<u8>,
    pub plain: Vec<u8>,
}

impl Conflict {
    /// Returns the conflict, or `None` if both values are equal.
    pub fn of(field: &'static str, extended: &[u8], plain: &[u8]) -> Option<Self> {
        (extended != plain).then(|| Self {
            field,
            extended: extended.to_vec(),
            plain: plain.to_vec(),
        })
    }
}

impl Member {
    /// Returns the path for messages.
    pub fn shown(&self) -> String {
        String::from_utf8_lossy(&self.path).into_owned()
    }

    /// Returns whether everyone may write to the member.
    pub const fn is_world_writable(&self) -> bool {
        self.mode & 0o002 != 0
    }
}
