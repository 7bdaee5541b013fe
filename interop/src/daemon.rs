//! A service in its own process, which ends when the value is dropped.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::time::{Instant, interval};

use crate::error::InteropError;

/// Longest time until a service answers its first request.
const START: Duration = Duration::from_secs(30);

/// Number of log lines in a message.
const LAST_LINES: usize = 12;

/// A running service.
#[derive(Debug)]
pub struct Daemon {
    service: &'static str,
    child: Child,
    log: PathBuf,
}

impl Daemon {
    /// Starts `program` with its output in `folder`.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start(
        service: &'static str,
        program: &Path,
        folder: &Path,
        arguments: &[&str],
    ) -> Result<Self, InteropError> {
        let log = folder.join(format!("{service}.log"));
        let file = |source| InteropError::File {
            path: log.clone(),
            source,
        };
        let output = File::create(&log).map_err(file)?;
        let errors = output.try_clone().map_err(file)?;
        let child = Command::new(program)
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .env("HOME", folder)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .map_err(|source| InteropError::Run {
                program: program.to_owned(),
                source,
            })?;
        Ok(Self {
            service,
            child,
            log,
        })
    }

    /// Waits until `url` answers with success, and returns the body.
    ///
    /// # Errors
    /// If the service ends before, or does not answer in time.
    pub async fn answer(
        &mut self,
        http: &reqwest::Client,
        url: &str,
    ) -> Result<Vec<u8>, InteropError> {
        let deadline = Instant::now() + START;
        let mut pause = interval(Duration::from_millis(20));
        loop {
            pause.tick().await;
            self.check_running()?;
            if let Ok(body) = get(http, url).await {
                return Ok(body);
            }
            if Instant::now() > deadline {
                return Err(self.not_ready(format!("{url} did not answer within {START:?}")));
            }
        }
    }

    /// Waits until the service has written a line, and returns it.
    ///
    /// # Errors
    /// If the service ends before, or writes none in time.
    pub async fn first_line(&mut self) -> Result<String, InteropError> {
        let deadline = Instant::now() + START;
        let mut pause = interval(Duration::from_millis(20));
        loop {
            pause.tick().await;
            let text = fs::read_to_string(&self.log).unwrap_or_default();
            if let Some((line, _)) = text.split_once('\n') {
                return Ok(line.to_owned());
            }
            self.check_running()?;
            if Instant::now() > deadline {
                return Err(self.not_ready(format!("it wrote no line within {START:?}")));
            }
        }
    }

    fn check_running(&mut self) -> Result<(), InteropError> {
        match self.child.try_wait() {
            Ok(Some(status)) => Err(self.not_ready(format!("it ended with {status}"))),
            _ => Ok(()),
        }
    }

    /// Waits until it accepts connections on a port of 127.0.0.1.
    ///
    /// # Errors
    /// If the service ends before, or does not accept one in time.
    pub async fn accepts(&mut self, port: u16) -> Result<(), InteropError> {
        let deadline = Instant::now() + START;
        let mut pause = interval(Duration::from_millis(20));
        loop {
            pause.tick().await;
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(self.not_ready(format!("it ended with {status}")));
            }
            let address = (Ipv4Addr::LOCALHOST, port);
            if tokio::net::TcpStream::connect(address).await.is_ok() {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(self.not_ready(format!("port {port} is not open after {START:?}")));
            }
        }
    }

    fn not_ready(&self, why: String) -> InteropError {
        InteropError::NotReady {
            service: self.service,
            why,
            log: self.last_words(),
        }
    }

    fn last_words(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let last = lines.len().saturating_sub(LAST_LINES);
        lines[last..].join("\n")
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended by itself. Nothing is left to do in either case.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            // A test failed, and the log disappears with the folder.
            eprintln!("last lines of {}:\n{}", self.service, self.last_words());
        }
    }
}

async fn get(http: &reqwest::Client, url: &str) -> Result<Vec<u8>, reqwest::Error> {
    let response = http.get(url).send().await?.error_for_status()?;
    Ok(response.bytes().await?.to_vec())
}

/// Returns free ports of 127.0.0.1. They are reserved all at once, so they differ.
///
/// # Errors
/// If the system has none.
pub fn free_ports<const N: usize>() -> std::io::Result<[u16; N]> {
    let mut listeners = Vec::with_capacity(N);
    let mut ports = [0; N];
    for port in &mut ports {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        *port = listener.local_addr()?.port();
        listeners.push(listener);
    }
    Ok(ports)
}
