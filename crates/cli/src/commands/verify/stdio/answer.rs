//! Answers of the verifier interface (section 12 of the standard).

use cpan_sigstore_core::{
    release::{PauseId, ReleasePath},
    verdict::Verdict,
};
use serde::Serialize;

use super::request::{RequestError, VERSION};
use crate::{error::CommandError, ui::verdict_text};

/// Longest line of an answer, in bytes without the line break.
const LINE_LIMIT: usize = 1024 * 1024;

/// The answer to one line.
#[derive(Serialize)]
pub struct Answer {
    verifier: u64,
    /// The id of the request; `None` if it could not be read.
    id: Option<u64>,
    #[serde(flatten)]
    body: Body,
}

/// The content of an answer.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Body {
    /// The verifier.
    Program {
        program: Program,
        versions: [u64; 1],
    },
    /// The verdict about a release.
    Release(Box<ReleaseAnswer>),
    /// There is no answer. That is never a pass.
    Error { error: ErrorAnswer, exit: u8 },
}

/// The program that answers.
#[derive(Serialize)]
pub struct Program {
    name: &'static str,
    version: &'static str,
}

/// The verdict about a release.
#[derive(Serialize)]
pub struct ReleaseAnswer {
    release: String,
    author: PauseId,
    #[serde(flatten)]
    verdict: Verdict,
    exit: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    /// The lines that the hint wants in the policy.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    policy: Vec<String>,
    /// Whether the copy that the request named was written.
    copied: bool,
}

/// Why there is no answer.
#[derive(Serialize)]
pub struct ErrorAnswer {
    code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    /// The versions that the program knows, if it does not know that of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    versions: Option<[u64; 1]>,
}

impl Answer {
    /// Builds an answer to a request.
    pub fn new(id: u64, body: Result<Body, CommandError>) -> Self {
        Self {
            verifier: VERSION,
            id: Some(id),
            body: body.unwrap_or_else(|error| Body::failed(&error)),
        }
    }

    /// Builds the answer to a line that is no request.
    pub fn refused(error: &RequestError) -> Self {
        let code = error.kind.code();
        Self {
            verifier: VERSION,
            id: error.id,
            body: Body::error(&CommandError::usage(error.kind.to_string()), code),
        }
    }

    /// Returns the same answer, or an error if it is too long for a line.
    #[must_use]
    pub fn within_limit(self) -> Self {
        let length = serde_json::to_string(&self).map_or(usize::MAX, |text| text.len());
        if length <= LINE_LIMIT {
            return self;
        }
        let error = CommandError::internal(format!(
            "cannot write the answer: expected at most {LINE_LIMIT} bytes, found {length}"
        ));
        Self {
            body: Body::failed(&error),
            ..self
        }
    }
}

impl Body {
    /// The program itself.
    pub const fn program() -> Self {
        Self::Program {
            program: Program {
                name: "cpan-sigstore",
                version: env!("CARGO_PKG_VERSION"),
            },
            versions: [VERSION],
        }
    }

    /// A verdict.
    pub fn release(path: &ReleasePath, verdict: Verdict, is_copied: bool) -> Self {
        let mut verdict = verdict;
        let policy = verdict.pin(path).into_iter().collect();
        let hint = verdict.hint.take();
        Self::Release(Box::new(ReleaseAnswer {
            release: path.to_string(),
            author: path.author.clone(),
            exit: verdict.exit() as u8,
            page: verdict.page(),
            hint: hint.map(|hint| verdict_text::hint_about(hint, path)),
            policy,
            copied: is_copied,
            verdict,
        }))
    }

    fn failed(error: &CommandError) -> Self {
        Self::error(error, "failed")
    }

    fn error(error: &CommandError, code: &'static str) -> Self {
        Self::Error {
            error: ErrorAnswer {
                code,
                message: error.to_string(),
                hint: error.hints().first().cloned(),
                versions: (code == "unsupported-version").then_some([VERSION]),
            },
            exit: error.exit() as u8,
        }
    }
}
