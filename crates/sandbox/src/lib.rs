//! A whole Sigstore on loopback, for tests and demonstrations: an OpenID provider, a certificate
//! authority, a Certificate Transparency log, the transparency log Rekor in versions 1 and 2, a time
//! stamping authority and a TUF repository; and beside it a PAUSE, with the CPAN that it publishes.
//!
//! ```no_run
//! use cpan_sigstore_sandbox::{RekorMisbehaviour, Sandbox, SandboxOptions};
//!
//! let sandbox = Sandbox::start(SandboxOptions::default())?;
//! let token = sandbox.token("author");
//! sandbox.rekor_v2.misbehaviour().set(RekorMisbehaviour::StaleCheckpoint);
//! // ... sign with the token and `sandbox.signing_config_path()`, and see it refused.
//! # Ok::<(), cpan_sigstore_sandbox::SandboxError>(())
//! ```
//!
//! What goes wrong has three kinds of knobs. An authority's **clock** can be moved
//! ([`Clock::set_offset`]). An authority can **misbehave** ([`Misbehaviour::set`]): it is then
//! consistent in everything but the one thing. And the network to a **service** can be disturbed
//! ([`Faults`]), whatever the authority says.
//!
//! Everything is built on the standard formats and shares no code with the verifiers that are tried
//! on it. All keys are made at the start and forgotten at the end; nothing here is fit for anything
//! but loopback.

pub mod ca;
mod checkpoint;
mod clock;
pub mod ctlog;
mod error;
mod fault;
mod folder;
mod forger;
mod http;
mod key;
mod merkle;
mod misbehaviour;
pub mod oidc;
pub mod pause;
mod rejection;
pub mod rekor;
mod sandbox;
mod server;
mod service;
mod trust;
pub mod tsa;
pub mod tuf;
mod x509;

pub use ca::CaMisbehaviour;
pub use clock::Clock;
pub use ctlog::CtLogMisbehaviour;
pub use error::SandboxError;
pub use fault::{Fault, Faults};
pub use forger::{ForgeError, Forged, Recipe};
pub use http::loopback_client;
pub use misbehaviour::Misbehaviour;
pub use pause::PauseMisbehaviour;
pub use rekor::RekorMisbehaviour;
pub use sandbox::{Sandbox, SandboxOptions};
pub use service::{Service, Services};
pub use trust::{RekorVersion, TrustedPart};
pub use tsa::TsaMisbehaviour;
