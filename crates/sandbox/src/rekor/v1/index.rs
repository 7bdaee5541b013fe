//! The search index: entries by digest, e-mail address and key.

use std::collections::HashMap;

use der::Decode;
use sha2::{Digest, Sha256};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use super::body::Body;
use crate::rejection::Rejection;
use crate::rekor::submission::Verifier;
use crate::x509::Certificate;

/// Positions in the log by key.
#[derive(Default)]
pub(super) struct Index {
    entries: HashMap<String, Vec<usize>>,
}

impl Index {
    pub(super) fn add(&mut self, body: &Body, position: usize) -> Result<(), Rejection> {
        let mut keys = body.hashes.clone();
        for verifier in &body.verifiers {
            keys.push(key_of_verifier(verifier)?);
            keys.extend(subjects(verifier));
        }
        for key in keys {
            self.entries.entry(key).or_default().push(position);
        }
        Ok(())
    }

    pub(super) fn find(&self, key: &str) -> Vec<usize> {
        self.entries.get(key).cloned().unwrap_or_default()
    }
}

/// Returns the search key of a verifier's entries.
pub(super) fn key_of_verifier(verifier: &Verifier) -> Result<String, Rejection> {
    Ok(hex::encode(Sha256::digest(verifier.pem()?)))
}

/// Returns the e-mail addresses and URIs of a certificate.
fn subjects(verifier: &Verifier) -> Vec<String> {
    let Verifier::Certificate(der) = verifier else {
        return Vec::new();
    };
    let names = Certificate::from_der(der)
        .and_then(|certificate| certificate.tbs_certificate.get::<SubjectAltName>());
    let Ok(Some((_, SubjectAltName(names)))) = names else {
        return Vec::new();
    };
    names
        .into_iter()
        .filter_map(|name| match name {
            GeneralName::Rfc822Name(text) | GeneralName::UniformResourceIdentifier(text) => {
                Some(text.to_string().to_lowercase())
            }
            _ => None,
        })
        .collect()
}
