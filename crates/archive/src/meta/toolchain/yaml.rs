//! META.yml, as CPAN::Meta::YAML 0.018 reads it: a small part of YAML, line by line.
//!
//! Its name for a part of a document is the name of the function here. Each takes the lines that are left.

use std::collections::HashSet;

use super::Unreadable;
use crate::limits;

/// Checks that a text is a document of CPAN::Meta::YAML, and a mapping.
pub fn check(text: &str) -> Result<(), Unreadable> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader::of(text);
    // An empty document is an empty mapping to CPAN::Meta.
    match reader.documents()? {
        Document::Mapping | Document::Empty => Ok(()),
        Document::Other => Err(Unreadable::NoMapping),
    }
}

/// The kind of the last document, which is the one that is used.
enum Document {
    Empty,
    Mapping,
    Other,
}

/// The lines that are left, the next one last.
struct Reader {
    lines: Vec<String>,
}

impl Reader {
    fn of(text: &str) -> Self {
        let text = text.replace("\r\r\n", "\n").replace("\r\n", "\n");
        let lines = text.split(['\r', '\n']);
        let has_content = |line: &&str| {
            let content = line.trim_start();
            !content.is_empty() && !content.starts_with('#')
        };
        let mut lines: Vec<_> = lines.filter(has_content).map(str::to_owned).collect();
        lines.reverse();
        Self { lines }
    }

    fn next(&self) -> Option<&str> {
        self.lines.last().map(String::as_str)
    }

    fn take(&mut self) -> String {
        self.lines.pop().unwrap_or_default()
    }

    /// Whether the next line ends the document.
    fn is_at_mark(&self) -> bool {
        self.next()
            .is_some_and(|line| line.starts_with("---") || line.starts_with("..."))
    }

    fn skip_to_document(&mut self) {
        while self.next().is_some_and(|line| !line.starts_with("---")) {
            self.lines.pop();
        }
    }

    fn documents(&mut self) -> Result<Document, Unreadable> {
        if self.next().is_some_and(is_version) {
            self.lines.pop();
        }
        let mut last = None;
        let mut has_header = false;
        while let Some(line) = self.next() {
            if let Some(rest) = line.strip_prefix("---") {
                let rest = rest.trim_start().to_owned();
                self.lines.pop();
                if !rest.is_empty() && !is_header_comment(&rest) {
                    self.scalar(&rest, None)?;
                    last = Some(Document::Other);
                    continue;
                }
                has_header = true;
            }
            let Some(line) = self.next().filter(|_| !self.is_at_mark()) else {
                last = Some(Document::Empty);
                self.skip_to_document();
                has_header = false;
                continue;
            };
            if !has_header && last.is_some() {
                return Err(Unreadable::Line(line.to_owned()));
            }
            if is_root_sequence(line) {
                last = Some(Document::Other);
                self.sequence(None, 0, 0)?;
            } else {
                last = Some(Document::Mapping);
                self.mapping(indent(line), 0)?;
            }
        }
        Ok(last.unwrap_or(Document::Empty))
    }

    /// Reads a scalar of which the first line is known.
    fn scalar(&mut self, text: &str, parent: Option<usize>) -> Result<(), Unreadable> {
        let text = text.trim_end();
        let unknown = || Unreadable::Line(text.to_owned());
        if text == "~" || quoted(text).is_some_and(is_comment) {
            return Ok(());
        }
        if text.starts_with(['\'', '"', '!', '&']) {
            return Err(unknown());
        }
        if ["{}", "[]"]
            .iter()
            .any(|empty| text.strip_prefix(empty).is_some_and(is_comment))
        {
            return Ok(());
        }
        if text.starts_with(['>', '|']) {
            return self.block(text, parent);
        }
        let is_entry = text.strip_prefix('-').is_some_and(is_end_or_blank);
        if is_entry || text.starts_with(['@', '%', '`']) || has_separator(text) {
            return Err(unknown());
        }
        Ok(())
    }

