//! The answer of an object store about a file that it does not have.
//!
//! A store such as S3 tells nobody without permission to list it which files are missing: it answers 403 with a
//! document that states `AccessDenied`. Any other 403 states nothing about the file.

use reqwest::{Response, header::CONTENT_TYPE};

use crate::{each_part, patience::Patience};

/// Most bytes of such a document.
const LIMIT: u64 = 4096;
/// The elements in which S3, Google Cloud Storage, Ceph and MinIO state it.
const CODE: &str = "<Code>AccessDenied</Code>";

/// Whether a response of status 403 is that of an object store about a file that it does not have.
pub(crate) async fn states_absence(response: &mut Response, url: &str, patience: Patience) -> bool {
    let content_type = response.headers().get(CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    if !content_type.is_some_and(is_xml) {
        return false;
    }
    let mut body = Vec::new();
    let read = each_part(response, url, LIMIT, patience, |part| {
        body.extend_from_slice(part);
        Ok(())
    });
    read.await.is_ok() && is_denied_access(&body)
}

fn is_xml(content_type: &str) -> bool {
    let (kind, _) = content_type.split_once(';').unwrap_or((content_type, ""));
    matches!(kind.trim(), "application/xml" | "text/xml")
}

fn is_denied_access(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start();
    let root = match text.strip_prefix("<?xml") {
        Some(rest) => rest
            .split_once("?>")
            .map_or("", |(_, root)| root.trim_start()),
        None => text,
    };
    let Some(rest) = root.strip_prefix("<Error") else {
        return false;
    };
    // Some state a namespace there.
    rest.starts_with(['>', ' ']) && rest.contains(CODE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_answers_of_object_stores() {
        for body in [
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>",
            "<?xml version='1.0' encoding='UTF-8'?><Error><Code>AccessDenied</Code><Details>Anonymous caller</Details></Error>",
            "<Error><Code>AccessDenied</Code></Error>",
            "<Error xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Code>AccessDenied</Code></Error>",
            "<?xml version=\"1.0\"?>\n<Error>\n  <Code>AccessDenied</Code>\n  <EC>0003-00000001</EC>\n</Error>",
        ] {
            assert!(is_denied_access(body.as_bytes()), "{body}");
        }
        for body in [
            "",
            "Forbidden",
            "<Errors><Code>AccessDenied</Code></Errors>",
            "<?xml version=\"1.0\"?>",
            "<Error><Code>SignatureDoesNotMatch</Code></Error>",
            "<html><Error><Code>AccessDenied</Code></Error></html>",
        ] {
            assert!(!is_denied_access(body.as_bytes()), "{body}");
        }
        assert!(is_xml("application/xml") && is_xml("text/xml; charset=utf-8"));
        assert!(!is_xml("text/html") && !is_xml("text/plain"));
    }
}
