//! What a CPAN holds of an author.

use crate::checksums::{self, Checksums, ChecksumsError};
use std::fs::File;

use cpan_sigstore_core::{
    digest::Sha256Digest,
    release::{PauseId, Subdirectory},
};
use cpan_sigstore_http::{Download, Http, HttpError, Validators};
use url::Url;

/// The CPAN that is asked where no other is named.
pub const DEFAULT: &str = "https://www.cpan.org/";

use crate::ARCHIVE_LIMIT;

/// A directory of an author: its own, or one below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    author: PauseId,
    below: Option<Subdirectory>,
}

impl Directory {
    /// The author's, or one below it.
    pub fn new(author: PauseId, below: Option<Subdirectory>) -> Self {
        Self { author, below }
    }

    /// Whose it is.
    pub fn author(&self) -> &PauseId {
        &self.author
    }

    /// Below the author's own.
    pub fn below(&self) -> Option<&Subdirectory> {
        self.below.as_ref()
    }

    /// Where a file of it is under a CPAN, such as `authors/id/T/TI/TIMLEGGE/Foo-1.0.tar.gz`.
    pub fn path(&self, file: &str) -> String {
        let mut path = self.author.directory();
        if let Some(below) = &self.below {
            path.push_str(below.as_str());
            path.push('/');
        }
        path.push_str(file);
        path
    }
}

impl Directory {
    /// The directories in this one, by its CHECKSUMS. One that was deleted is listed for a while.
    pub fn folders(&self, checksums: &Checksums) -> Vec<Self> {
        let above = self.below.as_ref().map(Subdirectory::as_str);
        checksums
            .iter()
            .filter(|(name, entry)| entry.is_directory && !name.contains('/'))
            .filter_map(|(name, _)| {
                let below =
                    above.map_or_else(|| name.to_owned(), |above| format!("{above}/{name}"));
                Some(Self::new(self.author.clone(), Some(below.parse().ok()?)))
            })
            .collect()
    }
}

/// The address is no CPAN's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected the address of a CPAN, such as {DEFAULT}, found `{0}`")]
pub struct CpanAddressError(String);

/// A CPAN, by HTTP.
///
/// What it serves is what a mirror says. It is trusted in nothing: archives are compared with what
/// was signed, bundles verified.
#[derive(Clone, Debug)]
pub struct Cpan {
    base: Url,
    http: Http,
}

/// Why a CPAN could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum CpanError {
    /// The address is none.
    #[error(transparent)]
    Address(#[from] CpanAddressError),
    /// No answer of use.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// CHECKSUMS cannot be understood.
    #[error("{url}: {source}")]
    Checksums {
        /// Where it is.
        url: String,
        /// Why.
        source: ChecksumsError,
    },
}

impl CpanError {
    /// Whether there is a file, and it is larger than was asked for.
    pub fn is_too_large(&self) -> bool {
        matches!(self, Self::Http(HttpError::TooLarge { .. }))
    }

    /// Whether asking again may help.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Http(error) if error.is_transient())
    }
}

impl Cpan {
    /// The CPAN at an address.
    ///
    /// # Errors
    /// Where it is no `http` address, or TLS cannot be set up.
    pub fn at(address: &str) -> Result<Self, CpanError> {
        let refused = || CpanAddressError(address.chars().take(200).collect());
        let mut base = Url::parse(address).map_err(|_| refused())?;
        if !matches!(base.scheme(), "http" | "https") || base.query().is_some() {
            return Err(refused().into());
        }
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let http = Http::for_urls([base.as_str()])?;
        Ok(Self { base, http })
    }

    /// The address of a file.
    pub fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path()));
        url
    }

    /// The digest of an archive; `None` where it is not there.
    ///
    /// # Errors
    /// Where the CPAN gives no answer of use.
    pub async fn digest(&self, path: &str) -> Result<Option<Sha256Digest>, CpanError> {
        Ok(self.http.digest(self.url(path), ARCHIVE_LIMIT).await?)
    }

    /// A small file of at most `limit` bytes; `None` where it is not there.
    ///
    /// # Errors
    /// Where the CPAN gives no answer of use.
    pub async fn file(&self, path: &str, limit: usize) -> Result<Option<Vec<u8>>, CpanError> {
        Ok(self.http.file(self.url(path), limit).await?)
    }

    /// A file of at most `limit` bytes, written to `into`, unless it is as it was when `known` came.
    ///
    /// # Errors
    /// Where the CPAN gives no answer of use, or the file cannot be written.
    pub async fn download(
        &self,
        path: &str,
        known: &Validators,
        limit: u64,
        into: &mut File,
    ) -> Result<Download, CpanError> {
        Ok(self
            .http
            .download(self.url(path), known, limit, into)
            .await?)
    }

    /// The CHECKSUMS of a directory; `None` where there are none.
    ///
    /// # Errors
    /// Where the CPAN gives no answer of use, or what it gives cannot be understood.
    pub async fn checksums(&self, directory: &Directory) -> Result<Option<Checksums>, CpanError> {
        let url = self.url(&directory.path("CHECKSUMS"));
        let Some(text) = self.http.file(url.clone(), checksums::SIZE_LIMIT).await? else {
            return Ok(None);
        };
        let parsed = Checksums::parse(&text).map_err(|source| CpanError::Checksums {
            url: url.to_string(),
            source,
        })?;
        Ok(Some(parsed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cpan_may_be_below_a_path() {
        let cpan = Cpan::at("http://127.0.0.1/cpan").unwrap();
        let directory = Directory::new("AUTHOR".parse().unwrap(), Some("a/b".parse().unwrap()));
        let url = cpan.url(&directory.path("Foo-1+2.tar.gz"));
        assert_eq!(
            url.as_str(),
            "http://127.0.0.1/cpan/authors/id/A/AU/AUTHOR/a/b/Foo-1+2.tar.gz"
        );
        assert!(Cpan::at("www.cpan.org").is_err());
        assert!(Cpan::at("file:///cpan").is_err());
    }
}