    /// Reads the lines of a block scalar.
    fn block(&mut self, text: &str, parent: Option<usize>) -> Result<(), Unreadable> {
        let Some(line) = self.next() else {
            return Err(Unreadable::Line(text.to_owned()));
        };
        let own = indent(line);
        if parent.is_some_and(|parent| own <= parent) {
            return Err(Unreadable::Line(line.to_owned()));
        }
        while self.next().is_some_and(|line| indent(line) >= own) {
            self.lines.pop();
        }
        Ok(())
    }

    /// Returns whether a collection of this indentation ends before the next line.
    fn ends(&mut self, own: usize) -> Result<bool, Unreadable> {
        if self.is_at_mark() {
            self.skip_to_document();
            return Ok(true);
        }
        match self.next() {
            None => Ok(true),
            Some(line) if indent(line) > own => Err(Unreadable::Line(line.to_owned())),
            Some(line) => Ok(indent(line) < own),
        }
    }

    fn sequence(
        &mut self,
        parent: Option<usize>,
        own: usize,
        depth: usize,
    ) -> Result<(), Unreadable> {
        require_depth(depth)?;
        while !self.ends(own)? {
            let line = self.next().unwrap_or_default();
            let Some(entry) = line.trim_start().strip_prefix('-') else {
                if parent == Some(own) {
                    return Ok(());
                }
                return Err(Unreadable::Line(line.to_owned()));
            };
            if let Some(inner) = inline_mapping(line, entry) {
                let line = self.take().replacen('-', " ", 1);
                self.lines.push(line);
                self.mapping(inner, depth + 1)?;
            } else if entry.trim().is_empty() {
                self.lines.pop();
                let Some(line) = self.next() else {
                    return Ok(());
                };
                let inner = indent(line);
                if !line.trim_start().starts_with('-') {
                    self.mapping(inner, depth + 1)?;
                } else if inner != own {
                    self.sequence(Some(own), inner, depth + 1)?;
                }
            } else {
                let entry = entry.trim().to_owned();
                self.lines.pop();
                self.scalar(&entry, Some(own))?;
            }
        }
        Ok(())
    }

    fn mapping(&mut self, own: usize, depth: usize) -> Result<(), Unreadable> {
        require_depth(depth)?;
        let mut keys = HashSet::new();
        while !self.ends(own)? {
            let line = self.take();
            let Some((key, value)) = key_value(&line) else {
                return Err(Unreadable::Line(line));
            };
            if !keys.insert(key.to_owned()) {
                return Err(Unreadable::Twice(key.to_owned()));
            }
            if !value.is_empty() {
                self.scalar(value, Some(own))?;
                continue;
            }
            let Some(line) = self.next() else {
                return Ok(());
            };
            let inner = indent(line);
            if line.trim_start().starts_with('-') {
                self.sequence(Some(own), inner, depth + 1)?;
            } else if inner > own {
                self.mapping(inner, depth + 1)?;
            }
        }
        Ok(())
    }
}

fn require_depth(depth: usize) -> Result<(), Unreadable> {
    if depth > limits::META_DEPTH {
        return Err(Unreadable::Syntax("nesting is too deep".to_owned()));
    }
    Ok(())
}

/// The number of blanks at the start, of any kind.
fn indent(line: &str) -> usize {
    line.chars().take_while(|c| c.is_whitespace()).count()
}

fn is_end_or_blank(text: &str) -> bool {
    text.is_empty() || text.starts_with(char::is_whitespace)
}

/// Whether a text is nothing, or a comment behind a blank.
fn is_comment(text: &str) -> bool {
    let comment = text.trim_start();
    text.is_empty() || (comment.starts_with('#') && comment.len() < text.len())
}

