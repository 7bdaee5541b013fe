//! `mirror` over HTTP.

use std::{
    fs,
    io::Read as _,
    process::{Command, Stdio},
};

use cpan_sigstore_sandbox::Fault;
use flate2::read::GzDecoder;
use serde_json::Value;

use crate::{
    fixtures::author::{HOME, distribution},
    fixtures::{
        hostile_index::{GOOD, HELPER, HONEST},
        http::{Answer, ask, ask_for},
        shop::FILE,
        tls,
    },
    harness::{Beside, World, first_line, names, sha256, until},
};

/// A mirror that runs.
pub struct Running {
    child: Beside,
    address: String,
}

impl Running {
    /// With a user's policy, and more flags.
    pub fn start(user: &World, flags: &[&str]) -> Self {
        let fixed = [
            "mirror",
            "--policy",
            "policy.toml",
            "--listen",
            "127.0.0.1:0",
        ];
        let mut child = user
            .command(&[&fixed[..], flags].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let line = first_line(&mut child);
        if flags.is_empty() {
            crate::snapshot::assert("mirror/start", &line);
        }
        let (_, address) = line.trim().rsplit_once(' ').unwrap();
        let address = address.trim_end_matches('/');
        let address = address.rsplit("//").next().unwrap().to_owned();
        Self {
            child: Beside(child),
            address,
        }
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    pub fn get(&self, path: &str) -> Answer {
        ask(&self.address, &format!("GET {path}"), &[])
    }

    fn archive(&self) -> Answer {
        self.get(&archive())
    }

    fn signal(&self, signal: &str) {
        let id = self.child.0.id().to_string();
        let status = Command::new("kill").args([signal, &id]).status().unwrap();
        assert!(status.success());
    }

    /// Ends it as an administrator does, and gives what it logged.
    pub fn stop(mut self) -> String {
        self.signal("-TERM");
        let mut log = String::new();
        let mut stderr = self.child.0.stderr.take().unwrap();
        stderr.read_to_string(&mut log).unwrap();
        assert_eq!(self.child.0.wait().unwrap().code(), Some(0), "{log}");
        log
    }
}

fn archive() -> String {
    format!("/authors/id/{HOME}/{FILE}")
}

#[test]
fn serves_verified_archive_whole_in_part_and_by_etag() {
    let user = World::new().with_policy();
    user.publish_release("1.02");
    let bytes = distribution("Foo-Bar", "1.02");
    let mirror = Running::start(&user, &[]);
    let answer = mirror.archive();
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.body == bytes);
    assert_eq!(
        answer.header("content-length").unwrap(),
        bytes.len().to_string()
    );
    let tag = format!("\"{}\"", hex::encode(sha256(&bytes)));
    assert_eq!(answer.header("etag").unwrap(), tag);

    let line = format!("GET {}", archive());
    let part = ask(&mirror.address, &line, &["Range: bytes=2-4"]);
    assert_eq!((part.status, &part.body[..]), (206, &bytes[2..5]));
    let range = format!("bytes 2-4/{}", bytes.len());
    assert_eq!(part.header("content-range").unwrap(), range);
    let none = ask(&mirror.address, &line, &["Range: bytes=9999999-"]);
    assert_eq!(none.status, 416);
    let known = ask(&mirror.address, &line, &[&format!("If-None-Match: {tag}")]);
    assert_eq!((known.status, known.body.len()), (304, 0));
    let head = ask(&mirror.address, &format!("HEAD {}", archive()), &[]);
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(
        head.header("content-length"),
        answer.header("content-length")
    );
    let bundle = mirror.get(&format!("{}.sigstore.json", archive()));
    assert_eq!(bundle.status, 200);
    assert_eq!(mirror.stop(), "");
}

#[test]
fn answers_denial_in_one_line_and_explains_elsewhere() {
    let user = World::new().with_policy();
    let bytes = distribution("Foo-Bar", "1.02");
    user.publish_signed("stranger", FILE, &bytes);
    let mirror = Running::start(&user, &["--cache-dir", "kept"]);
    let answer = mirror.archive();
    assert_eq!(answer.status, 403);
    assert_eq!(answer.body, b"deny: identity-mismatch; see /-/verdicts\n");

    let verdicts = mirror.get("/-/verdicts");
    let verdicts: Value = serde_json::from_slice(&verdicts.body).unwrap();
    assert_eq!(verdicts[0]["finding"], "identity-mismatch", "{verdicts:#}");
    assert_eq!(verdicts[0]["exit"], 12);
    assert_eq!(verdicts[0]["path"], archive()[1..]);
    let page = ask(&mirror.address, "GET /-/verdicts", &["Accept: text/html"]);
    let page = String::from_utf8(page.body).unwrap();
    assert!(
        page.contains("<td class=\"deny\">deny<td>identity-mismatch"),
        "{page}"
    );
    let metrics = String::from_utf8(mirror.get("/-/metrics").body).unwrap();
    assert!(
        metrics.contains("decisions_total{decision=\"deny\",finding=\"identity-mismatch\"} 1\n"),
        "{metrics}"
    );
    assert!(
        metrics.contains("answers_total{status=\"403\"} 1\n"),
        "{metrics}"
    );
    let log = mirror.stop();
    crate::snapshot::assert("mirror/refusal", &log);
    assert!(
        log.contains("identity-mismatch") && log.lines().count() == 1,
        "{log}"
    );
    // The package index is kept, and no archive.
    let kept = user.path("kept/content");
    assert_eq!(names(&kept).len(), 1);
}

#[test]
fn serves_sorted_package_index_and_rejects_rollback() {
    let user = World::new().with_policy();
    user.publish("zoo-1.tar.gz", &distribution("zoo", "1"));
    user.publish("Foo-1.tar.gz", &distribution("Foo", "1"));
    user.publish("bar-1.tar.gz", &distribution("bar", "1"));
    let mirror = Running::start(&user, &["--fresh", "0"]);
    let path = "/modules/02packages.details.txt";
    let plain = String::from_utf8(mirror.get(path).body).unwrap();
    let (_, body) = plain.split_once("\n\n").unwrap();
    let packages: Vec<_> = body
        .lines()
        .map(|line| line.split(' ').next().unwrap())
        .collect();
    assert_eq!(packages, ["bar", "Foo", "zoo"]);
    let mut unpacked = String::new();
    let packed = mirror.get(&format!("{path}.gz")).body;
    GzDecoder::new(&packed[..])
        .read_to_string(&mut unpacked)
        .unwrap();
    // The head has the time of the request.
    assert_eq!(unpacked.split_once("\n\n").unwrap().1, body);

    let clock = user.sandbox.pause.clock();
    clock.set_offset(jiff::SignedDuration::from_hours(-48));
    let answer = mirror.get(path);
    assert_eq!(answer.status, 403);
    assert_eq!(answer.body, b"deny: index-rolled-back; see /-/verdicts\n");
    // Another process on the same memory knows it, too.
    mirror.stop();
    let other = Running::start(&user, &["--fresh", "0"]);
    assert_eq!(other.get(path).status, 403);
}

#[test]
fn serves_only_known_indexes() {
    let user = World::new().with_policy();
    user.publish_release("1.02");
    user.publish("Foo-Bar-1.02.readme", b"read me");
    let mirror = Running::start(&user, &[]);
    for path in [
        "/modules/02packages.details.txt.gz".to_owned(),
        "/modules/03modlist.data.gz".to_owned(),
        "/modules/06perms.txt".to_owned(),
        "/authors/01mailrc.txt.gz".to_owned(),
        format!("/authors/id/{HOME}/CHECKSUMS"),
    ] {
        assert_eq!(mirror.get(&path).status, 200, "{path}");
    }
    for path in [
        format!("/authors/id/{HOME}/Foo-Bar-1.02.readme"),
        format!("/authors/id/{HOME}/None-1.00.tar.gz"),
        format!("/authors/id/{HOME}/../../../../etc/passwd"),
        "/etc/passwd".to_owned(),
    ] {
        assert_eq!(mirror.get(&path).status, 404, "{path}");
    }
    let posted = ask(&mirror.address, &format!("POST {}", archive()), &[]);
    assert_eq!(posted.status, 405);
    let connected = ask(&mirror.address, "CONNECT www.cpan.org:443", &[]);
    assert_eq!(connected.status, 403);
}

#[test]
fn mirror_answers_only_its_own_host_names() {
    let user = World::new().with_policy();
    user.policy("");
    user.publish_signed("stranger", FILE, &distribution("Foo-Bar", "1.02"));
    let mirror = Running::start(&user, &["--host-name", "cpan.example.org"]);
    let line = format!("GET {}", archive());
    let by = |host: &str, headers: &[&str]| ask_for(&mirror.address, host, &line, headers);
    // A page that gave its own name this address, and pages of others.
    assert_eq!(by("evil.example", &[]).status, 421);
    for header in [
        "Sec-Fetch-Site: cross-site",
        "Sec-Fetch-Site: same-site",
        "Origin: http://evil.example",
        "Referer: http://evil.example/",
        "User-Agent: Mozilla/5.0",
    ] {
        let refused = by(&mirror.address, &[header]);
        assert_eq!(refused.status, 403, "{header}: {refused:?}");
        assert!(refused.body.starts_with(b"refused: "), "{refused:?}");
    }
    assert!(user.sandbox.services.cpan.requests().is_empty());
    let known = user.run(&["trust", "list"]).exits(0);
    assert!(!known.stdout.contains("MYAUTHOR"), "{known:#?}");
    let verdicts = mirror.get("/-/verdicts");
    assert_eq!(verdicts.body, b"[]");
    for host in ["localhost", "cpan.example.org:443"] {
        assert_eq!(by(host, &[]).status, 200, "{host}");
    }
    let metrics = String::from_utf8(mirror.get("/-/metrics").body).unwrap();
    assert!(
        metrics.contains("strangers_total{reason=\"host\"} 1\n"),
        "{metrics}"
    );
    assert!(
        metrics.contains("strangers_total{reason=\"cross-site\"} 5\n"),
        "{metrics}"
    );
    let ran = user.run(&["mirror", "--host-name", "x:80"]).exits(2);
    assert!(ran.stderr.contains("without a port"), "{ran:#?}");
}

#[test]
fn serves_cached_content_without_upstream() {
    let user = World::new().with_policy();
    user.publish_release("1.02");
    let first = Running::start(&user, &[]);
    assert_eq!(first.archive().status, 200);
    first.stop();
    let faults = user.sandbox.services.cpan.faults();
    faults.always(Fault::busy());
    let mirror = Running::start(&user, &["--fresh", "0"]);
    let answer = mirror.archive();
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.body == distribution("Foo-Bar", "1.02"));
    let other = mirror.get(&format!("/authors/id/{HOME}/Other-1.00.tar.gz"));
    assert_eq!(other.status, 503);
    assert!(other.header("retry-after").is_some());
    assert_eq!(mirror.get("/modules/06perms.txt").status, 503);
}

