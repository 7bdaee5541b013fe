//! Programs of CI services that print a token.

use std::{process::Stdio, time::Duration};

use tokio::{io::AsyncReadExt as _, process::Command, time::timeout};

use super::super::{Env, LoginError};

/// Longest time that a program may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Largest output that is read, in bytes. Tokens are smaller.
const LIMIT: u64 = 32 * 1024;

/// Runs a program from the environment's `PATH` and returns its output.
pub(super) async fn output(
    env: &Env,
    service: &'static str,
    program: &str,
    arguments: &[&str],
) -> Result<String, LoginError> {
    let failed = |reason: String| LoginError::Ci {
        service,
        reason: format!("`{program}` {reason}"),
    };
    let mut child = Command::new(program)
        .args(arguments)
        .env("PATH", env.get("PATH").unwrap_or_default())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        // The job's log should show its complaints.
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(format!("cannot be run: {error}")))?;
    let stdout = child.stdout.take();
    let finish = async {
        let mut text = String::new();
        if let Some(stdout) = stdout {
            stdout.take(LIMIT).read_to_string(&mut text).await?;
        }
        Ok::<_, std::io::Error>((text, child.wait().await?))
    };
    match timeout(PATIENCE, finish).await {
        Err(_) => Err(failed(format!(
            "took longer than {} seconds",
            PATIENCE.as_secs()
        ))),
        Ok(Err(error)) => Err(failed(format!("failed: {error}"))),
        Ok(Ok((_, status))) if !status.success() => Err(failed(format!("ended with {status}"))),
        Ok(Ok((text, _))) => Ok(text),
    }
}
