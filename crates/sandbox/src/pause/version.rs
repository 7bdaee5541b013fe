//! Order of Perl versions (`version.pm`).

use std::cmp::Ordering;

/// Compares versions as a distribution writes them. An unreadable version is 0.
pub(super) fn compare(one: &str, other: &str) -> Ordering {
    let (one, other) = (components(one), components(other));
    let length = one.len().max(other.len());
    let padded = |parts: &[u64]| -> Vec<u64> {
        let parts = parts.iter().copied().chain(std::iter::repeat(0));
        parts.take(length).collect()
    };
    padded(&one).cmp(&padded(&other))
}

/// `1.2.3` and `v1.2` are dotted. In a decimal fraction, every three digits are a component.
fn components(version: &str) -> Vec<u64> {
    let version = version.replace('_', "");
    let dotted = version
        .strip_prefix('v')
        .or_else(|| (version.matches('.').count() > 1).then_some(version.as_str()));
    if let Some(dotted) = dotted {
        return dotted.split('.').map(number).collect();
    }
    let (whole, fraction) = version.split_once('.').unwrap_or((&version, ""));
    let fraction = fraction.as_bytes().chunks(3).map(|digits| {
        let digits = std::str::from_utf8(digits).unwrap_or_default();
        number(&format!("{digits:0<3}"))
    });
    std::iter::once(number(whole)).chain(fraction).collect()
}

fn number(digits: &str) -> u64 {
    digits.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering::{Equal, Greater, Less};

    use super::compare;

    #[test]
    fn orders_decimal_and_dotted_versions_together() {
        for (one, order, other) in [
            ("1.10", Less, "1.9"),
            ("v1.10.0", Greater, "v1.9"),
            ("1.002003", Equal, "v1.2.3"),
            ("1.2", Greater, "v1.2"),
            ("1.02_03", Equal, "1.0203"),
            ("undef", Equal, "0"),
            ("5.042000", Equal, "5.42.0"),
        ] {
            assert_eq!(compare(one, other), order, "{one} {other}");
        }
    }
}
