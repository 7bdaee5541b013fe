//! The gate of a server: what it publishes, on real signatures of the sandbox, and attacks on it.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a test that cannot go on fails"
)]

#[path = "server/bundles.rs"]
mod bundles;
#[path = "server/published.rs"]
mod published;
#[path = "server/records.rs"]
mod records;
#[path = "server/releases.rs"]
mod releases;
#[path = "server/world.rs"]
mod world;
