//! Which services sign, as the signing configuration asks (`ServiceSelector` of
//! `sigstore_trustroot.proto`): of each operator the newest version that is supported, then any one
//! operator, all of them, or an exact number.

use sigstore_trust_root::{ServiceConfiguration, ServiceEndpoint, ServiceSelector};
use url::Url;

use super::SignError;
use crate::{login::address::refuse_insecure, trust::SigningConfig};

/// The services that one signature is made with.
#[derive(Clone, Debug)]
pub struct Services {
    pub(super) authority: Url,
    pub(super) logs: Vec<LogService>,
    pub(super) timestamp_authorities: Vec<Url>,
}

/// A transparency log and the protocol it speaks.
#[derive(Clone, Debug)]
pub(super) struct LogService {
    pub url: Url,
    pub version: RekorVersion,
}

/// The protocol of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RekorVersion {
    /// With its own clock and promises.
    V1,
    /// Tiles; the time comes from a timestamp authority.
    V2,
}

impl Services {
    /// Selects services.
    ///
    /// # Errors
    /// Where the configuration asks for more than there is, for something unknown, or for a
    /// combination nobody would accept.
    pub fn select(config: &SigningConfig) -> Result<Self, SignError> {
        let config = config.library();
        let authority = config.fulcio_url().ok_or_else(|| {
            missing(
                "a certificate authority that can be used now",
                &config.ca_urls,
            )
        })?;
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
                expected: "a timestamp authority beside a Rekor v2 log, which has no clock",
                found: "none".into(),
            });
        }
        let authority = address(&authority.url)?;
        // The identity token is sent there.
        refuse_insecure(&authority)
            .map_err(|_| unusable("a certificate authority by https", authority.as_str()))?;
        Ok(Self {
            authority,
            logs,
            timestamp_authorities,
        })
    }

    /// The address of every service.
    pub(super) fn urls(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.authority)
            .chain(self.logs.iter().map(|log| &log.url))
            .chain(&self.timestamp_authorities)
            .map(Url::as_str)
    }
}

/// Of each operator the first service, as they come with the newest version first; of those as many
/// as the selector asks for.
fn chosen<'a>(
    what: &'static str,
    eligible: &[&'a ServiceEndpoint],
    config: &ServiceConfiguration,
) -> Result<Vec<&'a ServiceEndpoint>, SignError> {
    let mut of_each: Vec<&ServiceEndpoint> = Vec::new();
    for service in eligible {
        // Services without an operator cannot be shown to share one.
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
            _ => return Err(unusable("a count with the selector EXACT", "none")),
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
            expected: "as many operators as the selector asks for",
            found: format!("{} of {count} {what} that can be used now", of_each.len()),
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

/// An address of a service: https, or http for services of one's own.
fn address(text: &str) -> Result<Url, SignError> {
    Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "https" | "http") && url.host().is_some())
        .ok_or_else(|| unusable("an http or https address of a service", text))
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
