//! Tokens that replace a password for uploads, each `ID:token_id:token`.

use std::net::IpAddr;

use ipnet::IpNet;
use jiff::{SignedDuration, Timestamp};
use rand_core::{OsRng, RngCore as _};

/// Longest lifetime of a token, in days.
const LONGEST_DAYS: u16 = 180;

/// Terms of a token.
#[derive(Clone, Debug)]
pub struct TokenTerms {
    /// Lifetime in days by PAUSE's clock: from 1 to 180, the default.
    pub days: u16,
    /// Whether it has the scope `upload:distributions` (default: yes).
    pub may_upload: bool,
    /// Networks from which it may be used; all if empty.
    pub networks: Vec<IpNet>,
}

impl Default for TokenTerms {
    fn default() -> Self {
        Self {
            days: LONGEST_DAYS,
            may_upload: true,
            networks: Vec::new(),
        }
    }
}

#[derive(Default)]
pub(super) struct Tokens(Vec<Token>);

struct Token {
    user: String,
    /// As the client sends it.
    text: String,
    until: Timestamp,
    terms: TokenTerms,
}

impl Tokens {
    pub(super) fn issue(&mut self, user: &str, terms: TokenTerms, now: Timestamp) -> String {
        let text = format!("{user}:{}:{}", random_hex::<4>(), random_hex::<32>());
        let days = terms.days.clamp(1, LONGEST_DAYS);
        let life = SignedDuration::from_hours(24 * i64::from(days));
        self.0.push(Token {
            user: user.to_owned(),
            text: text.clone(),
            until: now.checked_add(life).unwrap_or(Timestamp::MAX),
            terms,
        });
        text
    }

    /// Issues an upload token that is valid until a time.
    pub(super) fn issue_until(&mut self, user: &str, until: Timestamp) -> String {
        let text = format!("{user}:{}:{}", random_hex::<4>(), random_hex::<32>());
        self.0.push(Token {
            user: user.to_owned(),
            text: text.clone(),
            until,
            terms: TokenTerms::default(),
        });
        text
    }

    /// Ends the validity of a token.
    pub(super) fn revoke(&mut self, text: &str) {
        self.0.retain(|token| !token.is(text));
    }

    /// Returns the token that an account has from the start.
    pub(super) fn first_of(&self, user: &str) -> Option<String> {
        let token = self.0.iter().find(|token| token.user == user)?;
        Some(token.text.clone())
    }

    /// Returns the owner of a token that may upload now from this address.
    pub(super) fn uploader(&self, text: &str, client: IpAddr, now: Timestamp) -> Option<&str> {
        let token = self.0.iter().find(|token| token.is(text))?;
        let networks = &token.terms.networks;
        let from_here =
            networks.is_empty() || networks.iter().any(|network| network.contains(&client));
        (now < token.until && token.terms.may_upload && from_here).then_some(&token.user)
    }
}

impl Token {
    /// Whether a client sent this token. The database compares the user without regard to case.
    fn is(&self, text: &str) -> bool {
        let (sent, own) = (text.split_once(':'), self.text.split_once(':'));
        let (Some((user, secret)), Some((own_user, own_secret))) = (sent, own) else {
            return false;
        };
        user.eq_ignore_ascii_case(own_user) && secret == own_secret
    }
}

fn random_hex<const N: usize>() -> String {
    let mut bytes = [0; N];
    OsRng.fill_bytes(&mut bytes);
    hex::encode(bytes)
}
