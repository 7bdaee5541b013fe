//! An upstream that does what no server of CPAN does, on the wire.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    thread,
};

use crate::{
    fixtures::author::{HOME, distribution},
    fixtures::shop::FILE,
    harness::World,
};

/// What it answers to who asks for the archive.
#[derive(Clone, Copy)]
enum Wrong {
    /// A status of refusal, and the archive as its body.
    ErrorWithArchive,
    /// Two thirds of the archive, with their length for its own.
    Truncated,
    /// A redirect to where the archive is.
    Redirect,
}

/// Serves the sandbox's tree, but for the archive; gives its address. It ends with the process.
fn upstream(user: &World, wrong: Wrong) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let cpan = user.sandbox.services.cpan.url().to_owned();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let cpan = cpan.clone();
            thread::spawn(move || serve(stream, &cpan, wrong));
        }
    });
    url
}

fn serve(mut stream: TcpStream, cpan: &str, wrong: Wrong) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let Some(Ok(line)) = lines.next() else { return };
    let path = line.split(' ').nth(1).unwrap().to_owned();
    while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
    let archive = distribution("Foo-Bar", "1.02");
    let (status, more, body) = if !path.ends_with(FILE) {
        let address = cpan.strip_prefix("http://").unwrap();
        let answer = crate::fixtures::http::ask(address, &format!("GET {path}"), &[]);
        (answer.status, String::new(), answer.body)
    } else {
        match wrong {
            Wrong::ErrorWithArchive => (400, String::new(), archive),
            Wrong::Truncated => (
                200,
                String::new(),
                archive[..archive.len() * 2 / 3].to_vec(),
            ),
            Wrong::Redirect => (302, format!("Location: {cpan}{path}\r\n"), Vec::new()),
        }
    };
    let head = format!(
        "HTTP/1.1 {status} x\r\nConnection: close\r\n{more}Content-Length: {}\r\n\r\n",
        body.len()
    );
    // The client may be gone.
    let _ = stream.write_all(&[head.as_bytes(), &body].concat());
}

/// What `exec -- cpanm` does behind such an upstream; with its backend that takes the body of an error for
/// the file.
#[track_caller]
fn assert_not_installed(wrong: Wrong, code: i32, finding: &str) {
    let user = World::new().with_policy();
    user.publish_release("1.02");
    let url = upstream(&user, wrong);
    let path = format!("MYAUTHOR/{FILE}");
    let client = [
        "cpanm",
        "--notest",
        "-l",
        "perl",
        "--no-lwp",
        "--no-wget",
        "--curl",
        &path,
    ];
    let ran = user.exec(&["--upstream", &url], &client);
    user.assert_refused(&ran, code, finding);
    assert!(
        ran.stderr.contains(&format!("authors/id/{HOME}/{FILE}")),
        "{ran:#?}"
    );
}

#[test]
fn installs_nothing_from_body_of_an_error() {
    // Whether it is the author's could not be told: it was never asked for successfully.
    assert_not_installed(Wrong::ErrorWithArchive, 1, "unreadable");
}

#[test]
fn installs_no_truncated_archive_of_matching_length() {
    assert_not_installed(Wrong::Truncated, 11, "signature-invalid");
}

#[test]
fn follows_no_redirect_to_another_server() {
    assert_not_installed(Wrong::Redirect, 1, "unreadable");
}
