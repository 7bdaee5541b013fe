//! Why a signature proves nothing, with what was expected and what to do next.

use std::fmt;

use serde::{Serialize, Serializer};

macro_rules! causes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:literal, $expected:literal, $hint:expr;)+) => {
        /// Why a signature proves nothing. One variant, one code, one reason.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Cause {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Cause {
            /// Every cause, in the order in which they are looked at.
            pub const ALL: &'static [Cause] = &[$(Cause::$variant,)+];

            /// The stable kebab-case code.
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)+
                }
            }

            /// What would have been right, in the words a person is told after "expected".
            pub const fn expected(self) -> &'static str {
                match self {
                    $(Self::$variant => $expected,)+
                }
            }

            /// What the person who verifies can do next.
            pub const fn hint(self) -> &'static str {
                match self {
                    $(Self::$variant => $hint,)+
                }
            }
        }
    };
}

const ASK_AUTHOR: &str =
    "fetch the bundle again; if it stays so, ask the author for a new one and do not use the file";
const FORGED: &str = "do not use the file: the bundle was altered, or was made by somebody who could not sign as the author; report it to the author";
const TRUST: &str = "check that the trusted root belongs to the instance that signed (`--instance`, `--trusted-root`) and is up to date; otherwise do not use the file";

causes! {
    /// The bundle is larger than any bundle need be.
    BundleTooLarge = "bundle-too-large", "a bundle of at most 1 MiB", ASK_AUTHOR;
    /// The bundle is no JSON text.
    BundleNotJson = "bundle-not-json", "a bundle that is one JSON object", ASK_AUTHOR;
    /// A key stands twice in one object, so that two readers may see two bundles.
    BundleDuplicateKey = "bundle-duplicate-key", "each key once", FORGED;
    /// The media type is missing or not one of Sigstore's bundle formats.
    BundleMediaType = "bundle-media-type", "a media type of a Sigstore bundle, version 0.1 to 0.3", ASK_AUTHOR;
    /// The bundle does not have the shape of its format.
    BundleMalformed = "bundle-malformed", "the fields of a Sigstore bundle and no others", ASK_AUTHOR;
    /// The bundle carries more than one content, key or signature.
    BundleAmbiguous = "bundle-ambiguous", "one signature, by one certificate or key", FORGED;
    /// More log entries, timestamps, certificates or hashes than make sense.
    BundleExcess = "bundle-excess", "no more log entries, timestamps, certificates and hashes than a signature can use", FORGED;
    /// Two fields that repeat one fact disagree.
    BundleContradictory = "bundle-contradictory", "fields that repeat a fact to agree", FORGED;
    /// The bundle is in cosign's old format, which was not allowed.
    OldFormat = "old-format", "a Sigstore bundle with an inclusion proof", "to accept cosign's old format, which rests on the log's promise alone, add `--allow-old-format`; better, ask the author to sign again";
    /// The bundle is for a key where an identity was asked for, or the other way round.
    KeyKind = "key-kind", "a bundle of the kind that was asked for", "verify a bundle with a certificate by `--certificate-identity` and `--certificate-oidc-issuer`, a bundle with a public key by `--key`";
    /// The signature uses an algorithm or content that is not supported.
    Unsupported = "unsupported", "a signature by ECDSA, or another algorithm that can be checked from a digest", "ask the author to sign with `cpan-sigstore sign`";
    /// A statement about the file was signed that does not speak for a release.
    StatementKind = "statement-kind", "a signature of the file, or a statement that it was built or published", "ask the author to sign the release itself, with `cpan-sigstore release`; a statement about something else, such as a list of parts, does not say that it may be installed";
    /// No proof that the signature is in a transparency log.
    InclusionProofMissing = "inclusion-proof-missing", "every log entry with an inclusion proof", FORGED;
    /// The certificate cannot be read.
    CertificateMalformed = "certificate-malformed", "an X.509 certificate", ASK_AUTHOR;
    /// The certificate names no identity, or more than one.
    CertificateIdentity = "certificate-identity", "a certificate that names one identity and its issuer", FORGED;
    /// The certificate does not lead to a trusted authority.
    CertificateUntrusted = "certificate-untrusted", "a code-signing certificate by a trusted authority", TRUST;
    /// No trusted authority was valid at the time of signing.
    AuthorityExpired = "authority-expired", "an authority that was valid when the file was signed", TRUST;
    /// The certificate was not valid at the time of signing.
    CertificateExpired = "certificate-expired", "a certificate that was valid when the file was signed", FORGED;
    /// The certificate is in no trusted certificate log.
    SctInvalid = "sct-invalid", "a certificate that a trusted certificate log has seen", TRUST;
    /// No trusted clock says when it was signed.
    TimestampMissing = "timestamp-missing", "a trusted clock's word on when the file was signed", FORGED;
    /// A timestamp is in a form that cannot be read.
    TimestampForm = "timestamp-form", "a timestamp in whole seconds", "ask the author to sign with a timestamp authority that answers in whole seconds";
    /// A timestamp is not by a trusted authority, or not for this signature.
    TimestampInvalid = "timestamp-invalid", "a timestamp over this signature by a trusted authority", TRUST;
    /// The log is not among the trusted ones.
    LogUnknown = "log-unknown", "an entry in a trusted log", TRUST;
    /// The log's checkpoint is missing, or not signed by the log.
    CheckpointInvalid = "checkpoint-invalid", "a checkpoint signed by a trusted log", TRUST;
    /// The checkpoint is of another log than the entry.
    CheckpointOrigin = "checkpoint-origin", "a checkpoint of the log that the entry names", FORGED;
    /// The inclusion proof does not lead from the entry to the checkpoint.
    InclusionProofInvalid = "inclusion-proof-invalid", "a proof that leads from the entry to the checkpoint", FORGED;
    /// The log's promise is not signed by the log.
    InclusionPromiseInvalid = "inclusion-promise-invalid", "a promise signed by the log that the entry names", TRUST;
    /// The time the log states is outside the certificate's validity, or in the future.
    LogTimeInvalid = "log-time-invalid", "an entry made while the certificate was valid", "check this machine's clock; otherwise do not use the file";
    /// The log entry cannot be read.
    EntryMalformed = "entry-malformed", "a log entry of a known kind", ASK_AUTHOR;
    /// The log entry is about another signature.
    EntryMismatch = "entry-mismatch", "a log entry about this signature", FORGED;
    /// The bundle is about other bytes than the file's.
    ArtifactMismatch = "artifact-mismatch", "the bytes that were signed", "fetch file and bundle again; if they still differ, do not use the file: it is not what was signed";
    /// The signature does not fit the key and the file.
    SignatureMismatch = "signature-mismatch", "a signature over these bytes by the key in the certificate", "fetch file and bundle again; if they still differ, do not use the file: it is not what was signed";
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Cause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_kebab_case_and_distinct() {
        let mut codes: Vec<_> = Cause::ALL.iter().map(|cause| cause.code()).collect();
        assert!(
            codes
                .iter()
                .all(|code| code.chars().all(|c| c.is_ascii_lowercase() || c == '-'))
        );
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Cause::ALL.len());
    }
}
