//! Answers questions about bundles, records and names, one JSON object a line: the Rust side of `scripts/differential`.
//!
//! Only this program's own names are in an answer, so that another implementation can give the same one.

#![allow(
    clippy::panic,
    clippy::expect_used,
    reason = "a question is never invalid"
)]

use std::{
    cmp::Ordering,
    collections::{BTreeMap, HashMap},
    io::{self, BufRead as _, Write as _},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use cpan_sigstore_core::{
    digest::Sha256Digest,
    identity::{
        AuthorIdentity, CiClaims, Membership, SignerIdentity, SourceClaims, Subject, WorkflowClaims,
    },
    release::{
        PerlVersion, ReleaseName, ReleasePath, folder_matches_name, name_matches_meta,
        status_matches_name,
    },
};
use cpan_sigstore_keyless::{
    bundle::StrictBundle,
    trust::TrustedRoot,
    verify::{Artifact, Verifier, VerifyError, VerifyOptions},
};
use cpan_sigstore_records::record::AuthorRecord;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
enum Question {
    /// Bytes in base64. The digest is that of the signed file.
    Bundle {
        bundle: String,
        root: String,
        digest: Sha256Digest,
    },
    /// The bytes of a record in base64, and signers that are compared with its identities.
    Record {
        record: String,
        signers: Vec<Signed>,
    },
    /// The file name of a release, and what its META and its top folder state.
    Name {
        file: String,
        meta: Option<Meta>,
        folder: Option<String>,
    },
    /// The path of a release.
    Path { path: String },
    /// Two versions.
    Versions { left: String, right: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    kind: String,
    subject: String,
    issuer: String,
    claims: BTreeMap<String, String>,
    times: Vec<Timestamp>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Meta {
    name: String,
    version: String,
    status: Option<String>,
}

fn main() -> io::Result<()> {
    let mut verifiers = Verifiers::default();
    let mut output = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let question = serde_json::from_str(&line?)?;
        let answer = match question {
            Question::Bundle {
                bundle,
                root,
                digest,
            } => verifiers.bundle(&decoded(&bundle), root, digest),
            Question::Record { record, signers } => self::record(&decoded(&record), signers),
            Question::Name { file, meta, folder } => name(&file, meta.as_ref(), folder.as_deref()),
            Question::Path { path } => self::path(&path),
            Question::Versions { left, right } => versions(&left, &right),
        };
        writeln!(output, "{answer}")?;
        output.flush()?;
    }
    Ok(())
}

fn decoded(base64: &str) -> Vec<u8> {
    STANDARD.decode(base64).expect("base64")
}

/// Verifiers by the text of their trusted roots. Only unchanged roots come again.
#[derive(Default)]
struct Verifiers(HashMap<String, Result<Verifier, ()>>);

/// Most roots that are kept.
const KEPT: usize = 64;

impl Verifiers {
    fn bundle(&mut self, bundle: &[u8], root: String, digest: Sha256Digest) -> Value {
        if self.0.len() > KEPT {
            self.0.clear();
        }
        let verifier = self.0.entry(root).or_insert_with_key(|root| {
            let root = TrustedRoot::parse(&decoded(root), "input").map_err(drop)?;
            Verifier::new(&root).map_err(drop)
        });
        let Ok(verifier) = verifier else {
            return json!({ "cause": "trusted-root" });
        };
        let refused = |cause: &str, found: &str| json!({ "cause": cause, "found": found });
        let bundle = match StrictBundle::parse(bundle) {
            Ok(bundle) => bundle,
            Err(error) => return refused(error.cause.code(), &error.found),
        };
        match verifier.verify(Artifact::Digest(digest), &bundle, VerifyOptions::default()) {
            Ok(verified) => {
                let signature = verified.signature();
                let times = verified.times();
                let mut times: Vec<_> = times.iter().map(|time| time.as_second()).collect();
                times.sort_unstable();
                json!({
                    "valid": true,
                    "signer": signer(verified.signer()),
                    "times": times,
                    "statement": signature.attestation(),
                    "logs": signature.log().iter().map(|log| &log.url).collect::<Vec<_>>(),
                })
            }
            Err(VerifyError::Refused(error)) => refused(error.cause.code(), &error.found),
            Err(VerifyError::Unknown(unknown)) => {
                refused("authority-unknown", &unknown.to_string())
            }
            Err(error) => refused("undetermined", &error.to_string()),
        }
    }
}

fn signer(signer: &SignerIdentity) -> Value {
    let (kind, subject) = match &signer.subject {
        Subject::Email(name) => ("email", name),
        Subject::Uri(name) => ("uri", name),
        Subject::Username(name) => ("username", name),
    };
    let claims = SourceClaims::of(&signer.claims);
    let claims = claims
        .iter()
        .filter_map(|(name, value)| Some((name, value?)));
    json!({
        "kind": kind,
        "subject": subject,
        "issuer": signer.issuer,
        "claims": claims.collect::<BTreeMap<_, _>>(),
    })
}

fn record(bytes: &[u8], signers: Vec<Signed>) -> Value {
    let record = match AuthorRecord::parse(bytes) {
        Ok(record) => record,
        Err(error) => return json!({ "found": error.to_string() }),
    };
    let memberships = signers.into_iter().map(|signed| {
        let times = signed.times.clone();
        match AuthorIdentity::compare(record.identities(), &signed.identity(), &times) {
            Membership::Authorized => "valid",
            Membership::Expired => "retired",
            Membership::Unauthorized => "none",
        }
    });
    json!({
        "valid": true,
        "digest": record.digest(),
        "author": record.author().as_str(),
        "version": record.version(),
        "identities": record.identities().len(),
        "memberships": memberships.collect::<Vec<_>>(),
    })
}

impl Signed {
    fn identity(self) -> SignerIdentity {
        let entries = self.claims.into_iter().map(|(claim, value)| {
            let name = match claim.as_str() {
                "owner-id" => "source-repository-owner-identifier",
                "ref" => "source-repository-ref",
                "repository" => "source-repository-uri",
                "repository-id" => "source-repository-identifier",
                "workflow" => "build-config-uri",
                other => panic!("the claim {other}"),
            };
            (name, value)
        });
        SignerIdentity {
            subject: match self.kind.as_str() {
                "email" => Subject::Email(self.subject),
                "uri" => Subject::Uri(self.subject),
                "username" => Subject::Username(self.subject),
                other => panic!("the kind {other}"),
            },
            issuer: self.issuer,
            claims: CiClaims::new(entries.collect(), WorkflowClaims::default()),
        }
    }
}

fn name(file: &str, meta: Option<&Meta>, folder: Option<&str>) -> Value {
    let Ok(release) = file.parse::<ReleaseName>() else {
        return json!({});
    };
    let status = meta.and_then(|meta| meta.status.as_deref());
    let compared = [
        meta.map(|meta| name_matches_meta(&release, &meta.name, &meta.version)),
        status.map(|status| status_matches_name(&release, status)),
        folder.map(|folder| folder_matches_name(&release, folder)),
    ];
    json!({
        "valid": true,
        "distribution": release.distribution(),
        "version": release.version(),
        "developer": release.is_developer_release(),
        "matches": compared.into_iter().flatten().all(|result| result.is_ok()),
    })
}

fn path(text: &str) -> Value {
    // A package index has the short form.
    let path = match text.strip_prefix("authors/id/") {
        Some(_) => text.parse::<ReleasePath>(),
        None => format!("authors/id/{text}").parse(),
    };
    match path {
        Ok(path) => json!({ "valid": true, "path": path.to_string() }),
        Err(_) => json!({}),
    }
}

fn versions(left: &str, right: &str) -> Value {
    let read = |text: &str| text.parse::<PerlVersion>().ok();
    let (left, right) = (read(left), read(right));
    let order = left
        .as_ref()
        .zip(right.as_ref())
        .map(|(left, right)| match left.cmp(right) {
            Ordering::Less => -1,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        });
    let is_same = left
        .as_ref()
        .zip(right.as_ref())
        .map(|(left, right)| left.names_same_release(right));
    json!({ "read": [left.is_some(), right.is_some()], "order": order, "same": is_same })
}
