//! A member of an archive, as both kinds of archive describe it.

/// What a member is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link, with its target.
    Symlink(Vec<u8>),
    /// A hard link, with the path of the member it is the same file as.
    HardLink(Vec<u8>),
    /// Something that no release needs, in words.
    Other(String),
}

/// A member of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its path, as it is written there.
    pub path: Vec<u8>,
    /// What it is.
    pub kind: Kind,
    /// Its permissions and, in some archives, more bits above them.
    pub mode: u32,
    /// How many bytes of content follow.
    pub size: u64,
    /// Another path that a reader of a simpler format would see.
    pub other_path: Option<Vec<u8>>,
}

impl Member {
    /// The path for people.
    pub fn shown(&self) -> String {
        String::from_utf8_lossy(&self.path).into_owned()
    }

    /// Whether everybody may write to it.
    pub const fn is_world_writable(&self) -> bool {
        self.mode & 0o002 != 0
    }
}
