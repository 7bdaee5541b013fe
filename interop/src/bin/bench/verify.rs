//! Verifying: a small archive, where starting counts, and a large one, where hashing does.

use std::fs;
use std::process::Command;

use crate::attempt::{Attempt, BenchError};
use crate::floor;
use crate::measure::measure;
use crate::table::{Goal, Table, bytes, milliseconds};

/// Runs of each program on the small archive.
const SMALL_RUNS: u32 = 41;
/// Runs of each program on the large archive.
const LARGE_RUNS: u32 = 7;

/// 1 MiB: against cosign, and against what cannot be left out.
pub fn small(attempt: &Attempt, table: &mut Table) -> Result<(), BenchError> {
    let artifact = attempt.artifact("small", 1)?;
    let bundle = attempt.bundle(&artifact)?;
    let ours = attempt.verify(&attempt.ours, &artifact, &bundle);
    let cosign = attempt.verify(&attempt.cosign, &artifact, &bundle);
    let nothing = floor::nothing()?;
    let ours = measure(&ours, SMALL_RUNS)?;
    let cosign = measure(&cosign, SMALL_RUNS)?;
    let nothing = measure(&nothing, SMALL_RUNS)?;

    table.row(
        "verify 1 MiB, wall",
        milliseconds(ours.wall),
        ("cosign verify-blob", milliseconds(cosign.wall)),
        ours.wall.div_duration_f64(cosign.wall),
        Goal::AtMost(0.1),
    );
    table.row(
        "verify 1 MiB, CPU",
        milliseconds(ours.cpu),
        ("cosign verify-blob", milliseconds(cosign.cpu)),
        ours.cpu.div_duration_f64(cosign.cpu),
        Goal::None,
    );
    table.row(
        "verify 1 MiB, memory",
        bytes(ours.memory),
        ("cosign verify-blob", bytes(cosign.memory)),
        ratio(ours.memory, cosign.memory),
        Goal::None,
    );
    let signatures = floor::signatures()?;
    let hash = floor::hash(&fs::read(&artifact)?)?;
    let least = nothing.wall + signatures + hash;
    table.note(format!(
        "floor: an empty Rust program {}, {} ECDSA P-256 verifications {}, SHA-256 of 1 MiB {}",
        milliseconds(nothing.wall),
        floor::SIGNATURES,
        milliseconds(signatures),
        milliseconds(hash)
    ));
    table.row(
        "verify 1 MiB, wall",
        milliseconds(ours.wall),
        ("floor", milliseconds(least)),
        ours.wall.div_duration_f64(least),
        Goal::AtMost(1.5),
    );
    Ok(())
}

/// 1 GiB: against `openssl`, which only hashes.
pub fn large(attempt: &Attempt, table: &mut Table) -> Result<(), BenchError> {
    let artifact = attempt.artifact("large", 1024)?;
    let bundle = attempt.bundle(&artifact)?;
    let ours = attempt.verify(&attempt.ours, &artifact, &bundle);
    let mut openssl = Command::new("openssl");
    openssl
        .args(["dgst", "-sha256"])
        .arg(&artifact)
        .env("PATH", "/usr/bin:/bin");
    let ours = measure(&ours, LARGE_RUNS)?;
    let openssl = measure(&openssl, LARGE_RUNS)?;
    fs::remove_file(&artifact)?;

    table.row(
        "verify 1 GiB, wall",
        milliseconds(ours.wall),
        ("openssl dgst -sha256", milliseconds(openssl.wall)),
        ours.wall.div_duration_f64(openssl.wall),
        Goal::AtMost(1.2),
    );
    let limit = 20 << 20;
    table.row(
        "verify 1 GiB, memory",
        bytes(ours.memory),
        ("limit", bytes(limit)),
        ratio(ours.memory, limit),
        Goal::AtMost(1.0),
    );
    Ok(())
}

#[allow(clippy::cast_precision_loss, reason = "a ratio of a few digits")]
fn ratio(ours: u64, other: u64) -> f64 {
    ours as f64 / other as f64
}
