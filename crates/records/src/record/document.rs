//! The text of a record: read strictly, written canonically.
//!
//! The keys of each structure below have the order of RFC 8785. All values are texts, except for one whole
//! number. So serde's compact JSON is the canonical one. The reader writes a record again and compares.

use std::{collections::BTreeMap, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    AuthorRecord, HandOvers, IDENTITIES_LIMIT, MEDIA_TYPE, RecordError, RecoveryKey, Releases,
    SIZE_LIMIT, VERSION_LIMIT, hand_over, recovery::RecoverySignature,
};
use cpan_sigstore_core::{
    digest::Sha256Digest,
    identity::{AuthorIdentity, IdentityPolicy, Matcher, SourceClaims, Wildcard, WorkflowClaims},
    release::PauseId,
    text::{printable, shows_as_itself},
};

/// Longest name, issuer or claim, in bytes.
const TEXT_LIMIT: usize = 1024;
/// Start of the year 0, in seconds since the start of 1970.
const YEAR_0: i64 = -62_167_219_200;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Document {
    author: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    distributions: Option<BTreeMap<String, Vec<String>>>,
    identities: Vec<Identity>,
    media_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<Sha256Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_signature: Option<String>,
    releases: Releases,
    version: u32,
}

/// The values of a record.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Contents {
    pub author: PauseId,
    pub version: u32,
    pub previous: Option<Sha256Digest>,
    pub identities: Vec<AuthorIdentity>,
    pub releases: Releases,
    pub distributions: HandOvers,
    pub recovery_key: Option<RecoveryKey>,
    pub recovery_signature: Option<RecoverySignature>,
}

#[derive(Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Identity {
    #[serde(skip_serializing_if = "Option::is_none")]
    claims: Option<Claims>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Timestamp>,
    issuer: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pattern: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
}

#[derive(Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Claims {
    #[serde(rename = "owner-id", skip_serializing_if = "Option::is_none")]
    owner_id: Option<String>,
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    git_ref: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repository: Option<String>,
    #[serde(rename = "repository-id", skip_serializing_if = "Option::is_none")]
    repository_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    workflow: Option<String>,
}

pub(super) fn read(json: &[u8]) -> Result<AuthorRecord, RecordError> {
    if json.len() > SIZE_LIMIT {
        return Err(RecordError::TooLarge(json.len()));
    }
    let document: Document =
        serde_json::from_slice(json).map_err(|error| RecordError::Shape(error.to_string()))?;
    let record = document.record()?;
    if record.json != json {
        let same = record.json.iter().zip(json).take_while(|(a, b)| a == b);
        return Err(RecordError::NotCanonical { at: same.count() });
    }
    Ok(record)
}

pub(super) fn write(contents: Contents) -> Result<AuthorRecord, RecordError> {
    let ids = |authors: &[PauseId]| authors.iter().map(ToString::to_string).collect();
    let stated = contents.distributions.iter();
    let stated = stated.map(|(name, to)| (name.clone(), ids(to)));
    let document = Document {
        author: contents.author.to_string(),
        distributions: (!contents.distributions.is_empty()).then(|| stated.collect()),
        identities: contents
            .identities
            .iter()
            .map(Identity::state)
            .collect::<Result<_, _>>()?,
        media_type: MEDIA_TYPE.to_owned(),
        previous: contents.previous,
        recovery_key: contents.recovery_key.map(|key| key.to_string()),
        recovery_signature: contents.recovery_signature.map(|it| it.to_string()),
        releases: contents.releases,
        version: contents.version,
    };
    document.record()
}

