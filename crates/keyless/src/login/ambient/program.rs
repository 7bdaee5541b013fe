//! Programs of CI services that print a token.

use std::{process::Stdio, time::Duration};

use tokio::{io::AsyncReadExt as _, process::Command, time::timeout};

use super::super::{Env, LoginError};

/// Longest that a program may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Most that is read of what it prints, in bytes. A token is smaller.
const LIMIT: u64 = 32 * 1024;

/// What a program prints when it ends well. The program is looked for in the environment's `PATH`.
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
        // What it has to complain about, the job's log should show.
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
