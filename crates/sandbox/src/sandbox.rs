//! The one object that holds all authorities.

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

/// How a sandbox is to be.
#[derive(Clone, Debug)]
pub struct SandboxOptions {
    /// Where its files go, such as the trusted root. By default a new folder, which is removed when
    /// the sandbox ends.
    pub dir: Option<PathBuf>,
    /// Who can log in. By default those of [`Account::cast`].
    pub accounts: Vec<Account>,
    /// The log in the signing configuration.
    pub rekor: RekorVersion,
    /// Whether the time stamping authority is in the signing configuration.
    pub timestamps: bool,
    /// What is, by the trusted root, trusted for signatures made until an hour ago only.
    pub ended: Vec<TrustedPart>,
    /// Roots (PEM) besides the CA's under which the CT log takes certificates, for another CA.
    pub ct_roots: Vec<String>,
}

impl Default for SandboxOptions {
    fn default() -> Self {
        Self {
            dir: None,
            accounts: Account::cast(),
            rekor: RekorVersion::default(),
            timestamps: true,
            ended: Vec::new(),
            ct_roots: Vec::new(),
        }
    }
}

/// A whole Sigstore and a PAUSE on loopback, which end when it is dropped.
pub struct Sandbox {
    /// Who people are.
    pub oidc: Provider,
    /// Certificates for identities.
    pub ca: CertificateAuthority,
    /// The log of certificates.
    pub ct_log: CtLog,
    /// The log of signatures, version 1.
    pub rekor_v1: RekorV1,
    /// The log of signatures, version 2.
    pub rekor_v2: RekorV2,
    /// The time of signatures.
    pub tsa: TimeStampAuthority,
    /// How the trusted root comes to clients.
    pub tuf: Repository,
    /// Where releases are uploaded, and the CPAN that comes of them. It has an account for each
    /// PAUSE id among the accounts.
    pub pause: Pause,
    /// The services on the network.
    pub services: Services,
    oidc_clock: Clock,
    tuf_clock: Clock,
    // Fields end in this order: the folder is there as long as something answers.
    _server: Server,
    folder: Folder,
}

impl Sandbox {
    /// Starts all authorities and writes the files. When it returns, everything answers.
    ///
    /// # Errors
    /// When there is no port or thread to be had, or the folder cannot be written.
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
        let client = http::loopback().user_agent(INTERNAL_AGENT).build()?;
        let ct_log_url = services.ct_log.url().to_owned();
        let ca = CertificateAuthority::new(oidc.issuers(), ct_log_url, client)?;
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

    /// The folder with the files.
    pub fn dir(&self) -> &Path {
        self.folder.path()
    }

    /// The trusted root, with all authorities and both logs.
    pub fn trusted_root_path(&self) -> PathBuf {
        self.folder.file(folder::TRUSTED_ROOT)
    }

    /// The signing configuration that was asked for.
    pub fn signing_config_path(&self) -> PathBuf {
        self.folder.file(folder::SIGNING_CONFIG)
    }

    /// A signing configuration with version 1 of the log and without time stamps.
    pub fn signing_config_v1_path(&self) -> PathBuf {
        self.folder.file(folder::SIGNING_CONFIG_V1)
    }

    /// The first root of the TUF repository.
    pub fn tuf_root_path(&self) -> PathBuf {
        self.folder.file(folder::TUF_ROOT)
    }

    /// The file `~/.pause` of a PAUSE id.
    pub fn dot_pause_path(&self, id: &str) -> PathBuf {
        self.folder.file(folder::PAUSE).join(id)
    }

    /// The environment in which `cpan-sigstore` and the uploaders of CPAN use the sandbox, and its
    /// `token` and `browser` subcommands find it.
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

    /// A fresh ID token for an account, if there is such an account.
    pub fn token(&self, account: &str) -> Option<String> {
        self.oidc.token(account)
    }

    /// The identity provider's time.
    pub fn oidc_clock(&self) -> &Clock {
        &self.oidc_clock
    }

    /// The TUF repository's time.
    pub fn tuf_clock(&self) -> &Clock {
        &self.tuf_clock
    }

    /// Sets every authority's clock ahead of the system's, or behind it when negative.
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

/// The roots under which the CT log takes certificates.
fn ct_roots(ca: &CertificateAuthority, others: &[String]) -> der::Result<Vec<Certificate>> {
    let ours = ca.roots().into_iter().cloned().map(Ok);
    ours.chain(others.iter().map(|pem| x509::from_pem(pem)))
        .collect()
}

/// The PAUSE ids among accounts.
fn pause_ids(accounts: &[Account]) -> Vec<&str> {
    accounts
        .iter()
        .filter(|account| account.realm == Realm::Pause)
        .map(|account| account.subject.as_str())
        .collect()
}

/// The host of an address of ours, without the port.
fn host(url: &str) -> String {
    Url::parse(url)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned))
        .unwrap_or_default()
}
