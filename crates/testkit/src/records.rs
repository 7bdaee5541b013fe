//! Author records of identities that one provider vouches for.

use cpan_sigstore_core::identity::{AuthorIdentity, IdentityPolicy};
use cpan_sigstore_records::record::{AuthorRecord, Releases};
use jiff::Timestamp;

/// A builder of one author's records.
pub struct Records {
    author: String,
    issuer: String,
    /// The statement about releases in each record.
    pub releases: Releases,
}

impl Records {
    /// Records of the author, whose identities have this issuer.
    pub fn new(author: &str, issuer: impl Into<String>) -> Self {
        Self {
            author: author.to_owned(),
            issuer: issuer.into(),
            releases: Releases::Mixed,
        }
    }

    pub fn identity(&self, name: &str, until: Option<Timestamp>) -> AuthorIdentity {
        AuthorIdentity {
            identity: IdentityPolicy::exact(name, self.issuer.clone()),
            from: None,
            until,
        }
    }

    fn identities(&self, names: &[&str]) -> Vec<AuthorIdentity> {
        names.iter().map(|name| self.identity(name, None)).collect()
    }

    /// Version 1, which names these identities.
    pub fn first(&self, names: &[&str]) -> AuthorRecord {
        let author = self.author.parse().unwrap();
        AuthorRecord::first(author, self.identities(names), self.releases).unwrap()
    }

    /// The version after another, which names these identities.
    pub fn next(&self, before: &AuthorRecord, names: &[&str]) -> AuthorRecord {
        before.next(self.identities(names), self.releases).unwrap()
    }
}
