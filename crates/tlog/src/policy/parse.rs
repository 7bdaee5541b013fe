//! The text of a policy.

use std::{collections::HashMap, str::FromStr};

use super::{Group, KnownLog, KnownWitness, LogPolicy, Member};
use crate::{
    encoding::excerpt,
    key::{Algorithm, KeyError, VerifierKey},
};

/// Largest policy that is read, in bytes.
pub const POLICY_LIMIT: usize = 64 * 1024;
/// Most logs, and most witnesses and groups, of a policy.
const COMPONENTS_LIMIT: usize = 256;
/// The word for a quorum of nobody. It names no witness and no group.
const NOBODY: &str = "none";

/// Reasons why a text is no policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The text is too large.
    #[error("invalid log policy: expected at most {POLICY_LIMIT} bytes, found {0}")]
    Size(usize),
    /// A line has another form.
    #[error("invalid line {line} of the log policy: expected {expected}, found `{found}`")]
    Line {
        /// The number of the line.
        line: usize,
        /// The form.
        expected: &'static str,
        /// The line.
        found: String,
    },
    /// A line has an invalid key.
    #[error("invalid line {line} of the log policy: {source}")]
    Key {
        /// The number of the line.
        line: usize,
        /// The reason.
        source: KeyError,
    },
    /// A name, a key or a membership is there twice.
    #[error("invalid line {line} of the log policy: expected {what} once, found `{found}` again")]
    Twice {
        /// The number of the line.
        line: usize,
        /// The kind of value.
        what: &'static str,
        /// The value.
        found: String,
    },
    /// A name is not defined before its use.
    #[error(
        "invalid line {line} of the log policy: expected a witness or group above it, found `{found}`"
    )]
    Undefined {
        /// The number of the line.
        line: usize,
        /// The name.
        found: String,
    },
    /// A line is missing.
    #[error("invalid log policy: expected one line `{0}`, found none")]
    Missing(&'static str),
    /// There are too many logs, or too many witnesses and groups.
    #[error("invalid log policy: expected at most {COMPONENTS_LIMIT} logs, witnesses and groups")]
    TooMany,
}

/// A policy whose first lines were read.
#[derive(Default)]
struct Reading {
    logs: Vec<KnownLog>,
    witnesses: Vec<KnownWitness>,
    groups: Vec<Group>,
    names: HashMap<String, Member>,
    /// Names that are in a group already.
    members: Vec<String>,
    quorum: Option<Option<Member>>,
}

impl FromStr for LogPolicy {
    type Err = PolicyError;

    /// Reads a policy. A line that begins with `#` is a comment; a quorum is required, and may be `none`.
    ///
    /// By the format, a `#` elsewhere is a part of its word. Other programs begin a comment there, so such a line is
    /// refused: no two programs read different policies in one file.
    fn from_str(text: &str) -> Result<Self, PolicyError> {
        if text.len() > POLICY_LIMIT {
            return Err(PolicyError::Size(text.len()));
        }
        let mut reading = Reading::default();
        for (line, text) in (1..).zip(text.split('\n')) {
            let words = words(text).map_err(|expected| PolicyError::Line {
                line,
                expected,
                found: excerpt(text),
            })?;
            reading.line(line, text, &words)?;
        }
        let Reading {
            logs,
            witnesses,
            groups,
            quorum,
            ..
        } = reading;
        if logs.is_empty() {
            return Err(PolicyError::Missing("log KEY [URL]"));
        }
        let quorum = quorum.ok_or(PolicyError::Missing("quorum NAME"))?;
        Ok(Self {
            logs,
            witnesses,
            groups,
            quorum,
        })
    }
}

/// The words of a line; none of a comment.
fn words(text: &str) -> Result<Vec<&str>, &'static str> {
    if text.chars().any(|c| c.is_ascii_control() && c != '\t') {
        return Err("no control characters but tabs and line feeds");
    }
    let is_blank = |c| matches!(c, ' ' | '\t');
    if text.trim_start_matches(is_blank).starts_with('#') {
        return Ok(Vec::new());
    }
    if text.contains('#') {
        return Err("a comment on a line of its own");
    }
    Ok(text
        .split(is_blank)
        .filter(|word| !word.is_empty())
        .collect())
}

