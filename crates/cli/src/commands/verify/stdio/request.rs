//! Requests of the verifier interface (section 12 of the standard).

use std::path::PathBuf;

use cpan_sigstore_core::{
    json::parse_object,
    release::{PackageName, ReleasePath},
};
use serde::Deserialize;
use serde_json::Value;

/// The version of the interface.
pub const VERSION: u64 = 1;
/// Longest line of a request, in bytes without the line break.
pub const LINE_LIMIT: usize = 64 * 1024;
/// Largest id: a whole number that every JSON reader represents exactly.
const ID_LIMIT: u64 = (1 << 53) - 1;

/// A request, and the number that its answer repeats.
#[derive(Debug)]
pub struct Request {
    pub id: u64,
    pub question: Question,
}

/// The question of a request.
#[derive(Debug)]
pub enum Question {
    /// The name and version of the verifier.
    Program,
    /// Whether a release may be installed.
    Release(Box<ReleaseQuestion>),
}

/// Whether a release may be installed.
#[derive(Debug)]
pub struct ReleaseQuestion {
    pub release: ReleasePath,
    /// The file to be installed; `None` for the one on the CPAN.
    pub archive: Option<PathBuf>,
    /// The file of its bundle; `None` for the one on the CPAN.
    pub bundle: Option<PathBuf>,
    /// The packages that led to it; `None` for those of the package index.
    pub packages: Option<Vec<PackageName>>,
    /// The place for a copy of an admitted archive.
    pub copy: Option<PathBuf>,
    /// Whether the trust store remembers an admitted release.
    pub remember: bool,
}

/// A line that is no request.
#[derive(Debug, PartialEq, Eq)]
pub struct RequestError {
    /// The id, if it could be read.
    pub id: Option<u64>,
    pub kind: RequestErrorKind,
}

/// Why a line is no request.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestErrorKind {
    /// It is longer than the limit.
    #[error("invalid request: expected a line of at most {LINE_LIMIT} bytes, found a longer one")]
    TooLong,
    /// The input ended within it.
    #[error("invalid request: expected a line break at its end, found the end of the input")]
    Half,
    /// It is a request of another version.
    #[error("invalid request: expected version {VERSION} of the interface, found {0}")]
    Version(Value),
    /// A value is not as it should be.
    #[error("invalid request: {0}")]
    Invalid(String),
}

/// The keys of a request, as they are written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(rename = "verifier")]
    _version: u64,
    #[serde(rename = "id")]
    _id: u64,
    ask: Ask,
    release: Option<String>,
    archive: Option<PathBuf>,
    bundle: Option<PathBuf>,
    packages: Option<Vec<String>>,
    copy: Option<PathBuf>,
    remember: Option<bool>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Ask {
    Program,
    Release,
}

impl Request {
    /// Parses a line.
    ///
    /// # Errors
    /// [`RequestError`] if it is no request of this version.
    pub fn parse(line: &[u8]) -> Result<Self, RequestError> {
        let refused = |id: Option<u64>, reason: String| RequestError {
            id,
            kind: RequestErrorKind::Invalid(reason),
        };
        let value = parse_object(line)
            .map_err(|error| refused(None, format!("expected one JSON object, found {error}")))?;
        let id = value.get("id").and_then(Value::as_u64);
        let id = id.filter(|id| *id <= ID_LIMIT);
        // Another version may have other keys, so its number comes first.
        match value.get("verifier") {
            Some(version) if version.as_u64() == Some(VERSION) => {}
            version => {
                let kind = RequestErrorKind::Version(version.cloned().unwrap_or_default());
                return Err(RequestError { id, kind });
            }
        }
        let id =
            id.ok_or_else(|| refused(None, format!("expected an `id` from 0 to {ID_LIMIT}")))?;
        if let Some((key, _)) = value
            .as_object()
            .into_iter()
            .flatten()
            .find(|(_, it)| it.is_null())
        {
            return Err(refused(
                Some(id),
                format!("expected no key without a value, found `{key}`"),
            ));
        }
        let question = Written::deserialize(value)
            .map_err(|error| error.to_string())
            .and_then(Question::of);
        let question = question.map_err(|reason| refused(Some(id), reason))?;
        Ok(Self { id, question })
    }
}

impl Question {
    fn of(written: Written) -> Result<Self, String> {
        match (written.ask, &written) {
            (
                Ask::Program,
                Written {
                    release: None,
                    archive: None,
                    bundle: None,
                    packages: None,
                    copy: None,
                    remember: None,
                    ..
                },
            ) => Ok(Self::Program),
            (Ask::Program, _) => Err("expected no other keys to ask for the program".to_owned()),
            (Ask::Release, _) => ReleaseQuestion::of(written).map(|it| Self::Release(Box::new(it))),
        }
    }
}

impl ReleaseQuestion {
    fn of(written: Written) -> Result<Self, String> {
        let text = written.release.ok_or("expected a `release`")?;
        let release = ReleasePath::from_short(&text).map_err(|error| error.to_string())?;
        let paths = [&written.archive, &written.bundle, &written.copy];
        if let Some(path) = paths.into_iter().flatten().find(|path| !path.is_absolute()) {
            return Err(format!(
                "expected an absolute path, found `{}`",
                path.display()
            ));
        }
        let packages = written.packages.map(|names| {
            let parsed = names.iter().map(|name| name.parse::<PackageName>());
            parsed.collect::<Result<Vec<_>, _>>()
        });
        Ok(Self {
            release,
            archive: written.archive,
            bundle: written.bundle,
            packages: packages.transpose().map_err(|error| error.to_string())?,
            copy: written.copy,
            remember: written.remember.unwrap_or(true),
        })
    }
}

impl RequestErrorKind {
    /// The code of the answer.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong => "line-too-long",
            Self::Version(_) => "unsupported-version",
            Self::Half | Self::Invalid(_) => "invalid-request",
        }
    }
}
