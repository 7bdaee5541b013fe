//! Who may have a package indexed: whoever came first.

use std::collections::BTreeMap;

/// The owners of packages. As on PAUSE, names that differ in case only are one name.
#[derive(Default)]
pub(super) struct Permissions(BTreeMap<String, Owned>);

struct Owned {
    package: String,
    user: String,
}

impl Permissions {
    /// Gives the package to the user if it is nobody's, and returns whether it is the user's.
    pub(super) fn claim(&mut self, package: &str, user: &str) -> bool {
        let owned = self
            .0
            .entry(package.to_lowercase())
            .or_insert_with(|| Owned {
                package: package.to_owned(),
                user: user.to_owned(),
            });
        owned.user == user
    }

    /// Every package with its owner, in order.
    pub(super) fn all(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        let owned = self.0.values();
        owned.map(|owned| (owned.package.as_str(), owned.user.as_str()))
    }
}
