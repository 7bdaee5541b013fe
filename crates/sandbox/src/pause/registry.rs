//! What was uploaded before: PAUSE's table `uris`, in which a path is unique, and a base name is
//! among the files of its author.

use super::path;

/// The paths that are taken.
#[derive(Default)]
pub(super) struct Registry(Vec<Entry>);

struct Entry {
    user: String,
    path: String,
}

/// The path that is in the way of an upload.
pub(super) struct Duplicate(pub(super) String);

impl Registry {
    /// Takes a path for an upload. A name that may be uploaded again gives up the same path first;
    /// the same name in another folder is in its way like any other.
    pub(super) fn insert(&mut self, user: &str, path: &str) -> Result<(), Duplicate> {
        let (_, name) = path::split(path);
        if path::is_replaceable(name) {
            self.forget(path);
        }
        let taken = self
            .0
            .iter()
            .find(|entry| entry.user == user && path::split(&entry.path).1 == name);
        if let Some(entry) = taken {
            return Err(Duplicate(entry.path.clone()));
        }
        self.push(user, path);
        Ok(())
    }

    /// Takes a path whether it is free or not.
    pub(super) fn replace(&mut self, user: &str, path: &str) {
        self.forget(path);
        self.push(user, path);
    }

    /// Frees a path.
    pub(super) fn forget(&mut self, path: &str) {
        self.0.retain(|entry| entry.path != path);
    }

    fn push(&mut self, user: &str, path: &str) {
        self.0.push(Entry {
            user: user.to_owned(),
            path: path.to_owned(),
        });
    }
}
