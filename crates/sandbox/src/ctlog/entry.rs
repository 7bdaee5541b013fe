//! Submissions and their form in the log (RFC 6962, sections 3.1, 3.4 and 4.6).

use der::{Decode, Encode};
use sha2::{Digest, Sha256};

use super::sct::{POISON, prefixed};
use crate::x509::{Certificate, is_signed_by};

/// A chain that ends in one of the log's roots.
pub(super) struct Submission {
    /// DER of each certificate, as submitted.
    chain: Vec<Vec<u8>>,
    /// For a precertificate: the issuer's key, and the body without the poison.
    precertificate: Option<([u8; 32], Vec<u8>)>,
}

/// Reason why a chain is not accepted.
#[derive(Debug, thiserror::Error)]
pub(super) enum SubmissionError {
    #[error("unreadable certificate: {0}")]
    FormError(#[from] der::Error),
    #[error("the chain is empty")]
    Empty,
    #[error("certificate {0} of the chain is not signed by the next")]
    Broken(usize),
    #[error("the chain does not end in a root of this log")]
    UnknownRoot,
    #[error("exactly a precertificate needs the poison extension")]
    Poison,
}

impl Submission {
    pub(super) fn new(
        chain: Vec<Vec<u8>>,
        is_precertificate: bool,
        roots: &[Certificate],
    ) -> Result<Self, SubmissionError> {
        let certificates = chain
            .iter()
            .map(|der| Certificate::from_der(der))
            .collect::<der::Result<Vec<_>>>()?;
        let issuer = check_chain(&certificates, roots)?;
        let (Some(leaf), Some(last)) = (certificates.first(), certificates.last()) else {
            return Err(SubmissionError::Empty);
        };
        // A chain may omit its root.
        let issuer = if certificates.len() == 1 {
            issuer
        } else {
            certificates.get(1).unwrap_or(last)
        };
        let mut tbs = leaf.tbs_certificate.clone();
        let extensions = tbs.extensions.get_or_insert_default();
        let all = extensions.len();
        extensions.retain(|extension| extension.extn_id != POISON);
        if is_precertificate != (extensions.len() + 1 == all) {
            return Err(SubmissionError::Poison);
        }
        let key = issuer.tbs_certificate.subject_public_key_info.to_der()?;
        let precertificate = match is_precertificate {
            true => Some((Sha256::digest(key).into(), tbs.to_der()?)),
            false => None,
        };
        Ok(Self {
            chain,
            precertificate,
        })
    }

    /// Returns the MerkleTreeLeaf, which the timestamp also signs.
    pub(super) fn leaf(&self, timestamp: u64) -> Vec<u8> {
        let (kind, entry) = match &self.precertificate {
            None => (0_u16, prefixed(3, &self.chain[0])),
            Some((issuer_key_hash, tbs)) => (1, [&issuer_key_hash[..], &prefixed(3, tbs)].concat()),
        };
        [
            &[0, 0][..],
            &timestamp.to_be_bytes(),
            &kind.to_be_bytes(),
            &entry,
            // No extensions.
            &[0, 0],
        ]
        .concat()
    }

    /// Returns the certificates above, and the precertificate itself.
    pub(super) fn extra_data(&self) -> Vec<u8> {
        let above: Vec<u8> = self.chain[1..]
            .iter()
            .flat_map(|der| prefixed(3, der))
            .collect();
        let above = prefixed(3, &above);
        match &self.precertificate {
            None => above,
            Some(_) => [prefixed(3, &self.chain[0]), above].concat(),
        }
    }
}

/// Returns the root in which the chain ends.
fn check_chain<'a>(
    chain: &'a [Certificate],
    roots: &'a [Certificate],
) -> Result<&'a Certificate, SubmissionError> {
    let last = chain.last().ok_or(SubmissionError::Empty)?;
    for (position, pair) in chain.windows(2).enumerate() {
        if !is_signed_by(&pair[0], &pair[1]) {
            return Err(SubmissionError::Broken(position));
        }
    }
    roots
        .iter()
        .find(|root| *root == last || is_signed_by(last, root))
        .ok_or(SubmissionError::UnknownRoot)
}
