//! The files and authors of a CPAN that cannot be read.

use serde::Serialize;

use crate::scan::ScanError;

/// Most errors of server and network. With more, the CPAN itself is out of order.
const OUTAGES_LIMIT: usize = 64;

/// A file, or an author's directory, that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unread {
    /// The path below the root of the CPAN; a directory has `/` at its end.
    pub path: String,
    /// The reason.
    pub reason: String,
}

/// All of them. The others are read, so that no author stops the log for the rest.
#[derive(Debug, Default)]
pub(crate) struct UnreadList {
    items: Vec<Unread>,
    outages: usize,
}

impl UnreadList {
    /// Adds one.
    ///
    /// # Errors
    /// The error itself if there are too many of server and network, which no author causes.
    pub fn add(&mut self, path: &str, error: ScanError) -> Result<(), ScanError> {
        if error.is_outage() {
            self.outages += 1;
            if self.outages > OUTAGES_LIMIT {
                return Err(error);
            }
        }
        let (path, reason) = (path.to_owned(), error.to_string());
        self.items.push(Unread { path, reason });
        Ok(())
    }

    /// Returns the value of a result; adds its error, and returns `None`.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub fn value<T>(
        &mut self,
        path: &str,
        result: Result<T, ScanError>,
    ) -> Result<Option<T>, ScanError> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error) => self.add(path, error).map(|()| None),
        }
    }

    /// Whether a path is one of them, or below one.
    pub fn has(&self, path: &str) -> bool {
        self.items.iter().any(|unread| {
            let is_below = unread.path.ends_with('/') && path.starts_with(&unread.path);
            is_below || unread.path == path
        })
    }

    /// Returns them.
    pub fn into_items(self) -> Vec<Unread> {
        self.items
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use cpan_sigstore_cpan::CpanError;
    use cpan_sigstore_http::HttpError;

    use super::*;

    #[test]
    fn gives_up_on_cpan_that_is_out_of_order() {
        let mut list = UnreadList::default();
        let outage = || {
            let (url, patience) = ("https://cpan.example/".to_owned(), Duration::from_secs(1));
            ScanError::Cpan(CpanError::Http(HttpError::Timeout { url, patience }))
        };
        let too_large = || {
            let (path, limit) = ("Foo-1.tar.gz".into(), 1);
            ScanError::Cpan(CpanError::TooLarge { path, limit })
        };
        for _ in 0..OUTAGES_LIMIT {
            list.add("authors/id/A/AB/ABC/", outage()).unwrap();
            list.add("authors/id/A/AB/ABD/Foo-1.tar.gz", too_large())
                .unwrap();
        }
        list.add("authors/id/A/AB/ABC/", outage()).unwrap_err();
        list.add("authors/id/A/AB/ABC/", too_large()).unwrap();
        for (path, is_unread) in [
            ("authors/id/A/AB/ABC/sub/Foo-1.tar.gz", true),
            ("authors/id/A/AB/ABCD/Foo-1.tar.gz", false),
            ("authors/id/A/AB/ABD/Foo-1.tar.gz", true),
            ("authors/id/A/AB/ABD/Foo-1.tar.gz.sigstore.json", false),
        ] {
            assert_eq!(list.has(path), is_unread, "{path}");
        }
        assert_eq!(list.into_items().len(), 2 * OUTAGES_LIMIT + 1);
    }
}
