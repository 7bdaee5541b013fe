//! The author's confirmation of published archives: by a copy, or by consent to the list.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use cpan_sigstore_core::{
    digest::Sha256Digest,
    finding::Exit,
    release::{PauseId, Subdirectory},
    text::count,
};
use cpan_sigstore_cpan::{Cpan, backlog::UnsignedArchive};
use cpan_sigstore_keyless::verify::sha256;
use cpan_sigstore_pause::journal::Journal;

use super::arguments::BacklogArgs;
use crate::{
    bundle_file,
    error::CommandError,
    ui::{Terminal, report::Report},
};

/// An archive that the author confirmed, with these bytes.
pub struct Agreed {
    pub archive: UnsignedArchive,
    pub digest: Sha256Digest,
    /// The file of its bundle.
    pub bundle: PathBuf,
    /// The file of its journal.
    pub kept: PathBuf,
}

/// The result for all archives.
pub struct Looked {
    /// The archives to sign.
    pub agreed: Vec<Agreed>,
    /// The exit code, if an archive was refused.
    pub refused: Option<Exit>,
}

/// Computes the digest of each published archive, and compares it with the known ones.
///
/// # Errors
/// A CPAN without a usable answer, a copy that cannot be read, or no consent to the list.
pub async fn look(
    args: &BacklogArgs,
    author: &PauseId,
    cpan: &Cpan,
    listed: Vec<UnsignedArchive>,
    terminal: &Terminal,
) -> Result<Looked, CommandError> {
    let folder = match &args.directory {
        Some(folder) => folder.clone(),
        None => PathBuf::from(format!("{author}-backlog")),
    };
    let (mut agreed, mut unknown, mut refused) = (Vec::new(), Vec::new(), None);
    let all = listed.len();
    let verb = if all == 1 { "has" } else { "have" };
    terminal.say(&format!(
        "{} of {author} {verb} no bundle; checking each",
        count(all, "archive")
    ));
    for (number, archive) in listed.into_iter().enumerate() {
        terminal.say(&format!("[{}/{all}] {}", number + 1, archive.path()));
        if archive
            .directory
            .below()
            .is_some_and(|below| !below.is_accepted_for_uploads())
        {
            terminal.warning("PAUSE accepts no uploads into a directory with a dot in its name; ask its administrators to add the bundle");
            refused = Some(Exit::Archive);
            continue;
        }
        let Some(digest) = cpan.digest(&archive.path()).await? else {
            terminal.say("  listed in CHECKSUMS, but deleted");
            continue;
        };
        let place = keep(&folder, &archive)?;
        let looked_at = Agreed {
            bundle: bundle_file::beside(&place),
            kept: Journal::beside(&place),
            archive,
            digest,
        };
        match looked_at.standing(args.copies.as_deref())? {
            Standing::Agreed => agreed.push(looked_at),
            Standing::Unknown => unknown.push(looked_at),
            Standing::Other(expected) => {
                let url = cpan.address(&looked_at.archive.path());
                let report = Report::published_differs(&url, expected, digest).hinted(
                    "find out which of the two you released, and inform the administrators of PAUSE if they publish the other; nothing was signed",
                );
                refused = Some(report.print(terminal, args.publish.json));
            }
        }
    }
    ask(args, &unknown, terminal)?;
    agreed.extend(unknown);
    Ok(Looked { agreed, refused })
}

/// The standing of an archive's bytes.
enum Standing {
    /// They are the author's.
    Agreed,
    /// Not confirmed yet.
    Unknown,
    /// They differ from this digest.
    Other(Sha256Digest),
}

impl Agreed {
    fn standing(&self, copies: Option<&Path>) -> Result<Standing, CommandError> {
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
        // Signed before, and interrupted: only confirmed archives are signed.
        let begun = Journal::read(&self.kept)?;
        Ok(match begun {
            Some(begun) if begun.archive == self.digest => Standing::Agreed,
            _ => Standing::Unknown,
        })
    }

    /// The digest of the author's own copy, by its path below the author's directory or by its name.
    fn own_copy(&self, copies: &Path) -> Result<Option<Sha256Digest>, CommandError> {
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
                Err(error) => return Err(CommandError::read(place)(error)),
            }
        }
        Ok(None)
    }
}

/// The path for bundle and journal of an archive, without their endings.
fn keep(folder: &Path, archive: &UnsignedArchive) -> Result<PathBuf, CommandError> {
    let below = archive.directory.below().map_or("", Subdirectory::as_str);
    let folder = folder.join(below);
    std::fs::create_dir_all(&folder).map_err(CommandError::write(&folder))?;
    Ok(folder.join(&archive.name))
}

/// Prompts for consent to archives without a copy.
fn ask(args: &BacklogArgs, unknown: &[Agreed], terminal: &Terminal) -> Result<(), CommandError> {
    if unknown.is_empty() {
        return Ok(());
    }
    terminal.say("These archives have no copy of yours. With your signature you vouch for them:");
    for Agreed {
        archive, digest, ..
    } in unknown
    {
        terminal.say(&format!("  {digest}  {}", archive.path()));
    }
    if args.accept_published {
        return Ok(());
    }
    let question = match unknown.len() {
        1 => "Did you release this archive, with this digest?".to_owned(),
        many => format!("Did you release these {many} archives, with these digests?"),
    };
    let answer = terminal.confirm(&question);
    match answer.map_err(|error| CommandError::system("cannot read the answer", error))? {
        true => Ok(()),
        false => Err(CommandError::usage(
            "you did not confirm the list of archives; nothing was signed".to_owned(),
        )
        .hinted("confirm the question, name a folder with your own copies with `--copies DIR`, or use `--accept-published`")),
    }
}
