//! The authors of a CPAN behind an address. The files RECENT list the changes since the last build. Without
//! them, the build fetches the records of every author.

use std::collections::BTreeSet;

use cpan_sigstore_core::release::PauseId;
use cpan_sigstore_cpan::recent::{Coverage, News, NewsError, news};
use cpan_sigstore_cpan::{Cpan, package_index::unpack, path::BUNDLE_SUFFIX};
use cpan_sigstore_gate::RecordFile;
use cpan_sigstore_records::record::{RECORDS_LIMIT, RecordName};
use tokio::task::JoinSet;

use super::{
    BuildError,
    state::{Seen, State},
};

/// The list of authors.
const AUTHORS: &str = "authors/01mailrc.txt.gz";
/// Largest list, packed or not, in bytes; CPAN's has less than 1 MiB.
const AUTHORS_LIMIT: usize = 64 * 1024 * 1024;
/// The number of authors whose records are fetched at once.
const AT_ONCE: usize = 16;

/// The authors to check.
pub(super) struct Task {
    pub authors: BTreeSet<PauseId>,
    /// The number of known authors.
    pub of: usize,
    /// The current content of the files RECENT; `None` if the CPAN has none.
    pub news: Option<News>,
}

/// Returns the authors to check, given the state of the last build.
///
/// # Errors
/// [`BuildError`] if the CPAN gives no usable answer.
pub(super) async fn task(
    cpan: &Cpan,
    state: Option<&State>,
    known: impl Iterator<Item = PauseId>,
) -> Result<Task, BuildError> {
    let seen = state.and_then(|state| match &state.seen {
        Seen::Network {
            since,
            dirtymark,
            unsettled,
        } => Some((state.authors, since, dirtymark, unsettled)),
        Seen::Folder(_) => None,
    });
    let fetch = async |path: String, limit: usize| cpan.file(&path, limit).await;
    let told = news(fetch, seen.map(|(_, since, ..)| since)).await;
    let news = match told {
        Ok(news) => news,
        Err(NewsError::Fetch(error)) => return Err(error.into()),
        // An invalid file has no news.
        Err(error) => {
            tracing::warn!(%error, "the files RECENT are not used");
            None
        }
    };
    if let (Some(news), Some((of, _, dirtymark, unsettled))) = (&news, seen)
        && news.coverage == Coverage::Whole
        && news.dirtymark == *dirtymark
    {
        let touched = news.events.keys().filter_map(|path| author_of(path));
        let unsettled = unsettled.iter().map(|name| name.0.clone());
        return Ok(Task {
            authors: touched.chain(unsettled).collect(),
            of,
            news: Some(news.clone()),
        });
    }
    let list = cpan.file(AUTHORS, AUTHORS_LIMIT).await?;
    let list = list.ok_or_else(|| BuildError::NoCpan(AUTHORS.to_owned()))?;
    let list = unpack(&list, AUTHORS_LIMIT)?;
    let mut authors: BTreeSet<PauseId> = known.collect();
    // A name may be in any encoding; an id is ASCII.
    authors.extend(String::from_utf8_lossy(&list).lines().filter_map(listed));
    Ok(Task {
        of: authors.len(),
        authors,
        news,
    })
}

/// Returns the author in a line `alias ID "Name <address>"`.
fn listed(line: &str) -> Option<PauseId> {
    let id = line.strip_prefix("alias ")?.split_whitespace().next()?;
    id.parse()
        .ok()
        .filter(|parsed: &PauseId| parsed.as_str() == id)
}

/// Returns the author whose record, or whose record's bundle, has this path.
fn author_of(path: &str) -> Option<PauseId> {
    let record = path.strip_suffix(BUNDLE_SUFFIX).unwrap_or(path);
    let name: RecordName = record.rsplit_once('/')?.1.parse().ok()?;
    (name.path() == record).then_some(name.author)
}

/// Fetches the records of each author, and passes them to `take` as they arrive.
///
/// # Errors
/// [`BuildError`] if the CPAN gives no usable answer, or if `take` fails.
pub(super) async fn each(
    cpan: &Cpan,
    authors: BTreeSet<PauseId>,
    mut take: impl FnMut(PauseId, Vec<RecordFile>, bool) -> Result<(), BuildError>,
) -> Result<(), BuildError> {
    let mut authors = authors.into_iter();
    let mut asked = JoinSet::new();
    loop {
        while asked.len() < AT_ONCE
            && let Some(author) = authors.next()
        {
            let cpan = cpan.clone();
            asked.spawn(async move {
                let files = cpan.author_records_within(&author, 1, RECORDS_LIMIT).await;
                (author, files)
            });
        }
        match asked.join_next().await {
            None => return Ok(()),
            Some(Ok((author, files))) => {
                let (files, is_complete) = files?;
                take(author, files, is_complete)?;
            }
            // Nothing aborts a task, so it panicked, and the panic has printed its own message.
            Some(Err(error)) => {
                return Err(BuildError::read("the CPAN")(std::io::Error::other(error)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_author_is_found_in_the_list_and_by_a_record() {
        let id: PauseId = "MYAUTHOR".parse().unwrap();
        assert_eq!(
            listed("alias MYAUTHOR \"My Author <my@x>\""),
            Some(id.clone())
        );
        for line in ["", "alias", "alias myauthor \"x\"", "# alias MYAUTHOR"] {
            assert_eq!(listed(line), None, "{line}");
        }
        let path = "authors/id/M/MY/MYAUTHOR/MYAUTHOR-sigstore-identities-2.json";
        assert_eq!(author_of(path), Some(id.clone()));
        assert_eq!(author_of(&format!("{path}.sigstore.json")), Some(id));
        for path in [
            "authors/id/M/MY/MYAUTHOR/Foo-1.0.tar.gz",
            "authors/id/O/OT/OTHER/MYAUTHOR-sigstore-identities-2.json",
            "MYAUTHOR-sigstore-identities-2.json",
        ] {
            assert_eq!(author_of(path), None, "{path}");
        }
    }
}
