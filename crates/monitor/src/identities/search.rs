//! The identities that are searched for.
//!
//! The search finds more than the gate accepts: names are compared without regard to case, and claims are not compared.
//! A certificate for `Tim@example.org` is news for the owner of `tim@example.org`.

use std::collections::HashMap;

use cpan_sigstore_core::{
    digest::Sha256Digest,
    identity::{IdentityPolicy, Matcher, SignerIdentity, Wildcard},
};

/// A set of identities.
#[derive(Default)]
pub(super) struct Searcher {
    /// By issuer and name.
    names: HashMap<(String, String), Sha256Digest>,
    /// By scheme, host and owner, which precede the first `*`.
    patterns: HashMap<String, Vec<(String, Wildcard, Sha256Digest)>>,
    /// Others, which are compared as they are.
    others: Vec<(IdentityPolicy, Sha256Digest)>,
}

impl Searcher {
    /// Adds an identity, and returns its digest. Two spellings have the same digest.
    pub fn add(&mut self, identity: &IdentityPolicy) -> Sha256Digest {
        let issuer = issuer(&identity.issuer.to_string());
        match (&identity.subject, &identity.issuer) {
            (Matcher::Exact(name), Matcher::Exact(_)) => {
                let digest = digest("name", &issuer, &folded(name));
                self.names.insert((issuer, folded(name)), digest);
                digest
            }
            (Matcher::Wildcard(pattern), Matcher::Exact(_)) => {
                let text = folded(pattern.as_str());
                let digest = digest("pattern", &issuer, &text);
                match Wildcard::new(&text) {
                    Ok(pattern) => {
                        let all = self.patterns.entry(owner(&text)).or_default();
                        if !all.iter().any(|(_, _, known)| *known == digest) {
                            all.push((issuer, pattern, digest));
                        }
                    }
                    Err(_) => self.others.push((identity.clone(), digest)),
                }
                digest
            }
            _ => {
                let digest = digest("other", &issuer, &identity.subject.to_string());
                self.others.push((identity.clone(), digest));
                digest
            }
        }
    }

    /// Returns the digests of all identities that are, or look like, a signer.
    pub fn find(&self, signer: &SignerIdentity) -> Vec<Sha256Digest> {
        let (by, name) = (issuer(&signer.issuer), folded(signer.subject.as_str()));
        let patterns = self.patterns.get(&owner(&name)).into_iter().flatten();
        let patterns = patterns
            .filter(|(issuer, pattern, _)| *issuer == by && pattern.matches(&name))
            .map(|(_, _, digest)| *digest);
        let others = self.others.iter();
        let others = others
            .filter(|(identity, _)| {
                identity.subject.matches(signer.subject.as_str())
                    && identity.issuer.matches(&signer.issuer)
            })
            .map(|(_, digest)| *digest);
        let mut found: Vec<_> = patterns.chain(others).collect();
        found.extend(self.names.get(&(by, name)));
        found
    }
}

fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}

fn issuer(text: &str) -> String {
    folded(text).trim_end_matches('/').to_owned()
}

/// Scheme, host and the first part of the path.
fn owner(text: &str) -> String {
    let parts: Vec<_> = text.splitn(5, '/').take(4).collect();
    parts.join("/")
}

/// The digest of an identity, which names it without regard to its spelling.
fn digest(kind: &str, issuer: &str, name: &str) -> Sha256Digest {
    Sha256Digest::of(format!("cpan-identity/v1\n{kind}\n{issuer}\n{name}\n").as_bytes())
}

#[cfg(test)]
mod tests {
    use cpan_sigstore_core::identity::{CiClaims, Subject};

    use super::*;

    fn signer(subject: &str, issuer: &str) -> SignerIdentity {
        let subject = match subject.contains("://") {
            true => Subject::Uri(subject.to_owned()),
            false => Subject::Email(subject.to_owned()),
        };
        SignerIdentity {
            subject,
            issuer: issuer.to_owned(),
            claims: CiClaims::default(),
        }
    }

    #[test]
    fn finds_identity_in_other_spelling() {
        let mut searcher = Searcher::default();
        let tim = searcher.add(&IdentityPolicy::exact(
            "Tim@example.org",
            "https://idp.example",
        ));
        let again = searcher.add(&IdentityPolicy::exact(
            "tim@EXAMPLE.org",
            "https://IDP.example/",
        ));
        assert_eq!(tim, again);
        for name in ["Tim@example.org", "tim@example.org", "TIM@EXAMPLE.ORG"] {
            let found = searcher.find(&signer(name, "https://idp.example/"));
            assert_eq!(found, [tim], "{name}");
        }
        for (name, issuer) in [
            ("tim@example.org", "https://other.example"),
            ("tim@example.net", "https://idp.example"),
        ] {
            assert!(searcher.find(&signer(name, issuer)).is_empty(), "{name}");
        }
    }

    #[test]
    fn finds_workflow_by_pattern() {
        let mut searcher = Searcher::default();
        let pattern = "https://github.com/Tim/Foo/.github/workflows/release.yml@refs/tags/*";
        let identity = IdentityPolicy {
            subject: Matcher::Wildcard(Wildcard::new(pattern).unwrap()),
            ..IdentityPolicy::exact("", "https://token.example")
        };
        let digest = searcher.add(&identity);
        assert_eq!(searcher.add(&identity), digest);
        let at = |tag: &str| {
            let name = format!("https://github.com/tim/foo/.github/workflows/release.yml@{tag}");
            searcher.find(&signer(&name, "https://token.example"))
        };
        assert_eq!(at("refs/tags/v1"), [digest]);
        assert!(at("refs/heads/main").is_empty());
    }
}
