//! Asks witnesses to cosign a checkpoint, and publishes it.

use std::io;

use cpan_sigstore_http::{Http, HttpError};
use cpan_sigstore_tlog::{
    checkpoint::Checkpoint,
    hash::NodeHash,
    key::VerifierKey,
    note::{NOTE_LIMIT, Note, NoteSignature},
    policy::{CheckpointError, KnownWitness, LogPolicy},
    tile::{TileError, TileNodes},
    tree::prove_consistency,
    witness::{
        ADD_CHECKPOINT, AddCheckpoint, CosignatureError, RESPONSE_LIMIT, conflict_size, cosignature,
    },
};
use reqwest::Method;
use tokio::task::JoinSet;
use url::Url;

use crate::{
    store::{Area, Store, StoredTiles},
    writer::{CHECKPOINT, LedgerError, LogWriter},
};

/// Most requests to one witness: it may name the size that it knows, and another log process may be quicker.
const ROUNDS: usize = 3;

/// Reasons why a witness did not cosign.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// The policy has no usable address.
    #[error("the policy has no http or https address of it")]
    Address,
    /// It cannot be reached, or is out of order.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// It does not cosign.
    #[error("it answered with status {status}: {text}")]
    Refused {
        /// The status.
        status: u16,
        /// The start of its answer.
        text: String,
    },
    /// It knows a larger tree of this log.
    #[error("it knows a tree of {known} leaves, but the log has {size}")]
    Ahead {
        /// The size that it knows.
        known: u64,
        /// The size of the log.
        size: u64,
    },
    /// It knows a tree that this log does not continue. The proof is right for this log, so only another history of
    /// it makes the proof wrong (tlog-witness, status 422).
    #[error("it cosigned another history of this log ({text})")]
    Contradicts {
        /// The start of its answer.
        text: String,
    },
    /// Its cosignature is invalid.
    #[error(transparent)]
    Cosignature(#[from] CosignatureError),
    /// The consistency proof cannot be made.
    #[error("cannot prove consistency: {0}")]
    Proof(#[from] TileError<io::Error>),
}

/// Reasons why a checkpoint is not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The log cannot be read or written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Too few witnesses cosigned. The checkpoint is committed, and can be published later.
    #[error(
        "too few witnesses cosigned the checkpoint of {size} leaves: {}",
        shown(refused)
    )]
    Quorum {
        /// The size of the tree.
        size: u64,
        /// The witnesses that did not cosign, and why.
        refused: Vec<(String, WitnessError)>,
    },
}

fn shown(refused: &[(String, WitnessError)]) -> String {
    let texts: Vec<_> = refused
        .iter()
        .map(|(name, error)| format!("{name}: {error}"))
        .collect();
    texts.join("; ")
}

/// A published checkpoint.
#[derive(Debug)]
pub struct Published {
    /// The checkpoint with its cosignatures.
    pub note: Note,
    /// The witnesses that did not cosign, and why.
    pub refused: Vec<(String, WitnessError)>,
}

/// Asks the witnesses of a policy to cosign the committed checkpoint, and publishes it.
///
/// # Errors
/// [`PublishError::Quorum`] if too few cosign, and others if the log cannot be read or written.
pub async fn publish<S: Store>(
    writer: &LogWriter<'_, S>,
    policy: &LogPolicy,
) -> Result<Published, PublishError> {
    let mut note = writer.checkpoint().clone();
    let before = published(writer)?;
    if let Some(before) = before
        .as_ref()
        .filter(|before| before.text() == note.text())
    {
        if policy.verify(before.to_string().as_bytes()).is_ok() {
            return Ok(Published {
                note: before.clone(),
                refused: Vec::new(),
            });
        }
        // Cosignatures of an earlier try are as good as new ones.
        note = before.clone();
    }
    let mut refused = Vec::new();
    let mut asked: Vec<_> = policy
        .witnesses()
        .iter()
        .map(|witness| (witness.clone(), known_size(before.as_ref(), &witness.key)))
        .collect();
    for _ in 0..ROUNDS {
        let mut running = JoinSet::new();
        for (witness, old) in std::mem::take(&mut asked) {
            match request(writer, &witness, old) {
                Ok((http, url, body)) => {
                    running.spawn(async move { (witness, ask(&http, url, body).await) });
                }
                Err(error) => refused.push((witness.name, error)),
            }
        }
        while let Some(Ok((witness, answer))) = running.join_next().await {
            match judge(writer, &witness, answer) {
                Ok(Answered::Cosigned(signature)) => note.add(signature),
                Ok(Answered::Known(size)) => asked.push((witness, size)),
                Err(error) => refused.push((witness.name, error)),
            }
        }
        if asked.is_empty() {
            break;
        }
    }
    refused.sort_by(|one, other| one.0.cmp(&other.0));
    match policy.verify(note.to_string().as_bytes()) {
        Err(CheckpointError::Quorum { .. }) => {
            return Err(PublishError::Quorum {
                size: writer.tree().size,
                refused,
            });
        }
        Err(error) => return Err(LedgerError::from(error).into()),
        Ok(_) => writer.publish(&note, policy)?,
    }
    Ok(Published { note, refused })
}

