//! The flags of `verify`, and the question that they ask.

use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

use clap::Args;
use cpan_sigstore_core::release::PauseId;

use super::{
    file::Question,
    target::{self, Target},
};
use crate::{
    error::CommandError,
    flags::{CpanArgs, GateArgs, IdentityArgs, InstanceArgs},
};

/// Verify that a release was signed by its author.
///
/// A release is fetched from a CPAN with its bundle, by its path or by a module in it. With `--author`, the
/// arguments are local files of that author, each with the bundle beside it. The author's record comes from the
/// CPAN in both cases. The gate decides by policy, author
/// record, author index or first signer seen. With an identity or a key, one local file is verified
/// against that.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  cpan-sigstore verify TIMLEGGE/Foo-Bar-1.02.tar.gz\n  \
    cpan-sigstore verify Foo::Bar Other::Module\n  \
    cpan-sigstore verify Foo-Bar-1.02.tar.gz --author TIMLEGGE\n  \
    cpan-sigstore verify Foo-Bar-1.02.tar.gz \\\n    \
    --certificate-identity author@example.com \\\n    \
    --certificate-oidc-issuer https://accounts.google.com\n\n\
    Exit codes: 0 trusted or allowed, 1 failed, 2 usage, 3 undetermined, 10 unsigned,\n  \
    11 signature invalid, 12 signed by somebody else, 13 signed before and not now,\n  \
    14 not what its name says, or hostile, 15 not the logged file"
)]
pub struct VerifyArgs {
    /// Releases (AUTHOR/FILE) or modules; files with --author; with an identity or a key one file, `-` for
    /// standard input, or sha256:HEX
    #[arg(required_unless_present = "stdio", value_name = "RELEASE|MODULE|FILE")]
    pub targets: Vec<OsString>,
    /// Author of the local files
    #[arg(long, value_name = "ID", conflicts_with = "key")]
    pub author: Option<PauseId>,
    /// Bundle of a local file [default: FILE.sigstore.json]
    #[arg(long, value_name = "FILE")]
    pub bundle: Option<PathBuf>,
    /// Proof of the CPAN log for a local file of an author [default: FILE.tlog-proof]
    #[arg(long, value_name = "FILE", requires = "author")]
    pub log_proof: Option<PathBuf>,
    #[command(flatten)]
    pub identity: IdentityArgs,
    /// Public key (PEM) of the expected signer, instead of an identity
    #[arg(long, value_name = "FILE", help_heading = "Who should have signed")]
    pub key: Option<PathBuf>,
    #[command(flatten)]
    pub gate: GateArgs,
    #[command(flatten)]
    pub cpan: CpanArgs,
    #[command(flatten)]
    pub instance: InstanceArgs,
    /// Accept cosign's old bundles, which have no inclusion proof
    #[arg(long)]
    pub allow_old_format: bool,
    /// Print each result as one JSON object on a line
    #[arg(long)]
    pub json: bool,
    /// Answer requests on standard input, one JSON object on a line each
    #[arg(long, conflicts_with_all = ["targets", "author", "bundle", "key", "json"])]
    pub stdio: bool,
}

/// The question that the arguments ask.
pub enum Mode<'a> {
    /// Requests on standard input.
    Stdio,
    /// Releases, by the gate.
    Releases(Releases<'a>),
    /// A file, by the identity or key that is named.
    File(Question<'a>),
}

/// Releases to be verified.
pub enum Releases<'a> {
    /// Files of an author.
    Files(&'a PauseId, Vec<&'a Path>),
    /// Releases on a CPAN, each as it was named.
    Published(Vec<(&'a str, Target)>),
}

impl VerifyArgs {
    /// The question. Each argument is parsed here, and nowhere else.
    ///
    /// # Errors
    /// Arguments that ask no question, or two.
    pub fn mode(&self) -> Result<Mode<'_>, CommandError> {
        if self.stdio {
            return self.stdio();
        }
        if !self.identity.is_empty() || self.key.is_some() {
            if self.author.is_some() {
                return Err(CommandError::usage(
                    "conflicting flags: expected `--author` or an identity, found both; policy.toml names the authorized signers of an author"
                        .into(),
                ));
            }
            return self.file().map(Mode::File);
        }
        if let Some(author) = &self.author {
            self.check_bundle(self.targets.len() == 1)?;
            self.check_log_proof()?;
            let files = self.targets.iter().map(Path::new).collect();
            return Ok(Mode::Releases(Releases::Files(author, files)));
        }
        // Another text may be a file, for which an identity is missing then.
        if let [one] = self.targets.as_slice()
            && published(one).is_none()
            && (advice(one).is_none() || Path::new(one).exists())
        {
            return self.file().map(Mode::File);
        }
        self.check_bundle(false)?;
        let targets = self.targets.iter().map(|target| {
            published(target).ok_or_else(|| {
                CommandError::usage(format!(
                    "invalid release: expected one such as TIMLEGGE/Foo-Bar-1.02.tar.gz, or a module such as Foo::Bar, found `{}`",
                    target::shown(target)
                ))
                .hinted(advice(target).unwrap_or_else(|| {
                    "for a local file, name the author with `--author ID`".to_owned()
                }))
            })
        });
        Ok(Mode::Releases(Releases::Published(
            targets.collect::<Result<_, _>>()?,
        )))
    }

    fn stdio(&self) -> Result<Mode<'_>, CommandError> {
        if self.identity.is_empty() {
            return Ok(Mode::Stdio);
        }
        Err(CommandError::usage(
            "conflicting flags: expected `--stdio` or an identity, found both; policy.toml names the authorized signers of an author"
                .into(),
        ))
    }

    /// One file, for an identity or a key.
    fn file(&self) -> Result<Question<'_>, CommandError> {
        let [file] = self.targets.as_slice() else {
            return Err(CommandError::usage(format!(
                "invalid arguments: expected one file for an identity or a key, found {}",
                self.targets.len()
            )));
        };
        Ok(Question {
            file,
            bundle: self.bundle.as_deref(),
            identity: &self.identity,
            key: self.key.as_deref(),
            instance: &self.instance,
            allow_old_format: self.allow_old_format,
            json: self.json,
        })
    }

    /// Refuses a proof that is named beside more than one file.
    fn check_log_proof(&self) -> Result<(), CommandError> {
        if self.log_proof.is_none() || self.targets.len() == 1 {
            return Ok(());
        }
        Err(CommandError::usage(
            "conflicting flags: `--log-proof` needs one local file".into(),
        ))
    }

    /// Refuses a bundle that is named beside anything but one file.
    fn check_bundle(&self, is_one_file: bool) -> Result<(), CommandError> {
        if self.bundle.is_none() || is_one_file {
            return Ok(());
        }
        Err(CommandError::usage(
            "conflicting flags: `--bundle` needs one local file; the bundle of a published release is fetched with it"
                .into(),
        ))
    }
}

/// A release on a CPAN. Its name is UTF-8.
fn published(argument: &OsStr) -> Option<(&str, Target)> {
    let text = argument.to_str()?;
    Some((text, target::parse(text)?))
}

fn advice(argument: &OsStr) -> Option<String> {
    target::advice(argument.to_str()?)
}
