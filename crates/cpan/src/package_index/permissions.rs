//! `06perms.txt`: a header, a blank line, and lines of `package,userid,m|f|c`.

use jiff::fmt::rfc2822;

use super::error::{PackageIndexError, http_date, invalid, is_control};
use crate::path::SiteFile;

const EXPECTED: &str = "a header, a blank line, and lines of `package,userid,m|f|c`";

pub(super) fn render(text: &[u8]) -> Result<String, PackageIndexError> {
    let text = String::from_utf8_lossy(text);
    let (header, body) = text
        .split_once("\n\n")
        .ok_or_else(|| invalid(SiteFile::Permissions, EXPECTED, &text))?;
    let date = header
        .lines()
        .find_map(|line| rfc2822::parse(line.strip_prefix("Date:")?.trim()).ok());
    let mut count = 0;
    let mut lines = String::with_capacity(body.len());
    for line in body.lines().filter(|line| !line.is_empty()) {
        let line =
            permission(line).ok_or_else(|| invalid(SiteFile::Permissions, EXPECTED, line))?;
        lines.push_str(&line);
        count += 1;
    }
    let date = date.map_or_else(String::new, |date| {
        format!("Date:        {}\n", http_date(date.timestamp()))
    });
    Ok(format!(
        "File:        06perms.txt\n\
         Description: CSV file of upload permission to the CPAN per namespace\n    \
         best-permission is one of \"m\" for \"modulelist\", \"f\" for\n    \
         \"first-come\", \"c\" for \"co-maint\"\n\
         Columns:     package,userid,best-permission\n\
         Line-Count:  {count}\n\
         Written-By:  cpan-sigstore\n\
         {date}\n\
         {lines}"
    ))
}

fn permission(line: &str) -> Option<String> {
    let mut parts = line.split(',');
    let (package, id, kind) = (parts.next()?, parts.next()?, parts.next()?);
    let is_right = parts.next().is_none()
        && !package.chars().any(|c| is_control(c) || c.is_whitespace())
        && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && matches!(kind, "m" | "f" | "c" | "a");
    is_right.then(|| format!("{package},{id},{kind}\n"))
}
