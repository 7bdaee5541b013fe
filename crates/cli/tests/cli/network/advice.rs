//! The same advice about a network, in every command that reads one.

use std::net::TcpListener;

use cpan_sigstore_sandbox::Fault;

use crate::harness::{FILE, Ran, World};

/// Commands that read a CPAN, an author index or a log.
const COMMANDS: &[&[&str]] = &[
    &["verify", "MYAUTHOR/Foo-1.0.tar.gz"],
    &["verify", "Foo::Bar"],
    &["watch", "MYAUTHOR"],
    &["author", "show", "MYAUTHOR"],
    &["author", "check", "MYAUTHOR"],
    &["trust", "explain", "MYAUTHOR"],
    &["index", "build", "--output", "index.json"],
    &[
        "index",
        "use",
        "http://127.0.0.1:1/index.json",
        "--identity",
        "operator@example.org",
        "--issuer",
        "https://issuer.example",
    ],
    &["exec", "--", "cpanm", "--notest", "-l", "perl", "Foo::Bar"],
];

/// A proxy at which nobody listens, so that each request fails at once.
fn closed_proxy() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[test]
fn names_the_proxy_in_every_command_and_tries_once() {
    let user = World::new();
    let proxy = closed_proxy();
    for args in COMMANDS {
        let ran = user.command(args).env("http_proxy", &proxy).output();
        let ran = Ran::of(ran.unwrap());
        assert_eq!(ran.code, Some(1), "{args:?}: {ran:#?}");
        for part in [
            &format!("the proxy {proxy}/ failed: Connection refused"),
            "\nhint: correct HTTPS_PROXY and HTTP_PROXY",
        ] {
            assert!(ran.stderr.contains(part), "{args:?}: {ran:#?}");
        }
        assert!(!ran.stderr.contains("waiting: "), "{args:?}: {ran:#?}");
    }
}

#[test]
fn names_the_redirect_of_any_service() {
    let user = World::new();
    user.sign(&[FILE]).exits(0);
    let services = &user.sandbox.services;
    let login = || user.run(&["sign", "--force", "--yes", "--device", FILE]);
    let sign = || user.sign(&["--force", FILE]);
    let verify = || user.verify_file(&["--instance", "sandbox-tuf"]);
    let runs: [(_, &dyn Fn() -> Ran); 5] = [
        (&services.oidc, &login),
        (&services.ca, &sign),
        (&services.rekor_v2, &sign),
        (&services.tsa, &sign),
        (&services.tuf, &verify),
    ];
    for (service, run) in runs {
        service.faults().always(Fault::Answer {
            status: 302,
            headers: vec![("location", format!("https://else.example/x?{SECRET}"))],
            body: "",
        });
        let ran = run().exits(1);
        for part in [
            "the server redirects to https://else.example/x",
            "\nhint: name the address that the server redirects to",
        ] {
            assert!(ran.stderr.contains(part), "{ran:#?}");
        }
        assert!(!ran.stderr.contains(SECRET), "{ran:#?}");
        service.faults().clear();
    }
}

#[test]
fn takes_a_refusal_of_trust_material_for_no_hiccup() {
    let user = World::new();
    user.sign(&[FILE]).exits(0);
    user.sandbox
        .services
        .tuf
        .faults()
        .always(Fault::Status(403));
    let ran = user.verify_file(&["--instance", "sandbox-tuf"]).exits(1);
    assert!(
        ran.stderr.contains("a proxy or the server refuses"),
        "{ran:#?}"
    );
}

/// A secret that no other text contains by chance.
const SECRET: &str = "s3cret-Zq7xK";

#[test]
fn shows_no_secret_of_an_address() {
    let user = World::new();
    user.write(
        "log-policy",
        b"log example.com/log+a06c8792+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n",
    );
    let root = user.sandbox.dir().join("tuf-root.json");
    let root = root.to_str().unwrap();
    let proxy = closed_proxy();
    for (number, address) in [
        format!("htp://me:{SECRET}@cpan.example/"),
        format!("me:{SECRET}@cpan.example/"),
        format!("http://me:{SECRET}@127.0.0.1:99999/"),
        format!("http://me:{SECRET}@127.0.0.1:1/"),
        format!("http://me:{SECRET}@127.0.0.1:1/?key={SECRET}"),
    ]
    .iter()
    .enumerate()
    {
        let instance = format!("by-it-{number}");
        let release = format!("{address}authors/id/M/MY/MYAUTHOR/Foo-1.0.tar.gz");
        let add = ["instance", "add", &instance, "--tuf-url", address];
        let operator = [
            "--identity",
            "operator@example.org",
            "--issuer",
            "https://a",
        ];
        for args in [
            [&add[..], &["--tuf-root", root]].concat(),
            vec!["sign", "--yes", "--instance", &instance, FILE],
            vec!["verify", "--cpan", address, "MYAUTHOR/Foo-1.0.tar.gz"],
            vec!["verify", &release],
            vec!["verify", &release, "Foo-1.0.tar.gz"],
            vec!["trust", "accept", &release],
            vec!["watch", "--cpan", address, "MYAUTHOR"],
            vec!["watch", "--webhook", address, "MYAUTHOR"],
            vec!["exec", "--upstream", address, "--", "true"],
            vec!["index", "build", "--cpan", address, "--output", "i.json"],
            [&["index", "use", address][..], &operator].concat(),
            vec!["env", "--mirror", address],
            vec![
                "log",
                "audit",
                "--log",
                address,
                "--log-policy",
                "log-policy",
            ],
            vec!["upload", "--upload-uri", address, FILE],
            vec!["sign", "--yes", "--oidc-issuer", address, FILE],
        ] {
            // There, a text without a scheme is the path of a folder or a file, which is no secret.
            let takes_paths = ["index", "log"].contains(&args[0]) && args[1] != "use";
            let takes_paths = takes_paths || args.contains(&release.as_str());
            if !address.contains("://") && takes_paths {
                continue;
            }
            let mut command = user.command(&[&["-vvv"], &args[..]].concat());
            let ran = command.env("http_proxy", &proxy).output();
            let ran = Ran::of(ran.unwrap());
            let shown = format!("{}{}", ran.stdout, ran.stderr);
            assert!(!shown.contains(SECRET), "{args:?}: {ran:#?}");
        }
    }
}
