//! Perl data in the form of Data::Dumper: hashes, strings and numbers. Anything that Perl would have to run
//! is an error.

use std::collections::BTreeMap;

/// Limit of nested hashes; CHECKSUMS needs two.
const DEPTH: usize = 4;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Scalar(String),
    Undefined,
    Hash(BTreeMap<String, Value>),
}

/// Reasons to refuse the data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PerlDataError {
    /// Another token.
    #[error("expected {expected}, found `{found}`")]
    Unexpected {
        /// The token that the grammar allows.
        expected: &'static str,
        /// The beginning of the text that was found.
        found: String,
    },
    /// A key occurs twice, so that two readers may see two values.
    #[error("expected each key once, found `{0}` twice")]
    Twice(String),
    /// More nested hashes than the limit.
    #[error("expected at most {DEPTH} nested hashes, found more")]
    TooDeep,
}

/// Parses one value, and returns it with the rest of the text.
pub(super) fn parse(text: &str) -> Result<(Value, &str), PerlDataError> {
    let mut reader = Reader { rest: text };
    let value = reader.value(0)?;
    Ok((value, reader.rest))
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Result<Value, PerlDataError> {
        self.skip_blanks();
        match self.rest.chars().next() {
            Some('{') => self.hash(depth),
            Some('\'' | '"') => self.string().map(Value::Scalar),
            Some(c) if c.is_ascii_digit() || c == '-' => {
                Ok(Value::Scalar(self.number().to_owned()))
            }
            _ if self.rest.starts_with("undef") => {
                self.rest = &self.rest["undef".len()..];
                Ok(Value::Undefined)
            }
            _ => Err(self.unexpected("a string, a number or a hash")),
        }
    }

    fn hash(&mut self, depth: usize) -> Result<Value, PerlDataError> {
        if depth == DEPTH {
            return Err(PerlDataError::TooDeep);
        }
        self.take("{", "a hash")?;
        let mut hash = BTreeMap::new();
        loop {
            self.skip_blanks();
            if self.rest.starts_with('}') {
                break;
            }
            let key = self.string()?;
            self.skip_blanks();
            self.take("=>", "`=>` after a key")?;
            let value = self.value(depth + 1)?;
            if hash.insert(key.clone(), value).is_some() {
                return Err(PerlDataError::Twice(key));
            }
            self.skip_blanks();
            // A comma after the last pair is usual, and no comma means that there is no further one.
            if self.take(",", "a comma").is_err() {
                break;
            }
        }
        self.take("}", "a comma or the end of the hash")?;
        Ok(Value::Hash(hash))
    }

    /// Parses a quoted string. In double quotes, variables and escapes other than of the quote itself are
    /// errors, because they mean something else in Perl.
    fn string(&mut self) -> Result<String, PerlDataError> {
        let quote = match self.rest.chars().next() {
            Some(quote @ ('\'' | '"')) => quote,
            _ => return Err(self.unexpected("a quoted string")),
        };
        let mut text = String::new();
        let mut chars = self.rest[1..].char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                _ if c == quote => {
                    self.rest = &self.rest[1 + at + 1..];
                    return Ok(text);
                }
                '\\' => match chars.next() {
                    Some((_, escaped)) if escaped == quote || escaped == '\\' => text.push(escaped),
                    Some((_, other)) if quote == '\'' => text.extend(['\\', other]),
                    _ => break,
                },
                '$' | '@' if quote == '"' => break,
                _ => text.push(c),
            }
        }
        Err(self.unexpected("a quoted string of plain text"))
    }

    fn number(&mut self) -> &'a str {
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_digit() && c != '-' && c != '.')
            .unwrap_or(self.rest.len());
        let (number, rest) = self.rest.split_at(end);
        self.rest = rest;
        number
    }

    fn take(&mut self, token: &str, expected: &'static str) -> Result<(), PerlDataError> {
        self.rest = self
            .rest
            .strip_prefix(token)
            .ok_or_else(|| self.unexpected(expected))?;
        Ok(())
    }

    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    fn unexpected(&self, expected: &'static str) -> PerlDataError {
        PerlDataError::Unexpected {
            expected,
            found: self.rest.chars().take(20).collect(),
        }
    }
}