impl Document {
    /// Returns the record, if the document is valid.
    fn record(mut self) -> Result<AuthorRecord, RecordError> {
        if self.media_type != MEDIA_TYPE {
            return Err(RecordError::value("mediaType", MEDIA_TYPE, self.media_type));
        }
        let author: PauseId = match self.author.parse() {
            Ok(author) if self.author == PauseId::to_string(&author) => author,
            _ => return Err(RecordError::value("author", "a PAUSE id", self.author)),
        };
        let distributions = hand_over::check(&author, self.distributions.as_ref())?;
        if !(1..=VERSION_LIMIT).contains(&self.version) {
            return Err(RecordError::value("version", "1 to 9999", self.version));
        }
        if (self.version == 1) != self.previous.is_none() {
            return Err(RecordError::value(
                "previous",
                "the digest of the version before, and none in version 1",
                self.previous.map_or("none".to_owned(), |it| it.to_string()),
            ));
        }
        if !(1..=IDENTITIES_LIMIT).contains(&self.identities.len()) {
            return Err(RecordError::value(
                "identities",
                "1 to 64 identities",
                self.identities.len(),
            ));
        }
        for (at, identity) in self.identities.iter().enumerate() {
            if self.identities[..at].contains(identity) {
                return Err(RecordError::value(
                    "identities",
                    "each identity once",
                    format!("number {} twice", at + 1),
                ));
            }
        }
        let identities = self.identities.iter().map(Identity::meaning);
        let identities = identities.collect::<Result<Vec<_>, _>>()?;
        let (recovery_key, recovery_signature) = self.recovery()?;
        let json = self.text()?;
        if json.len() > SIZE_LIMIT {
            return Err(RecordError::TooLarge(json.len()));
        }
        let is_recovery = self.recovery_signature.take().is_some();
        Ok(AuthorRecord {
            recovered: is_recovery.then(|| self.text()).transpose()?,
            contents: Contents {
                author,
                version: self.version,
                previous: self.previous,
                identities,
                releases: self.releases,
                distributions,
                recovery_key,
                recovery_signature,
            },
            digest: Sha256Digest::of(&json),
            json,
        })
    }

    fn text(&self) -> Result<Vec<u8>, RecordError> {
        serde_json::to_vec(self).map_err(|error| RecordError::Shape(error.to_string()))
    }

    /// Returns the recovery key and the signature by one.
    fn recovery(&self) -> Result<(Option<RecoveryKey>, Option<RecoverySignature>), RecordError> {
        let signature = self.recovery_signature.as_ref();
        if let Some(signature) = signature.filter(|_| self.version == 1) {
            let expected = "none in version 1, before which there is no recovery key";
            return Err(RecordError::value("recoverySignature", expected, signature));
        }
        Ok((
            read_text(
                "recoveryKey",
                "`ed25519:` and 64 small hexadecimal digits",
                self.recovery_key.as_ref(),
            )?,
            read_text(
                "recoverySignature",
                "`ed25519:` and 128 small hexadecimal digits",
                signature,
            )?,
        ))
    }
}

/// Reads a text, if there is one.
fn read_text<T: FromStr>(
    field: &'static str,
    expected: &'static str,
    text: Option<&String>,
) -> Result<Option<T>, RecordError> {
    let read = text.map(|text| {
        let value = text.parse();
        value.map_err(|_| RecordError::value(field, expected, printable(text)))
    });
    read.transpose()
}

impl Identity {
    /// Returns the identity as a record states it.
    fn state(identity: &AuthorIdentity) -> Result<Self, RecordError> {
        let expected = &identity.identity;
        let (subject, pattern) = match &expected.subject {
            Matcher::Exact(name) => (Some(name.clone()), None),
            Matcher::Wildcard(pattern) => (None, Some(pattern.to_string())),
            Matcher::Pattern(text, _) => {
                return Err(RecordError::value(
                    "pattern",
                    "a pattern with `*`, which every language reads alike",
                    text,
                ));
            }
        };
        let Matcher::Exact(issuer) = &expected.issuer else {
            return Err(RecordError::value(
                "issuer",
                "one provider",
                &expected.issuer,
            ));
        };
        if expected.workflow != WorkflowClaims::default() {
            return Err(RecordError::value(
                "claims",
                "claims about the source of the run",
                "GitHub's deprecated ones",
            ));
        }
        let source = &expected.source;
        let claims = (!source.is_empty()).then(|| Claims::state(source.clone()));
        Ok(Self {
            claims,
            from: identity.from,
            issuer: issuer.clone(),
            pattern,
            subject,
            until: identity.until,
        })
    }

