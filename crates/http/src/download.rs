//! Large files, written to the disk as they come.

use std::io;

use cpan_sigstore_core::digest::{Sha256Digest, Sha256Hasher};
use cpan_sigstore_files::HashingWriter;
use reqwest::{
    Method, Request, Response, Url,
    header::{
        AUTHORIZATION, ETAG, HeaderMap, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH,
        LAST_MODIFIED, VIA,
    },
};

use crate::{
    FILE_TIMEOUT, Http, HttpError, answer,
    backoff::{Failure, Tries},
    each_part,
    error::{connection, shown},
    object_store,
    redirect::Redirects,
    web_page,
};

/// Length limit of a validator, in bytes; servers send some twenty.
const VALIDATOR_LIMIT: usize = 200;

/// The status of a request that leads back to its sender (RFC 5842, section 7.2).
const LOOP: u16 = 508;

/// The validators by which a server recognises an unchanged file (RFC 9110, section 8.8).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    /// Its `ETag`, as it was sent.
    pub etag: Option<String>,
    /// Its `Last-Modified`, as it was sent.
    pub last_modified: Option<String>,
}

/// The result of a download.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Download {
    /// The file was read to its end. These are the conditions for the next request.
    Whole(Validators),
    /// The file is unchanged since the validators of the request.
    Unchanged,
    /// There is no file: 404, 410, or the 403 of an object store. Any other 403 is an error, because it would
    /// otherwise remove a bundle without a trace.
    Absent,
}

impl Validators {
    fn of(headers: &HeaderMap) -> Self {
        let text = |name| {
            let value = headers.get(name)?.to_str().ok()?;
            (value.len() <= VALIDATOR_LIMIT).then(|| value.to_owned())
        };
        Self {
            etag: text(ETAG),
            last_modified: text(LAST_MODIFIED),
        }
    }

    fn conditions(&self) -> impl Iterator<Item = (HeaderName, &str)> {
        [
            (IF_NONE_MATCH, self.etag.as_deref()),
            (IF_MODIFIED_SINCE, self.last_modified.as_deref()),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
    }
}

impl Http {
    /// Writes a file of at most `limit` bytes to `into`, unless it is unchanged since `known`. After an error,
    /// `into` may have a part of it.
    ///
    /// # Errors
    /// As [`Http::file`], and [`HttpError::Write`] if `into` cannot be written.
    pub async fn download(
        &self,
        url: Url,
        known: &Validators,
        limit: u64,
        into: &mut HashingWriter,
    ) -> Result<Download, HttpError> {
        self.stream(&url, known, limit, into).await
    }

    /// The digest of a file of at most `limit` bytes; `None` if there is none.
    ///
    /// # Errors
    /// As [`Http::file`].
    pub async fn digest(&self, url: Url, limit: u64) -> Result<Option<Sha256Digest>, HttpError> {
        let known = Validators::default();
        let mut hasher = Sha256Hasher::default();
        match self.stream(&url, &known, limit, &mut hasher).await? {
            Download::Whole(_) => Ok(Some(hasher.finish())),
            // Without a condition nothing is unchanged.
            Download::Absent | Download::Unchanged => Ok(None),
        }
    }

    /// Reads a file to its end, again after transient errors.
    pub(crate) async fn stream(
        &self,
        url: &Url,
        known: &Validators,
        limit: u64,
        into: &mut impl Sink,
    ) -> Result<Download, HttpError> {
        let mut tries = Tries::of(self);
        loop {
            match self.stream_once(url, known, limit, into).await {
                Ok(download) => return Ok(download),
                Err(failure) => tries.wait(failure).await?,
            }
        }
    }

