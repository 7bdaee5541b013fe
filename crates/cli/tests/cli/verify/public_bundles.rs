//! Real bundles, of the public-good instance, its staging twin and others: those that come with the
//! package `sigstore-verify` are accepted and refused as its own tests say, through the protocol of
//! the conformance suite. Where its tests ask for less than the whole verification, the whole is
//! requested here, and the reason is beside the case.

use std::{path::PathBuf, process::Command};

use serde_json::Value;

use crate::harness::{Ran, bare};

/// The folders of two packages, found where cargo keeps them.
struct Packages {
    verify: PathBuf,
    trust_root: PathBuf,
}

impl Packages {
    fn find() -> Self {
        // For this machine alone: packages of other systems need not be here.
        let version = Command::new("rustc").arg("-vV").output().unwrap();
        let version = String::from_utf8(version.stdout).unwrap();
        let host = version
            .lines()
            .find_map(|line| line.strip_prefix("host: "))
            .unwrap();
        let output = Command::new(env!("CARGO"))
            .args([
                "metadata",
                "--format-version",
                "1",
                "--offline",
                "--filter-platform",
                host,
            ])
            .args([
                "--manifest-path",
                concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
            ])
            .output()
            .unwrap();
        let metadata: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        let folder = |name: &str| {
            let packages = metadata["packages"].as_array().unwrap();
            let package = packages.iter().find(|p| p["name"] == name).unwrap();
            let manifest = PathBuf::from(package["manifest_path"].as_str().unwrap());
            manifest.parent().unwrap().to_owned()
        };
        Self {
            verify: folder("sigstore-verify").join("test_data"),
            trust_root: folder("sigstore-trust-root").join("src"),
        }
    }
}

/// The verifier of the Perl modules, with the same arguments.
const PERL: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../perl/CPAN-Sigstore/xt/verify-bundle"
);

const PUBLIC: &str = "trusted_root.json";
const STAGING: &str = "trusted_root_staging.json";

const GOOGLE: &str = "https://accounts.google.com";
const GITHUB: &str = "https://github.com/login/oauth";
const ACTIONS: &str = "https://token.actions.githubusercontent.com";

/// A digest of nothing: the bundle is refused before it would matter.
const ANY: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";
const CONDA: &str = "bundles/signed-package-2.1.0-hb0f4dca_0.conda";

/// Bundle, trusted root (of the trust package, or with a `/` of the other), file or digest, identity,
/// issuer, and the exit code with the cause where there is one.
type Case = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

const CASES: &[Case] = &[
    (
        "bundles/cosign-v3-blob.sigstore.json",
        PUBLIC,
        "bundles/cosign-v3-blob.txt",
        "w.vollprecht@gmail.com",
        GITHUB,
        "trusted",
    ),
    (
        "bundles/cosign-v3-blob.sigstore.json",
        PUBLIC,
        "bundles/cosign-v3-blob.txt",
        "w.vollprecht@gmail.com",
        GOOGLE,
        "identity-mismatch",
    ),
    (
        "bundles/cosign-v3-blob.sigstore.json",
        PUBLIC,
        CONDA,
        "w.vollprecht@gmail.com",
        GITHUB,
        "artifact-mismatch",
    ),
    (
        "bundles/conda-attestation.sigstore.json",
        PUBLIC,
        CONDA,
        "https://github.com/prefix-dev/sigstore-example/.github/workflows/action.yaml@refs/heads/main",
        ACTIONS,
        "trusted",
    ),
    (
        "bundles/conda-attestation-rekor2.sigstore.json",
        STAGING,
        CONDA,
        "jku@goto.fi",
        GITHUB,
        "trusted",
    ),
    (
        "bundles/bundle_v3_github.whl.sigstore",
        PUBLIC,
        "sha256:c4e92e9ecc828bef2aa7dba1de8ac983511f7532a0df11c770d39099a25cf201",
        "https://github.com/trailofbits/rfc8785.py/.github/workflows/release.yml@refs/tags/v0.1.2",
        ACTIONS,
        "trusted",
    ),
    (
        "upstream/sigstore-python/staging-rekor-v2.txt.sigstore.json",
        STAGING,
        "upstream/sigstore-python/staging-rekor-v2.txt",
        "",
        "",
        "trusted",
    ),
    (
        "upstream/sigstore-python/a.dsse.staging-rekor-v2.txt.sigstore.json",
        STAGING,
        "",
        "",
        "",
        "trusted",
    ),
    (
        "sct-multi-intermediate/staging_bundle.sigstore.json",
        "/sct-multi-intermediate/staging_trusted_root.json",
        "",
        "",
        "",
        "trusted",
    ),
    (
        "timestamps/valid_bundle.json",
        "/timestamps/valid_trusted_root.json",
        "",
        "",
        "",
        "trusted",
    ),
    // Its tests read the otherName identity only; here it is verified and matched.
    (
        "bundles/othername.sigstore.json",
        "/trusted_roots/scaffolding.json",
        "",
        "foo!oidc.local",
        "http://oidc.local:8080",
        "trusted",
    ),
    (
        "bundles/othername.sigstore.json",
        "/trusted_roots/scaffolding.json",
        "",
        "foo",
        "http://oidc.local:8080",
        "identity-mismatch",
    ),
    (
        "bundles/bundle_no_cert_v1.txt.sigstore",
        PUBLIC,
        ANY,
        "a",
        "b",
        "bundle-malformed",
    ),
    (
        "bundles/bundle_no_checkpoint.txt.sigstore",
        PUBLIC,
        ANY,
        "a",
        "b",
        "checkpoint-invalid",
    ),
    (
        "bundles/bundle_no_log_entry.txt.sigstore",
        PUBLIC,
        ANY,
        "a",
        "b",
        "inclusion-proof-missing",
    ),
    (
        "bundles/bundle_v3_no_signed_time.txt.sigstore.json",
        PUBLIC,
        "",
        "",
        "",
        "timestamp-missing",
    ),
    (
        "bundles/bundle_invalid_version.txt.sigstore",
        PUBLIC,
        ANY,
        "a",
        "b",
        "bundle-media-type",
    ),
    (
        "bundles/dsse-2sigs.sigstore.json",
        PUBLIC,
        ANY,
        "a",
        "b",
        "bundle-ambiguous",
    ),
    // CVE-2022-36056: the entry is about another signature than the bundle's.
    (
        "bundles/bundle_cve_2022_36056.txt.sigstore",
        STAGING,
        "",
        "",
        "",
        "entry-mismatch",
    ),
    (
        "invalid-ct-key_fail/bundle.sigstore.json",
        "/invalid-ct-key_fail/trusted_root.json",
        "",
        "",
        "",
        // The root has another certificate log than the certificate names.
        "unavailable",
    ),
    // Its tests only parse this one: it is from before inclusion proofs.
    (
        "bundles/dsse.sigstore.json",
        PUBLIC,
        ANY,
        "a",
        "b",
        "inclusion-proof-missing",
    ),
    // Its tests accept these two with the log switched off, which is no option here.
    (
        "bundles/github-private-attestation.sigstore.json",
        "trusted_root_github.json",
        ANY,
        "a",
        "b",
        "inclusion-proof-missing",
    ),
    (
        "timestamps/github_sha384_bundle.json",
        "/timestamps/github_trusted_root.json",
        ANY,
        "a",
        "b",
        "inclusion-proof-missing",
    ),
    // Its subject has a SHA-512 only, and digests on the command line are SHA-256; the file is not
    // in the package.
    (
        "bundles/sigstore.js@2.0.0-provenance.sigstore.json",
        PUBLIC,
        ANY,
        "a",
        "b",
        "unsupported",
    ),
];

