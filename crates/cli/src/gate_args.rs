//! The flags that say what is allowed, and what is remembered.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use clap::Args;
use cpan_sigstore_core::policy::{self, Policy, PolicyError};
use cpan_sigstore_gate::{Gate, TrustStore};
use cpan_sigstore_keyless::{trust::TrustError, verify::Verifier};
use cpan_sigstore_registry::subscription::{Ask, Copies, OperatorError, Pin, Refreshed, refresh};
use jiff::Timestamp;
use tokio::runtime::Runtime;

use crate::{
    commands::IndexFailure, failure::Failure, folders, instance_args::InstanceArgs,
    terminal::Terminal,
};

/// What is allowed.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "What is allowed")]
pub struct GateArgs {
    /// Deny what is not known to be signed by its author, whatever the policy says
    #[arg(long)]
    pub require_signed: bool,
    #[command(flatten)]
    pub policy: PolicyArgs,
    #[command(flatten)]
    pub memory: TrustStoreArgs,
}

/// Which policy.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "What is allowed")]
pub struct PolicyArgs {
    /// The policy, if it is not policy.toml beside the configuration
    #[arg(long, value_name = "FILE", env = "CPAN_SIGSTORE_POLICY")]
    pub policy: Option<PathBuf>,
}

/// Which memory.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "What is allowed")]
pub struct TrustStoreArgs {
    /// Where it is remembered who signed before: a file, or the address of a PostgreSQL database; by default
    /// a file in the user's data folder
    #[arg(
        long,
        value_name = "FILE|URL",
        env = "CPAN_SIGSTORE_MEMORY",
        hide_env_values = true
    )]
    pub memory: Option<String>,
}

impl GateArgs {
    /// The gate. Where no trust material is to be had it lets nothing pass that is signed.
    ///
    /// # Errors
    /// Where policy, memory or trust material cannot be used.
    pub fn open(
        &self,
        instance: &InstanceArgs,
        allow_old_format: bool,
        runtime: &Runtime,
        terminal: &Terminal,
    ) -> Result<Gate, Failure> {
        self.open_and_keep(instance, allow_old_format, None, runtime, terminal)
    }

    /// The same, with the operator's index kept as it came, for those who serve it.
    ///
    /// # Errors
    /// As [`GateArgs::open`].
    pub fn open_and_keep(
        &self,
        instance: &InstanceArgs,
        allow_old_format: bool,
        copies: Option<&Copies>,
        runtime: &Runtime,
        terminal: &Terminal,
    ) -> Result<Gate, Failure> {
        let mut policy = self.policy.read()?;
        if self.require_signed {
            policy = policy.requiring_signed();
        }
        if allow_old_format {
            policy = policy.allowing_old_format();
        }
        let memory = runtime.block_on(self.memory.open())?;
        let pin = Pin::load(&folders::operator_file()?).map_err(IndexFailure::from)?;
        let gate = match instance.trusted_root_with_age(terminal) {
            Ok((root, refreshed)) => {
                let verifier = Verifier::new(&root)?;
                if let Some(pin) = pin.as_ref().filter(|_| !instance.offline) {
                    let asked = ask(pin, &memory, &verifier, copies);
                    if let Err(error) = runtime.block_on(asked) {
                        terminal.warning(&format!(
                            "the index of {} could not be refreshed ({error}); what is kept of it goes on being used as long as the policy allows",
                            pin.url
                        ));
                    }
                }
                Gate::new(verifier, policy, memory).refreshed_at(refreshed)
            }
            Err(Failure::Trust(error @ TrustError::Unavailable { .. })) => {
                Gate::without_trust(error.to_string(), policy, memory)
            }
            Err(failure) => return Err(failure),
        };
        Ok(gate.with_index(pin.map(|pin| pin.url)))
    }
}

/// Asks an operator where it is time.
async fn ask(
    pin: &Pin,
    memory: &TrustStore,
    verifier: &Verifier,
    copies: Option<&Copies>,
) -> Result<Refreshed, OperatorError> {
    refresh(
        pin,
        memory,
        verifier,
        copies,
        Ask::WhenDue,
        Timestamp::now(),
    )
    .await
}

impl PolicyArgs {
    /// Where the policy is.
    ///
    /// # Errors
    /// Where that cannot be told.
    pub fn path(&self) -> Result<PathBuf, Failure> {
        match &self.policy {
            Some(path) => Ok(path.clone()),
            None => folders::policy_file(),
        }
    }

    /// The policy; without a `policy.toml`, what this program does by default. One that was named has to
    /// be there.
    ///
    /// # Errors
    /// Where it cannot be read or used.
    pub fn read(&self) -> Result<Policy, Failure> {
        let path = self.path()?;
        match File::open(&path) {
            Ok(file) => parse(&path, file),
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.policy.is_none() => {
                Ok(Policy::default())
            }
            Err(error) => Err(Failure::read(path)(error)),
        }
    }
}

/// Reads a policy from its file.
///
/// # Errors
/// Where it cannot be read or used.
fn parse(path: &Path, file: File) -> Result<Policy, Failure> {
    let mut bytes = Vec::new();
    file.take(policy::SIZE_LIMIT as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(Failure::read(path))?;
    let unusable = |source| Failure::Policy {
        path: path.to_owned(),
        source,
    };
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        unusable(PolicyError::Syntax {
            line: valid.iter().filter(|byte| **byte == b'\n').count() + 1,
            reason: "expected text in UTF-8, found something else".to_owned(),
        })
    })?;
    Policy::parse(&text).map_err(unusable)
}

impl TrustStoreArgs {
    /// Opens the memory.
    ///
    /// # Errors
    /// Where it cannot be used.
    pub async fn open(&self) -> Result<TrustStore, Failure> {
        let place = match &self.memory {
            Some(place) => place.clone(),
            None => {
                let file = folders::data()?.join("memory.sqlite");
                file.into_os_string().into_string().map_err(|name| {
                    Failure::Usage(format!(
                        "expected a data folder whose name is UTF-8, found {}; name the memory with `--memory FILE`",
                        name.display()
                    ))
                })?
            }
        };
        Ok(TrustStore::open(&place).await?)
    }
}
