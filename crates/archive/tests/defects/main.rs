//! One archive for each defect.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a test that cannot go on fails"
)]

mod archive;
mod extended_headers;
mod file;
mod fix;
mod forms;
mod hostile;
mod limits;
mod members;
mod meta;
mod zip;
