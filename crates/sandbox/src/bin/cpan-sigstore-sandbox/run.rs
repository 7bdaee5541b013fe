//! Runs the sandbox until it is interrupted, or while a command runs.

use std::ffi::OsString;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{ExitCode, ExitStatus};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use cpan_sigstore_sandbox::{
    RekorVersion, Sandbox, SandboxOptions,
    pause::{GateProgram, Mail, Pause},
};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{Failure, RunArgs};

/// Time limit of the gate.
const GATE_TIMEOUT: Duration = Duration::from_secs(30);

pub(crate) fn run(args: RunArgs) -> Result<ExitCode, Failure> {
    let ct_roots = args
        .ct_root
        .into_iter()
        .map(|path| std::fs::read_to_string(&path).map_err(|source| Failure::Read { path, source }))
        .collect::<Result<Vec<_>, _>>()?;
    let sandbox = Sandbox::start(SandboxOptions {
        dir: args.dir,
        ct_roots,
        username_issuers: args.username_issuer,
        rekor: if args.rekor == 1 {
            RekorVersion::V1
        } else {
            RekorVersion::V2
        },
        ..SandboxOptions::default()
    })?;
    if let Some(program) = args.gate {
        sandbox.pause.set_gate(Some(gate(&sandbox, program)));
    }
    let pace = args.daemon;
    let mails = sandbox.dir().join("mails.txt");
    let _daemon = pace.map(|pace| Daemon::start(sandbox.pause.clone(), pace, mails));
    let runtime = crate::runtime()?;
    match args.command.split_first() {
        Some((program, arguments)) => runtime.block_on(command(&sandbox, program, arguments)),
        None => runtime.block_on(async {
            // Catch signals before anybody can know that the sandbox runs.
            let mut signals = Signals::catch()?;
            announce(&sandbox).map_err(Failure::Output)?;
            signals.any().await;
            Ok(ExitCode::SUCCESS)
        }),
    }
}

/// The daemon of PAUSE on a thread of its own, which ends with this.
struct Daemon {
    _stop: Sender<()>,
}

impl Daemon {
    fn start(pause: Pause, pace: Duration, mails: PathBuf) -> Self {
        let (stop, stopped) = channel();
        pause.hold();
        let mut written = 0;
        std::thread::spawn(move || {
            // The sender is dropped, and sends nothing.
            while stopped.recv_timeout(pace) == Err(RecvTimeoutError::Timeout) {
                pause.step();
                let sent = pause.mails();
                if sent.len() > written {
                    // The folder is removed at the end, perhaps before this thread.
                    let _ = std::fs::write(&mails, sent.iter().map(text).collect::<String>());
                    written = sent.len();
                }
            }
        });
        Self { _stop: stop }
    }
}

fn text(mail: &Mail) -> String {
    format!(
        "To: {}\nSubject: {}\n\n{}\n\n",
        mail.to, mail.subject, mail.text
    )
}

/// Returns the gate of PAUSE: the first record of an author is in effect at once.
fn gate(sandbox: &Sandbox, program: PathBuf) -> GateProgram {
    let folder = sandbox.dir().join("gate");
    let place = |name: &str| folder.join(name).display().to_string();
    GateProgram {
        program,
        options: vec![
            "--trusted-root".into(),
            sandbox.trusted_root_path().into(),
            "--first-record-wait=0".into(),
        ],
        environment: vec![
            ("CPAN_SIGSTORE_CONFIG".to_owned(), place("config.toml")),
            ("CPAN_SIGSTORE_CACHE".to_owned(), place("cache")),
            ("CPAN_SIGSTORE_DATA".to_owned(), place("data")),
        ],
        timeout: GATE_TIMEOUT,
    }
}

/// Prints the environment to standard output, for `eval`, and its meaning to standard error.
fn announce(sandbox: &Sandbox) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    for (name, value) in sandbox.env() {
        writeln!(stdout, "export {name}='{}'", value.replace('\'', r"'\''"))?;
    }
    stdout.flush()?;
    let services = &sandbox.services;
    let accounts: Vec<&str> = sandbox
        .oidc
        .accounts()
        .iter()
        .map(|account| account.id.as_str())
        .collect();
    eprintln!("\nA private Sigstore and PAUSE run on this machine until you press Ctrl-C.");
    eprintln!("Paste the lines above into another terminal to use them there.\n");
    for (name, url) in [
        ("login", &services.oidc),
        ("CA", &services.ca),
        ("CT log", &services.ct_log),
        ("Rekor v1", &services.rekor_v1),
        ("Rekor v2", &services.rekor_v2),
        ("timestamps", &services.tsa),
        ("TUF", &services.tuf),
        ("PAUSE", &services.pause),
        ("CPAN", &services.cpan),
    ] {
        eprintln!("  {name:<11} {}", url.url());
    }
    eprintln!("  {:<11} {}", "files", sandbox.dir().display());
    eprintln!("  {:<11} {}", "accounts", accounts.join(", "));
    for id in sandbox.pause.ids() {
        let path = sandbox.dot_pause_path(id);
        eprintln!("  {:<11} {}", "~/.pause", path.display());
    }
    Ok(())
}

/// SIGINT and SIGTERM, which no longer end the program while this exists.
struct Signals {
    interrupted: Signal,
    terminated: Signal,
}

impl Signals {
    fn catch() -> Result<Self, Failure> {
        Ok(Self {
            interrupted: signal(SignalKind::interrupt()).map_err(Failure::System)?,
            terminated: signal(SignalKind::terminate()).map_err(Failure::System)?,
        })
    }

    async fn any(&mut self) {
        tokio::select! {
            _ = self.interrupted.recv() => {}
            _ = self.terminated.recv() => {}
        }
    }
}

async fn command(
    sandbox: &Sandbox,
    program: &OsString,
    arguments: &[OsString],
) -> Result<ExitCode, Failure> {
    let failed = |source| Failure::Command {
        command: program.clone(),
        source,
    };
    let mut signals = Signals::catch()?;
    let mut child = tokio::process::Command::new(program)
        .args(arguments)
        .envs(sandbox.env())
        .kill_on_drop(true)
        .spawn()
        .map_err(failed)?;
    loop {
        tokio::select! {
            status = child.wait() => return status.map(exit_code).map_err(failed),
            // The terminal sends it to the command, too, which decides what it means.
            _ = signals.interrupted.recv() => {}
            _ = signals.terminated.recv() => child.start_kill().map_err(failed)?,
        }
    }
}

/// Returns the command's exit code or, like shells, 128 plus the signal.
fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok())
        .map_or(ExitCode::FAILURE, ExitCode::from)
}