/// The checkpoint that is published now.
fn published<S: Store>(writer: &LogWriter<'_, S>) -> Result<Option<Note>, LedgerError> {
    let bytes = writer
        .store()
        .read(Area::Log, CHECKPOINT, NOTE_LIMIT as u64);
    let bytes = bytes.map_err(LedgerError::read(CHECKPOINT))?;
    Ok(bytes.and_then(|bytes| Note::parse(&bytes).ok()))
}

/// The size of the tree that a witness cosigned last, as far as the published checkpoint shows it.
fn known_size(published: Option<&Note>, key: &VerifierKey) -> u64 {
    let cosigned = published.filter(|note| {
        note.signatures()
            .iter()
            .any(|one| one.name() == key.name() && one.id() == key.id())
    });
    let checkpoint = cosigned.and_then(|note| Checkpoint::parse(note.text()).ok());
    checkpoint.map_or(0, |checkpoint| checkpoint.tree.size)
}

/// The response of a witness.
struct Response {
    status: u16,
    body: Vec<u8>,
    text: String,
}

/// The meaning of a response.
enum Answered {
    Cosigned(NoteSignature),
    Known(u64),
}

fn request<S: Store>(
    writer: &LogWriter<'_, S>,
    witness: &KnownWitness,
    old: u64,
) -> Result<(Http, Url, String), WitnessError> {
    let size = writer.tree().size;
    if old > size {
        return Err(WitnessError::Ahead { known: old, size });
    }
    let base = witness.url.as_deref().ok_or(WitnessError::Address)?;
    let url = format!("{}/{ADD_CHECKPOINT}", base.trim_end_matches('/'));
    let url: Url = url.parse().map_err(|_| WitnessError::Address)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(WitnessError::Address);
    }
    let mut nodes = TileNodes::new(StoredTiles(writer.store()), size);
    let proof: Vec<NodeHash> = prove_consistency(&mut nodes, old, size)?;
    let request = AddCheckpoint {
        old,
        proof,
        checkpoint: writer.checkpoint().clone(),
    };
    Ok((Http::for_urls([url.as_str()])?, url, request.to_string()))
}

async fn ask(http: &Http, url: Url, body: String) -> Result<Response, HttpError> {
    let request = http.request(Method::POST, url).body(body);
    let answer = http.send(request, RESPONSE_LIMIT).await?;
    let text = answer.excerpt();
    Ok(Response {
        status: answer.status,
        body: answer.body,
        text,
    })
}

fn judge<S: Store>(
    writer: &LogWriter<'_, S>,
    witness: &KnownWitness,
    answer: Result<Response, HttpError>,
) -> Result<Answered, WitnessError> {
    let Response { status, body, text } = answer?;
    match (status, conflict_size(&body)) {
        (200, _) => {
            let taken = cosignature(&body, writer.checkpoint(), &witness.key, writer.newest())?;
            Ok(Answered::Cosigned(taken))
        }
        (409, Some(size)) => Ok(Answered::Known(size)),
        (422, _) => Err(WitnessError::Contradicts { text }),
        _ => Err(WitnessError::Refused { status, text }),
    }
}
