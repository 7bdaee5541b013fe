//! One file against the identity or the key that is named.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use cpan_sigstore_core::{digest::Sha256Digest, finding::Exit, identity::IdentityPolicy};
use cpan_sigstore_keyless::{
    bundle::StrictBundle,
    trust::TrustError,
    verify::{Allow, Artifact, PublicKey, Verifier, VerifyError},
};

use crate::{
    bundle_file, failure::Failure, identity_args::IdentityArgs, instance_args::InstanceArgs,
    report::Report, terminal::Terminal,
};

/// Largest public key that is read, in bytes.
const KEY_LIMIT: u64 = 16 * 1024;

/// What is asked.
pub struct Question<'a> {
    /// The file, `-`, or a digest.
    pub file: &'a str,
    /// The bundle, where it is not beside the file.
    pub bundle: Option<&'a Path>,
    /// Who should have signed.
    pub identity: &'a IdentityArgs,
    /// The key that should have, instead.
    pub key: Option<&'a Path>,
    /// Which Sigstore.
    pub instance: &'a InstanceArgs,
    /// Whether cosign's old format is accepted.
    pub allow_old_format: bool,
    /// Whether the answer is for machines.
    pub json: bool,
}

/// Who should have signed.
enum Expected {
    Identity(IdentityPolicy),
    Key(PublicKey),
}

/// Answers.
pub fn run(args: &Question<'_>, terminal: &Terminal) -> Result<Exit, Failure> {
    let expected = expected(args)?;
    let input = Input::of(args.file)?;
    let bundle = bundle_path(args, &input)?;
    let report = match bundle_file::read(&bundle)? {
        None => Report::unsigned(args.file, &bundle.display().to_string()),
        Some(bytes) => match StrictBundle::parse(&bytes) {
            Err(refused) => Report::invalid(args.file, &refused),
            Ok(bundle) => verify(args, terminal, &expected, input, &bundle)?,
        },
    };
    Ok(report.print(terminal, args.json))
}

fn verify<'a>(
    args: &Question<'a>,
    terminal: &Terminal,
    expected: &Expected,
    mut input: Input,
    bundle: &StrictBundle,
) -> Result<Report<'a>, Failure> {
    let root = match args.instance.trusted_root(terminal) {
        Ok(root) => root,
        Err(Failure::Trust(error @ TrustError::Unavailable { .. })) => {
            return Ok(Report::unavailable(args.file, &error));
        }
        Err(error) => return Err(error),
    };
    let verifier = Verifier::new(&root)?;
    let allow = Allow {
        old_format: args.allow_old_format,
    };
    let file = args.file;
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
    }
}

fn expected(args: &Question<'_>) -> Result<Expected, Failure> {
    let Some(path) = args.key else {
        return args.identity.expected().map(Expected::Identity);
    };
    if !args.identity.is_empty() {
        return Err(Failure::Usage(
            "expected an identity or a key, found both: a bundle is by one of them".into(),
        ));
    }
    let mut pem = String::new();
    File::open(path)
        .and_then(|file| file.take(KEY_LIMIT).read_to_string(&mut pem))
        .map_err(Failure::read(path))?;
    Ok(Expected::Key(PublicKey::from_pem(&pem)?))
}

/// What is verified.
enum Input {
    Digest(Sha256Digest),
    Standard(io::StdinLock<'static>),
    File(PathBuf, File),
}

impl Input {
    fn of(argument: &str) -> Result<Self, Failure> {
        if argument == "-" {
            return Ok(Self::Standard(io::stdin().lock()));
        }
        // A file of this name wins, so that no name can be mistaken for a digest.
        match File::open(argument) {
            Ok(file) => Ok(Self::File(argument.into(), file)),
            Err(_) if argument.starts_with("sha256:") => Ok(Self::Digest(argument.parse()?)),
            Err(error) => Err(Failure::read(argument)(error)),
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

fn bundle_path(args: &Question<'_>, input: &Input) -> Result<PathBuf, Failure> {
    match (args.bundle, input) {
        (Some(path), _) => Ok(path.to_owned()),
        (None, Input::File(path, _)) => Ok(bundle_file::beside(path)),
        (None, _) => Err(Failure::Usage(
            "expected `--bundle FILE`: standard input and digests have no bundle beside them"
                .into(),
        )),
    }
}
