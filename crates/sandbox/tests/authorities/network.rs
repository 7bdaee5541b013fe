//! Faults between a client and the services.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use cpan_sigstore_sandbox::Fault;
use serde_json::Value;

use crate::harness::Client;

const CHECKPOINT: &str = "/api/v2/checkpoint";

async fn ask(client: &Client) -> reqwest::Result<(u16, Vec<u8>)> {
    let url = format!("{}{CHECKPOINT}", client.sandbox.services.rekor_v2.url());
    let answer = client.http().get(url).send().await?;
    Ok((answer.status().as_u16(), answer.bytes().await?.to_vec()))
}

#[tokio::test]
async fn applies_planned_faults_and_ends_them() {
    let client = Client::new();
    let faults = client.sandbox.services.rekor_v2.faults().clone();
    let (_, right) = ask(&client).await.unwrap();

    faults.next(2, Fault::Status(503));
    assert_eq!(ask(&client).await.unwrap().0, 503);
    assert_eq!(ask(&client).await.unwrap().0, 503);
    assert_eq!(ask(&client).await.unwrap().0, 200);

    faults.always(Fault::Garbage);
    let (status, garbage) = ask(&client).await.unwrap();
    assert_eq!(status, 200);
    assert!(serde_json::from_slice::<Value>(&garbage).is_err());

    faults.always(Fault::OversizedBody(3_000_000));
    let (_, oversized) = ask(&client).await.unwrap();
    assert_eq!(oversized.len(), 3_000_000 + right.len());
    assert!(oversized.ends_with(&right));

    faults.always(Fault::TruncatedBody);
    let url = format!("{}{CHECKPOINT}", client.sandbox.services.rekor_v2.url());
    let answer = client.http().get(url).send().await.unwrap();
    assert_eq!(answer.content_length(), Some(right.len() as u64));
    assert!(answer.bytes().await.is_err());

    faults.always(Fault::Slow(Duration::from_millis(1)));
    assert_eq!(ask(&client).await.unwrap().0, 200);

    faults.clear();
    assert_eq!(ask(&client).await.unwrap().0, 200);
}

/// Returns all bytes that arrive before the connection ends.
fn raw(client: &Client, request: &str) -> Vec<u8> {
    let address = client
        .sandbox
        .services
        .rekor_v2
        .url()
        .strip_prefix("http://")
        .unwrap()
        .to_owned();
    let mut connection = TcpStream::connect(&address).unwrap();
    connection
        .write_all(request.replace("HOST", &address).as_bytes())
        .unwrap();
    let mut answer = Vec::new();
    // A reset also ends the connection.
    let _ = connection.read_to_end(&mut answer);
    answer
}

#[test]
fn drops_a_connection_without_a_byte() {
    let client = Client::new();
    let request = format!("GET {CHECKPOINT} HTTP/1.1\r\nHost: HOST\r\n\r\n");
    for fault in [Fault::DropConnection, Fault::DropAnswer] {
        client
            .sandbox
            .services
            .rekor_v2
            .faults()
            .next(1, fault.clone());
        assert_eq!(raw(&client, &request), b"", "{fault:?}");
    }
    let request = format!("GET {CHECKPOINT} HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n");
    assert!(raw(&client, &request).starts_with(b"HTTP/1.1 200 "));
}

#[test]
fn refuses_a_web_page_whose_name_resolves_here() {
    let client = Client::new();
    for host in ["attacker.example", "127.0.0.1.attacker.example:80"] {
        let request =
            format!("GET {CHECKPOINT} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        assert!(
            raw(&client, &request).starts_with(b"HTTP/1.1 403 "),
            "{host}"
        );
    }
}

#[tokio::test]
async fn records_requests_of_clients_but_not_of_authorities() {
    let client = Client::new();
    client.certificate("author", "author@example.org").await;
    let services = &client.sandbox.services;
    assert_eq!(services.ca.requests(), ["POST /api/v2/signingCert"]);
    assert!(services.oidc.requests().is_empty());
    assert!(services.ct_log.requests().is_empty());
}

#[tokio::test]
async fn fails_to_certify_while_the_ct_log_is_down() {
    let client = Client::new();
    client
        .sandbox
        .services
        .ct_log
        .faults()
        .always(Fault::DropConnection);
    let token = client.sandbox.token("author").unwrap();
    let request = client.certificate_request(&token, "author@example.org");
    let ca = &client.sandbox.services.ca;
    let (status, answer) = client.post(ca, "/api/v2/signingCert", &request).await;
    assert_eq!(status, 500, "{answer}");
}

#[test]
fn stops_every_service_when_dropped() {
    let client = Client::new();
    let address = client
        .sandbox
        .services
        .ca
        .url()
        .strip_prefix("http://")
        .unwrap()
        .to_owned();
    let dir = client.sandbox.dir().to_owned();
    let mut open = TcpStream::connect(&address).unwrap();
    assert!(dir.join("trusted_root.json").exists());
    drop(client);
    assert!(TcpStream::connect(&address).is_err());
    assert_eq!(open.read(&mut [0; 1]).unwrap_or(0), 0);
    assert!(!dir.exists());
}
