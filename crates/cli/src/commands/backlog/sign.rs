//! All archives of a backlog, in one login.

use std::path::Path;

use cpan_sigstore_core::{identity::IdentityPolicy, text::shown_path};
use cpan_sigstore_keyless::verify::Verifier;
use cpan_sigstore_pause::journal::Journal;

use super::{arguments::BacklogArgs, look::Agreed};
use crate::{
    author_records,
    bundle_file::Place,
    error::CommandError,
    publishing::{self, SignedArchive, Verification},
    session::Session,
    signing::Signer,
};

/// Signs each unsigned archive; the login comes with the first.
///
/// # Errors
/// A failed signature; the earlier bundles are kept.
pub fn all(
    args: &BacklogArgs,
    agreed: &[Agreed],
    session: &Session<'_>,
) -> Result<Vec<SignedArchive>, CommandError> {
    let paths: Vec<String> = agreed.iter().map(|agreed| agreed.archive.path()).collect();
    session.signing_material(&args.publish.signing)?;
    let verifier = session.verifier(&args.publish.signing.instance)?;
    let mut signer = None;
    let mut signed = Vec::new();
    for (done, agreed) in agreed.iter().enumerate() {
        let one = match signed_before(agreed, verifier)? {
            Some(before) => before,
            None => sign(args, agreed, &mut signer, session)
                .map_err(|error| error.partly(done, "signed", paths.iter()))?,
        };
        signed.push(one);
    }
    Ok(signed)
}

/// The bundle of an earlier run, if it verifies.
fn signed_before(
    agreed: &Agreed,
    verifier: &Verifier,
) -> Result<Option<SignedArchive>, CommandError> {
    let begun = Journal::read(&agreed.kept)?.filter(|begun| begun.archive == agreed.digest);
    match begun {
        Some(begun) => verify(agreed, &begun.signer.identity(), verifier),
        None => Ok(None),
    }
}

fn sign(
    args: &BacklogArgs,
    agreed: &Agreed,
    signer: &mut Option<Signer>,
    session: &Session<'_>,
) -> Result<SignedArchive, CommandError> {
    let place = Place::reserve(agreed.bundle.clone(), true)?;
    let verifier = session.verifier(&args.publish.signing.instance)?;
    let signer = match signer {
        Some(signer) => signer,
        None => {
            let cpan = session.cpan(&args.publish.pause.cpan)?;
            let author = agreed.archive.directory.author();
            let may_sign = author_records::may_sign(cpan, author, verifier);
            let may_sign = session.runtime()?.block_on(may_sign);
            signer.insert(Signer::log_in(&args.publish.signing, may_sign, session)?)
        }
    };
    let signed = publishing::sign(signer, agreed.digest, &place, &agreed.kept);
    let (expected, _) = session.wait(signed)?;
    session
        .terminal()
        .say(&format!("signed {} by {expected}", agreed.archive.path()));
    verify(agreed, &expected, verifier)?.ok_or_else(|| {
        CommandError::failed(format!(
            "cannot use {}: the file changed after it was written",
            shown_path(&agreed.bundle)
        ))
        .hinted("run the command again when no program writes to it")
    })
}

fn verify(
    agreed: &Agreed,
    expected: &IdentityPolicy,
    verifier: &Verifier,
) -> Result<Option<SignedArchive>, CommandError> {
    let path = agreed.archive.path();
    let verified = SignedArchive::verify(
        Path::new(&path),
        agreed.digest,
        &agreed.bundle,
        Some(expected),
        verifier,
    )?;
    Ok(match verified {
        Verification::Signed(signed) => Some(*signed),
        Verification::Failed(_) => None,
    })
}
