//! Answers of a CPAN to a request for a file.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    thread,
};

use cpan_sigstore_http::{Backoff, Http};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::bundles::bytes;

/// Largest file that is read, in bytes; no case has more.
const LIMIT: usize = 1 << 20;

pub(super) fn answer(case: &Value) -> Value {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/file", listener.local_addr().unwrap());
    let response = response(case);
    thread::spawn(move || {
        for stream in listener.incoming() {
            respond(stream.unwrap(), &response);
        }
    });
    let http = Http::for_urls([url.as_str()]).unwrap();
    // A transient status leads to one more request, without a pause.
    let http = http.with_backoff(Backoff::new(vec![std::time::Duration::ZERO]));
    let file = Runtime::new()
        .unwrap()
        .block_on(http.file(url.parse().unwrap(), LIMIT));
    let meaning = match file {
        Ok(Some(_)) => "file",
        Ok(None) => "absent",
        Err(_) => "unknown",
    };
    json!({ "meaning": meaning })
}

fn response(case: &Value) -> Vec<u8> {
    let body = bytes(&case["body"]);
    let mut head = format!("HTTP/1.1 {} x\r\nConnection: close\r\n", case["status"]);
    for (name, value) in case["headers"].as_object().unwrap() {
        head.push_str(&format!("{name}: {}\r\n", value.as_str().unwrap()));
    }
    head.push_str("\r\n");
    [head.into_bytes(), body].concat()
}

fn respond(mut stream: TcpStream, response: &[u8]) {
    let mut request = BufReader::new(stream.try_clone().unwrap()).lines();
    while request
        .next()
        .is_some_and(|line| line.is_ok_and(|line| !line.is_empty()))
    {}
    // A client that has seen enough closes the connection.
    let _ = stream.write_all(response);
}
