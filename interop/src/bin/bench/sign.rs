//! Signing at the sandbox: time, and how often the services are asked.

use crate::attempt::{Attempt, BenchError};
use crate::measure::{measure, run};
use crate::table::{Goal, Table, milliseconds};

/// Certificate, timestamp, log entry: one request each.
const NEEDED: usize = 3;

/// Runs of each program.
const RUNS: u32 = 21;

/// Against cosign.
pub fn figures(attempt: &Attempt, table: &mut Table) -> Result<(), BenchError> {
    let artifact = attempt.artifact("to-sign", 1)?;
    let bundle = attempt.path("signed");
    let ours = attempt.sign(&attempt.ours, &artifact, &bundle)?;
    let cosign = attempt.sign(&attempt.cosign, &artifact, &bundle)?;
    let ours_used = measure(&ours, RUNS)?;
    let cosign_used = measure(&cosign, RUNS)?;
    table.row(
        "sign 1 MiB, CPU",
        milliseconds(ours_used.cpu),
        ("cosign sign-blob", milliseconds(cosign_used.cpu)),
        ours_used.cpu.div_duration_f64(cosign_used.cpu),
        Goal::AtMost(0.5),
    );
    table.row(
        "sign 1 MiB, wall",
        milliseconds(ours_used.wall),
        ("cosign sign-blob", milliseconds(cosign_used.wall)),
        ours_used.wall.div_duration_f64(cosign_used.wall),
        Goal::AtMost(1.0),
    );

    let by_ours = requests(attempt, || run(&ours))?;
    let by_cosign = requests(attempt, || run(&cosign))?;
    table.note(format!("requests of ours: {}", by_ours.join(", ")));
    table.note(format!("requests of cosign: {}", by_cosign.join(", ")));
    table.row(
        "sign, requests",
        by_ours.len().to_string(),
        ("needed", NEEDED.to_string()),
        f64::from(u32::try_from(by_ours.len()).unwrap_or(u32::MAX)) / NEEDED as f64,
        Goal::AtMost(1.0),
    );
    Ok(())
}

/// What clients ask the services while this is done, service by service.
fn requests(
    attempt: &Attempt,
    work: impl FnOnce() -> Result<(), BenchError>,
) -> Result<Vec<String>, BenchError> {
    let services = &attempt.sandbox.services;
    let services = [
        &services.oidc,
        &services.ca,
        &services.ct_log,
        &services.rekor_v1,
        &services.rekor_v2,
        &services.tsa,
        &services.tuf,
    ];
    let before = services.map(|service| service.requests().len());
    work()?;
    let new = services
        .iter()
        .zip(before)
        .flat_map(|(service, seen)| service.requests().split_off(seen));
    Ok(new.collect())
}
