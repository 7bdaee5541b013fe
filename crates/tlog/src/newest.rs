//! Files of which a log has newer versions: whether a CPAN withholds one.

use cpan_sigstore_core::digest::Sha256Digest;

use crate::leaf::Leaf;

/// The versions of a file that a client uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedVersions {
    /// Their digests; none for a file that the CPAN does not have.
    pub digests: Vec<Sha256Digest>,
    /// When the file was signed, in Unix seconds, if that is known: a leaf up to this time is of an older version.
    pub signed: Option<u64>,
}

impl UsedVersions {
    /// Whether the newest leaf of the file shows that the CPAN withholds that version. Times are Unix seconds; a CPAN may
    /// be behind its log for less than `limit` seconds.
    pub fn is_withheld(&self, newest: &Leaf, limit: u64, now: u64) -> bool {
        !self.digests.contains(&newest.digest())
            && self.signed.is_none_or(|signed| signed < newest.time())
            && now.saturating_sub(newest.time()) >= limit
    }
}
