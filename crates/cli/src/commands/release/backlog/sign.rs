//! All archives of a backlog, in one login.

use std::path::Path;

use cpan_sigstore_core::identity::IdentityPolicy;
use cpan_sigstore_keyless::verify::Verifier;
use cpan_sigstore_pause::journal::Journal;
use tokio::runtime::Runtime;

use super::{ReleaseArgs, look::Agreed};
use crate::{
    author_records,
    bundle_file::Place,
    failure::Failure,
    publishing::{self, NotSigned, SignedArchive},
    signing::Session,
    terminal::Terminal,
};

/// Signs each archive that was not signed before; the login is asked for with the first.
///
/// # Errors
/// Where one of them could not be signed; those before it are kept.
pub fn all(
    args: &ReleaseArgs,
    agreed: &[Agreed],
    verifier: &Verifier,
    runtime: &Runtime,
    terminal: &Terminal,
) -> Result<Vec<SignedArchive>, Failure> {
    let paths: Vec<_> = agreed
        .iter()
        .map(|agreed| agreed.archive.path().into())
        .collect();
    let mut session = None;
    let mut signed = Vec::new();
    for (done, agreed) in agreed.iter().enumerate() {
        let one = match signed_before(agreed, verifier)? {
            Some(before) => before,
            None => sign(args, agreed, &mut session, verifier, runtime, terminal)
                .map_err(|failure| Failure::partly(failure, done, "signed", paths.iter()))?,
        };
        signed.push(one);
    }
    Ok(signed)
}

/// The bundle that is kept from before, where it verifies.
fn signed_before(agreed: &Agreed, verifier: &Verifier) -> Result<Option<SignedArchive>, Failure> {
    let begun = Journal::read(&agreed.kept)?.filter(|begun| begun.archive == agreed.digest);
    match begun {
        Some(begun) => Ok(verify(agreed, &begun.signer.identity(), verifier)?.ok()),
        None => Ok(None),
    }
}

fn sign(
    args: &ReleaseArgs,
    agreed: &Agreed,
    session: &mut Option<Session>,
    verifier: &Verifier,
    runtime: &Runtime,
    terminal: &Terminal,
) -> Result<SignedArchive, Failure> {
    let place = Place::reserve(agreed.bundle.clone(), true)?;
    let expected = runtime.block_on(async {
        let session = match session {
            Some(session) => session,
            None => {
                let cpan = args.pause.cpan.open()?;
                let author = agreed.archive.directory.author();
                let may_sign = author_records::may_sign(&cpan, author, verifier).await;
                session.insert(args.signing.begin_as(may_sign, terminal).await?)
            }
        };
        publishing::sign(session, agreed.digest, &place, &agreed.kept).await
    })?;
    terminal.say(&format!("signed {} by {expected}", agreed.archive.path()));
    verify(agreed, &expected, verifier)?.map_err(|_| Failure::FileChanged {
        path: agreed.bundle.clone(),
    })
}

fn verify(
    agreed: &Agreed,
    expected: &IdentityPolicy,
    verifier: &Verifier,
) -> Result<Result<SignedArchive, NotSigned>, Failure> {
    let path = agreed.archive.path();
    SignedArchive::verify(
        Path::new(&path),
        agreed.digest,
        &agreed.bundle,
        Some(expected),
        verifier,
    )
}
