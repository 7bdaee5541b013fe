//! The one object that holds all authorities.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use axum::Router;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::oneshot;
use url::Url;

use crate::ca::{self, CertificateAuthority};
use crate::clock::Clock;
use crate::ctlog::{self, CtLog};
use crate::error::SandboxError;
use crate::folder::{self, ConfigAddresses, Folder};
use crate::oidc::{self, Account, Provider};
use crate::rekor::{self, RekorV1, RekorV2};
use crate::service::{INTERNAL_AGENT, Service};
use crate::trust::{Endpoints, RekorVersion, Trust, TrustedPart, signing_config, trusted_root};
use crate::tsa::{self, TimeStampAuthority};
use crate::tuf::Repository;
use crate::{http, x509};

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

/// Where the authorities answer, what they were asked, how they are disturbed.
#[derive(Clone)]
#[allow(
    missing_docs,
    reason = "each is the service of the authority of the same name"
)]
pub struct Services {
    pub oidc: Service,
    pub ca: Service,
    pub ct_log: Service,
    pub rekor_v1: Service,
    pub rekor_v2: Service,
    pub tsa: Service,
    pub tuf: Service,
}

/// A whole Sigstore on loopback, which ends when it is dropped.
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
    /// The services on the network.
    pub services: Services,
    oidc_clock: Clock,
    tuf_clock: Clock,
    folder: Folder,
    // Last, so that the folder is there as long as something answers.
    _server: Server,
}

impl Sandbox {
    /// Starts all authorities and writes the files. When it returns, everything answers.
    ///
    /// # Errors
    /// When there is no port or thread to be had, or the folder cannot be written.
    pub fn start(options: SandboxOptions) -> Result<Self, SandboxError> {
        let mut ports = Ports::default();
        let services = Services {
            oidc: ports.bind()?,
            ca: ports.bind()?,
            ct_log: ports.bind()?,
            rekor_v1: ports.bind()?,
            rekor_v2: ports.bind()?,
            tsa: ports.bind()?,
            tuf: ports.bind()?,
        };
        let oidc_clock = Clock::new();
        let tuf_clock = Clock::new();
        let oidc = Provider::new(
            services.oidc.url().to_owned(),
            oidc_clock.clone(),
            options.accounts,
        );
        let client = http::loopback().user_agent(INTERNAL_AGENT).build()?;
        let ca =
            CertificateAuthority::new(oidc.issuers(), services.ct_log.url().to_owned(), client)?;
        let mut roots: Vec<_> = ca.roots().into_iter().cloned().collect();
        for pem in &options.ct_roots {
            roots.push(x509::from_pem(pem)?);
        }
        let ct_log = CtLog::new(roots)?;
        let rekor_v1 = RekorV1::new(&host(services.rekor_v1.url()))?;
        let rekor_v2 = RekorV2::new(&host(services.rekor_v2.url()))?;
        let tsa = TimeStampAuthority::new()?;

        let folder = Folder::open(options.dir)?;
        let now = Timestamp::now();
        let trust = Trust {
            now,
            ended: &options.ended,
        };
        let authority = trust.authority(
            TrustedPart::CertificateAuthority,
            services.ca.url(),
            ca.trusted_chain(),
        )?;
        let tsa_url = format!("{}{}", services.tsa.url(), tsa::PATH);
        let stamper = trust.authority(
            TrustedPart::TimeStampAuthority,
            &tsa_url,
            tsa.trusted_chain(),
        )?;
        let ct = trust.log(TrustedPart::CtLog, services.ct_log.url(), ct_log.key());
        let v1 = trust.log(
            TrustedPart::RekorV1,
            services.rekor_v1.url(),
            rekor_v1.key(),
        );
        let v2 = trust.log(
            TrustedPart::RekorV2,
            services.rekor_v2.url(),
            rekor_v2.key(),
        );
        let root = trusted_root(&authority, &ct, [&v1, &v2], &stamper);

        let config = |version, with_tsa: bool| {
            let rekor = match version {
                RekorVersion::V1 => services.rekor_v1.url(),
                RekorVersion::V2 => services.rekor_v2.url(),
            };
            let endpoints = Endpoints {
                ca: services.ca.url(),
                oidc: services.oidc.url(),
                rekor: (rekor, version),
                tsa: with_tsa.then_some(tsa_url.as_str()),
            };
            signing_config(&endpoints, now)
        };
        let root = folder.write_json(folder::TRUSTED_ROOT, &root)?;
        let signing = folder.write_json(
            folder::SIGNING_CONFIG,
            &config(options.rekor, options.timestamps),
        )?;
        folder.write_json(folder::SIGNING_CONFIG_V1, &config(RekorVersion::V1, false))?;
        let tuf = Repository::new(
            tuf_clock.clone(),
            vec![
                ("trusted_root.json".to_owned(), root),
                ("signing_config.v0.2.json".to_owned(), signing),
            ],
        )?;
        folder.write(folder::TUF_ROOT, &tuf.root_json())?;
        folder.write_config(&ConfigAddresses {
            oidc: services.oidc.url(),
            client_id: oidc::CLIENT_ID,
            tuf: services.tuf.url(),
        })?;

        let server = Server::start(ports.with([
            oidc.router(),
            ca::router(&ca),
            ctlog::router(&ct_log),
            rekor::v1::router(&rekor_v1),
            rekor::v2::router(&rekor_v2),
            tsa::router(&tsa),
            tuf.router(),
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

    /// The environment in which `cpan-sigstore` uses the sandbox, and its `token` and `browser`
    /// subcommands find it.
    pub fn env(&self) -> Vec<(String, String)> {
        let file = |name| self.folder.file(name).display().to_string();
        vec![
            ("CPAN_SIGSTORE_CONFIG".to_owned(), file(folder::CONFIG)),
            ("CPAN_SIGSTORE_CACHE".to_owned(), file("cache")),
            (
                "SANDBOX_URL".to_owned(),
                self.services.oidc.url().to_owned(),
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
        ] {
            clock.set_offset(offset);
        }
    }
}

/// The host of an address of ours, without the port.
fn host(url: &str) -> String {
    Url::parse(url)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned))
        .unwrap_or_default()
}

/// Ports that are taken, in the order in which their routers follow.
#[derive(Default)]
struct Ports(Vec<(Service, TcpListener)>);

impl Ports {
    fn bind(&mut self) -> Result<Service, SandboxError> {
        let (service, listener) = Service::bind().map_err(SandboxError::Start)?;
        self.0.push((service.clone(), listener));
        Ok(service)
    }

    fn with<const N: usize>(self, routers: [Router; N]) -> Vec<(Service, TcpListener, Router)> {
        self.0
            .into_iter()
            .zip(routers)
            .map(|((service, listener), router)| (service, listener, router))
            .collect()
    }
}

/// The thread on which everything answers.
struct Server {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    fn start(services: Vec<(Service, TcpListener, Router)>) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("sandbox".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    for (service, listener, router) in services {
                        tokio::spawn(service.serve(listener, router));
                    }
                    // Also when the other end is gone.
                    let _ = stopped.await;
                });
                // With the runtime every connection ends.
            })?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The thread may be gone already.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            // What went wrong there was told there.
            let _ = thread.join();
        }
    }
}