#[test]
fn reviews_package_index_from_the_cache() {
    let user = World::new().with_policy();
    user.publish_release("1.02");
    let index = |mirror: &Running| mirror.get("/modules/02packages.details.txt");
    let first = Running::start(&user, &[]);
    assert!(index(&first).text().contains("\nFoo::Bar "));
    first.stop();
    // Another process with another policy shares the cache.
    user.policy("[module.\"Foo::Bar\"]\nauthors = [\"OTHER\"]\n");
    user.sandbox.services.cpan.faults().always(Fault::busy());
    let mirror = Running::start(&user, &["--fresh", "0"]);
    let answer = index(&mirror);
    assert_eq!(answer.status, 200);
    assert!(!answer.text().contains("\nFoo::Bar "), "{answer:?}");
}

#[test]
fn decides_again_after_bundle_is_replaced() {
    let user = World::new().with_policy();
    user.publish_release("1.02");
    let mirror = Running::start(&user, &["--fresh", "0"]);
    assert_eq!(mirror.archive().status, 200);
    let bytes = distribution("Foo-Bar", "1.02");
    let swapped = user.sign_bytes("stranger", &bytes);
    user.publish(&format!("{FILE}.sigstore.json"), &swapped);
    assert_eq!(mirror.archive().status, 403);
    let log = mirror.stop();
    assert!(log.contains("identity-mismatch"), "{log}");
}

