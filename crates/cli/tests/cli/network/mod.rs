//! Networks as they are: proxies, private CAs, captive portals, services that hang or throttle.

mod advice;

#[cfg(unix)]
mod company;

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    thread,
};

use cpan_sigstore_sandbox::{Fault, Service};

use crate::{
    fixtures::tls,
    harness::{FILE, Ran, World},
};

const BY_TUF: [&str; 2] = ["--instance", "sandbox-tuf"];

/// A captive portal in place of a service.
fn portal() -> Fault {
    Fault::Answer {
        status: 200,
        headers: vec![("content-type", "text/html".to_owned())],
        body: "<!DOCTYPE html><html><title>Sign in to WiFi</title></html>",
    }
}

fn sign_with(user: &World, set: &[(&str, &str)]) -> Ran {
    let token = user.sandbox.token("author").unwrap();
    let mut command = user.command(&["sign", "--identity-token", &token, FILE]);
    Ran::of(command.envs(set.iter().copied()).output().unwrap())
}

#[test]
fn names_web_page_in_place_of_any_service() {
    let user = World::new();
    let services = &user.sandbox.services;
    let topics: [(&str, &Service); 3] = [
        ("ca", &services.ca),
        ("log", &services.rekor_v2),
        ("timestamp", &services.tsa),
    ];
    for (name, service) in topics {
        service.faults().always(portal());
        user.sign(&[FILE])
            .exits(1)
            .snapshot(&format!("network/page_of_{name}"));
        service.faults().clear();
    }
    services.oidc.faults().always(portal());
    user.run(&["sign", "--yes", "--device", FILE])
        .exits(1)
        .snapshot("network/page_of_provider");
    services.oidc.faults().clear();
    services.tuf.faults().always(portal());
    user.verify_file(&BY_TUF).exits(10);
    user.sign(&[FILE]).exits(0);
    user.verify_file(&BY_TUF)
        .exits(1)
        .snapshot("network/page_of_tuf");
}

#[test]
fn says_why_and_how_long_it_waits() {
    let user = World::new();
    user.sandbox
        .services
        .ca
        .faults()
        .next(1, Fault::Status(503));
    user.sign(&[FILE]).exits(0).snapshot("network/waits");
}

#[test]
fn ends_at_once_when_a_service_asks_for_a_long_wait() {
    let user = World::new();
    user.sandbox.services.ca.faults().always(Fault::Answer {
        status: 429,
        headers: vec![("retry-after", "120".to_owned())],
        body: "slow down",
    });
    user.sign(&[FILE]).exits(3).snapshot("network/long_wait");
}

#[test]
fn fetches_trust_material_after_a_hiccup() {
    for fault in [
        Fault::Status(503),
        Fault::DropConnection,
        Fault::TruncatedBody,
    ] {
        let user = World::new();
        user.sign(&[FILE]).exits(0);
        user.sandbox.services.tuf.faults().next(1, fault);
        user.verify_file(&BY_TUF).exits(0);
    }
}

#[cfg(unix)]
#[test]
fn works_without_a_cache_that_can_be_written() {
    let user = World::new();
    user.sign(&[FILE]).exits(0);
    // Root writes into any folder, but nobody writes below a file.
    user.write("file", b"");
    let issuer = user.issuer();
    let mut command = user.command(&["verify", FILE, "--certificate-identity"]);
    command.args([crate::harness::AUTHOR, "--certificate-oidc-issuer", &issuer]);
    command
        .args(BY_TUF)
        .env("CPAN_SIGSTORE_CACHE", user.path("file/cache"));
    Ran::of(command.output().unwrap())
        .exits(0)
        .snapshot("network/cache_not_writable");
}

#[test]
fn refuses_proxy_settings_that_would_be_ignored() {
    let user = World::new();
    sign_with(
        &user,
        &[("HTTPS_PROXY", "garbage://user:hunter2@proxy.example")],
    )
    .exits(1)
    .snapshot("network/proxy_setting");
    sign_with(&user, &[("ALL_PROXY", "socks5://proxy.example:1080")]).exits(1);
    assert_eq!(user.sandbox.services.ca.requests(), [""; 0]);
}

#[test]
fn names_the_proxy_that_cannot_be_reached_and_tries_once() {
    let user = World::new();
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let proxy = format!("http://user:hunter2@{closed}");
    sign_with(&user, &[("http_proxy", &proxy)])
        .exits(1)
        .snapshot("network/proxy_down");
}

#[test]
fn names_the_proxy_that_wants_a_password() {
    let user = World::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = [0; 1024];
            let _ = stream.read(&mut head);
            let _ = stream.write_all(
                b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            );
        }
    });
    sign_with(&user, &[("http_proxy", &proxy)])
        .exits(1)
        .snapshot("network/proxy_password");
    let mut by_https = user.command(&[
        "verify",
        "MYAUTHOR/Foo-1.0.tar.gz",
        "--cpan",
        "https://cpan.example/",
    ]);
    let by_https = by_https.env("https_proxy", &proxy).output().unwrap();
    Ran::of(by_https)
        .exits(1)
        .snapshot("network/proxy_password_https");
}

#[test]
fn names_an_ipv6_address_that_no_proxy_reaches() {
    let user = World::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = [0; 1024];
            let _ = stream.read(&mut head);
            let _ = stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n");
        }
    });
    let cpan = ["--cpan", "https://[::1]:8443/"];
    let release = ["verify", "MYAUTHOR/Foo-1.0.tar.gz"];
    let mut verify = user.command(&[release, cpan].concat());
    Ran::of(verify.env("https_proxy", &proxy).output().unwrap())
        .exits(1)
        .snapshot("network/proxy_to_ipv6");
}

#[test]
fn names_the_variable_for_a_private_ca() {
    let user = World::new();
    let (_server, cpan) = tls::serve(&user);
    let verify = ["verify", "MYAUTHOR/Foo-1.0.tar.gz", "--cpan", &cpan];
    let none = user
        .command(&verify)
        .env("SSL_CERT_FILE", "/no/such.pem")
        .output()
        .unwrap();
    Ran::of(none).exits(1).snapshot("network/no_certificates");
    tls::certificate(&user, "other");
    let other = user
        .command(&verify)
        .env("SSL_CERT_FILE", user.path("other.pem"))
        .output()
        .unwrap();
    Ran::of(other).exits(1).snapshot("network/private_ca");
    let trusted = user
        .command(&verify)
        .env("SSL_CERT_FILE", user.path("own.pem"))
        .output()
        .unwrap();
    let trusted = Ran::of(trusted);
    assert!(!trusted.stderr.contains("certificate"), "{trusted:#?}");
}

#[test]
fn follows_a_cpan_that_moved_on_the_same_host() {
    let user = World::new();
    user.sandbox
        .pause
        .publish("MYAUTHOR", "Foo-1.0.tar.gz", b"no archive".to_vec());
    let cpan = user.sandbox.services.cpan.url();
    let path = "authors/id/M/MY/MYAUTHOR/Foo-1.0.tar.gz";
    let moved = |location: String| Fault::Answer {
        status: 301,
        headers: vec![("location", location)],
        body: "",
    };
    let faults = user.sandbox.services.cpan.faults();
    faults.next(1, moved(format!("{cpan}/{path}")));
    let there = user.run(&["verify", "MYAUTHOR/Foo-1.0.tar.gz"]);
    assert!(!there.stderr.contains("redirect"), "{there:#?}");
    faults.always(moved(format!("https://cpan.example/{path}")));
    user.run(&["verify", "MYAUTHOR/Foo-1.0.tar.gz"])
        .exits(1)
        .snapshot("network/redirect");
}
