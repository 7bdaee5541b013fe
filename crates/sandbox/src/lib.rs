//! A whole Sigstore on loopback, for tests and demonstrations.
//!
//! It has an OpenID provider, a certificate authority, a Certificate Transparency log, the
//! transparency log Rekor in versions 1 and 2, a time stamping authority and a TUF repository. It
//! also has a PAUSE with the CPAN that it publishes.
//!
//! ```no_run
//! use cpan_sigstore_sandbox::{RekorMisbehaviour, Sandbox, SandboxOptions};
//!
//! let sandbox = Sandbox::start(SandboxOptions::default())?;
//! let token = sandbox.token("author");
//! sandbox.rekor_v2.misbehaviour().set(RekorMisbehaviour::StaleCheckpoint);
//! // Sign with the token and `sandbox.signing_config_path()`: the signature is refused.
//! # Ok::<(), cpan_sigstore_sandbox::SandboxError>(())
//! ```
//!
//! Tests can cause failures in three ways. They can move an authority's **clock**
//! ([`Clock::set_offset`]). They can make an authority **misbehave** in exactly one way
//! ([`Misbehaviour::set`]). They can disturb the network to a **service** ([`Faults`]).
//!
//! Everything builds on the standard formats and shares no code with the verifiers under test. All
//! keys are created at the start and lost at the end. The sandbox is safe only on loopback.

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
pub use forger::{ForgeError, ForgedSignature, Recipe};
pub use http::loopback_client;
pub use misbehaviour::Misbehaviour;
pub use pause::PauseMisbehaviour;
pub use rekor::{RekorMisbehaviour, TileMisbehaviour};
pub use sandbox::{Sandbox, SandboxOptions};
pub use service::{Service, Services};
pub use trust::{RekorVersion, TrustedPart};
pub use tsa::TsaMisbehaviour;
