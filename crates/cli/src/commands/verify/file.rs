//! One file against the identity or the key that is named.

use std::{
    ffi::OsStr,
    fs::File,
    io,
    path::{Path, PathBuf},
};

use cpan_sigstore_core::{
    digest::Sha256Digest, finding::Exit, identity::IdentityPolicy, text::shown_path,
};
use cpan_sigstore_keyless::{
    bundle::StrictBundle,
    trust::TrustError,
    verify::{Artifact, PublicKey, VerifyError, VerifyOptions},
};

use crate::{
    bundle_file,
    error::CommandError,
    flags::{IdentityArgs, InstanceArgs},
    session::Session,
    ui::report::Report,
};

/// Largest public key that is read, in bytes.
const KEY_LIMIT: u64 = 16 * 1024;

/// A file, and the expected signer.
pub struct Question<'a> {
    /// The file, `-`, or a digest.
    pub file: &'a OsStr,
    /// The bundle, if it is not beside the file.
    pub bundle: Option<&'a Path>,
    /// The expected identity.
    pub identity: &'a IdentityArgs,
    /// The expected key, instead.
    pub key: Option<&'a Path>,
    /// The instance of Sigstore.
    pub instance: &'a InstanceArgs,
    /// Accepts cosign's old format.
    pub allow_old_format: bool,
    /// Prints JSON.
    pub json: bool,
}

/// The expected signer.
enum Expected {
    Identity(Box<IdentityPolicy>),
    Key(PublicKey),
}

/// Verifies the file, and prints the result.
pub fn run(args: &Question<'_>, session: &Session<'_>) -> Result<Exit, CommandError> {
    let expected = expected(args)?;
    let input = Input::of(args.file)?;
    let bundle = bundle_path(args, &input)?;
    let file = &shown_path(args.file);
    let report = match bundle_file::read(&bundle)? {
        None => Report::unsigned(file, &shown_path(&bundle)),
        Some(bytes) => match StrictBundle::parse(&bytes) {
            Err(refused) => Report::invalid(file, &refused),
            Ok(bundle) => verify(file, args, session, &expected, input, &bundle)?,
        },
    };
    Ok(report.print(session.terminal(), args.json))
}

fn verify<'a>(
    file: &'a str,
    args: &Question<'_>,
    session: &Session<'_>,
    expected: &Expected,
    mut input: Input,
    bundle: &StrictBundle,
) -> Result<Report<'a>, CommandError> {
    let verifier = match session.verifier(args.instance) {
        Ok(verifier) => verifier,
        Err(error) => match error.downcast_ref() {
            Some(unavailable) if TrustError::is_unavailable(unavailable) => {
                return Ok(Report::unavailable(file, unavailable));
            }
            _ => return Err(error),
        },
    };
    let allow = VerifyOptions {
        old_format: args.allow_old_format,
    };
    let verified = match expected {
        Expected::Key(key) => verifier
            .verify_key(input.artifact(), bundle, key, allow)
            .map(|signature| Report::trusted(file, None, signature)),
        Expected::Identity(identity) => {
            verifier
                .verify(input.artifact(), bundle, allow)
                .map(|verified| match verified.is_by(identity) {
                    Ok(()) => Report::trusted(
                        file,
                        Some(verified.signer().clone()),
                        verified.signature().clone(),
                    ),
                    Err(mismatch) => {
                        Report::mismatch(file, &mismatch, verified.signature().clone())
                    }
                })
        }
    };
    match verified {
        Ok(report) => Ok(report),
        Err(VerifyError::Refused(refused)) => Ok(Report::invalid(file, &refused)),
        Err(VerifyError::Artifact(error)) => Err(error.into()),
        Err(VerifyError::Clock(error)) => Ok(Report::clock_behind(file, &error)),
        Err(VerifyError::Unknown(unknown)) => Ok(Report::unknown_authority(file, &unknown)),
    }
}

fn expected(args: &Question<'_>) -> Result<Expected, CommandError> {
    let Some(path) = args.key else {
        return Ok(Expected::Identity(Box::new(args.identity.expected()?)));
    };
    if !args.identity.is_empty() {
        return Err(CommandError::usage(
            "conflicting flags: expected an identity or a key, found both".into(),
        ));
    }
    let pem = cpan_sigstore_files::read_limited(path, KEY_LIMIT)
        .and_then(|pem| pem.ok_or_else(cpan_sigstore_files::no_such_file))
        .map_err(CommandError::read(path))?;
    Ok(Expected::Key(PublicKey::from_pem(
        &String::from_utf8_lossy(&pem),
    )?))
}

/// The input.
enum Input {
    Digest(Sha256Digest),
    Standard(io::StdinLock<'static>),
    File(PathBuf, File),
}

impl Input {
    fn of(argument: &OsStr) -> Result<Self, CommandError> {
        let digest = argument.to_str().filter(|text| text.starts_with("sha256:"));
        if argument == "-" {
            return Ok(Self::Standard(io::stdin().lock()));
        }
        // A file of this name wins, so that no name can be mistaken for a digest.
        match (File::open(argument), digest) {
            (Ok(file), _) => Ok(Self::File(argument.into(), file)),
            (Err(_), Some(digest)) => Ok(Self::Digest(digest.parse()?)),
            (Err(error), None) => Err(CommandError::read(argument)(error)),
        }
    }

    fn artifact(&mut self) -> Artifact<'_> {
        match self {
            Self::Digest(digest) => Artifact::Digest(*digest),
            Self::Standard(stream) => Artifact::Stream(stream),
            Self::File(_, file) => Artifact::Stream(file),
        }
    }
}

fn bundle_path(args: &Question<'_>, input: &Input) -> Result<PathBuf, CommandError> {
    match (args.bundle, input) {
        (Some(path), _) => Ok(path.to_owned()),
        (None, Input::File(path, _)) => Ok(bundle_file::beside(path)),
        (None, _) => Err(CommandError::usage(
            "missing `--bundle FILE`: standard input and digests have no bundle beside them".into(),
        )),
    }
}
