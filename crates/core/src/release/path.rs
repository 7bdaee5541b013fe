//! The path of a release on a CPAN.

use std::{fmt, str::FromStr};

use serde::{Serialize, Serializer};

use super::{PauseId, ReleaseName, ReleaseNameError, Subdirectory};

/// The path of a release on a CPAN: `authors/id/T/TI/TIMLEGGE/[sub/]Foo-Bar-1.02.tar.gz`.
///
/// It is always in its author's directory: no part of it can lead out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ReleasePath {
    /// The author.
    pub author: PauseId,
    /// The folder below the author's.
    pub subdirectory: Option<Subdirectory>,
    /// The file.
    pub name: ReleaseName,
}

/// The text is no path of a release.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReleasePathError {
    /// It does not lead to a file in the directory of the author it names.
    #[error("invalid path: expected authors/id/A/AU/AUTHOR/FILE, found `{0}`")]
    Directory(String),
    /// The file is no release.
    #[error(transparent)]
    Name(#[from] ReleaseNameError),
}

impl ReleasePath {
    /// Reads a path as people write it: `TIMLEGGE/[sub/]Foo-1.0.tar.gz`, or as [`FromStr`] does.
    ///
    /// # Errors
    /// [`ReleasePathError`] if it is neither.
    pub fn from_short(text: &str) -> Result<Self, ReleasePathError> {
        let whole = text.split_once('/').and_then(|(id, rest)| {
            let author: PauseId = id.parse().ok()?;
            // Compare the exact text, so that one release has one short path.
            (author.as_str() == id).then(|| format!("{}{rest}", author.directory()))
        });
        whole.as_deref().unwrap_or(text).parse()
    }

    /// Returns the path as people write it, such as `TIMLEGGE/Foo-1.0.tar.gz`.
    pub fn short(&self) -> String {
        match &self.subdirectory {
            Some(subdirectory) => format!("{}/{subdirectory}/{}", self.author, self.name),
            None => format!("{}/{}", self.author, self.name),
        }
    }
}

impl FromStr for ReleasePath {
    type Err = ReleasePathError;

    /// Reads a path below a CPAN's root, or, as `02packages.details.txt` writes it, below `authors/id/`.
    fn from_str(text: &str) -> Result<Self, ReleasePathError> {
        let outside = || ReleasePathError::Directory(text.chars().take(80).collect());
        let path = text.strip_prefix("authors/id/").unwrap_or(text);
        let (directory, file) = path.rsplit_once('/').ok_or_else(outside)?;
        let mut parts = directory.splitn(4, '/');
        let (Some(first), Some(second), Some(id)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(outside());
        };
        let author: PauseId = id.parse().map_err(|_| outside())?;
        // Compare the exact text, so that one release has one path.
        if author.directory() != format!("authors/id/{first}/{second}/{id}/") {
            return Err(outside());
        }
        let subdirectory: Option<Subdirectory> = parts
            .next()
            .map(|folder| match folder.parse::<Subdirectory>() {
                Ok(subdirectory) if subdirectory.as_str() == folder => Ok(subdirectory),
                _ => Err(outside()),
            })
            .transpose()?;
        Ok(Self {
            author,
            subdirectory,
            name: file.parse()?,
        })
    }
}

impl fmt::Display for ReleasePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.author.directory())?;
        if let Some(subdirectory) = &self.subdirectory {
            write!(f, "{subdirectory}/")?;
        }
        write!(f, "{}", self.name)
    }
}

impl Serialize for ReleasePath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
