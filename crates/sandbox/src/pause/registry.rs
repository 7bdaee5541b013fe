//! All past uploads: PAUSE's table `uris`, in which paths are unique, and base names are unique for
//! each author.

use super::path;

/// The taken paths.
#[derive(Default)]
pub(super) struct Registry(Vec<Entry>);

struct Entry {
    user: String,
    path: String,
}

/// The path that conflicts with an upload.
pub(super) struct Duplicate(pub(super) String);

impl Registry {
    /// Takes a path for an upload. A replaceable name frees the same path first. The same name in
    /// another folder is a conflict.
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

    /// Takes a path even if it is taken.
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