#[test]
fn asks_upstream_once_for_many_waiting_clients() {
    let user = World::new().with_policy();
    user.publish_release("1.02");
    let mirror = Running::start(&user, &[]);
    std::thread::scope(|scope| {
        for _ in 0..32 {
            scope.spawn(|| assert_eq!(mirror.archive().status, 200));
        }
    });
    let asked = user.sandbox.services.cpan.requests();
    let archives = asked.iter().filter(|request| request.ends_with(FILE));
    assert_eq!(archives.count(), 1, "{asked:?}");
}

#[test]
fn shares_cache_folder_and_mirrors_local_folder() {
    let user = World::new().with_policy();
    user.publish_release("1.02");
    let folder = format!("file://{}/", user.folder().display());
    let first = Running::start(&user, &["--upstream", &folder]);
    let second = Running::start(&user, &["--upstream", &folder]);
    assert_eq!(first.archive().status, 200);
    assert_eq!(second.archive().status, 200);
    first.stop();
    assert_eq!(second.archive().status, 200);
    assert!(user.sandbox.services.cpan.requests().is_empty());
}

#[test]
fn serves_other_machines_by_tls_only() {
    let user = World::new().with_policy();
    let ran = user
        .run(&["mirror", "--listen", "0.0.0.0:0"])
        .exits(2)
        .snapshot("mirror/serves_other_machines_by_tls_only");
    assert!(ran.stderr.contains("--tls-cert"), "{ran:#?}");
    tls::certificate(&user, "own");
    let mirror = Running::start(&user, &["--tls-cert", "own.pem", "--tls-key", "own.key"]);
    let got = Command::new("curl")
        .current_dir(user.folder.path())
        .args(["-sS", "--noproxy", "*", "--cacert", "own.pem"])
        .arg(format!("https://{}/-/metrics", mirror.address))
        .output()
        .unwrap();
    assert!(
        String::from_utf8_lossy(&got.stdout).contains("cache_bytes"),
        "{got:?}"
    );
    mirror.stop();
}