/// Whether a line is `%YAML` and a version.
fn is_version(line: &str) -> bool {
    let version = line
        .strip_prefix("%YAML")
        .and_then(|rest| rest.strip_prefix([':', ' ']));
    version.is_some_and(|it| it.starts_with(|c: char| c.is_ascii_digit() || c == '.'))
}

/// Whether the text behind `---` is a comment, or `%YAML` and a version, and nothing else.
fn is_header_comment(text: &str) -> bool {
    let mut version = text.chars().skip("%YAML:".len());
    let mut is_bare = || version.all(|c| c.is_ascii_digit() || c == '.');
    (text.starts_with('#') && text.len() > 1) || (is_version(text) && is_bare())
}

/// Whether the document is a sequence: a hyphen and a blank, or nothing but hyphens.
fn is_root_sequence(line: &str) -> bool {
    let entry = line.trim_start().strip_prefix('-');
    entry.is_some_and(|entry| is_end_or_blank(entry) || entry.chars().all(|c| c == '-'))
}

/// Whether a colon before a blank, or at the end, is in a text.
fn has_separator(text: &str) -> bool {
    let mut colons = text.match_indices(':');
    colons.any(|(at, colon)| text.get(at + colon.len()..).is_some_and(is_end_or_blank))
}

/// Returns the text behind a quoted one.
fn quoted(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let mut rest = text.get(1..)?;
    loop {
        let at = rest.find(|c| c == quote || (quote == '"' && c == '\\'))?;
        let (_, found) = rest.split_at_checked(at)?;
        let mut behind = found.chars();
        behind.next();
        if found.starts_with('\\') {
            behind.next()?;
        } else if quote == '\'' && behind.as_str().starts_with(quote) {
            behind.next();
        } else {
            return Some(behind.as_str());
        }
        rest = behind.as_str();
    }
}

/// Returns the value behind the colon of a key: nothing for a comment.
fn value(text: &str) -> Option<&str> {
    let value = text.trim_start().strip_prefix(':')?;
    if !is_end_or_blank(value) {
        return None;
    }
    let value = value.trim_start();
    Some(if value.starts_with('#') { "" } else { value })
}

/// Splits a line into its key, quoted or not, and its value.
fn key_value(whole: &str) -> Option<(&str, &str)> {
    let line = whole.trim_start();
    if let Some(rest) = quoted(line)
        && let Some(value) = value(rest)
    {
        let key = line.get(1..line.len().checked_sub(rest.len() + 1)?)?;
        return Some((key, value));
    }
    if whole.starts_with(':') {
        return None;
    }
    let mut colons = line.match_indices(':').map(|(at, _)| at);
    let at = colons.find(|at| {
        let (before, behind) = line.split_at(*at);
        let key = before.trim_end_matches(':');
        // Its pattern takes a colon and another character together, so that the first two have no end.
        let is_pair = before.len() - key.len() == 1 && !key.contains(':');
        !is_pair && value(behind).is_some()
    })?;
    let (key, rest) = line.split_at(at);
    Some((key.trim_end(), value(rest)?))
}

/// Returns the indentation of a mapping that starts behind the hyphen of an entry: `- key: value`.
fn inline_mapping(line: &str, entry: &str) -> Option<usize> {
    let key = entry.trim_start();
    let blanks = indent(entry);
    let own = indent(line) + 1 + blanks;
    let is_key = |behind: &str| {
        let (run, rest) = behind
            .find(char::is_whitespace)
            .map_or((behind, ""), |at| behind.split_at(at));
        run.ends_with(':') || (value(rest).is_some() && rest.trim_start().starts_with(':'))
    };
    let mut behind = key.chars();
    let is_quoted = behind.next().is_none_or(|c| matches!(c, '\'' | '"'));
    if blanks > 0 && !is_quoted && is_key(behind.as_str()) {
        return Some(own);
    }
    // Its pattern gives a blank back, so that the first character of the key is that one.
    (blanks > 1 && is_key(key)).then(|| own - 1)
}