    async fn stream_once(
        &self,
        url: &Url,
        known: &Validators,
        limit: u64,
        into: &mut impl Sink,
    ) -> Result<Download, Failure> {
        let shown_url = shown(url);
        let unwritable = |source| HttpError::Write {
            url: shown_url.clone(),
            source,
        };
        into.restart().map_err(unwritable)?;
        let mut response = match self.open(url, known).await? {
            Opened::File(response) => response,
            Opened::Unchanged => return Ok(Download::Unchanged),
            Opened::Absent => return Ok(Download::Absent),
        };
        let validators = Validators::of(response.headers());
        let mut is_first = true;
        each_part(&mut response, &shown_url, limit, self.patience, |part| {
            if std::mem::take(&mut is_first)
                && let Some(title) = web_page::title(part)
            {
                let url = shown_url.clone();
                return Err(HttpError::WebPage { url, title });
            }
            into.write(part).map_err(unwritable)
        })
        .await?;
        Ok(Download::Whole(validators))
    }

    /// The beginning of a file. The whole of it may take far longer.
    async fn begun(&self, request: Request) -> Result<Response, HttpError> {
        let url = shown(request.url());
        let patience = self.patience.duration();
        let begun = tokio::time::timeout(patience, self.start(request));
        let begun = self.patience.announced(&url, begun).await;
        begun.map_err(|_| HttpError::Timeout { url, patience })?
    }

    /// Requests a file, and returns the response whose body it is.
    async fn open(&self, url: &Url, known: &Validators) -> Result<Opened, Failure> {
        let asked = url.origin();
        let mut url = url.clone();
        let mut redirects = Redirects::default();
        let mut response = loop {
            let mut request = self.request(Method::GET, url.clone()).timeout(FILE_TIMEOUT);
            for (name, value) in known.conditions() {
                request = request.header(name, value);
            }
            if let Some(authorization) = self
                .authorization
                .as_ref()
                .filter(|_| url.origin() == asked)
            {
                request = request.header(AUTHORIZATION, authorization);
            }
            if let Some(via) = &self.via {
                request = request.header(VIA, &**via);
            }
            let request = request.build().map_err(|error| connection(&error))?;
            let response = self.begun(request).await?;
            match redirects.next(&url, &response)? {
                Some(next) => url = next,
                None => break response,
            }
        };
        match response.status().as_u16() {
            200 => Ok(Opened::File(response)),
            304 if *known != Validators::default() => Ok(Opened::Unchanged),
            404 | 410 => Ok(Opened::Absent),
            403 if object_store::states_absence(&mut response, &shown(&url), self.patience)
                .await =>
            {
                Ok(Opened::Absent)
            }
            LOOP if self.via.is_some() => Err(HttpError::Loop { url: shown(&url) }.into()),
            status if answer::is_transient(status) => {
                let headers = response.headers();
                Err(answer::unavailable(
                    &shown(&url),
                    status,
                    headers,
                    String::new(),
                ))
            }
            status => Err(HttpError::Refused {
                url: shown(&url),
                status,
            }
            .into()),
        }
    }
}

/// The place for the bytes of a file.
pub(crate) trait Sink {
    /// Discards what came before.
    fn restart(&mut self) -> io::Result<()>;
    fn write(&mut self, part: &[u8]) -> io::Result<()>;
}

impl Sink for HashingWriter {
    fn restart(&mut self) -> io::Result<()> {
        Self::restart(self)
    }

    fn write(&mut self, part: &[u8]) -> io::Result<()> {
        Self::write(self, part)
    }
}

impl Sink for Sha256Hasher {
    fn restart(&mut self) -> io::Result<()> {
        *self = Self::default();
        Ok(())
    }

    fn write(&mut self, part: &[u8]) -> io::Result<()> {
        self.update(part);
        Ok(())
    }
}

impl Sink for Vec<u8> {
    fn restart(&mut self) -> io::Result<()> {
        self.clear();
        Ok(())
    }

    fn write(&mut self, part: &[u8]) -> io::Result<()> {
        self.extend_from_slice(part);
        Ok(())
    }
}

/// The head of the response to a request for a file.
enum Opened {
    File(Response),
    Unchanged,
    Absent,
}
