//! Releases to the sandbox's PAUSE, by the real binary.

mod author;
mod backlog;
mod credentials;
mod release;
mod resumed;
mod secrets;
mod upload;
mod watched;
