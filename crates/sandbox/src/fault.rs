//! Network faults between a client and a service.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, StreamExt};

/// Largest response that a fault modifies. The sandbox's are far smaller.
const ANSWER_LIMIT: usize = 16 * 1024 * 1024;

/// A fault of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection ends without a response. The service does not see the request.
    DropConnection,
    /// The connection ends without a response, after the service has handled the request.
    DropAnswer,
    /// A response with this status (409, 429, 500, 503, ...) and no useful body. The service does
    /// not see the request.
    Status(u16),
    /// This response. The service does not see the request.
    Answer {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: &'static str,
    },
    /// The right response, delayed.
    Slow(Duration),
    /// The right head, and the first half of the body.
    TruncatedBody,
    /// A body of this many bytes of white space before the right one.
    OversizedBody(usize),
    /// A body that is neither JSON nor DER nor PEM.
    Garbage,
}

impl Fault {
    /// A service that is busy, and asks for a longer wait than any client keeps: it fails at once.
    pub fn busy() -> Self {
        Self::Answer {
            status: 503,
            headers: vec![("retry-after", "3600".to_owned())],
            body: "",
        }
    }
}

#[derive(Debug, Default)]
enum Plan {
    #[default]
    None,
    Next {
        undisturbed: usize,
        left: usize,
        fault: Fault,
    },
    Every {
        nth: usize,
        seen: usize,
        fault: Fault,
    },
    Always(Fault),
}

/// The planned faults of a service. Clones share the plan.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    plan: Arc<Mutex<Plan>>,
}

impl Faults {
    /// Applies a fault to the next `count` requests.
    pub fn next(&self, count: usize, fault: Fault) {
        self.after(0, count, fault);
    }

    /// Skips the next `undisturbed` requests and applies a fault to `count` after them.
    pub fn after(&self, undisturbed: usize, count: usize, fault: Fault) {
        self.set(Plan::Next {
            undisturbed,
            left: count,
            fault,
        });
    }

    /// Applies a fault to one request in `nth`.
    pub fn every(&self, nth: usize, fault: Fault) {
        self.set(Plan::Every {
            nth,
            seen: 0,
            fault,
        });
    }

    /// Applies a fault to every request.
    pub fn always(&self, fault: Fault) {
        self.set(Plan::Always(fault));
    }

    /// Removes all faults.
    pub fn clear(&self) {
        self.set(Plan::None);
    }

    fn set(&self, plan: Plan) {
        *self.plan.lock().unwrap_or_else(PoisonError::into_inner) = plan;
    }

    fn take(&self) -> Option<Fault> {
        let mut plan = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *plan {
            Plan::None | Plan::Next { left: 0, .. } => None,
            Plan::Next { undisturbed, .. } if *undisturbed > 0 => {
                *undisturbed -= 1;
                None
            }
            Plan::Next { left, fault, .. } => {
                *left -= 1;
                Some(fault.clone())
            }
            Plan::Every { nth, seen, fault } => {
                *seen += 1;
                seen.is_multiple_of(*nth).then(|| fault.clone())
            }
            Plan::Always(fault) => Some(fault.clone()),
        }
    }
}

/// Middleware that applies the planned faults.
pub(crate) async fn disturb(
    State(faults): State<Faults>,
    request: Request,
    next: Next,
) -> Response {
    match faults.take() {
        None => next.run(request).await,
        Some(Fault::DropConnection) => no_answer(),
        Some(Fault::DropAnswer) => {
            next.run(request).await;
            no_answer()
        }
        Some(Fault::Status(status)) => answer(request, status, &[], "").await,
        Some(Fault::Answer {
            status,
            headers,
            body,
        }) => answer(request, status, &headers, body).await,
        Some(Fault::Slow(delay)) => {
            tokio::time::sleep(delay).await;
            next.run(request).await
        }
        Some(Fault::TruncatedBody) => truncate(next.run(request).await).await,
        Some(Fault::OversizedBody(bytes)) => oversize(next.run(request).await, bytes).await,
        Some(Fault::Garbage) => {
            let (parts, _) = next.run(request).await.into_parts();
            let answer = Response::from_parts(parts, Body::from("\u{1}garbage{"));
            without_length(answer)
        }
    }
}

async fn answer(
    request: Request,
    status: u16,
    headers: &[(&'static str, String)],
    body: &'static str,
) -> Response {
    // A client that is still sending may lose the response.
    let mut sent = request.into_body().into_data_stream();
    while let Some(Ok(_)) = sent.next().await {}
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, value);
    }
    response
        .body(Body::from(body))
        .unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// A body that fails before its first byte, which makes the server close the connection.
fn no_answer() -> Response {
    let broken: Result<Bytes, std::io::Error> = Err(std::io::ErrorKind::ConnectionReset.into());
    Response::new(Body::from_stream(stream::iter([broken])))
}

async fn truncate(answer: Response) -> Response {
    let (mut parts, body) = answer.into_parts();
    let Ok(body) = to_bytes(body, ANSWER_LIMIT).await else {
        return no_answer();
    };
    parts
        .headers
        .insert(header::CONTENT_LENGTH, body.len().into());
    let half = body.slice(..body.len() / 2);
    let body = stream::iter([Ok(half)]).chain(stream::once(async {
        // Lets the server send the first half before it sees the error.
        tokio::task::yield_now().await;
        Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))
    }));
    Response::from_parts(parts, Body::from_stream(body))
}

async fn oversize(answer: Response, bytes: usize) -> Response {
    let (parts, body) = answer.into_parts();
    let Ok(body) = to_bytes(body, ANSWER_LIMIT).await else {
        return no_answer();
    };
    let mut padded = vec![b' '; bytes];
    padded.extend_from_slice(&body);
    without_length(Response::from_parts(parts, Body::from(padded)))
}

/// Lets the server count the new body itself.
fn without_length(mut answer: Response) -> Response {
    answer.headers_mut().remove(header::CONTENT_LENGTH);
    answer
}
