//! The object that owns all authorities.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use url::Url;

use crate::ca::{self, CertificateAuthority};
use crate::clock::Clock;
use crate::ctlog::{self, CtLog};
use crate::error::SandboxError;
use crate::folder::{self, Folder};
use crate::http;
use crate::oidc::{Account, Provider, Realm};
use crate::pause::Pause;
use crate::rekor::{self, RekorV1, RekorV2};
use crate::server::{Ports, Server};
use crate::service::{INTERNAL_AGENT, Services};
use crate::trust::{Authorities, RekorVersion, TrustedPart};
use crate::tsa::{self, TimeStampAuthority};
use crate::tuf::Repository;
use crate::x509::{self, Certificate};

/// Options of a sandbox.
#[derive(Clone, Debug)]
pub struct SandboxOptions {
    /// Folder for its files, such as the trusted root. By default a new folder, which is removed
    /// with the sandbox.
    pub dir: Option<PathBuf>,
    /// Accounts that can log in. By default those of [`Account::cast`].
    pub accounts: Vec<Account>,
    /// Version of the log in the signing configuration.
    pub rekor: RekorVersion,
    /// Whether the signing configuration has the time stamping authority.
    pub timestamps: bool,
    /// Parts that the trusted root trusts only for signatures older than an hour.
    pub ended: Vec<TrustedPart>,
    /// Whether the certificate of the issuing authority ended an hour ago, although the trusted root still has it.
    pub intermediate_ended: bool,
    /// Further roots (PEM) whose certificates the CT log accepts, for another CA.
    pub ct_roots: Vec<String>,
    /// Further OpenID providers whose user names the CA certifies, such as a program under test.
    pub username_issuers: Vec<String>,
}

impl Default for SandboxOptions {
    fn default() -> Self {
        Self {
            dir: None,
            accounts: Account::cast(),
            rekor: RekorVersion::default(),
            timestamps: true,
            ended: Vec::new(),
            intermediate_ended: false,
            ct_roots: Vec::new(),
            username_issuers: Vec::new(),
        }
    }
}

/// A whole Sigstore and a PAUSE on loopback, which end when it is dropped.
pub struct Sandbox {
    pub oidc: Provider,
    pub ca: CertificateAuthority,
    /// The log of certificates.
    pub ct_log: CtLog,
    /// The log of signatures, version 1.
    pub rekor_v1: RekorV1,
    /// The log of signatures, version 2.
    pub rekor_v2: RekorV2,
    pub tsa: TimeStampAuthority,
    pub tuf: Repository,
    /// The upload server and its CPAN, with an account for each PAUSE id among the accounts.
    pub pause: Pause,
    pub services: Services,
    oidc_clock: Clock,
    tuf_clock: Clock,
    // Fields are dropped in this order: the folder remains as long as a service runs.
    _server: Server,
    folder: Folder,
}

impl Sandbox {
    /// Starts all authorities and writes the files. On return every service responds.
    ///
    /// # Errors
    /// [`SandboxError`] if no port or thread is available, or if the folder cannot be written.
    pub fn start(options: SandboxOptions) -> Result<Self, SandboxError> {
        let mut ports = Ports::default();
        // In the order of the routers below.
        let services = Services {
            oidc: ports.bind()?,
            ca: ports.bind()?,
            ct_log: ports.bind()?,
            rekor_v1: ports.bind()?,
            rekor_v2: ports.bind()?,
            tsa: ports.bind()?,
            tuf: ports.bind()?,
            pause: ports.bind()?,
            cpan: ports.bind()?,
        };
        let oidc_clock = Clock::new();
        let tuf_clock = Clock::new();
        let oidc_url = services.oidc.url().to_owned();
        let pause = Pause::new(Clock::new(), &pause_ids(&options.accounts));
        let oidc = Provider::new(oidc_url, oidc_clock.clone(), options.accounts);
        pause.offer_trusted_publishing(services.pause.url(), oidc.clone());
        let client = http::loopback().user_agent(INTERNAL_AGENT).build()?;
        let ct_log_url = services.ct_log.url().to_owned();
        let ca = CertificateAuthority::new(
            oidc.issuers_with(&options.username_issuers),
            ct_log_url,
            client,
            options.intermediate_ended,
        )?;
        let ct_log = CtLog::new(ct_roots(&ca, &options.ct_roots)?)?;
        let rekor_v1 = RekorV1::new(&host(services.rekor_v1.url()))?;
        let rekor_v2 = RekorV2::new(&host(services.rekor_v2.url()))?;
        let tsa = TimeStampAuthority::new()?;

        let folder = Folder::open(options.dir)?;
        let authorities = Authorities {
            services: &services,
            ca: &ca,
            ct_log: &ct_log,
            rekor_v1: &rekor_v1,
            rekor_v2: &rekor_v2,
            tsa: &tsa,
            now: Timestamp::now(),
        };
        let root = authorities.trusted_root(&options.ended)?;
        let root = folder.write_json(folder::TRUSTED_ROOT, &root)?;
        let signing = authorities.signing_config(options.rekor, options.timestamps);
        let signing = folder.write_json(folder::SIGNING_CONFIG, &signing)?;
        let signing_v1 = authorities.signing_config(RekorVersion::V1, false);
        folder.write_json(folder::SIGNING_CONFIG_V1, &signing_v1)?;
        let targets = vec![
            ("trusted_root.json".to_owned(), root),
            ("signing_config.v0.2.json".to_owned(), signing),
        ];
        let tuf = Repository::new(tuf_clock.clone(), targets)?;
        folder.write(folder::TUF_ROOT, &tuf.root_json())?;
        folder.write_config(services.oidc.url(), services.tuf.url())?;
        folder.write_credentials(&pause)?;

        let server = Server::start(ports.with([
            oidc.router(),
            ca::router(&ca),
            ctlog::router(&ct_log),
            rekor::v1::router(&rekor_v1),
            rekor::v2::router(&rekor_v2),
            tsa::router(&tsa),
            tuf.router(),
            pause.router(),
            pause.cpan_router(),
        ]))
        .map_err(SandboxError::Start)?;
        Ok(Self {
            oidc,
            ca,
            ct_log,
            rekor_v1,
            rekor_v2,
            tsa,
            tuf,
            pause,
            services,
            oidc_clock,
            tuf_clock,
            folder,
            _server: server,
        })
    }

