//! The mirror: a file that was verified, served from its cache, against nginx serving the same file; and the memory it
//! takes to fetch, verify and serve an archive of nearly 1 GiB.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use cpan_sigstore_sandbox::Sandbox;

use crate::attempt::{Attempt, BenchError};
use crate::program;
use crate::table::{Goal, Table, bytes};

/// Where the archives are in the tree that is mirrored.
pub const FOLDER: &str = "authors/id/B/BE/BENCH";
/// An archive of about 100 KiB.
const SMALL: &str = "Small-1.00.tar.gz";
/// An archive of nearly 1 GiB, which is the most that is read of any.
const LARGE: &str = "Large-1.00.tar.gz";
/// How many times each server is measured, in turns.
const ROUNDS: usize = 5;
/// The most memory that serving may take, in bytes.
const MEMORY: u64 = 64 << 20;

/// Requests for each second, and memory.
pub fn figures(attempt: &Attempt, table: &mut Table) -> Result<(), BenchError> {
    let tree = attempt.path("cpan");
    archive(&tree, SMALL, 100 << 10)?;
    let mirror = Server::mirror(&attempt.sandbox, &attempt.path("mirror"), &tree)?;
    fetch(&mirror.url, SMALL)?;
    let nginx = Server::nginx(attempt, &tree)?;
    let [mut ours, mut theirs] = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        ours.push(requests(&mirror.url, SMALL)?);
        theirs.push(requests(&nginx.url, SMALL)?);
    }
    let [ours, theirs] = [median(ours), median(theirs)];
    table.row(
        "mirror, 100 KiB, requests",
        format!("{ours:.0} /s"),
        ("nginx", format!("{theirs:.0} /s")),
        ours / theirs,
        Goal::AtLeast(0.8),
    );

    archive(&tree, LARGE, 1023 << 20)?;
    fetch(&mirror.url, LARGE)?;
    let peak = mirror.peak()?;
    table.row(
        "mirror, 1 GiB, memory",
        bytes(peak),
        ("limit", bytes(MEMORY)),
        ratio(peak, MEMORY),
        Goal::AtMost(1.0),
    );
    fs::remove_dir_all(tree)?;
    Ok(())
}

/// A server that ends with its figures.
pub struct Server {
    child: Child,
    /// Its address.
    pub url: String,
}

impl Server {
    /// A mirror of a tree, with its files in a folder.
    pub fn mirror(sandbox: &Sandbox, folder: &Path, tree: &Path) -> Result<Self, BenchError> {
        let mut child = Command::new(program()?)
            .args(["mirror", "--listen", "127.0.0.1:0", "--cache-dir"])
            .arg(folder.join("cache"))
            .arg("--upstream")
            .arg(format!("file://{}/", tree.display()))
            .envs(sandbox.env())
            .env("CPAN_SIGSTORE_DATA", folder.join("data"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let url = line.trim().rsplit(' ').next().unwrap_or_default();
        Ok(Self {
            url: url.to_owned(),
            child,
        })
    }

    fn nginx(attempt: &Attempt, tree: &Path) -> Result<Self, BenchError> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let folder = attempt.path("nginx");
        fs::create_dir_all(&folder)?;
        let folder = folder.display();
        let configuration = attempt.path("nginx.conf");
        // As Debian sets it up, but for the log: none of the two servers keeps one of what is served.
        fs::write(
            &configuration,
            format!(
                "daemon off; pid {folder}/pid; error_log {folder}/error; worker_processes auto;\n\
                 events {{}}\n\
                 http {{ access_log off; sendfile on; tcp_nopush on;\n\
                 client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;\n\
                 fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;\n\
                 server {{ listen 127.0.0.1:{port}; root {}; }} }}\n",
                tree.display()
            ),
        )?;
        let child = Command::new("nginx")
            .arg("-c")
            .arg(&configuration)
            .stderr(Stdio::null())
            .spawn()?;
        let server = Self {
            url: format!("http://127.0.0.1:{port}/"),
            child,
        };
        let begun = std::time::Instant::now();
        while fetch(&server.url, SMALL).is_err() && begun.elapsed().as_secs() < 10 {
            std::thread::yield_now();
        }
        fetch(&server.url, SMALL)?;
        Ok(server)
    }

    /// The most memory that was resident so far, in bytes.
    fn peak(&self) -> Result<u64, BenchError> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let peak = status.lines().find_map(|line| {
            let kibibytes = line.strip_prefix("VmHWM:")?.trim().strip_suffix("kB")?;
            kibibytes.trim().parse::<u64>().ok()
        });
        peak.map(|kibibytes| kibibytes * 1024)
            .ok_or_else(|| failed("/proc", &status))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // SIGTERM, upon which nginx ends its workers, too.
        let _ = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        let _ = self.child.wait();
    }
}

