//! The attestations that are signatures of a release.
//!
//! An in-toto statement is about bytes. Only one that says "this was built, published or signed as a release" is a
//! signature of the release. A list of parts (SBOM), a test result or a review by the same identity is none: its
//! signer did not say that the bytes may be installed.

/// Predicate types, each with where it is defined.
const RELEASES: &[&str] = &[
    // SLSA provenance, which GitHub's attestations have: slsa.dev/spec.
    "https://slsa.dev/provenance/v0.2",
    "https://slsa.dev/provenance/v1",
    // PEP 740, by which PyPI's publishers attest.
    "https://docs.pypi.org/attestations/publish/v1",
    // npm's registry, on a publication: github.com/npm/attestation.
    "https://github.com/npm/attestation/tree/main/specs/publish/v0.1",
    // `cosign sign` in bundles of today.
    "https://sigstore.dev/cosign/sign/v1",
];

/// Whether a statement of this predicate type is a signature of a release.
pub(crate) fn speaks_for_a_release(predicate: &str) -> bool {
    RELEASES.contains(&predicate)
}
