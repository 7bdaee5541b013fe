//! `/-/metrics`, in Prometheus' text format.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{Mutex, PoisonError},
};

use hyper::StatusCode;

use super::{
    access::Stranger,
    response::{Response, typed},
};
use crate::Mirror;

/// The numbers of answers so far.
#[derive(Default)]
pub(super) struct Metrics {
    answers: Mutex<BTreeMap<u16, u64>>,
    strangers: Mutex<BTreeMap<Stranger, u64>>,
}

impl Metrics {
    pub(super) fn count(&self, status: StatusCode) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        *answers.entry(status.as_u16()).or_default() += 1;
    }

    pub(super) fn count_stranger(&self, stranger: Stranger) {
        let strangers = self.strangers.lock();
        let mut strangers = strangers.unwrap_or_else(PoisonError::into_inner);
        *strangers.entry(stranger).or_default() += 1;
    }

    pub(super) fn answer(&self, mirror: &Mirror) -> Response {
        typed(
            StatusCode::OK,
            "text/plain; version=0.0.4; charset=utf-8",
            self.text(mirror).into(),
        )
    }

    fn text(&self, mirror: &Mirror) -> String {
        let mut text = String::from(
            "# HELP cpan_sigstore_mirror_answers_total Answers to clients, by status.\n\
             # TYPE cpan_sigstore_mirror_answers_total counter\n",
        );
        // Writing to a string cannot fail.
        for (status, count) in &*self.answers.lock().unwrap_or_else(PoisonError::into_inner) {
            let _ = writeln!(
                text,
                "cpan_sigstore_mirror_answers_total{{status=\"{status}\"}} {count}"
            );
        }
        text.push_str(
            "# HELP cpan_sigstore_mirror_strangers_total Requests that were refused unread, by reason.\n\
             # TYPE cpan_sigstore_mirror_strangers_total counter\n",
        );
        let strangers = self.strangers.lock();
        for (stranger, count) in &*strangers.unwrap_or_else(PoisonError::into_inner) {
            let _ = writeln!(
                text,
                "cpan_sigstore_mirror_strangers_total{{reason=\"{}\"}} {count}",
                stranger.code()
            );
        }
        text.push_str(
            "# HELP cpan_sigstore_mirror_decisions_total Decisions about releases and indexes.\n\
             # TYPE cpan_sigstore_mirror_decisions_total counter\n",
        );
        for ((decision, finding), count) in mirror.log().counts() {
            let _ = writeln!(
                text,
                "cpan_sigstore_mirror_decisions_total{{decision=\"{decision}\",finding=\"{finding}\"}} {count}"
            );
        }
        let _ = write!(
            text,
            "# HELP cpan_sigstore_mirror_cache_bytes Size of the files in the cache.\n\
             # TYPE cpan_sigstore_mirror_cache_bytes gauge\n\
             cpan_sigstore_mirror_cache_bytes {}\n",
            mirror.cache().size()
        );
        text
    }
}
