//! Attacks on file and identity: the verifier's question does not fit the bundle.

use super::{Attacks, flip_last_bit};

pub(super) const ATTACKS: Attacks = &[
    // The control: a verifier that refuses this proves nothing by refusing the others.
    ("untouched", |_, _| {}),
    ("artifact-byte-flipped", |exhibit, _| {
        flip_last_bit(&mut exhibit.artifact);
    }),
    ("artifact-emptied", |exhibit, _| exhibit.artifact.clear()),
    ("artifact-extended", |exhibit, _| exhibit.artifact.push(0)),
    ("signature-of-another-artifact", |exhibit, others| {
        exhibit.bundle.clone_from(&others.other_artifact.bundle);
    }),
    ("signature-by-a-stranger", |exhibit, others| {
        exhibit.bundle.clone_from(&others.stranger.bundle);
    }),
    ("identity-of-somebody-else", |exhibit, others| {
        exhibit.identity.clone_from(&others.stranger.identity);
    }),
    ("identity-only-a-prefix", |exhibit, _| {
        exhibit.identity.pop();
    }),
    ("identity-only-a-suffix", |exhibit, _| {
        exhibit.identity.remove(0);
    }),
    ("identity-in-capitals", |exhibit, _| {
        exhibit.identity.make_ascii_uppercase();
    }),
    ("issuer-of-somebody-else", |exhibit, _| {
        exhibit.issuer = "https://accounts.google.com".to_owned();
    }),
    ("issuer-with-a-slash", |exhibit, _| exhibit.issuer.push('/')),
];
