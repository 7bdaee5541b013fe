//! Reads entries of a log, and proves that they are those of the tree that the log signed.

use std::{collections::VecDeque, sync::Arc};

use cpan_sigstore_keyless::transparency::SignedTree;
use cpan_sigstore_tlog::{
    entries,
    hash::NodeHash,
    tile::{TILE_WIDTH, TileKind, TilePath},
    tree::{Continuation, TreeHead},
};
use tokio::task::JoinHandle;

use super::{
    LogError,
    site::LogSite,
    tiles::{Tiles, head},
};

/// Entry bundles that are requested ahead.
const AHEAD: usize = 8;

/// Reads the entries of a tree after an earlier one, at most `limit`, and passes each with its index until that returns
/// `false`. Returns the tree of all entries so far, which is proven to be a part of the signed one.
///
/// Results are of use only if this returns: before, nothing proves the entries.
///
/// # Errors
/// [`LogError`] if the log does not serve all of them, or others.
pub(super) async fn scan(
    site: &Arc<LogSite>,
    earlier: &TreeHead,
    tree: &SignedTree,
    limit: u64,
    mut entry: impl FnMut(u64, &[u8]) -> bool,
) -> Result<TreeHead, LogError> {
    let whole = head(tree);
    let mut end = end(earlier.size, whole.size, limit);
    let mut tiles = Tiles::default();
    let mut frontier = tiles.frontier(site, earlier, &whole).await?;
    let mut paths = (earlier.size / TILE_WIDTH..end.div_ceil(TILE_WIDTH))
        .filter_map(|index| TilePath::in_tree(TileKind::Entries, index, whole.size));
    let mut ahead = Ahead::default();
    loop {
        while ahead.0.len() < AHEAD
            && let Some(path) = paths.next()
        {
            let site = Arc::clone(site);
            let reading = tokio::spawn(async move { site.file(path).await });
            ahead.0.push_back((path, reading));
        }
        let Some((path, reading)) = ahead.0.pop_front() else {
            break;
        };
        let bundle = reading
            .await
            .map_err(|error| LogError::Form(error.to_string()))??;
        let leaves =
            entries::parse(&path, &bundle).map_err(|error| LogError::Form(error.to_string()))?;
        let first = path.index() * TILE_WIDTH;
        for (index, leaf) in (first..end).zip(leaves) {
            if index < earlier.size {
                continue;
            }
            frontier.push(NodeHash::of_leaf(leaf), |_, _| {});
            if !entry(index, leaf) {
                end = index + 1;
                break;
            }
        }
        if frontier.size() == end {
            break;
        }
    }
    let read = frontier.head();
    match tiles.examine(site, &read, &whole).await? {
        Continuation::Proven if read.size == end => Ok(read),
        _ => Err(LogError::OtherTree(whole.size)),
    }
}

/// The end of a scan: that of the tree, or of the last whole entry bundle within the limit.
fn end(from: u64, size: u64, limit: u64) -> u64 {
    let most = from.saturating_add(limit);
    if most >= size {
        return size;
    }
    let whole = most / TILE_WIDTH * TILE_WIDTH;
    if whole > from { whole } else { most }
}

/// Bundles that are being read. Their requests end with the scan.
#[derive(Default)]
struct Ahead(VecDeque<(TilePath, Reading)>);

/// A request that runs.
type Reading = JoinHandle<Result<Vec<u8>, LogError>>;

impl Drop for Ahead {
    fn drop(&mut self) {
        for (_, reading) in &self.0 {
            reading.abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_scan_at_whole_bundle_within_limit() {
        assert_eq!(end(0, 1000, 10_000), 1000);
        assert_eq!(end(0, 1000, 600), 512);
        assert_eq!(end(300, 1000, 300), 512);
        assert_eq!(end(300, 1000, 10), 310);
        assert_eq!(end(5, u64::MAX, u64::MAX), u64::MAX);
    }
}
