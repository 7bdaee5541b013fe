//! Selects the services that sign, by the signing configuration (`ServiceSelector` of
//! `sigstore_trustroot.proto`). From each operator it takes the newest supported version, then any
//! one operator, all of them, or an exact number.

use cpan_sigstore_core::text::without_credentials;
use jiff::Timestamp;
use sigstore_trust_root::{ServiceConfiguration, ServiceEndpoint, ServiceSelector};
use url::Url;

use super::SignError;
use crate::{login::address::refuse_insecure, trust::SigningConfig};

/// The services that create one signature.
#[derive(Clone, Debug)]
pub struct Services {
    pub(super) authority: Url,
    pub(super) logs: Vec<LogService>,
    pub(super) timestamp_authorities: Vec<Url>,
}

/// A transparency log and its protocol.
#[derive(Clone, Debug)]
pub(super) struct LogService {
    pub url: Url,
    pub version: RekorVersion,
}

/// Protocol of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RekorVersion {
    /// Has its own clock and promises.
    V1,
    /// Uses tiles. The time comes from a timestamp authority.
    V2,
}

impl Services {
    /// Selects services.
    ///
    /// # Errors
    /// [`SignError::Services`] if the configuration requires more services than there are, has
    /// unknown values, or allows no verifiable combination, and [`SignError::NotYet`] if a service is missing that
    /// is not in use yet at `now`.
    pub fn select(config: &SigningConfig, now: Timestamp) -> Result<Self, SignError> {
        let config = config.library();
        Self::of(config).map_err(|error| not_yet(config, now).unwrap_or(error))
    }

    fn of(config: &sigstore_trust_root::SigningConfig) -> Result<Self, SignError> {
        let authority = config
            .fulcio_url()
            .ok_or_else(|| missing("a usable certificate authority", &config.ca_urls))?;
        let logs = chosen(
            "transparency logs",
            &config.eligible_rekor_urls(None),
            &config.rekor_tlog_config,
        )?
        .into_iter()
        .map(log_service)
        .collect::<Result<Vec<_>, _>>()?;
        let timestamp_authorities = if config.tsa_urls.is_empty() {
            Vec::new()
        } else {
            chosen(
                "timestamp authorities",
                &config.eligible_tsa_urls(),
                &config.tsa_config,
            )?
            .into_iter()
            .map(|service| address(&service.url))
            .collect::<Result<Vec<_>, _>>()?
        };
        let timeless = logs.iter().all(|log| log.version == RekorVersion::V2);
        if timeless && timestamp_authorities.is_empty() {
            return Err(SignError::Services {
                expected: "a timestamp authority for a Rekor v2 log, which has no clock",
                found: "none".into(),
            });
        }
        let authority = address(&authority.url)?;
        // The authority receives the identity token.
        refuse_insecure(&authority)
            .map_err(|_| unusable("a certificate authority with https", authority.as_str()))?;
        Ok(Self {
            authority,
            logs,
            timestamp_authorities,
        })
    }

    /// Returns the address of every service.
    pub(super) fn urls(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.authority)
            .chain(self.logs.iter().map(|log| &log.url))
            .chain(&self.timestamp_authorities)
            .map(Url::as_str)
    }
}

/// Takes the first service of each operator, the newest version first, and as many operators as the
/// selector requires.
fn chosen<'a>(
    what: &'static str,
    eligible: &[&'a ServiceEndpoint],
    config: &ServiceConfiguration,
) -> Result<Vec<&'a ServiceEndpoint>, SignError> {
    let mut of_each: Vec<&ServiceEndpoint> = Vec::new();
    for service in eligible {
        // Services without an operator may be run by different ones.
        let known = service.operator.is_some()
            && of_each
                .iter()
                .any(|other| other.operator == service.operator);
        if !known {
            of_each.push(service);
        }
    }
    let count = match config.selector {
        ServiceSelector::Any => 1,
        ServiceSelector::All => of_each.len().max(1),
        ServiceSelector::Exact => match config.count {
            Some(count) if count > 0 => count as usize,
            _ => return Err(unusable("a count for the selector EXACT", "none")),
        },
        other => {
            return Err(unusable(
                "the selector ANY, ALL or EXACT",
                &format!("{other:?}"),
            ));
        }
    };
    if of_each.len() < count {
        return Err(SignError::Services {
            expected: "as many operators as the selector requires",
            found: format!("{} of {count} usable {what}", of_each.len()),
        });
    }
    of_each.truncate(count);
    Ok(of_each)
}

fn log_service(service: &ServiceEndpoint) -> Result<LogService, SignError> {
    Ok(LogService {
        url: address(&service.url)?,
        version: match service.major_api_version {
            1 => RekorVersion::V1,
            2 => RekorVersion::V2,
            other => return Err(unusable("a log of version 1 or 2", &other.to_string())),
        },
    })
}

/// Reads an address of a service: https, or http for a private instance.
fn address(text: &str) -> Result<Url, SignError> {
    Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "https" | "http") && url.host().is_some())
        .ok_or_else(|| unusable("an http or https address of a service", text))
}

/// Returns the error of a clock by which a stated service is not in use yet.
fn not_yet(config: &sigstore_trust_root::SigningConfig, now: Timestamp) -> Option<SignError> {
    let services = [&config.ca_urls, &config.rekor_tlog_urls, &config.tsa_urls];
    let later = services.into_iter().flatten().find_map(|service| {
        let start = service.valid_for.start;
        (start > now).then_some((service, start))
    });
    let (service, start) = later?;
    Some(SignError::NotYet {
        clock: Timestamp::from_second(now.as_second()).unwrap_or(now),
        service: without_credentials(&service.url),
        start,
    })
}

fn missing(expected: &'static str, stated: &[ServiceEndpoint]) -> SignError {
    unusable(expected, &format!("none among the {} stated", stated.len()))
}

fn unusable(expected: &'static str, found: &str) -> SignError {
    SignError::Services {
        expected,
        found: found.to_owned(),
    }
}

#[cfg(test)]
mod tests;
