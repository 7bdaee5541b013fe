//! Whether what is published is what the author made: by the author's own copy, or by a yes to the list.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use cpan_sigstore_core::{
    digest::Sha256Digest,
    finding::Exit,
    release::{PauseId, Subdirectory},
};
use cpan_sigstore_cpan::{Cpan, backlog::UnsignedArchive};
use cpan_sigstore_keyless::verify::sha256;
use cpan_sigstore_pause::journal::Journal;

use super::{ReleaseArgs, bundle_file};
use crate::{failure::Failure, report::Report, terminal::Terminal};

/// An archive that the author says is theirs, with these bytes.
pub struct Agreed {
    pub archive: UnsignedArchive,
    pub digest: Sha256Digest,
    /// Where its bundle is kept.
    pub bundle: PathBuf,
    /// Where its journal is kept.
    pub kept: PathBuf,
}

/// What a look at all of them has found.
pub struct Looked {
    /// What may be signed.
    pub agreed: Vec<Agreed>,
    /// The exit code, where something is not what it should be.
    pub refused: Option<Exit>,
}

/// Computes the digest of each archive as it is published, and compares it with what is known of it.
///
/// # Errors
/// Where the CPAN gives no answer of use, a copy cannot be read, or there is no yes to the list.
pub async fn look(
    args: &ReleaseArgs,
    author: &PauseId,
    cpan: &Cpan,
    listed: Vec<UnsignedArchive>,
    terminal: &Terminal,
) -> Result<Looked, Failure> {
    let folder = match &args.backlog.directory {
        Some(folder) => folder.clone(),
        None => PathBuf::from(format!("{author}-backlog")),
    };
    let (mut agreed, mut unknown, mut refused) = (Vec::new(), Vec::new(), None);
    let count = listed.len();
    terminal.say(&format!(
        "{count} archives of {author} have no bundle; looking at each"
    ));
    for (number, archive) in listed.into_iter().enumerate() {
        terminal.say(&format!("[{}/{count}] {}", number + 1, archive.path()));
        if archive
            .directory
            .below()
            .is_some_and(|below| !below.is_accepted_for_uploads())
        {
            terminal.warning("PAUSE takes no uploads into a directory with a dot in its name; ask its administrators to put the bundle there");
            refused = Some(Exit::Archive);
            continue;
        }
        let Some(digest) = cpan.digest(&archive.path()).await? else {
            terminal.say("  listed in CHECKSUMS, and not there any more");
            continue;
        };
        let place = keep(&folder, &archive)?;
        let looked_at = Agreed {
            bundle: bundle_file::beside(&place),
            kept: Journal::beside(&place),
            archive,
            digest,
        };
        match looked_at.standing(args.backlog.copies.as_deref())? {
            Standing::Agreed => agreed.push(looked_at),
            Standing::Unknown => unknown.push(looked_at),
            Standing::Other(expected) => {
                let url = cpan.address(&looked_at.archive.path());
                let report = Report::published_differs(&url, expected, digest).hinted(
                    "it is not signed; find out which of the two is what you released, and tell the administrators of PAUSE if it is not what they publish",
                );
                refused = Some(report.print(terminal, args.json));
            }
        }
    }
    ask(args, &unknown, terminal)?;
    agreed.extend(unknown);
    Ok(Looked { agreed, refused })
}

/// What is known of an archive's bytes.
enum Standing {
    /// They are the author's.
    Agreed,
    /// Nobody has said so yet.
    Unknown,
    /// They should be others.
    Other(Sha256Digest),
}

impl Agreed {
    fn standing(&self, copies: Option<&Path>) -> Result<Standing, Failure> {
        if let Some(stated) = self.archive.stated.filter(|stated| *stated != self.digest) {
            return Ok(Standing::Other(stated));
        }
        if let Some(copy) = copies
            .map(|copies| self.own_copy(copies))
            .transpose()?
            .flatten()
        {
            return Ok(if copy == self.digest {
                Standing::Agreed
            } else {
                Standing::Other(copy)
            });
        }
        // Signed before, and interrupted: only what was agreed to is signed.
        let begun = Journal::read(&self.kept)?;
        Ok(match begun {
            Some(begun) if begun.archive == self.digest => Standing::Agreed,
            _ => Standing::Unknown,
        })
    }

    /// The digest of the author's own copy, by its path below the author's directory or by its name.
    fn own_copy(&self, copies: &Path) -> Result<Option<Sha256Digest>, Failure> {
        let name = &self.archive.name;
        let below = self.archive.directory.below();
        let places = [
            below.map(|below| copies.join(below.as_str()).join(name)),
            Some(copies.join(name)),
        ];
        for place in places.into_iter().flatten() {
            match File::open(&place) {
                Ok(mut copy) => return Ok(Some(sha256(&mut copy)?)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(Failure::read(place)(error)),
            }
        }
        Ok(None)
    }
}

/// Where bundle and journal of an archive are kept: under the name the archive would have there.
fn keep(folder: &Path, archive: &UnsignedArchive) -> Result<PathBuf, Failure> {
    let below = archive.directory.below().map_or("", Subdirectory::as_str);
    let folder = folder.join(below);
    std::fs::create_dir_all(&folder).map_err(|source| Failure::Write {
        path: folder.clone(),
        source,
    })?;
    Ok(folder.join(&archive.name))
}

/// Asks for a yes to archives that nothing but the CPAN speaks for.
fn ask(args: &ReleaseArgs, unknown: &[Agreed], terminal: &Terminal) -> Result<(), Failure> {
    if unknown.is_empty() {
        return Ok(());
    }
    terminal.say("You have no copy of these at hand. What you sign here you vouch for:");
    for Agreed {
        archive, digest, ..
    } in unknown
    {
        terminal.say(&format!("  {digest}  {}", archive.path()));
    }
    if args.backlog.accept_published {
        return Ok(());
    }
    let question = format!(
        "Are these {} archives, with these digests, what you released?",
        unknown.len()
    );
    match terminal.confirm(&question)? {
        true => Ok(()),
        false => Err(Failure::ListNotAgreed),
    }
}
