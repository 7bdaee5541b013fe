//! PAUSE, the upload server of CPAN, and the tree that it publishes.
//!
//! Uploads arrive by the form at `/pause/authenquery` or, with a token, at `/api/upload`. They are
//! published at once by default. After [`Pause::hold`] the test decides: it publishes one upload, or
//! runs the daemon as it is on the real server, step by step or in passes ([`Pause::run_pass`]). The
//! tree is served like a CPAN mirror: `/authors/id/…` with CHECKSUMS in every folder, the indexes
//! under `/modules`, and the files RECENT, which list publications and deletions.
//!
//! The behaviour is that of the server's public source: its responses, its duplicates, and its
//! changes to the bytes of an archive. Nothing is read from the network, and everything is in
//! memory.

mod account;
mod api;
mod checksums;
mod compression;
mod daemon;
mod form;
mod gate;
mod index;
mod mail;
mod members;
mod misbehaviour;
mod multipart;
mod packages;
mod page;
mod path;
mod permissions;
mod private;
mod publish;
mod queue;
mod recent;
mod registry;
mod repack;
mod serve;
mod submission;
mod token;
mod tree;
mod trusted;
mod version;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::{Router, extract::DefaultBodyLimit, routing::get, routing::post};
use jiff::SignedDuration;

pub use account::AccountState;
pub use daemon::{DaemonStep, MOST_TRIES, PASS_INTERVAL, SLEEP};
pub use gate::GateProgram;
/// A network, read from text such as `10.0.0.0/8`.
pub use ipnet::IpNet;
pub use mail::Mail;
pub use misbehaviour::PauseMisbehaviour;
pub use queue::{AcceptedUpload, Interface};
pub use token::TokenTerms;
pub use trusted::{Registration, Workflow};

use crate::{clock::Clock, misbehaviour::Misbehaviour};
use account::PauseAccount;
use gate::Gate;
use queue::Queue;
use registry::Registry;
use token::Tokens;
use tree::Tree;
use trusted::TrustedPublishing;

/// Largest upload, in bytes.
pub const UPLOAD_LIMIT: usize = 64 * 1024 * 1024;
/// Largest rest of a form, besides the file, in bytes.
const FORM_LIMIT: usize = 1024 * 1024;
/// Age of uploads made by [`Pause::publish`].
const LONG_AGO: SignedDuration = SignedDuration::from_hours(-365 * 24);

/// A PAUSE. Clones are the same PAUSE.
#[derive(Clone)]
pub struct Pause {
    inner: Arc<Inner>,
}

struct Inner {
    clock: Clock,
    accounts: Vec<PauseAccount>,
    misbehaviour: Misbehaviour<PauseMisbehaviour>,
    state: Mutex<State>,
}

struct State {
    tokens: Tokens,
    /// The exchange, if it offers trusted publishing.
    trusted: Option<TrustedPublishing>,
    queue: Queue,
    /// All uploads, published or not: PAUSE's table `uris`.
    registry: Registry,
    tree: Tree,
    /// Published files that the daemon does not know to be published.
    lost: BTreeSet<String>,
    mails: Vec<Mail>,
    gate: Option<Gate>,
    account_states: BTreeMap<String, AccountState>,
    /// Address of all clients, as PAUSE sees it.
    client: IpAddr,
}

impl Pause {
    /// Creates a PAUSE with an account for each of these PAUSE ids and without uploads.
    pub fn new(clock: Clock, ids: &[&str]) -> Self {
        let accounts: Vec<_> = ids.iter().map(|id| PauseAccount::new(id)).collect();
        let mut tokens = Tokens::default();
        for account in &accounts {
            tokens.issue(&account.id, TokenTerms::default(), clock.now());
        }
        Self {
            inner: Arc::new(Inner {
                clock,
                accounts,
                misbehaviour: Misbehaviour::default(),
                state: Mutex::new(State {
                    tokens,
                    trusted: None,
                    queue: Queue::default(),
                    registry: Registry::default(),
                    tree: Tree::default(),
                    lost: BTreeSet::new(),
                    mails: Vec::new(),
                    gate: None,
                    account_states: BTreeMap::new(),
                    client: IpAddr::V4(Ipv4Addr::LOCALHOST),
                }),
            }),
        }
    }

    /// Returns the PAUSE ids that have an account.
    pub fn ids(&self) -> Vec<&str> {
        let accounts = self.inner.accounts.iter();
        accounts.map(|account| account.id.as_str()).collect()
    }

    /// Returns a PAUSE id's password: 20 characters, among them a percent sign and a space.
    pub fn password(&self, id: &str) -> Option<&str> {
        Some(&self.account(id)?.password)
    }

    /// Returns the file `~/.pause` of a PAUSE id.
    pub fn dot_pause(&self, id: &str) -> Option<String> {
        Some(self.account(id)?.dot_pause())
    }

    /// Returns a token that can upload, as `ID:token_id:token`.
    pub fn token(&self, id: &str) -> Option<String> {
        self.state().tokens.first_of(id)
    }

