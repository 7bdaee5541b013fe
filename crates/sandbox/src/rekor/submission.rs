//! Submitted entries, and the checks of both versions before they are logged.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use der::pem::LineEnding;
use der::{Decode, Encode};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::RekorMisbehaviour as Wrong;
use crate::key::{AuthorityKey, ClientKey};
use crate::rejection::Rejection;
use crate::x509::Certificate;

/// The key that verifies a signature.
#[derive(Clone)]
pub(super) enum Verifier {
    /// A certificate in DER.
    Certificate(Vec<u8>),
    /// A SubjectPublicKeyInfo in DER.
    PublicKey(Vec<u8>),
}

/// A signature of an artifact of which only the digest is known.
pub(super) struct HashedRekord {
    pub(super) digest: Vec<u8>,
    pub(super) signature: Vec<u8>,
    pub(super) verifier: Verifier,
}

/// A DSSE envelope of which only digests are logged.
pub(super) struct Dsse {
    pub(super) envelope_hash: [u8; 32],
    pub(super) payload_hash: [u8; 32],
    pub(super) signatures: Vec<(Vec<u8>, Verifier)>,
}

/// The [DSSE envelope] in JSON.
///
/// [DSSE envelope]: https://github.com/secure-systems-lab/dsse/blob/master/envelope.md
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Envelope {
    pub(super) payload: String,
    payload_type: String,
    signatures: Vec<EnvelopeSignature>,
}

#[derive(Deserialize)]
struct EnvelopeSignature {
    sig: String,
}

impl Verifier {
    /// Reads a certificate or public key in PEM.
    pub(super) fn from_pem(pem: &[u8]) -> Result<Self, Rejection> {
        match der::pem::decode_vec(pem.trim_ascii()) {
            Ok(("CERTIFICATE", der)) => Ok(Self::Certificate(der)),
            Ok(("PUBLIC KEY", der)) => Ok(Self::PublicKey(der)),
            _ => Err(Rejection::bad_request(
                "the verifier is not a certificate or public key in PEM",
            )),
        }
    }

    /// Returns the verifier in PEM, in a canonical form.
    pub(super) fn pem(&self) -> Result<String, Rejection> {
        let (label, der) = match self {
            Self::Certificate(der) => ("CERTIFICATE", der),
            Self::PublicKey(der) => ("PUBLIC KEY", der),
        };
        der::pem::encode_string(label, LineEnding::LF, der).map_err(Rejection::internal)
    }

    pub(super) fn key(&self) -> Result<ClientKey, Rejection> {
        let unusable = |_| Rejection::bad_request("the verifier's key is not on P-256 or P-384");
        match self {
            Self::PublicKey(der) => ClientKey::from_spki(der).map_err(unusable),
            Self::Certificate(der) => {
                let spki = Certificate::from_der(der)
                    .and_then(|it| it.tbs_certificate.subject_public_key_info.to_der())
                    .map_err(|_| Rejection::bad_request("the certificate cannot be read"))?;
                ClientKey::from_spki(&spki).map_err(unusable)
            }
        }
    }

    /// Returns a key that nobody has.
    fn other() -> Result<Self, Rejection> {
        let key = AuthorityKey::generate().map_err(Rejection::internal)?;
        Ok(Self::PublicKey(key.spki().to_vec()))
    }
}

fn other_signature() -> Result<Vec<u8>, Rejection> {
    let key = AuthorityKey::generate().map_err(Rejection::internal)?;
    Ok(key.sign(b"another message"))
}

impl HashedRekord {
    /// Refuses a signature that is not valid for the digest.
    pub(super) fn check(&self) -> Result<(), Rejection> {
        if !self
            .verifier
            .key()?
            .verify_digest(&self.digest, &self.signature)
        {
            return Err(Rejection::bad_request(
                "the signature is not valid for verifier and digest",
            ));
        }
        Ok(())
    }

    /// Returns the entry that a log with the misbehaviour `wrong` adds instead.
    pub(super) fn into_logged(mut self, wrong: Option<Wrong>) -> Result<Self, Rejection> {
        match wrong {
            Some(Wrong::OtherArtifact) => {
                self.digest = Sha256::digest(b"another artifact").to_vec()
            }
            Some(Wrong::OtherSignature) => self.signature = other_signature()?,
            Some(Wrong::OtherVerifier) => self.verifier = Verifier::other()?,
            _ => {}
        }
        Ok(self)
    }
}

impl Dsse {
    /// Reads an envelope. Each signature must be that of a verifier.
    pub(super) fn new(
        envelope_json: &[u8],
        envelope: &Envelope,
        verifiers: &[Verifier],
    ) -> Result<Self, Rejection> {
        let no_base64 = |_| Rejection::bad_request("the envelope has a field that is not base64");
        let payload = BASE64.decode(&envelope.payload).map_err(no_base64)?;
        let message = pre_authentication_encoding(&envelope.payload_type, &payload);
        let mut signatures = Vec::new();
        for signature in &envelope.signatures {
            let signature = BASE64.decode(&signature.sig).map_err(no_base64)?;
            let mut verifier = None;
            for candidate in verifiers {
                if candidate.key()?.verify(&message, &signature) {
                    verifier = Some(candidate.clone());
                }
            }
            let verifier = verifier.ok_or_else(|| {
                Rejection::bad_request("the envelope has a signature of an unknown verifier")
            })?;
            signatures.push((signature, verifier));
        }
        if signatures.is_empty() {
            return Err(Rejection::bad_request("the envelope has no signature"));
        }
        signatures.sort_by_key(|(signature, _)| BASE64.encode(signature));
        Ok(Self {
            envelope_hash: Sha256::digest(envelope_json).into(),
            payload_hash: Sha256::digest(payload).into(),
            signatures,
        })
    }

    /// Returns the entry that a log with the misbehaviour `wrong` adds instead.
    pub(super) fn into_logged(mut self, wrong: Option<Wrong>) -> Result<Self, Rejection> {
        for (signature, verifier) in &mut self.signatures {
            match wrong {
                Some(Wrong::OtherSignature) => *signature = other_signature()?,
                Some(Wrong::OtherVerifier) => *verifier = Verifier::other()?,
                _ => {}
            }
        }
        if wrong == Some(Wrong::OtherArtifact) {
            self.payload_hash = Sha256::digest(b"another statement").into();
        }
        Ok(self)
    }
}

/// Returns the bytes that a DSSE signature signs.
fn pre_authentication_encoding(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!(
        "DSSEv1 {} {payload_type} {} ",
        payload_type.len(),
        payload.len()
    );
    [head.as_bytes(), payload].concat()
}
