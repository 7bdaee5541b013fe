//! Names of files, and names and versions in META.

use cpan_sigstore_core::release::{
    ReleaseName, ReleasePath, folder_matches_name, name_matches_meta, status_matches_name,
};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    file: Option<String>,
    path: Option<String>,
    meta: Option<Meta>,
    folder: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Meta {
    name: String,
    version: String,
    release_status: Option<String>,
}

pub(super) fn answer(case: Value) -> Value {
    let case: Case = serde_json::from_value(case).unwrap();
    json!({ "finding": finding(&case) })
}

/// `None` for a text that names no release.
fn finding(case: &Case) -> Option<&'static str> {
    let release = match (&case.file, &case.path) {
        (Some(file), _) => file.parse::<ReleaseName>().ok()?,
        (_, path) => path.as_ref()?.parse::<ReleasePath>().ok()?.name,
    };
    let meta = case.meta.as_ref();
    let status = meta.and_then(|meta| meta.release_status.as_deref());
    let folder = case.folder.as_deref();
    let compared = [
        meta.map(|meta| name_matches_meta(&release, &meta.name, &meta.version)),
        status.map(|status| status_matches_name(&release, status)),
        folder.map(|folder| folder_matches_name(&release, folder)),
    ];
    let is_other = compared.into_iter().flatten().any(|it| it.is_err());
    Some(if is_other { "name-mismatch" } else { "trusted" })
}
