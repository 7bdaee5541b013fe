//! Web pages that come in place of data.

use cpan_sigstore_core::text::printable;

/// Bytes at the beginning of a body that are searched.
const SEARCHED: usize = 4096;
/// The beginnings of web pages, in small letters. Captive portals leave out the first tags.
const BEGINNINGS: [&str; 8] = [
    "<!doctype html",
    "<html",
    "<head",
    "<body",
    "<title",
    "<meta",
    "<script",
    "<center",
];
/// Longest title that an error shows, in characters.
const TITLE: usize = 80;

/// Returns the title of a body that is a web page, or an empty text if it has none; `None` for other data.
///
/// Only the beginning of the body decides: servers send data with any content type.
pub(crate) fn title(body: &[u8]) -> Option<String> {
    let start = String::from_utf8_lossy(body.get(..body.len().min(SEARCHED))?);
    let start = behind_prolog(&start);
    // Only ASCII letters change, so that places in both texts are the same.
    let lower = start.to_ascii_lowercase();
    if !BEGINNINGS.iter().any(|tag| lower.starts_with(tag)) {
        return None;
    }
    let title = lower.find("<title").and_then(|tag| {
        let from = tag + lower.get(tag..)?.find('>')? + 1;
        let until = from + lower.get(from..)?.find('<')?;
        start.get(from..until)
    });
    Some(
        printable(title.unwrap_or_default().trim())
            .chars()
            .take(TITLE)
            .collect(),
    )
}

/// A text without blanks, XML declarations and comments before it, as some pages have them.
fn behind_prolog(text: &str) -> &str {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
        let behind = [("<!--", "-->"), ("<?xml", "?>")]
            .iter()
            .find_map(|(open, close)| Some(rest.strip_prefix(open)?.split_once(close)?.1));
        match behind {
            Some(behind) => rest = behind,
            None => return rest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognises_pages_and_no_data() {
        let page = b"\xef\xbb\xbf\n<!DOCTYPE html><html><title>Sign in to WiFi</title></html>";
        assert_eq!(title(page).as_deref(), Some("Sign in to WiFi"));
        assert_eq!(
            title(b"<HTML><Title lang=en> A\nB </TITLE>").as_deref(),
            Some("A B")
        );
        assert_eq!(
            title(b"<html>Not here, but 200</html>").as_deref(),
            Some("")
        );
        assert_eq!(title(b"<html><title>cut").as_deref(), Some(""));
        let xhtml = b"<?xml version='1.0'?>\n<!-- a portal --><!DOCTYPE html PUBLIC 'x'><html><title>Login</title>";
        assert_eq!(title(xhtml).as_deref(), Some("Login"));
        for page in [
            &b"<!-- a --> <!-- b -->\n<html>"[..],
            b"<META http-equiv='refresh' content='0; url=http://portal.example/'>",
            b"<script>location='http://portal.example/'</script>",
            b"<center><h1>404 Not Found</h1></center>",
        ] {
            assert_eq!(title(page).as_deref(), Some(""));
        }
        for data in [
            &b"{\"a\": \"<html>\"}"[..],
            b"\x1f\x8b",
            b"",
            b"<?xml version='1.0'?>",
            b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>",
            b"<!-- not closed <html>",
        ] {
            assert_eq!(title(data), None);
        }
    }
}
