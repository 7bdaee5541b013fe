//! The time in which an authority is trusted: the trusted root's, and that of each of its certificates.

use der::Decode as _;
use jiff::Timestamp;
use sigstore_trust_root::TrustedRoot;
use sigstore_verify::types::{DerCertificate, TimeRange};
use x509_cert::{Certificate, time::Time};

/// Narrows the period of each authority to the time in which all of its certificates are valid. An authority of
/// certificates without such a time gets a period before all certificates, so that the verifier reports it as ended, and
/// not as missing.
///
/// # Security
///
/// The library takes every certificate of a trusted root for a trust anchor, and so never checks the validity of an
/// issuing certificate itself. A leaf may outlive it (GHSA-wfqv-66vq-46rm).
pub(super) fn narrow(root: &mut TrustedRoot) {
    let authorities = root.certificate_authorities.iter_mut();
    let authorities = authorities.map(|it| (&mut it.valid_for, &it.cert_chain));
    let timestamps = root.timestamp_authorities.iter_mut();
    let timestamps = timestamps.map(|it| (&mut it.valid_for, &it.cert_chain));
    for (period, chain) in authorities.chain(timestamps) {
        let certificates = chain.certificates.iter();
        let certificates = certificates.map(|certificate| &certificate.raw_bytes);
        if !narrow_period(period, certificates) {
            let never = Timestamp::UNIX_EPOCH;
            *period = Some(TimeRange::new(never, Some(never)));
        }
    }
}

/// Narrows a period to its common part with all certificates' validity, and returns whether there is one. An
/// unreadable certificate changes nothing here; the verifier refuses the trusted root for it.
fn narrow_period<'a>(
    period: &mut Option<TimeRange>,
    certificates: impl Iterator<Item = &'a DerCertificate>,
) -> bool {
    for (from, until) in certificates.filter_map(validity) {
        let (start, end) = match period {
            Some(range) => (
                range.start.max(from),
                range.end.map_or(until, |end| end.min(until)),
            ),
            None => (from, until),
        };
        if end < start {
            return false;
        }
        *period = Some(TimeRange::new(start, Some(end)));
    }
    true
}

fn validity(certificate: &DerCertificate) -> Option<(Timestamp, Timestamp)> {
    let parsed = Certificate::from_der(certificate.as_bytes()).ok()?;
    let validity = parsed.tbs_certificate.validity;
    Some((
        timestamp(validity.not_before)?,
        timestamp(validity.not_after)?,
    ))
}

fn timestamp(time: Time) -> Option<Timestamp> {
    let seconds = time.to_unix_duration().as_secs();
    Timestamp::from_second(seconds.try_into().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC_ROOT: &str = sigstore_trust_root::SIGSTORE_PRODUCTION_TRUSTED_ROOT;

    #[test]
    fn trusts_authority_only_while_its_certificates_are_valid() {
        let root: TrustedRoot = serde_json::from_str(PUBLIC_ROOT).unwrap();
        let count = root.certificate_authorities.len() + root.timestamp_authorities.len();
        let narrowed = |period: Option<TimeRange>| {
            let mut root = root.clone();
            let authorities = root.certificate_authorities.iter_mut();
            authorities.for_each(|authority| authority.valid_for = period);
            let authorities = root.timestamp_authorities.iter_mut();
            authorities.for_each(|authority| authority.valid_for = period);
            narrow(&mut root);
            let authorities = root.certificate_authorities.iter();
            let periods = authorities.map(|authority| authority.valid_for);
            let authorities = root.timestamp_authorities.iter();
            periods
                .chain(authorities.map(|authority| authority.valid_for))
                .collect::<Vec<_>>()
        };
        // Every certificate has an end, so that every period has one, too.
        let all = narrowed(None);
        assert_eq!(all.len(), count);
        assert!(all.iter().all(|period| period.unwrap().end.is_some()));
        let time = |text: &str| text.parse::<Timestamp>().unwrap();
        let before = TimeRange::new(
            time("2001-01-01T00:00:00Z"),
            Some(time("2002-01-01T00:00:00Z")),
        );
        let after = TimeRange::new(time("2101-01-01T00:00:00Z"), None);
        let epoch = Timestamp::UNIX_EPOCH;
        let never = TimeRange::new(epoch, Some(epoch));
        for periods in [narrowed(Some(before)), narrowed(Some(after))] {
            assert_eq!(periods.len(), count);
            assert!(periods.iter().all(|period| *period == Some(never)));
        }
        let open = TimeRange::new(time("2001-01-01T00:00:00Z"), None);
        assert_eq!(narrowed(Some(open)), all);
    }
}
