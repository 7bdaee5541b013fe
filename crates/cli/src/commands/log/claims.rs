//! The claims of a proof or checkpoint, unverified: what `inspect` shows of them.

use cpan_sigstore_core::finding::Exit;
use cpan_sigstore_tlog::{checkpoint::Checkpoint, note::Note, proof::TlogProof};
use serde::Serialize;

use super::shown_time;
use crate::ui::{Terminal, Tone};

/// The claims, for machines.
#[derive(Serialize)]
struct Claims<'a> {
    file: &'a str,
    verified: bool,
    origin: &'a str,
    size: u64,
    root: String,
    signatures: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    leaf: Option<String>,
}

/// Shows a proof or a checkpoint; `None` if the bytes are neither.
pub fn inspect(name: &str, bytes: &[u8], json: bool, terminal: &Terminal) -> Option<Exit> {
    let proof = TlogProof::parse(bytes).ok();
    let note = match &proof {
        Some(proof) => Note::parse(proof.checkpoint.as_bytes()).ok()?,
        None => Note::parse(bytes).ok()?,
    };
    let checkpoint = Checkpoint::parse(note.text()).ok()?;
    let leaf = proof.as_ref().and_then(|proof| proof.leaf().ok());
    let signatures: Vec<_> = note
        .signatures()
        .iter()
        .map(|signature| signature.name())
        .collect();
    if json {
        terminal.json(&Claims {
            file: name,
            verified: false,
            origin: &checkpoint.origin,
            size: checkpoint.tree.size,
            root: checkpoint.tree.root.to_string(),
            signatures,
            index: proof.as_ref().map(|proof| proof.index),
            leaf: leaf.map(|leaf| leaf.to_string().trim_end().to_owned()),
        });
        return Some(Exit::Success);
    }
    terminal.headline(
        Tone::Careful,
        "nothing was verified",
        &format!("these are the claims of {name}"),
    );
    if let Some(leaf) = &leaf {
        terminal.field("path", &format!("{}, {}", leaf.path(), leaf.kind()));
        terminal.field("digest", &leaf.digest().to_string());
        terminal.field("logged", &shown_time(leaf.time()));
    }
    if let Some(proof) = &proof {
        terminal.field("leaf", &proof.index.to_string());
    }
    terminal.field(
        "log",
        &format!("{}, {} leaves", checkpoint.origin, checkpoint.tree.size),
    );
    terminal.field("root", &checkpoint.tree.root.to_string());
    for name in signatures {
        terminal.field("signed", &format!("by {name}"));
    }
    Some(Exit::Success)
}