impl Reading {
    fn line(&mut self, line: usize, text: &str, words: &[&str]) -> Result<(), PolicyError> {
        let form = |expected| PolicyError::Line {
            line,
            expected,
            found: excerpt(text),
        };
        if self.logs.len().max(self.names.len()) >= COMPONENTS_LIMIT {
            return Err(PolicyError::TooMany);
        }
        match words {
            [] => Ok(()),
            ["log", key] => self.log(line, key, None),
            ["log", key, url] => self.log(line, key, Some(url)),
            ["witness", name, key] => self.witness(line, name, key, None),
            ["witness", name, key, url] => self.witness(line, name, key, Some(url)),
            ["group", name, threshold, members @ ..] if !members.is_empty() => {
                let threshold = match *threshold {
                    "any" => Some(1),
                    "all" => Some(members.len()),
                    number => crate::encoding::decimal(number)
                        .and_then(|number| usize::try_from(number).ok())
                        .filter(|number| (1..=members.len()).contains(number)),
                };
                let expected = "a threshold from 1 to the number of members, `any` or `all`";
                self.group(
                    line,
                    name,
                    threshold.ok_or_else(|| form(expected))?,
                    members,
                )
            }
            ["quorum", name] => self.set_quorum(line, name),
            _ => Err(form(
                "`log KEY [URL]`, `witness NAME KEY [URL]`, `group NAME THRESHOLD MEMBER…` or `quorum NAME`",
            )),
        }
    }

    fn log(&mut self, line: usize, key: &str, url: Option<&&str>) -> Result<(), PolicyError> {
        let key = key_of(line, key, Algorithm::Ed25519, "a log's key of algorithm 1")?;
        // A log is found by its name. One key under two names would sign two histories.
        let is_known = |log: &KnownLog| log.key.name() == key.name() || log.key.has_key_of(&key);
        if self.logs.iter().any(is_known) {
            return Err(twice(line, "a log", key.name()));
        }
        let url = url.map(|url| (*url).to_owned());
        self.logs.push(KnownLog { key, url });
        Ok(())
    }

    fn witness(
        &mut self,
        line: usize,
        name: &str,
        key: &str,
        url: Option<&&str>,
    ) -> Result<(), PolicyError> {
        let key = key_of(
            line,
            key,
            Algorithm::CosignatureV1,
            "a witness's key of algorithm 4",
        )?;
        // Under two names, one witness would cosign twice.
        let is_known = |witness: &KnownWitness| witness.key.has_key_of(&key);
        if self.witnesses.iter().any(is_known) {
            return Err(twice(line, "a key", &key.to_string()));
        }
        self.define(line, name, Member::Witness(self.witnesses.len()))?;
        let url = url.map(|url| (*url).to_owned());
        self.witnesses.push(KnownWitness {
            name: name.to_owned(),
            key,
            url,
        });
        Ok(())
    }

    fn group(
        &mut self,
        line: usize,
        name: &str,
        threshold: usize,
        words: &[&str],
    ) -> Result<(), PolicyError> {
        let mut members = Vec::with_capacity(words.len());
        for word in words {
            members.push(self.named(line, word)?);
            // A witness in two groups would cosign twice.
            if self.members.iter().any(|member| member == word) {
                return Err(twice(line, "a member", word));
            }
            self.members.push((*word).to_owned());
        }
        self.define(line, name, Member::Group(self.groups.len()))?;
        self.groups.push(Group { threshold, members });
        Ok(())
    }

    fn set_quorum(&mut self, line: usize, name: &str) -> Result<(), PolicyError> {
        if self.quorum.is_some() {
            return Err(twice(line, "a quorum", name));
        }
        self.quorum = Some(match name {
            NOBODY => None,
            name => Some(self.named(line, name)?),
        });
        Ok(())
    }

    fn named(&self, line: usize, name: &str) -> Result<Member, PolicyError> {
        let undefined = || PolicyError::Undefined {
            line,
            found: excerpt(name),
        };
        self.names.get(name).copied().ok_or_else(undefined)
    }

    fn define(&mut self, line: usize, name: &str, member: Member) -> Result<(), PolicyError> {
        if name == NOBODY {
            let expected = "another name than `none`";
            return Err(PolicyError::Line {
                line,
                expected,
                found: excerpt(name),
            });
        }
        match self.names.insert(name.to_owned(), member) {
            None => Ok(()),
            Some(_) => Err(twice(line, "a name", name)),
        }
    }
}

fn key_of(
    line: usize,
    text: &str,
    algorithm: Algorithm,
    expected: &'static str,
) -> Result<VerifierKey, PolicyError> {
    let key: VerifierKey = text
        .parse()
        .map_err(|source| PolicyError::Key { line, source })?;
    if key.algorithm() == algorithm {
        Ok(key)
    } else {
        Err(PolicyError::Line {
            line,
            expected,
            found: excerpt(text),
        })
    }
}

fn twice(line: usize, what: &'static str, found: &str) -> PolicyError {
    PolicyError::Twice {
        line,
        what,
        found: excerpt(found),
    }
}
