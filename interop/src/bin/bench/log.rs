//! The client of the CPAN log: one proof of a log of all of CPAN.

use std::collections::HashMap;
use std::hint::black_box;
use std::time::Duration;

use cpan_sigstore_tlog::{
    frontier::Frontier,
    hash::NodeHash,
    tile::{HashTile, TileNodes, TilePath, TileSource},
    tree::{Continuation, TreeHead, examine, includes, prove_inclusion},
};

use crate::attempt::BenchError;
use crate::measure::time;
use crate::table::{Goal, Table, milliseconds};

/// About as many archives as CPAN and BackPAN have.
const LEAVES: u64 = 400_000;
/// The most that a proof from cached tiles may take.
const LIMIT: Duration = Duration::from_micros(100);

/// Tiles in memory, as a cache has them.
struct Tiles(HashMap<TilePath, Vec<u8>>);

impl TileSource for &Tiles {
    type Error = TilePath;

    fn tile(&mut self, path: &TilePath) -> Result<Vec<u8>, TilePath> {
        self.0.get(path).cloned().ok_or(*path)
    }
}

/// An inclusion proof and a comparison of two checkpoints, each with its verification.
pub fn figures(table: &mut Table) -> Result<(), BenchError> {
    let (mut frontier, mut tiles) = (Frontier::default(), HashMap::new());
    let mut older = frontier.head();
    for at in 0..LEAVES {
        if at == LEAVES - 100 {
            older = frontier.head();
        }
        frontier.push(leaf(at), |path, hashes| {
            tiles.insert(path, HashTile::to_bytes(hashes));
        });
    }
    for (path, hashes) in frontier.partial() {
        tiles.insert(path, HashTile::to_bytes(hashes));
    }
    let (head, tiles) = (frontier.head(), Tiles(tiles));
    let inclusion = time(|| include(&tiles, &head))?;
    let history = time(|| compare(&tiles, &older, &head))?;
    for (what, took) in [
        (
            "log: inclusion from cached tiles, 400 000 leaves",
            inclusion,
        ),
        ("log: history from cached tiles, 400 000 leaves", history),
    ] {
        let ratio = took.as_secs_f64() / LIMIT.as_secs_f64();
        let limit = ("limit", milliseconds(LIMIT));
        table.row(what, milliseconds(took), limit, ratio, Goal::AtMost(1.0));
    }
    Ok(())
}

fn leaf(at: u64) -> NodeHash {
    NodeHash::of_leaf(&at.to_be_bytes())
}

fn include(tiles: &Tiles, head: &TreeHead) -> Result<(), BenchError> {
    let index = LEAVES / 3;
    let mut nodes = TileNodes::new(tiles, head.size);
    let proof = prove_inclusion(&mut nodes, index, head.size).map_err(failed)?;
    match includes(head, index, &leaf(index), black_box(&proof)) {
        true => Ok(()),
        false => Err(failed("the tree has no such leaf")),
    }
}

fn compare(tiles: &Tiles, older: &TreeHead, head: &TreeHead) -> Result<(), BenchError> {
    let mut nodes = TileNodes::new(tiles, head.size);
    match examine(&mut nodes, black_box(older), head).map_err(failed)? {
        Continuation::Proven => Ok(()),
        _ => Err(failed("the trees do not belong together")),
    }
}

fn failed(reason: impl ToString) -> BenchError {
    BenchError::Made(reason.to_string())
}
