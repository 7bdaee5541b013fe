//! The fields of a trusted root that are used (section 2.2 of the standard).
//!
//! The library looks at a key's bytes alone, and at fields that nobody uses. Here a log is known by the names of its
//! algorithms, and all other fields are left out, so that every reader sees the same root.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};
use sigstore_verify::{
    crypto::{KeyAlgorithm, VerificationKey},
    types::DerPublicKey,
};

/// Names of the keys of logs that are known.
const KEYS: [(&str, KeyAlgorithm); 6] = [
    ("PKIX_ECDSA_P256_SHA_256", KeyAlgorithm::EcdsaP256),
    ("PKIX_ECDSA_P384_SHA_384", KeyAlgorithm::EcdsaP384),
    ("PKIX_ED25519", KeyAlgorithm::Ed25519),
    ("PKIX_RSA_PKCS1V15_2048_SHA256", KeyAlgorithm::Rsa),
    ("PKIX_RSA_PKCS1V15_3072_SHA256", KeyAlgorithm::Rsa),
    ("PKIX_RSA_PKCS1V15_4096_SHA256", KeyAlgorithm::Rsa),
];
/// Name of the hash of a log's tree.
const TREE_HASH: &str = "SHA2_256";
/// Length of a log's id, in bytes.
const ID_LENGTH: usize = 32;

/// Returns a trusted root with the fields that are used. A log of unknown algorithms is left out: a newer root may have
/// one, and an entry in it is one of an unknown log.
pub(super) fn used(root: &Value) -> Result<Value, String> {
    let root = root.as_object().ok_or("no object")?;
    let mut used = Map::new();
    used.extend(kept(root, &["mediaType"]));
    for name in ["tlogs", "ctlogs"] {
        let logs = objects(root, name)?.into_iter().filter(|log| is_known(log));
        let logs = logs.map(|log| self::log(log, name == "tlogs"));
        let logs = logs.collect::<Result<Vec<_>, _>>()?;
        let mut ids: Vec<_> = logs
            .iter()
            .map(|log| log["logId"]["keyId"].as_str())
            .collect();
        ids.sort_unstable();
        if ids.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(format!("two logs with one id in `{name}`"));
        }
        used.insert(name.to_owned(), logs.into());
    }
    for name in ["certificateAuthorities", "timestampAuthorities"] {
        let authorities = objects(root, name)?.into_iter().map(authority);
        let authorities = authorities.collect::<Result<Vec<_>, _>>()?;
        used.insert(name.to_owned(), authorities.into());
    }
    Ok(used.into())
}

/// Returns the objects of a list, none if it is absent.
fn objects<'a>(
    holder: &'a Map<String, Value>,
    name: &str,
) -> Result<Vec<&'a Map<String, Value>>, String> {
    match holder.get(name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) => items
            .iter()
            .map(|item| {
                item.as_object()
                    .ok_or_else(|| format!("no object in `{name}`"))
            })
            .collect(),
        Some(_) => Err(format!("no list at `{name}`")),
    }
}

/// Returns these fields, without those that are null.
fn kept(object: &Map<String, Value>, names: &[&str]) -> Map<String, Value> {
    let names = names.iter();
    names
        .filter_map(|name| Some(((*name).to_owned(), object.get(*name)?.clone())))
        .filter(|(_, value)| !value.is_null())
        .collect()
}

fn text<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    object.get(name)?.as_str()
}

fn key_name(log: &Map<String, Value>) -> Option<&str> {
    text(log.get("publicKey")?.as_object()?, "keyDetails")
}

fn is_known(log: &Map<String, Value>) -> bool {
    let is_key = key_name(log).is_some_and(|name| KEYS.iter().any(|(known, _)| *known == name));
    is_key && text(log, "hashAlgorithm") == Some(TREE_HASH)
}

/// Returns a log with its key, which has to be of the named kind.
fn log(log: &Map<String, Value>, has_address: bool) -> Result<Value, String> {
    let mut used = kept(log, &["hashAlgorithm"]);
    let address = match (text(log, "baseUrl"), has_address) {
        (Some(address), _) => address,
        (None, false) => "",
        (None, true) => return Err("a log without an address".into()),
    };
    used.insert("baseUrl".into(), address.into());
    let object = |name: &str| log.get(name).and_then(Value::as_object);
    let id = object("logId")
        .and_then(|id| text(id, "keyId"))
        .unwrap_or_default();
    if !STANDARD.decode(id).is_ok_and(|id| id.len() == ID_LENGTH) {
        return Err("a log without an id of 32 bytes".into());
    }
    used.insert("logId".into(), serde_json::json!({ "keyId": id }));
    let public = object("publicKey").ok_or("a log without a key")?;
    let bytes = text(public, "rawBytes").and_then(|bytes| STANDARD.decode(bytes).ok());
    let found = bytes.and_then(|bytes| kind(&DerPublicKey::new(bytes)));
    let name = key_name(log).unwrap_or_default();
    if !KEYS
        .iter()
        .any(|(known, key)| *known == name && Some(*key) == found)
    {
        return Err(format!("a log whose key is not {name}"));
    }
    let mut key = kept(public, &["keyDetails", "rawBytes"]);
    key.extend(period(public)?);
    used.insert("publicKey".into(), key.into());
    Ok(used.into())
}

