//! Writing, crashing, witnessing and auditing.

mod appending;
mod auditing;
mod auditing_again;
mod crashing;
mod errors;
mod networking;
mod support;
mod witnessing;
