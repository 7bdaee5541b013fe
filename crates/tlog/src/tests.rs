//! Proofs and forks from end to end, and the text of every error.

mod errors;
mod peers;
mod proofs;
