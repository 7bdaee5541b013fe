//! The one history of a log: each tree that it signed has to be part of the largest one.

use cpan_sigstore_gate::TrustStore;
use cpan_sigstore_keyless::transparency::SignedTree;
use cpan_sigstore_tlog::tree::Continuation;
use jiff::Timestamp;

use super::{
    site::LogSite,
    tiles::{Tiles, head},
};
use crate::WatchError;

/// Most checkpoints of bundles that one run proves.
const PROOFS_LIMIT: i64 = 256;

/// The result for a log.
#[derive(Default)]
pub(super) struct Standing {
    /// The newest tree, if everything that is known belongs to it.
    pub tree: Option<SignedTree>,
    /// Whether the log never served a checkpoint, as one without tiles.
    pub has_no_tiles: bool,
    /// The reasons why something is undetermined.
    pub undetermined: Vec<String>,
}

impl Standing {
    fn undetermined(reason: impl ToString) -> Self {
        Self {
            undetermined: vec![reason.to_string()],
            ..Self::default()
        }
    }
}

/// Reads the newest tree of a log, and proves it consistent with the known ones. Contradictions are kept as forks.
pub(super) async fn advance(
    store: &TrustStore,
    site: &LogSite,
    now: Timestamp,
) -> Result<Standing, WatchError> {
    let known = store.proven_tree(site.log().id()).await?;
    let newest = match site.newest().await {
        Ok(Some(newest)) => newest,
        Ok(None) if known.is_none() => {
            return Ok(Standing {
                has_no_tiles: true,
                ..Standing::default()
            });
        }
        Ok(None) => return Ok(Standing::undetermined("it serves no checkpoint any more")),
        Err(error) => return Ok(Standing::undetermined(error)),
    };
    let mut tiles = Tiles::default();
    let tree = head(&newest);
    if let Some(known) = known {
        let before = known.head()?;
        if before.size > tree.size {
            return Ok(Standing::undetermined(format!(
                "it shows a tree of {} entries, and showed one of {} before",
                tree.size, before.size
            )));
        }
        match tiles.examine(site, &before, &tree).await {
            Ok(Continuation::Proven) => {}
            Ok(Continuation::Contradicted) => {
                store.note_sigstore_fork(&known, newest.note(), now).await?;
                return Ok(Standing::default());
            }
            Ok(Continuation::Unproven) => {
                return Ok(Standing::undetermined(unproven(before.size, tree.size)));
            }
            Err(error) => return Ok(Standing::undetermined(error)),
        }
    }
    store.note_proven_tree(&newest, now).await?;
    let mut standing = Standing::default();
    for met in store.unproven_trees(newest.log(), PROOFS_LIMIT).await? {
        let earlier = met.head()?;
        if earlier.size > tree.size {
            standing.undetermined.push(format!(
                "it shows a tree of {} entries, and a bundle has its checkpoint of {}",
                tree.size, earlier.size
            ));
            break;
        }
        match tiles.examine(site, &earlier, &tree).await {
            Ok(Continuation::Proven) => {
                store
                    .prove_sigstore_tree(&met.log, met.size, &met.root)
                    .await?;
            }
            Ok(Continuation::Contradicted) => {
                store.note_sigstore_fork(&met, newest.note(), now).await?;
                return Ok(Standing::default());
            }
            Ok(Continuation::Unproven) => {
                let reason = unproven(earlier.size, tree.size);
                standing.undetermined.push(reason);
                break;
            }
            Err(error) => {
                standing.undetermined.push(error.to_string());
                break;
            }
        }
    }
    standing.tree = Some(newest);
    Ok(standing)
}

fn unproven(old: u64, new: u64) -> String {
    format!("its tiles do not prove that its tree of {new} entries continues that of {old}")
}
