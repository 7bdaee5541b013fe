//! Two CI services on loopback, an exchange, and authors.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use cpan_sigstore_core::release::PauseId;
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::{
    Clock,
    exchange::{
        CiIssuer, Exchange, Kind, People, PeopleFuture, Refusal, Registration, Settings, Store,
        Workflow,
    },
    keys::{JwkSet, SigningKey},
    tokens,
};

pub const AUTHOR: &str = "ANDREA";
pub const ORIGIN: &str = "https://pause.example";
pub const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const START: i64 = 1_800_000_000;

/// What a CI service answers for its keys.
#[derive(Clone)]
pub enum Answer {
    Keys(JwkSet),
    Endless,
    Never,
    Redirect(String),
    Failure,
}

/// A CI service.
pub struct Service {
    pub url: String,
    pub key: SigningKey,
    answer: Arc<Mutex<Answer>>,
    requests: Arc<AtomicUsize>,
}

impl Service {
    async fn start() -> Self {
        let (key, _) = SigningKey::generate().unwrap();
        let keys = JwkSet {
            keys: vec![key.public()],
        };
        let answer = Arc::new(Mutex::new(Answer::Keys(keys)));
        let requests = Arc::new(AtomicUsize::new(0));
        let listener = tokio::net::TcpListener::bind((HERE, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (state, count) = (Arc::clone(&answer), Arc::clone(&requests));
        let router = Router::new().fallback(move || {
            count.fetch_add(1, Ordering::SeqCst);
            let answer = state.lock().unwrap().clone();
            respond(answer)
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            url,
            key,
            answer,
            requests,
        }
    }

    pub fn answers(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

async fn respond(answer: Answer) -> Response {
    match answer {
        Answer::Keys(keys) => axum::Json(keys).into_response(),
        Answer::Endless => {
            let line = || Ok::<_, std::io::Error>(vec![b' '; 64 * 1024]);
            let lines = std::iter::repeat_with(line);
            Body::from_stream(futures_util::stream::iter(lines)).into_response()
        }
        Answer::Never => std::future::pending().await,
        Answer::Redirect(to) => {
            (StatusCode::FOUND, [(axum::http::header::LOCATION, to)]).into_response()
        }
        Answer::Failure => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Authors, one of whom may not upload.
struct Authors;

impl People for Authors {
    fn log_in<'a>(
        &'a self,
        name: &'a str,
        password: SecretString,
        _: IpAddr,
        _: Timestamp,
    ) -> PeopleFuture<'a, Option<PauseId>> {
        let is_right = password.expose_secret() == "right";
        Box::pin(async move { name.parse().ok().filter(|_| is_right) })
    }

    fn may_upload<'a>(&'a self, id: &'a PauseId, _: Timestamp) -> PeopleFuture<'a, bool> {
        Box::pin(async move { id.as_str() != "CLOSED" })
    }
}

pub struct World {
    pub github: Service,
    pub gitlab: Service,
    pub exchange: Exchange,
    pub folder: TempDir,
    now: Arc<AtomicI64>,
    runs: AtomicUsize,
}

impl World {
    pub async fn new() -> Self {
        let (github, gitlab) = (Service::start().await, Service::start().await);
        let folder = tempfile::tempdir().unwrap();
        let now = Arc::new(AtomicI64::new(START));
        let time = Arc::clone(&now);
        let clock =
            Clock::new(move || Timestamp::from_second(time.load(Ordering::SeqCst)).unwrap());
        let issuer = |service: &Service, kind| CiIssuer {
            issuer: service.url.clone(),
            kind,
        };
        let settings = Settings {
            issuers: vec![issuer(&github, Kind::Github), issuer(&gitlab, Kind::Gitlab)],
            patience: Duration::from_millis(300),
            ..Settings::of(ORIGIN)
        };
        let store = Store::open(folder.path()).await.unwrap();
        let exchange = Exchange::new(settings, clock, store, Box::new(Authors)).unwrap();
        Self {
            github,
            gitlab,
            exchange,
            folder,
            now,
            runs: AtomicUsize::new(0),
        }
    }

    pub fn pass(&self, seconds: i64) {
        self.now.fetch_add(seconds, Ordering::SeqCst);
    }

    fn base(&self, issuer: &str) -> Value {
        let now = self.now.load(Ordering::SeqCst);
        let run = self.runs.fetch_add(1, Ordering::SeqCst);
        json!({ "iss": issuer, "aud": ORIGIN, "sub": "x", "iat": now, "nbf": now, "exp": now + 300,
            "jti": format!("run-{run}") })
    }

    /// The claims of a run of `release.yml`.
    pub fn claims(&self) -> Map<String, Value> {
        let workflow = "tim/Foo-Bar/.github/workflows/release.yml@refs/tags/v1";
        merged(
            self.base(&self.github.url),
            json!({
                "repository": "tim/Foo-Bar", "repository_id": "702001", "repository_owner_id": "5001",
                "workflow_ref": workflow, "job_workflow_ref": workflow, "event_name": "push",
                "ref": "refs/tags/v1", "environment": "pause",
            }),
        )
    }

    /// The token of such a run, with changed claims.
    pub fn token(&self, changes: &[(&str, &str)]) -> String {
        tokens::sign(&self.github.key, &changed(self.claims(), changes)).unwrap()
    }

    /// The token of a pipeline of GitLab.
    pub fn pipeline(&self, changes: &[(&str, &str)]) -> String {
        let host = self.gitlab.url.trim_start_matches("http://");
        let claims = merged(
            self.base(&self.gitlab.url),
            json!({
                "project_path": "tim/Foo-Bar", "project_id": "702001", "namespace_id": "5001",
                "ci_config_ref_uri": format!("{host}/tim/Foo-Bar//ci/release.yml@refs/tags/v1"),
                "pipeline_source": "push", "ref_path": "refs/tags/v1", "environment": "pause",
            }),
        );
        tokens::sign(&self.gitlab.key, &changed(claims, changes)).unwrap()
    }

    pub async fn register(&self, author: &str, workflow: Workflow) -> Registration {
        workflow.check().unwrap();
        let author = author.parse().unwrap();
        self.exchange
            .register(&author, workflow, HERE)
            .await
            .unwrap()
    }

    pub async fn redeem(&self, token: &str) -> Result<String, Refusal> {
        self.redeem_as(token, None).await
    }

    pub async fn redeem_as(&self, token: &str, author: Option<&str>) -> Result<String, Refusal> {
        let author: Option<PauseId> = author.map(|id| id.parse().unwrap());
        let minted = self.exchange.redeem(token, author.as_ref(), HERE).await?;
        Ok(minted.token.expose_secret().to_owned())
    }
}

/// The registration of that run.
pub fn workflow(world: &World) -> Workflow {
    Workflow {
        issuer: world.github.url.clone(),
        repository: "tim/Foo-Bar".to_owned(),
        repository_id: "702001".to_owned(),
        owner_id: "5001".to_owned(),
        workflow: "release.yml".to_owned(),
        environment: Some("pause".to_owned()),
        git_ref: "refs/tags/*".to_owned(),
    }
}

fn merged(mut base: Value, more: Value) -> Map<String, Value> {
    for (name, value) in more.as_object().unwrap() {
        base[name] = value.clone();
    }
    base.as_object().unwrap().clone()
}

/// Claims with other values; an empty one removes the claim.
pub fn changed(mut claims: Map<String, Value>, changes: &[(&str, &str)]) -> Map<String, Value> {
    for (name, value) in changes {
        match value.is_empty() {
            true => claims.remove(*name),
            false => claims.insert((*name).to_owned(), (*value).into()),
        };
    }
    claims
}
