//! The causes of an invalid signature, with the expected value and the next step.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::{hint::Hint, page::page};

macro_rules! causes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:literal, $expected:literal, $hint:ident;)+) => {
        /// Why a signature proves nothing. One variant, one code, one reason.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Cause {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Cause {
            /// Every cause, in the order in which they are checked.
            pub const ALL: &'static [Cause] = &[$(Cause::$variant,)+];

            /// The stable kebab-case code.
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)+
                }
            }

            /// One sentence about it.
            pub fn summary(self) -> &'static str {
                let text = match self {
                    $(Self::$variant => concat!($($doc),+),)+
                };
                text.trim()
            }

            /// The value that would have been right, as words after "expected".
            pub const fn expected(self) -> &'static str {
                match self {
                    $(Self::$variant => $expected,)+
                }
            }

            /// The next step of the person who verifies.
            pub const fn hint(self) -> Hint {
                match self {
                    $(Self::$variant => Hint::$hint,)+
                }
            }

            /// The address of the page about it.
            pub fn page(self) -> String {
                page(self.code())
            }
        }
    };
}

causes! {
    /// The bundle is larger than the limit.
    BundleTooLarge = "bundle-too-large", "a bundle of at most 1 MiB", FetchBundleAgain;
    /// The bundle is not JSON.
    BundleNotJson = "bundle-not-json", "a bundle that is one JSON object", FetchBundleAgain;
    /// An object has one key twice, so two readers may see two bundles.
    BundleDuplicateKey = "bundle-duplicate-key", "each key once", BundleForged;
    /// The media type is missing or not one of Sigstore's bundle formats.
    BundleMediaType = "bundle-media-type", "a media type of a Sigstore bundle, version 0.1 to 0.3", FetchBundleAgain;
    /// The bundle does not have the shape of its format.
    BundleMalformed = "bundle-malformed", "the fields of a Sigstore bundle and no others", FetchBundleAgain;
    /// The bundle carries more than one content, key or signature.
    BundleAmbiguous = "bundle-ambiguous", "one signature, by one certificate or key", BundleForged;
    /// The bundle has more log entries, timestamps, certificates or hashes than a signature needs.
    BundleExcess = "bundle-excess", "no more log entries, timestamps, certificates and hashes than a signature needs", BundleForged;
    /// Two fields that repeat one fact disagree.
    BundleContradictory = "bundle-contradictory", "fields that repeat a fact to agree", BundleForged;
    /// The bundle is in cosign's old format, which is not allowed.
    OldFormat = "old-format", "a Sigstore bundle with an inclusion proof", OldFormat;
    /// The bundle is for a key and an identity was expected, or the reverse.
    KeyKind = "key-kind", "a bundle of the expected kind", KeyKind;
    /// The signature uses an algorithm or content that is not supported.
    Unsupported = "unsupported", "a signature by ECDSA, or another algorithm that can be checked from a digest", SignAgain;
    /// The signed statement is no statement about a release.
    StatementKind = "statement-kind", "a signature of the file, or a statement that it was built or published", SignRelease;
    /// Nothing proves that the signature is in a transparency log.
    InclusionProofMissing = "inclusion-proof-missing", "every log entry with an inclusion proof", BundleForged;
    /// The certificate cannot be read.
    CertificateMalformed = "certificate-malformed", "an X.509 certificate", FetchBundleAgain;
    /// The certificate names no identity, or more than one.
    CertificateIdentity = "certificate-identity", "a certificate that names one identity and its issuer", BundleForged;
    /// The certificate does not lead to a trusted authority.
    CertificateUntrusted = "certificate-untrusted", "a code-signing certificate by a trusted authority", CheckTrustedRoot;
    /// No trusted authority was valid at the time of signing.
    AuthorityExpired = "authority-expired", "an authority that was valid when the file was signed", CheckTrustedRoot;
    /// The certificate was not valid at the time of signing.
    CertificateExpired = "certificate-expired", "a certificate that was valid when the file was signed", BundleForged;
    /// The certificate is in no trusted certificate log.
    SctInvalid = "sct-invalid", "a certificate that a trusted certificate log has seen", CheckTrustedRoot;
    /// No trusted clock states the time of signing.
    TimestampMissing = "timestamp-missing", "a time of signing from a trusted clock", BundleForged;
    /// A timestamp has an unsupported form.
    TimestampForm = "timestamp-form", "a timestamp in whole seconds", WholeSeconds;
    /// A timestamp is not by a trusted authority, or not for this signature.
    TimestampInvalid = "timestamp-invalid", "a timestamp over this signature by a trusted authority", CheckTrustedRoot;
    /// The log is not trusted.
    LogUnknown = "log-unknown", "an entry in a trusted log", CheckTrustedRoot;
    /// The log's checkpoint is missing, or not signed by the log.
    CheckpointInvalid = "checkpoint-invalid", "a checkpoint signed by a trusted log", CheckTrustedRoot;
    /// The checkpoint is of another log than the entry.
    CheckpointOrigin = "checkpoint-origin", "a checkpoint of the log that the entry names", BundleForged;
    /// The inclusion proof does not lead from the entry to the checkpoint.
    InclusionProofInvalid = "inclusion-proof-invalid", "a proof that leads from the entry to the checkpoint", BundleForged;
    /// The log's promise is not signed by the log.
    InclusionPromiseInvalid = "inclusion-promise-invalid", "a promise signed by the log that the entry names", CheckTrustedRoot;
    /// The time the log states is outside the certificate's validity, or in the future.
    LogTimeInvalid = "log-time-invalid", "an entry from the time when the certificate was valid", CheckClock;
    /// The log entry cannot be read.
    EntryMalformed = "entry-malformed", "a log entry of a known kind", FetchBundleAgain;
    /// The log entry is for another signature.
    EntryMismatch = "entry-mismatch", "a log entry for this signature", BundleForged;
    /// The bundle is for other bytes than those of the file.
    ArtifactMismatch = "artifact-mismatch", "the bytes that were signed", FetchFilesAgain;
    /// The signature does not match the key and the file.
    SignatureMismatch = "signature-mismatch", "a signature over these bytes by the key in the certificate", FetchFilesAgain;
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