/// Returns the kind of a key. The library looks at the point of a curve only when it verifies.
fn kind(key: &DerPublicKey) -> Option<KeyAlgorithm> {
    let kind = KeyAlgorithm::from_spki(key).ok()?;
    let key = VerificationKey::from_spki(key).ok()?;
    let is_point = |length| key.as_bytes().len() == length && key.as_bytes()[0] == 4;
    let is_whole = match kind {
        KeyAlgorithm::EcdsaP256 => is_point(65),
        KeyAlgorithm::EcdsaP384 => is_point(97),
        KeyAlgorithm::Ed25519 => key.as_bytes().len() == 32,
        _ => true,
    };
    is_whole.then_some(kind)
}

/// Returns an authority with its certificates.
fn authority(authority: &Map<String, Value>) -> Result<Value, String> {
    let chain = authority.get("certChain").and_then(Value::as_object);
    let chain = chain.ok_or("an authority without certificates")?;
    let certificates = objects(chain, "certificates")?.into_iter();
    let certificates: Vec<_> = certificates.map(|one| kept(one, &["rawBytes"])).collect();
    if certificates.is_empty() {
        return Err("an authority without certificates".into());
    }
    let mut used = period(authority)?;
    // The library needs one and does not use it.
    used.insert("uri".into(), "".into());
    used.insert(
        "certChain".into(),
        serde_json::json!({ "certificates": certificates }),
    );
    Ok(used.into())
}

/// Returns the field `validFor`, if it is there.
fn period(holder: &Map<String, Value>) -> Result<Map<String, Value>, String> {
    let mut used = kept(holder, &["validFor"]);
    if let Some(period) = used.get_mut("validFor") {
        let stated = period.as_object().ok_or("a period that is no object")?;
        let times = kept(stated, &["start", "end"]);
        if let Some(time) = times
            .values()
            .find(|time| !time.as_str().is_some_and(is_time))
        {
            return Err(format!("the time {time} of a period"));
        }
        *period = times.into();
    }
    Ok(used)
}

/// Returns whether a text is a time of RFC 3339. The library reads other forms, too.
fn is_time(text: &str) -> bool {
    let text = text.as_bytes();
    let Some((head, tail)) = text.split_at_checked("2026-01-01T00:00:00".len()) else {
        return false;
    };
    let is_head = head
        .iter()
        .zip(b"0000-00-00T00:00:00")
        .all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            b'T' => matches!(byte, b'T' | b't'),
            form => byte == form,
        });
    let fraction = match tail.split_first() {
        Some((b'.', rest)) => rest.iter().take_while(|byte| byte.is_ascii_digit()).count(),
        _ => 0,
    };
    let zone = match fraction {
        0 => tail,
        1..=9 => &tail[1 + fraction..],
        _ => return false,
    };
    let is_offset = |zone: &[u8]| {
        let digits = [zone[1], zone[2], zone[4], zone[5]];
        matches!(zone[0], b'+' | b'-') && zone[3] == b':' && digits.iter().all(u8::is_ascii_digit)
    };
    // A leap second is none here.
    is_head
        && &head[17..] != b"60"
        && (matches!(zone, b"Z" | b"z") || zone.len() == 6 && is_offset(zone))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC_ROOT: &str = sigstore_trust_root::SIGSTORE_PRODUCTION_TRUSTED_ROOT;

    /// The public root after a change of its first log.
    fn changed(change: impl Fn(&mut Value)) -> Result<Value, String> {
        let mut root: Value = serde_json::from_str(PUBLIC_ROOT).unwrap();
        change(&mut root["tlogs"][0]);
        used(&root)
    }

    fn count(root: &Value) -> usize {
        root["tlogs"].as_array().unwrap().len()
    }

    #[test]
    fn leaves_out_logs_of_unknown_algorithms() {
        let all = count(&changed(|_| ()).unwrap());
        for change in [
            |log: &mut Value| log["publicKey"]["keyDetails"] = "FUTURE".into(),
            |log: &mut Value| log["publicKey"]["keyDetails"] = 5.into(),
            |log: &mut Value| log["publicKey"] = Value::Null,
            |log: &mut Value| log["hashAlgorithm"] = "SHA2_512".into(),
        ] {
            assert_eq!(count(&changed(change).unwrap()), all - 1);
        }
    }

    #[test]
    fn refuses_log_whose_key_is_another() {
        for change in [
            |log: &mut Value| log["publicKey"]["keyDetails"] = "PKIX_ED25519".into(),
            |log: &mut Value| log["publicKey"]["rawBytes"] = "AQID".into(),
            |log: &mut Value| log["logId"]["keyId"] = "AQID".into(),
            |log: &mut Value| log["baseUrl"] = Value::Null,
            |log: &mut Value| log["publicKey"]["validFor"]["start"] = "2021-01-01".into(),
        ] {
            assert!(changed(change).is_err());
        }
    }

    #[test]
    fn reads_times_of_rfc_3339_alone() {
        for time in ["2021-01-12T11:53:27Z", "2021-01-12t11:53:27.5+01:00"] {
            assert!(is_time(time), "{time}");
        }
        for time in [
            "2021-01-12",
            "2021-01-12 11:53:27Z",
            "2021-01-12T11:53:60Z",
            "2021-01-12T11:53:27.Z",
            "2021-01-12T11:53:27",
        ] {
            assert!(!is_time(time), "{time}");
        }
    }
}
