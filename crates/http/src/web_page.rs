//! Web pages that come in place of data.

use cpan_sigstore_core::text::printable;

/// Bytes at the beginning of a body that are searched.
const SEARCHED: usize = 4096;
/// Longest title that an error shows, in characters.
const TITLE: usize = 80;

/// Returns the title of a body that is a web page, or an empty text if it has none; `None` for other data.
///
/// Only the beginning of the body decides: servers send data with any content type.
pub(crate) fn title(body: &[u8]) -> Option<String> {
    let start = String::from_utf8_lossy(body.get(..body.len().min(SEARCHED))?);
    let start = start.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    // Only ASCII letters change, so that places in both texts are the same.
    let lower = start.to_ascii_lowercase();
    if !["<!doctype html", "<html", "<head", "<body"]
        .iter()
        .any(|tag| lower.starts_with(tag))
    {
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
        for data in [
            &b"{\"a\": \"<html>\"}"[..],
            b"\x1f\x8b",
            b"",
            b"<?xml version='1.0'?>",
        ] {
            assert_eq!(title(data), None);
        }
    }
}