    /// Returns the folder with the files.
    pub fn dir(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the trusted root with all authorities and both logs.
    pub fn trusted_root_path(&self) -> PathBuf {
        self.folder.file(folder::TRUSTED_ROOT)
    }

    /// Returns the signing configuration by the options.
    pub fn signing_config_path(&self) -> PathBuf {
        self.folder.file(folder::SIGNING_CONFIG)
    }

    /// Returns a signing configuration with version 1 of the log and without time stamps.
    pub fn signing_config_v1_path(&self) -> PathBuf {
        self.folder.file(folder::SIGNING_CONFIG_V1)
    }

    /// Returns the first root of the TUF repository.
    pub fn tuf_root_path(&self) -> PathBuf {
        self.folder.file(folder::TUF_ROOT)
    }

    /// Returns the file `~/.pause` of a PAUSE id.
    pub fn dot_pause_path(&self, id: &str) -> PathBuf {
        self.folder.file(folder::PAUSE).join(id)
    }

    /// Returns the environment in which `cpan-sigstore`, CPAN's uploaders, and the subcommands
    /// `token` and `browser` find the sandbox.
    pub fn env(&self) -> Vec<(String, String)> {
        let file = |name| self.folder.file(name).display().to_string();
        vec![
            ("CPAN_SIGSTORE_CONFIG".to_owned(), file(folder::CONFIG)),
            ("CPAN_SIGSTORE_CACHE".to_owned(), file("cache")),
            (
                "SANDBOX_URL".to_owned(),
                self.services.oidc.url().to_owned(),
            ),
            (
                "CPAN_UPLOADER_UPLOAD_URI".to_owned(),
                format!(
                    "{}/pause/authenquery?ACTION=add_uri",
                    self.services.pause.url()
                ),
            ),
            (
                "CPAN_SIGSTORE_CPAN".to_owned(),
                self.services.cpan.url().to_owned(),
            ),
        ]
    }

    /// Returns a new ID token for an account, or `None` if the account is unknown.
    pub fn token(&self, account: &str) -> Option<String> {
        self.oidc.token(account)
    }

    /// Returns the identity provider's clock.
    pub fn oidc_clock(&self) -> &Clock {
        &self.oidc_clock
    }

    /// Returns the TUF repository's clock.
    pub fn tuf_clock(&self) -> &Clock {
        &self.tuf_clock
    }

    /// Sets the offset of every authority's clock, which may be negative.
    pub fn set_clocks(&self, offset: SignedDuration) {
        for clock in [
            &self.oidc_clock,
            self.ca.clock(),
            self.ct_log.clock(),
            self.rekor_v1.clock(),
            self.rekor_v2.clock(),
            self.tsa.clock(),
            &self.tuf_clock,
            self.pause.clock(),
        ] {
            clock.set_offset(offset);
        }
    }
}

/// Returns the roots that the CT log accepts.
fn ct_roots(ca: &CertificateAuthority, others: &[String]) -> der::Result<Vec<Certificate>> {
    let ours = ca.roots().into_iter().cloned().map(Ok);
    ours.chain(others.iter().map(|pem| x509::from_pem(pem)))
        .collect()
}

/// Returns the PAUSE ids among the accounts.
fn pause_ids(accounts: &[Account]) -> Vec<&str> {
    accounts
        .iter()
        .filter(|account| account.realm == Realm::Pause)
        .map(|account| account.subject.as_str())
        .collect()
}

/// Returns the host of an address, without the port.
fn host(url: &str) -> String {
    Url::parse(url)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned))
        .unwrap_or_default()
}
