//! The host names of a mirror, by which requests may call it.
//!
//! A page can give its own name the address of this mirror (DNS rebinding), and then read what it answers. The
//! browser still sends the page's name.

use std::{fmt, net::IpAddr, str::FromStr};

/// Longest host name, in bytes.
const LENGTH_LIMIT: usize = 253;

/// A host name without a port, in small letters, or an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostName(String);

/// A text that is no host name.
#[derive(Debug, thiserror::Error)]
#[error("invalid host name: expected one such as cpan.example.org, without a port, found `{0}`")]
pub struct HostNameError(String);

impl FromStr for HostName {
    type Err = HostNameError;

    fn from_str(text: &str) -> Result<Self, HostNameError> {
        let is_known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let is_name =
            |text: &str| (1..=LENGTH_LIMIT).contains(&text.len()) && text.chars().all(is_known);
        let is_address = unbracketed(text).parse::<IpAddr>().is_ok();
        if is_address || is_name(text.strip_suffix('.').unwrap_or(text)) {
            Ok(Self(normal(text)))
        } else {
            Err(HostNameError(text.to_owned()))
        }
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// All names of a mirror.
pub(super) struct Names {
    listens: IpAddr,
    more: Vec<HostName>,
}

impl Names {
    pub(super) fn new(listens: IpAddr, more: Vec<HostName>) -> Self {
        Self {
            listens: listens.to_canonical(),
            more,
        }
    }

    /// Whether a host, without its port, is this mirror.
    pub(super) fn contain(&self, host: &str) -> bool {
        let host = normal(host);
        if self.more.iter().any(|name| name.0 == host) {
            return true;
        }
        match host.parse::<IpAddr>() {
            Ok(address) => self.has(address.to_canonical()),
            // Every browser resolves these to the machine itself (RFC 6761, section 6.3).
            Err(_) => host == "localhost" || host.ends_with(".localhost"),
        }
    }

    /// A mirror that listens on all addresses cannot know them; but no page can have an address for its name.
    fn has(&self, address: IpAddr) -> bool {
        self.listens.is_unspecified()
            || address == self.listens
            || (self.listens.is_loopback() && address.is_loopback())
    }
}

fn unbracketed(host: &str) -> &str {
    let inner = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    inner.unwrap_or(host)
}

fn normal(host: &str) -> String {
    let host = unbracketed(host.strip_suffix('.').unwrap_or(host));
    match host.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().to_string(),
        Err(_) => host.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_host_names_without_ports() {
        for (text, expected) in [
            ("CPAN.example.org.", "cpan.example.org"),
            ("mirror_1", "mirror_1"),
            ("[::1]", "::1"),
            ("::1", "::1"),
            ("10.0.0.1", "10.0.0.1"),
        ] {
            assert_eq!(text.parse::<HostName>().unwrap().to_string(), expected);
        }
        for text in ["", ".", "x:80", "http://x", "x/y", "a b", "ä", "x@y", "*"] {
            assert!(text.parse::<HostName>().is_err(), "{text}");
        }
    }
}
