//! What a command works with: runtime, CPAN, verifier, trust store and gate. Each is opened when it is
//! first asked for, and once.

use std::{
    cell::{OnceCell, RefCell},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use cpan_sigstore_core::{
    policy::{self, Policy, PolicyError},
    text::shown_path,
};
use cpan_sigstore_cpan::Cpan;
use cpan_sigstore_gate::{Gate, LogClient, TrustStore};
use cpan_sigstore_keyless::{
    clock::ClockDifference,
    trust::{
        Config, Instance, Refresh, SigningConfig, TrustError, TrustLoader, TrustMaterial,
        TrustSource, TrustedRoot,
    },
    verify::Verifier,
};
use cpan_sigstore_mirror::{DecisionLog, Mirror, Options};
use cpan_sigstore_pause::trusted::TrustedPublisher;
use cpan_sigstore_registry::subscription::{Ask, Copies, Pin, refresh};
use jiff::{SignedDuration, Timestamp};
use tokio::runtime::{Builder, Runtime};

use crate::{
    commands::read_log_policy,
    error::CommandError,
    flags::{
        CpanArgs, GateArgs, InstanceArgs, MirrorArgs, PolicyArgs, SigningArgs, TrustStoreArgs,
    },
    folders,
    ui::Terminal,
};

/// The trust store, in the user's data folder.
const TRUST_STORE: &str = "trust-store.sqlite";

/// Longest wait for the revocation of an upload token, which expires in any case.
const REVOCATION: Duration = Duration::from_secs(10);

/// The parts of one run of a command. A command has one set of flags, so each part is opened by the
/// first that names it.
pub struct Session<'a> {
    terminal: &'a Terminal,
    runtime: OnceCell<Runtime>,
    cpan: OnceCell<Cpan>,
    root: OnceCell<(TrustedRoot, Option<Timestamp>)>,
    verifier: OnceCell<Arc<Verifier>>,
    signing_material: OnceCell<SigningMaterial>,
    trust_store: OnceCell<TrustStore>,
    publishers: RefCell<Vec<Arc<TrustedPublisher>>>,
    /// Where the trusted root came from, and a flag of each verifier: whether the root lacks a log or authority.
    lacking: RefCell<Option<(TrustLoader, Instance)>>,
    flags: RefCell<Vec<Arc<AtomicBool>>>,
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        self.note_lacking();
    }
}

/// The material to sign at an instance.
pub struct SigningMaterial {
    /// The instance, whose issuer and client id the login uses.
    pub instance: Instance,
    /// The services.
    pub config: SigningConfig,
}

/// The value of a cell, opened where it is empty.
fn once<T>(
    cell: &OnceCell<T>,
    open: impl FnOnce() -> Result<T, CommandError>,
) -> Result<&T, CommandError> {
    if let Some(value) = cell.get() {
        return Ok(value);
    }
    let value = open()?;
    Ok(cell.get_or_init(|| value))
}

/// The age at which an author index may be too old for a policy, so that the clock is checked.
const OLD_INDEX: SignedDuration = SignedDuration::from_hours(24);

impl<'a> Session<'a> {
    /// A session that has opened nothing yet.
    pub fn new(terminal: &'a Terminal) -> Self {
        Self {
            terminal,
            runtime: OnceCell::new(),
            cpan: OnceCell::new(),
            root: OnceCell::new(),
            verifier: OnceCell::new(),
            signing_material: OnceCell::new(),
            trust_store: OnceCell::new(),
            publishers: RefCell::default(),
            lacking: RefCell::default(),
            flags: RefCell::default(),
        }
    }

    /// Keeps an author at PAUSE whose upload token is revoked when the command has ended.
    pub fn revoke_at_end(&self, publisher: Arc<TrustedPublisher>) {
        self.publishers.borrow_mut().push(publisher);
    }

    /// Revokes the upload tokens of this command. One that cannot be revoked expires.
    pub fn end(&self) {
        for publisher in self.publishers.take() {
            let Ok(runtime) = self.runtime() else { return };
            let revoked = async { tokio::time::timeout(REVOCATION, publisher.revoke()).await };
            match runtime.block_on(revoked) {
                Ok(Ok(())) => tracing::debug!("revoked the upload token"),
                Ok(Err(error)) => tracing::info!(%error, "cannot revoke the upload token"),
                Err(_) => tracing::info!("cannot revoke the upload token in time"),
            }
        }
    }