/// A release whose one member is so many bytes that do not compress.
pub fn archive(tree: &Path, name: &str, size: u64) -> Result<(), BenchError> {
    let path = tree.join(FOLDER).join(name);
    let top = name.trim_end_matches(".tar.gz");
    let (distribution, version) = top.split_once('-').unwrap_or_default();
    let meta = format!(
        r#"{{"name":"{distribution}","version":"{version}","abstract":"a figure","author":["A"],"license":["mit"],"dynamic_config":0,"generated_by":"bench","release_status":"stable","meta-spec":{{"version":2}}}}"#
    );
    fs::create_dir_all(tree.join(FOLDER))?;
    let source = tree.join("source").join(top);
    fs::create_dir_all(&source)?;
    fs::write(source.join("META.json"), meta)?;
    let mut member = File::create(source.join("data"))?;
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut block = vec![0; 1 << 20];
    for start in (0..size).step_by(1 << 20) {
        for word in block.chunks_exact_mut(8) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            word.copy_from_slice(&state.to_le_bytes());
        }
        let length = (size - start).min(1 << 20);
        member.write_all(&block[..usize::try_from(length).unwrap_or_default()])?;
    }
    let packed = Command::new("tar")
        .args(["--use-compress-program=gzip -1", "-cf"])
        .arg(&path)
        .arg("-C")
        .arg(tree.join("source"))
        .arg(top)
        .output()?;
    fs::remove_dir_all(tree.join("source"))?;
    match packed.status.success() {
        true => Ok(()),
        false => Err(failed("tar", &String::from_utf8_lossy(&packed.stderr))),
    }
}

/// Gets a file once, and throws it away.
fn fetch(url: &str, name: &str) -> Result<(), BenchError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let address = format!("{url}{FOLDER}/{name}");
    let got = runtime.block_on(async {
        let mut answer = reqwest::get(&address).await?.error_for_status()?;
        while answer.chunk().await?.is_some() {}
        Ok::<_, reqwest::Error>(())
    });
    got.map_err(|error| failed(&address, &error.to_string()))
}

/// How many requests for a file are answered in a second.
fn requests(url: &str, name: &str) -> Result<f64, BenchError> {
    let output = Command::new("wrk")
        .args(["--threads", "1", "--connections", "32", "--duration", "3s"])
        .arg(format!("{url}{FOLDER}/{name}"))
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let figure = said.lines().find_map(|line| {
        let figure = line.trim().strip_prefix("Requests/sec:")?;
        figure.trim().parse().ok()
    });
    match figure {
        // A server that refuses is quick.
        Some(figure) if !said.contains("Non-2xx") => Ok(figure),
        _ => Err(failed("wrk", &said)),
    }
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

#[allow(clippy::cast_precision_loss, reason = "a ratio of a few digits")]
fn ratio(ours: u64, other: u64) -> f64 {
    ours as f64 / other as f64
}

fn failed(program: &str, said: &str) -> BenchError {
    BenchError::Run {
        program: program.into(),
        said: said.to_owned(),
    }
}