#[test]
fn applies_stricter_policy_to_cached_releases() {
    let user = World::new().with_policy();
    user.publish(FILE, &distribution("Foo-Bar", "1.02"));
    let mirror = Running::start(&user, &[]);
    assert_eq!(mirror.archive().status, 200);
    user.policy("[default]\nrequire-signed = true\n");
    mirror.signal("-HUP");
    until(|| mirror.archive().status == 403);
    let log = mirror.stop();
    assert!(
        log.contains("warn unsigned") && log.contains("deny unsigned"),
        "{log}"
    );
}

#[test]
fn mirror_leads_no_module_to_another_author() {
    let user = World::with_hostile_index();
    let cpan = user.hostile_cpan();
    let start = || Running::start(&user, &["--upstream", &cpan]);
    let at = |path: &str| format!("/authors/id/{path}");
    user.lead(&HONEST);
    let mirror = start();
    for path in [GOOD, HELPER] {
        // No client has requested the index: the mirror reads it.
        assert_eq!(mirror.get(&at(path)).status, 200, "{path}");
    }
    mirror.stop();

    user.lead(&[("Good::Mod", HELPER)]);
    let mirror = start();
    // A client that has the entry from elsewhere.
    let denied = mirror.get(&at(HELPER));
    assert_eq!(denied.status, 403);
    assert!(
        denied.text().starts_with("deny: owner-changed"),
        "{denied:?}"
    );
    let index = mirror.get("/modules/02packages.details.txt");
    assert_eq!(index.status, 200);
    assert!(index.text().contains("Line-Count:   0\n"), "{index:?}");
    let verdicts: Value = serde_json::from_str(&mirror.get("/-/verdicts").text()).unwrap();
    let entries = verdicts.as_array().unwrap();
    let left_out: Vec<_> = entries.iter().filter(|it| it["left-out"] == true).collect();
    assert_eq!(left_out.len(), 1, "{verdicts:#}");
    assert_eq!(left_out[0]["finding"], "owner-changed");
    let metrics = mirror.get("/-/metrics").text();
    assert!(
        metrics.contains("decision=\"deny\",finding=\"owner-changed\"} 2"),
        "{metrics}"
    );
    mirror.stop();

    // No entry leads to it: it is EVIL's.
    user.lead(&[("Good::Mod", GOOD)]);
    let mirror = start();
    assert_eq!(mirror.get(&at(HELPER)).status, 200);
    mirror.stop();
}

