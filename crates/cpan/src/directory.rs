//! The directories of an author.

use cpan_sigstore_core::release::{PauseId, Subdirectory};

use crate::checksums::Checksums;

/// An author's own directory, or one below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    author: PauseId,
    below: Option<Subdirectory>,
}

impl Directory {
    /// The author's own directory, or `below` it.
    pub fn new(author: PauseId, below: Option<Subdirectory>) -> Self {
        Self { author, below }
    }

    /// The author whose directory it is.
    pub fn author(&self) -> &PauseId {
        &self.author
    }

    /// The part below the author's own directory.
    pub fn below(&self) -> Option<&Subdirectory> {
        self.below.as_ref()
    }

    /// The path of a file in it below the root of a CPAN, such as `authors/id/T/TI/TIMLEGGE/Foo-1.0.tar.gz`.
    pub fn path(&self, file: &str) -> String {
        let mut path = self.author.directory();
        if let Some(below) = &self.below {
            path.push_str(below.as_str());
            path.push('/');
        }
        path.push_str(file);
        path
    }

    /// The directories in this one that its CHECKSUMS list. PAUSE lists a deleted one for a while.
    pub(crate) fn children(&self, checksums: &Checksums) -> Vec<Self> {
        let above = self.below.as_ref().map(Subdirectory::as_str);
        checksums
            .iter()
            .filter(|(name, entry)| entry.is_directory && !name.contains('/'))
            .filter_map(|(name, _)| {
                let below =
                    above.map_or_else(|| name.to_owned(), |above| format!("{above}/{name}"));
                Some(Self::new(self.author.clone(), Some(below.parse().ok()?)))
            })
            .collect()
    }
}
