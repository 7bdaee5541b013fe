//! The time of an event, as exactly as it was written.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Limit of the digits before the point.
const SECONDS_DIGITS: usize = 15;
/// Limit of the digits after the point. The format adds digits to tell two moments apart.
const FRACTION_DIGITS: usize = 60;

/// Seconds since 1970 as a decimal number. A binary one would make two moments equal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch {
    seconds: u64,
    /// The digits after the point without zeros at the end, so that they compare as text.
    fraction: String,
}

/// The text is no time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid time: expected seconds since 1970, such as 1795500000.12345, found `{0}`")]
pub struct EpochError(String);

impl FromStr for Epoch {
    type Err = EpochError;

    fn from_str(text: &str) -> Result<Self, EpochError> {
        let refused = || EpochError(text.chars().take(40).collect());
        let is_digits = |part: &str, most: usize| {
            (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
        };
        let (seconds, fraction) = match text.split_once('.') {
            Some((seconds, fraction)) if is_digits(fraction, FRACTION_DIGITS) => {
                (seconds, fraction)
            }
            Some(_) => return Err(refused()),
            None => (text, ""),
        };
        if !is_digits(seconds, SECONDS_DIGITS) {
            return Err(refused());
        }
        Ok(Self {
            seconds: seconds.parse().map_err(|_| refused())?,
            fraction: fraction.trim_end_matches('0').to_owned(),
        })
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.seconds)?;
        if self.fraction.is_empty() {
            return Ok(());
        }
        write!(f, ".{}", self.fraction)
    }
}

impl Serialize for Epoch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Epoch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn epoch(text: &str) -> Epoch {
        text.parse().unwrap()
    }

    #[test]
    fn moments_are_told_apart_that_are_one_floating_point_number() {
        let (one, other) = ("1795500000.1234567891", "1795500000.1234567892");
        assert_eq!(one.parse::<f64>(), other.parse::<f64>());
        assert!(epoch(one) < epoch(other));
        assert_eq!(epoch("17.50"), epoch("17.5"));
        assert_eq!(epoch("17.50").to_string(), "17.5");
    }

    #[test]
    fn what_is_no_plain_decimal_number_is_refused() {
        for text in [
            "",
            ".",
            "1.",
            ".5",
            "-1",
            "+1",
            "1e9",
            "1,5",
            "1 ",
            "0x1",
            "1.2.3",
            "nan",
            "٣",
            "1234567890123456",
        ] {
            assert!(text.parse::<Epoch>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn order_is_that_of_the_numbers(
            one in (0..20_u64, 0..2000_u32), other in (0..20_u64, 0..2000_u32),
        ) {
            let text = |(seconds, part): (u64, u32)| format!("{seconds}.{part:04}");
            let (a, b) = (epoch(&text(one)), epoch(&text(other)));
            prop_assert_eq!(a.cmp(&b), one.cmp(&other));
            prop_assert_eq!(epoch(&a.to_string()), a);
        }
    }
}