    /// Returns the identity, if the document is valid.
    fn meaning(&self) -> Result<AuthorIdentity, RecordError> {
        let subject = match (&self.subject, &self.pattern) {
            (Some(subject), None) => Matcher::Exact(name("subject", subject)?),
            (None, Some(pattern)) => Wildcard::new(&name("pattern", pattern)?)
                .map(Matcher::Wildcard)
                .map_err(|_| {
                    RecordError::value(
                        "pattern",
                        "a `*` only after scheme, host and one whole part of the path",
                        pattern,
                    )
                })?,
            _ => {
                return Err(RecordError::value(
                    "subject",
                    "either a `subject` or a `pattern`",
                    "both or neither",
                ));
            }
        };
        for (field, time) in [("from", self.from), ("until", self.until)] {
            if let Some(time) = time.filter(|time| !is_stated(*time)) {
                return Err(RecordError::value(
                    field,
                    "a time in whole seconds, from the year 0 on",
                    time,
                ));
            }
        }
        if let (Some(from), Some(until)) = (self.from, self.until)
            && from >= until
        {
            return Err(RecordError::value("until", "a time after `from`", until));
        }
        let identity = IdentityPolicy {
            subject,
            issuer: Matcher::Exact(name("issuer", &self.issuer)?),
            source: self
                .claims
                .as_ref()
                .map_or(Ok(SourceClaims::default()), Claims::meaning)?,
            workflow: WorkflowClaims::default(),
        };
        if identity.leaves_source_open() {
            return Err(RecordError::value(
                "claims",
                "`repository` or `repository-id` beside the name or pattern of a workflow, which every repository may call",
                "neither",
            ));
        }
        Ok(AuthorIdentity {
            identity,
            from: self.from,
            until: self.until,
        })
    }
}

impl Claims {
    fn state(source: SourceClaims) -> Self {
        Self {
            owner_id: source.owner_id,
            git_ref: source.git_ref,
            repository: source.repository,
            repository_id: source.repository_id,
            workflow: source.workflow,
        }
    }

    fn meaning(&self) -> Result<SourceClaims, RecordError> {
        let source = SourceClaims {
            owner_id: self.owner_id.clone(),
            git_ref: self.git_ref.clone(),
            repository: self.repository.clone(),
            repository_id: self.repository_id.clone(),
            workflow: self.workflow.clone(),
        };
        if source.is_empty() {
            return Err(RecordError::value("claims", "at least one claim", "none"));
        }
        for claim in source.iter().filter_map(|(_, claim)| claim) {
            text("claims", claim)?;
        }
        match source.invalid() {
            Some((_, expected, found)) => Err(RecordError::value("claims", expected, found)),
            None => Ok(source),
        }
    }
}

/// Whether it is a time by RFC 3339, in whole seconds; the year has four digits.
fn is_stated(time: Timestamp) -> bool {
    time.subsec_nanosecond() == 0 && time.as_second() >= YEAR_0
}

/// Checks that a text is printable and within the limits.
fn text(field: &'static str, text: &str) -> Result<(), RecordError> {
    if text.is_empty() || text.len() > TEXT_LIMIT || !text.chars().all(shows_as_itself) {
        return Err(RecordError::value(
            field,
            "1 to 1024 bytes of text without control characters",
            printable(text),
        ));
    }
    Ok(())
}

/// Checks the same, and that the text has no white space.
fn name(field: &'static str, name: &str) -> Result<String, RecordError> {
    text(field, name)?;
    if name.chars().any(char::is_whitespace) {
        return Err(RecordError::value(field, "no white space", name));
    }
    Ok(name.to_owned())
}