    /// Issues another token to a PAUSE id, on these terms.
    pub fn issue_token(&self, id: &str, terms: TokenTerms) -> Option<String> {
        let account = self.account(id)?;
        let now = self.inner.clock.now();
        Some(self.state().tokens.issue(&account.id, terms, now))
    }

    /// Returns PAUSE's clock, which dates publications and expires tokens.
    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    pub fn misbehaviour(&self) -> &Misbehaviour<PauseMisbehaviour> {
        &self.inner.misbehaviour
    }

    /// Sets the state of a PAUSE id's account.
    pub fn set_account_state(&self, id: &str, account: AccountState) {
        self.state().account_states.insert(id.to_owned(), account);
    }

    /// Sets the address from which PAUSE sees all clients.
    pub fn set_client_address(&self, client: IpAddr) {
        self.state().client = client;
    }

    /// Returns all mails that PAUSE has sent, in order.
    pub fn mails(&self) -> Vec<Mail> {
        self.state().mails.clone()
    }

    /// Asks a program before anything is published from now on. The daemon then takes bundles and records first.
    pub fn set_gate(&self, program: Option<GateProgram>) {
        let mut state = self.state();
        state.queue.takes_bundles_first = program.is_some();
        state.gate = program.map(Gate::new);
    }

    /// Makes uploads wait for [`Pause::step`], [`Pause::run_pass`], [`Pause::publish_next`] or
    /// [`Pause::publish_all`].
    pub fn hold(&self) {
        self.state().queue.held = true;
    }

    /// Publishes the queue, and from now on every upload at once.
    pub fn release(&self) -> Vec<String> {
        self.state().queue.held = false;
        self.publish_all()
    }

    /// Returns the unpublished uploads in the order in which they will be published: paths under
    /// `authors/id`.
    pub fn queue(&self) -> Vec<String> {
        self.state().queue.paths()
    }

    /// Handles the next upload of [`Pause::queue`] and returns its path under `authors/id`.
    ///
    /// It is then published and in CHECKSUMS, unless PAUSE drops such files, such as an archive whose
    /// compression contradicts its name.
    pub fn publish_next(&self) -> Option<String> {
        let wrong = self.inner.misbehaviour.get();
        let now = self.inner.clock.now();
        let mut state = self.state();
        let path = state.queue.paths().into_iter().next()?;
        if let DaemonStep::Published(path) = state.fetch(&path, wrong, now) {
            state.verify(&path, now);
        }
        Some(path)
    }

    /// Handles the whole queue, as [`Pause::publish_next`] does.
    pub fn publish_all(&self) -> Vec<String> {
        std::iter::from_fn(|| self.publish_next()).collect()
    }

    /// Adds a file to the tree as if its author had uploaded it a year ago, and returns its path
    /// under `authors/id`. The name may start with subdirectories. An existing file is replaced.
    pub fn publish(&self, author: &str, name: &str, bytes: impl Into<Vec<u8>>) -> String {
        let path = format!("{}/{name}", path::home(author));
        let now = self.inner.clock.now();
        let mut state = self.state();
        state.registry.replace(author, &path);
        state.tree.put(&path, bytes.into(), now + LONG_AGO);
        state.tree.past_has_changed(now);
        path
    }

    /// Deletes an author's file from the tree and the indexes at once. Its entry in CHECKSUMS
    /// remains until the folder changes, and its name stays taken.
    ///
    /// Returns whether the file existed.
    pub fn delete(&self, author: &str, name: &str) -> bool {
        let path = format!("{}/{name}", path::home(author));
        let now = self.inner.clock.now();
        self.state().tree.delete(&path, now)
    }

    /// Returns the paths under `authors/id` of all files that an author has published, without
    /// CHECKSUMS.
    pub fn published(&self, author: &str) -> Vec<String> {
        self.state().tree.below(&path::home(author))
    }

    /// Returns the published file at a path under `authors/id`.
    pub fn file(&self, path: &str) -> Option<Vec<u8>> {
        self.state().tree.file(path).map(<[u8]>::to_vec)
    }

    /// Returns all accepted uploads, in order.
    pub fn uploads(&self) -> Vec<AcceptedUpload> {
        self.state().queue.accepted()
    }

    /// Returns the upload server's routes, to be mounted at its base URL.
    pub(crate) fn router(&self) -> Router {
        Router::new()
            .route("/pause/authenquery", get(form::show).post(form::submit))
            .route("/api/upload", post(api::upload))
            .route("/pub/PAUSE/authors/id/{*path}", get(private::published))
            .route("/incoming/{name}", get(private::incoming))
            .merge(trusted::router())
            .layer(DefaultBodyLimit::max(UPLOAD_LIMIT + FORM_LIMIT))
            .with_state(self.clone())
    }

    /// Returns the mirror's routes, to be mounted at its base URL.
    pub(crate) fn cpan_router(&self) -> Router {
        serve::router(self.clone())
    }

    fn account(&self, id: &str) -> Option<&PauseAccount> {
        self.inner.accounts.iter().find(|account| account.id == id)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let state = &self.inner.state;
        state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
