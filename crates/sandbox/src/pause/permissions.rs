//! Indexing permissions: the first author of a package owns it.

use std::collections::BTreeMap;

/// The owners of packages. As on PAUSE, names are compared without regard to case.
#[derive(Default)]
pub(super) struct Permissions(BTreeMap<String, Owner>);

struct Owner {
    package: String,
    user: String,
}

impl Permissions {
    /// Gives a package without an owner to the user, and returns whether the user owns it.
    pub(super) fn claim(&mut self, package: &str, user: &str) -> bool {
        let owned = self
            .0
            .entry(package.to_lowercase())
            .or_insert_with(|| Owner {
                package: package.to_owned(),
                user: user.to_owned(),
            });
        owned.user == user
    }

    /// Returns every package with its owner, in order.
    pub(super) fn all(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        let owned = self.0.values();
        owned.map(|owned| (owned.package.as_str(), owned.user.as_str()))
    }
}