    /// Builds a verifier, and remembers to ask it whether the root lacks anything.
    fn new_verifier(&self, root: &TrustedRoot) -> Result<Verifier, CommandError> {
        let verifier = Verifier::new(root)?;
        self.flags.borrow_mut().push(verifier.lacking());
        Ok(verifier)
    }

    /// Makes the next load refresh the trusted root if a bundle named a log or authority that it lacks.
    fn note_lacking(&self) {
        let flags = self.flags.take();
        let is_lacking = flags.iter().any(|flag| flag.load(Ordering::Relaxed));
        if let Some((cache, instance)) = self.lacking.take()
            && is_lacking
            && let Err(error) = cache.note_lacking(&instance, Timestamp::now())
        {
            tracing::debug!(%error, "cannot note that the trusted root lacks something");
        }
    }

    /// The terminal.
    pub fn terminal(&self) -> &'a Terminal {
        self.terminal
    }

    /// The one runtime of the process.
    pub fn runtime(&self) -> Result<&Runtime, CommandError> {
        once(&self.runtime, || {
            Builder::new_multi_thread()
                .enable_all()
                .build()
                .map_err(|source| CommandError::system("cannot start the network runtime", source))
        })
    }

    /// Runs a future to its end.
    pub fn wait<T>(
        &self,
        future: impl Future<Output = Result<T, impl Into<CommandError>>>,
    ) -> Result<T, CommandError> {
        self.runtime()?.block_on(future).map_err(Into::into)
    }

    /// The CPAN that shows what is published, by HTTP or in a folder.
    pub fn cpan(&self, args: &CpanArgs) -> Result<&Cpan, CommandError> {
        once(&self.cpan, || Ok(Cpan::at(&args.url)?))
    }

    /// The verifier of an instance's signatures.
    pub fn verifier(&self, args: &InstanceArgs) -> Result<&Arc<Verifier>, CommandError> {
        once(&self.verifier, || {
            let (root, _) = self.trusted_root(args)?;
            Ok(Arc::new(self.new_verifier(root)?))
        })
    }

    /// The trusted root, and when its repository was last asked; `None` where it comes from a file.
    fn trusted_root(
        &self,
        args: &InstanceArgs,
    ) -> Result<&(TrustedRoot, Option<Timestamp>), CommandError> {
        once(&self.root, || self.load_root(args))
    }

    fn load_root(
        &self,
        args: &InstanceArgs,
    ) -> Result<(TrustedRoot, Option<Timestamp>), CommandError> {
        if let Some(path) = &args.trusted_root {
            return Ok((TrustedRoot::from_file(path)?, None));
        }
        let instance = configured(args)?;
        let loaded = match &instance.source {
            // Files need no runtime.
            TrustSource::Files { trusted_root, .. } => {
                return Ok((TrustedRoot::from_file(trusted_root)?, None));
            }
            TrustSource::Repository(_) => {
                self.note_lacking();
                let cache = cache(args)?;
                let loaded = self.wait(cache.trusted_root(&instance, Timestamp::now()))?;
                self.lacking.replace(Some((cache, instance)));
                loaded
            }
        };
        let refreshed = loaded.refreshed;
        Ok((self.noted(loaded), refreshed))
    }

    /// The material to sign with; a file named by a flag replaces the instance's own. A command that signs opens it
    /// before the verifier, which then uses the same root.
    pub fn signing_material(&self, args: &SigningArgs) -> Result<&SigningMaterial, CommandError> {
        once(&self.signing_material, || self.load_signing_material(args))
    }

    fn load_signing_material(&self, args: &SigningArgs) -> Result<SigningMaterial, CommandError> {
        let named = &args.instance.trusted_root;
        let (instance, config) = match (named, &args.signing_config) {
            (Some(trusted_root), Some(config)) => {
                // All of it is given, so nothing of the instance in use is meant.
                let instance = Instance::new(TrustSource::Files {
                    trusted_root: trusted_root.clone(),
                    signing_config: Some(config.clone()),
                });
                (instance, SigningConfig::from_file(config)?)
            }
            (None, Some(config)) => (
                configured(&args.instance)?,
                SigningConfig::from_file(config)?,
            ),
            (_, None) => {
                let instance = configured(&args.instance)?;
                let cache = cache(&args.instance)?;
                let loaded = self.wait(cache.signing_material(&instance, Timestamp::now()))?;
                let refreshed = loaded.refreshed;
                let (root, config) = self.noted(loaded);
                if named.is_none() {
                    once(&self.root, || Ok((root, refreshed)))?;
                }
                (instance, config)
            }
        };
        Ok(SigningMaterial { instance, config })
    }

    fn noted<T>(&self, loaded: TrustMaterial<T>) -> T {
        if let Some(reason) = loaded.refresh_failed {
            self.terminal.warning(&format!(
                "cannot refresh the trust material: {reason}; using the cached copy, which is still valid"
            ));
        }
        if let Some(reason) = loaded.not_cached {
            self.terminal.warning(&format!(
                "cannot write the cache in {reason}; each command fetches the trust material again; name another folder with CPAN_SIGSTORE_CACHE"
            ));
        }
        loaded.material
    }

    /// The trust store.
    pub fn trust_store(&self, args: &TrustStoreArgs) -> Result<&TrustStore, CommandError> {
        once(&self.trust_store, || {
            let place = match &args.trust_store {
                Some(place) => place.clone(),
                None => {
                    let file = folders::data()?.join(TRUST_STORE);
                    file.into_os_string().into_string().map_err(|name| {
                        CommandError::usage(format!(
                            "invalid data folder: expected a name in UTF-8, found {}; name the trust store with `--trust-store FILE`",
                            shown_path(&name)
                        ))
                    })?
                }
            };
            self.wait(TrustStore::open(&place))
        })
    }

    /// The gate. Without trust material it lets nothing pass that is signed.
    pub fn gate(
        &self,
        args: &GateArgs,
        instance: &InstanceArgs,
        cpan: Option<&str>,
        allow_old_format: bool,
    ) -> Result<Gate, CommandError> {
        self.gate_and_keep(args, instance, cpan, allow_old_format, None)
    }

    /// The same, with the operator's index kept as it came, for those who serve it.
    fn gate_and_keep(
        &self,
        args: &GateArgs,
        instance: &InstanceArgs,
        cpan: Option<&str>,
        allow_old_format: bool,
        copies: Option<&Copies>,
    ) -> Result<Gate, CommandError> {
        let policy = self.effective_policy(args, allow_old_format)?;
        let store = self.trust_store(&args.trust_store)?.clone();
        let log = self.log_client(&args.policy, &policy, cpan, instance.offline)?;
        let pin = Pin::load(&folders::operator_file()?)?;
        // A gate that stays takes fresh trust material each time it is opened.
        let gate = match self.load_root(instance) {
            Ok((root, refreshed)) => {
                let verifier = self.new_verifier(&root)?;
                if let Some(pin) = pin.as_ref().filter(|_| !instance.offline) {
                    self.refresh_index(pin, &store, &verifier, copies)?;
                }
                Gate::new(verifier, policy, store).refreshed_at(refreshed)
            }
            Err(error) => match error.downcast_ref() {
                Some(unavailable) if TrustError::is_unavailable(unavailable) => {
                    Gate::without_trust(error.to_string(), policy, store)
                }
                _ => return Err(error),
            },
        };
        Ok(gate.with_index(pin.map(|pin| pin.url)).with_log(log))
    }

    /// The client of the CPAN log that the policy names.
    fn log_client(
        &self,
        args: &PolicyArgs,
        policy: &Policy,
        cpan: Option<&str>,
        offline: bool,
    ) -> Result<Option<Arc<LogClient>>, CommandError> {
        let Some(settings) = policy.log() else {
            return Ok(None);
        };
        let path = args.path()?;
        let file = path.with_file_name("").join(&settings.tlog_policy);
        let trusted = read_log_policy(&file)?;
        let cache = folders::cache()?.join("log");
        let client = LogClient::new(trusted, settings.clone(), Some(&cache))?;
        let client = match (offline, cpan) {
            (true, _) => client.offline(),
            (false, Some(cpan)) => client.beside(Cpan::at(cpan)?),
            (false, None) => client,
        };
        Ok(Some(Arc::new(client)))
    }

    /// The policy, with the flags that change it.
    pub fn effective_policy(
        &self,
        args: &GateArgs,
        allow_old_format: bool,
    ) -> Result<Policy, CommandError> {
        let mut policy = self.policy(&args.policy)?;
        if args.require_signed {
            policy = policy.requiring_signed();
        }
        if allow_old_format {
            policy = policy.allowing_old_format();
        }
        Ok(policy)
    }

    /// Asks an operator for the author index where it is time; the one that is kept stays in use where
    /// there is no answer.
    fn refresh_index(
        &self,
        pin: &Pin,
        store: &TrustStore,
        verifier: &Verifier,
        copies: Option<&Copies>,
    ) -> Result<(), CommandError> {
        let now = Timestamp::now();
        let asked = refresh(pin, store, verifier, copies, Ask::WhenDue, now);
        let runtime = self.runtime()?;
        let answer = runtime.block_on(asked);
        let kept = self.wait(store.index_state(&pin.url))?;
        if kept.is_some_and(|kept| now.duration_since(kept.signed) > OLD_INDEX)
            && let Some(clock) = runtime.block_on(ClockDifference::with(&pin.url, now))
        {
            self.terminal.warning(&format!(
                "the author index may look too old: {clock}; set the clock of this machine"
            ));
        }
        if let Err(error) = answer {
            self.terminal.warning(&format!(
                "cannot refresh the author index of {}: {error}; using the stored copy as long as the policy allows",
                pin.url
            ));
        }
        Ok(())
    }

    /// The policy; without a `policy.toml`, the default. One that was named has to be there.
    pub fn policy(&self, args: &PolicyArgs) -> Result<Policy, CommandError> {
        let path = args.path()?;
        let limit = policy::SIZE_LIMIT as u64;
        match cpan_sigstore_files::read_prefix(&path, limit).map_err(CommandError::read(&path))? {
            Some(bytes) => parse_policy(&path, bytes),
            None if args.policy.is_none() => Ok(Policy::default()),
            None => Err(CommandError::read(path)(cpan_sigstore_files::no_such_file())),
        }
    }

    /// The mirror of an upstream.
    pub fn mirror(
        &self,
        args: &MirrorArgs,
        log: DecisionLog,
        copies: Option<&Copies>,
    ) -> Result<Arc<Mirror>, CommandError> {
        let upstream = Cpan::at(&args.upstream)?;
        let cache = match &args.cache_dir {
            Some(folder) => folder.clone(),
            None => folders::cache()?.join("mirror"),
        };
        let options = Options {
            cache,
            cache_size: args.cache_size,
            fresh: Duration::from_secs(args.fresh),
            clock: Timestamp::now,
        };
        let gate = self.mirror_gate(args, copies)?;
        Ok(Mirror::new(upstream, gate, log, options)?)
    }

    /// The gate of a mirror, with policy and trust material as they are now.
    pub fn mirror_gate(
        &self,
        args: &MirrorArgs,
        copies: Option<&Copies>,
    ) -> Result<Gate, CommandError> {
        self.gate_and_keep(
            &args.gate,
            &args.instance,
            Some(&args.upstream),
            args.allow_old_format,
            copies,
        )
    }
}

fn configured(args: &InstanceArgs) -> Result<Instance, CommandError> {
    let config = Config::load(&folders::config_file()?)?;
    Ok(config.instance(args.instance.as_deref())?)
}

fn cache(args: &InstanceArgs) -> Result<TrustLoader, CommandError> {
    let refresh = if args.offline {
        Refresh::Never
    } else {
        Refresh::WhenDue
    };
    Ok(TrustLoader::new(&folders::cache()?, refresh))
}

/// Parses the policy in a file.
fn parse_policy(path: &Path, bytes: Vec<u8>) -> Result<Policy, CommandError> {
    let unusable = |error: PolicyError| {
        CommandError::usage(format!("{}: {error}", shown_path(path)))
            .hinted("correct the file, and check it with `cpan-sigstore policy check`")
    };
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        unusable(PolicyError::Syntax {
            line: valid.iter().filter(|byte| **byte == b'\n').count() + 1,
            reason: "expected text in UTF-8, found other bytes".to_owned(),
        })
    })?;
    Policy::parse(&text).map_err(unusable)
}
