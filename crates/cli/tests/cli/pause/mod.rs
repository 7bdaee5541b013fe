//! Releases to the sandbox's PAUSE, by the real binary.

pub mod author;
mod backlog;
mod credentials;
mod release;
mod resumed;
pub mod secrets;
mod upload;
mod watched;
