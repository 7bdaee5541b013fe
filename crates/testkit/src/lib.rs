//! Fixtures of the tests. No product code depends on this crate.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a test that cannot go on fails"
)]

pub mod archive;
pub mod records;