#[test]
fn restart_forgets_no_index_that_a_client_may_use() {
    let user = World::with_hostile_index();
    let cpan = user.hostile_cpan();
    let start = || Running::start(&user, &["--upstream", &cpan]);
    let (good, helper) = (
        format!("/authors/id/{GOOD}"),
        format!("/authors/id/{HELPER}"),
    );
    // Nothing is known of the module yet, so the entry is in the client's copy of the index.
    user.lead(&[("Acme::Helper", HELPER), ("Good::Mod", HELPER)]);
    let mirror = start();
    let index = mirror.get("/modules/02packages.details.txt");
    assert!(index.text().contains("Good::Mod"), "{index:?}");
    mirror.stop();

    user.lead(&HONEST);
    let mirror = start();
    assert_eq!(mirror.get(&good).status, 200);
    let denied = mirror.get(&helper);
    assert_eq!(denied.body, b"deny: owner-changed; see /-/verdicts\n");
    mirror.stop();

    // A user who knows that the index was wrong forgets it.
    let list = user.run(&["trust", "list"]).stdout;
    let mut lines = list.lines().filter_map(|line| line.strip_prefix("index "));
    let (name, _) = lines.next().unwrap().split_once(": ").unwrap();
    let ran = user.run(&["trust", "forget", "--index", name]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let mirror = start();
    assert_eq!(mirror.get(&helper).status, 200);
    mirror.stop();
}

#[test]
fn serves_no_release_while_package_index_is_invalid() {
    let user = World::with_hostile_index();
    user.lead(&HONEST);
    let index = user.path("hostile/modules/02packages.details.txt");
    fs::write(&index, "no index").unwrap();
    let cpan = user.hostile_cpan();
    let mirror = Running::start(&user, &["--upstream", &cpan]);
    let refused = mirror.get(&format!("/authors/id/{GOOD}"));
    assert_eq!(refused.status, 403, "{refused:?}");
    // A CPAN without an index is a folder of archives, unless it had one.
    fs::remove_file(&index).unwrap();
    let good = format!("/authors/id/{GOOD}");
    for (has_index, status) in [(false, 200), (true, 200), (false, 403)] {
        if has_index {
            user.lead(&HONEST);
        } else {
            let _ = fs::remove_file(&index);
        }
        let mirror = Running::start(&user, &["--upstream", &cpan]);
        assert_eq!(mirror.get(&good).status, status);
    }
}
