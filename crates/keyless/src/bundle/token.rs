//! Timestamps without the certificates in them.
//!
//! Nobody signs those certificates, and the trusted root has the authority's. The library does not use them either, but
//! it reads them, and refuses a token for one that is malformed.

const SEQUENCE: u8 = 0x30;
/// The tag `[0]`, of content and of certificates.
const CONTEXT_0: u8 = 0xa0;
/// Place of the certificates in signed data (RFC 5652, 5.1): behind version, digests and content.
const CERTIFICATES: usize = 3;

/// An element of DER.
struct Element<'a> {
    tag: u8,
    whole: &'a [u8],
    content: &'a [u8],
}

/// Returns a response of RFC 3161, or its token alone, without certificates. `None` if it has none, or another form.
pub(super) fn without_certificates(response: &[u8]) -> Option<Vec<u8>> {
    let [response] = &elements(response)?[..] else {
        return None;
    };
    if response.tag != SEQUENCE {
        return None;
    }
    match &elements(response.content)?[..] {
        [status, token] if status.tag == SEQUENCE && token.tag == SEQUENCE => {
            let token = stripped(token.content)?;
            Some(encoded(SEQUENCE, &[status.whole, &token].concat()))
        }
        _ => stripped(response.content),
    }
}

/// Returns a token without certificates, from its content.
fn stripped(token: &[u8]) -> Option<Vec<u8>> {
    let [kind, content] = &elements(token)?[..] else {
        return None;
    };
    let [data] = &elements(content.content)?[..] else {
        return None;
    };
    let mut parts = elements(data.content)?;
    let is_signed_data = content.tag == CONTEXT_0 && data.tag == SEQUENCE;
    if !is_signed_data || parts.get(CERTIFICATES)?.tag != CONTEXT_0 {
        return None;
    }
    parts.remove(CERTIFICATES);
    let parts: Vec<_> = parts.iter().map(|part| part.whole).collect();
    let data = encoded(SEQUENCE, &parts.concat());
    let content = encoded(CONTEXT_0, &data);
    Some(encoded(SEQUENCE, &[kind.whole, &content].concat()))
}

/// Returns the elements one after the other, if the bytes are elements of DER with short tags.
fn elements(mut bytes: &[u8]) -> Option<Vec<Element<'_>>> {
    let mut found = Vec::new();
    while let Some((&tag, rest)) = bytes.split_first() {
        let (length, rest) = length(rest)?;
        let content = rest.get(..length)?;
        let head = bytes.len() - rest.len();
        let whole = &bytes[..head + length];
        bytes = &rest[length..];
        found.push(Element {
            tag,
            whole,
            content,
        });
    }
    Some(found)
}

/// Returns a length, in its shortest form, and the bytes behind it.
fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    if first < 0x80 {
        return Some((first.into(), rest));
    }
    let (digits, rest) = rest.split_at_checked((first & 0x7f).into())?;
    let is_shortest = match digits {
        [digit] => *digit >= 0x80,
        [first, _] | [first, _, _] => *first > 0,
        _ => false,
    };
    let length = digits
        .iter()
        .fold(0, |length, digit| length << 8 | usize::from(*digit));
    is_shortest.then_some((length, rest))
}

fn encoded(tag: u8, content: &[u8]) -> Vec<u8> {
    let digits = content.len().to_be_bytes();
    let digits: Vec<_> = digits.into_iter().skip_while(|digit| *digit == 0).collect();
    let mut element = vec![tag];
    match (&digits[..], u8::try_from(digits.len())) {
        ([digit], _) if *digit < 0x80 => element.push(*digit),
        ([], _) => element.push(0),
        (_, count) => element.push(0x80 | count.unwrap_or_default()),
    }
    if content.len() >= 0x80 {
        element.extend(&digits);
    }
    element.extend(content);
    element
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_out_certificates_alone() {
        let part = |tag, length| encoded(tag, &vec![7; length]);
        let token = |certificates: &[u8]| {
            let parts = [
                &part(2, 1),
                &part(0x31, 0),
                &part(0x30, 200)[..],
                certificates,
                &part(0x31, 300),
            ];
            let content = encoded(CONTEXT_0, &encoded(SEQUENCE, &parts.concat()));
            encoded(SEQUENCE, &[part(6, 9), content].concat())
        };
        let response = |token: Vec<u8>| encoded(SEQUENCE, &[part(SEQUENCE, 3), token].concat());
        for length in [0, 1, 127, 128, 255, 256, 70_000] {
            let certificates = part(CONTEXT_0, length);
            assert_eq!(
                without_certificates(&token(&certificates)),
                Some(token(&[]))
            );
            let stripped = without_certificates(&response(token(&certificates)));
            assert_eq!(stripped, Some(response(token(&[]))));
        }
        for other in [
            token(&[]),
            response(token(&[])),
            Vec::new(),
            part(2, 1),
            vec![SEQUENCE, 0x80],
        ] {
            assert_eq!(without_certificates(&other), None);
        }
    }
}