#[test]
fn judges_bundles_of_public_instances() {
    let packages = Packages::find();
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| Ran::of(bare(folder.path(), args).output().unwrap());
    let mut wrong = Vec::new();
    for (bundle, root, artifact, identity, issuer, expected) in CASES {
        let path = packages.verify.join(bundle);
        let path = path.to_str().unwrap();
        let root = match root.strip_prefix('/') {
            Some(own) => packages.verify.join(own),
            None => packages.trust_root.join(root),
        };
        // What is not said is what the bundle itself says.
        let claims = run(&["inspect", "--json", path]);
        let claim = |said: &str, pointer: &str| match said {
            "" => claims
                .json()
                .pointer(pointer)
                .unwrap()
                .as_str()
                .unwrap()
                .to_owned(),
            said => said.to_owned(),
        };
        let artifact = match claim(artifact, "/digests/0") {
            digest if digest.starts_with("sha256:") => digest,
            file => packages.verify.join(file).display().to_string(),
        };
        let identity = claim(identity, "/signer/subject/name");
        let issuer = claim(issuer, "/signer/issuer");
        let question = [
            "--bundle",
            path,
            "--certificate-identity",
            &identity,
            "--certificate-oidc-issuer",
            &issuer,
            "--trusted-root",
            root.to_str().unwrap(),
            &artifact,
        ];
        let ran = run(&[&["verify-bundle"], &question[..]].concat());
        let code = match *expected {
            "trusted" => 0,
            "identity-mismatch" => 12,
            "unavailable" => 3,
            _ => 11,
        };
        let first = ran.stdout.lines().next().unwrap_or_default();
        let said = first.starts_with(expected) || first.contains(&format!("({expected})"));
        // The Perl modules decide in the same way. Their causes are for people.
        let perl = Ran::of(
            Command::new("perl")
                .arg(PERL)
                .args(question)
                .output()
                .unwrap(),
        );
        if perl.code != Some(code) {
            wrong.push(format!(
                "{bundle}: Perl exits with {:?} {}",
                perl.code, perl.stdout
            ));
        }
        if ran.code != Some(code) || !said {
            wrong.push(format!(
                "{bundle}: expected {expected}, found {:?} {first}\n{}",
                ran.code, ran.stdout
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn verifies_key_bundle_with_its_key_only() {
    let packages = Packages::find();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| {
        packages
            .verify
            .join("managed-key")
            .join(name)
            .display()
            .to_string()
    };
    let root = packages.trust_root.join(PUBLIC);
    let verify = |args: &[&str]| {
        let bundle = path("bundle.sigstore.json");
        let artifact = path("artifact.txt");
        let mut all = vec![
            "verify",
            &artifact,
            "--bundle",
            &bundle,
            "--trusted-root",
            root.to_str().unwrap(),
            "--json",
        ];
        all.extend(args);
        Ran::of(bare(folder.path(), &all).output().unwrap())
    };
    let key = path("key.pub");
    verify(&["--key", &key]).exits(0);
    let by_identity = verify(&[
        "--certificate-identity",
        "a",
        "--certificate-oidc-issuer",
        "b",
    ]);
    assert_eq!(by_identity.exits(11).code(), "key-kind");
    verify(&["--key", &key, "--certificate-identity", "a"]).exits(2);
    verify(&["--key", &path("artifact.txt")]).exits(2);
}
