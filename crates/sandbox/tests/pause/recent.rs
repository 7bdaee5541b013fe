//! The files RECENT, which list recent events of a mirror.

use crate::harness::{ARCHIVE, AUTHOR, BUNDLE, HOME, Uploader};
use cpan_sigstore_sandbox::pause::PauseMisbehaviour;
use jiff::SignedDuration;
use serde_json::Value;

/// Returns the paths with their types, newest first.
fn events(yaml: &str) -> Vec<(String, String)> {
    let field = |line: &str, key: &str| line.trim().strip_prefix(key).map(str::to_owned);
    let paths = yaml.lines().filter_map(|line| field(line, "path: "));
    let kinds = yaml.lines().filter_map(|line| field(line, "type: "));
    paths.zip(kinds).collect()
}

fn epochs(yaml: &str) -> Vec<f64> {
    let after = yaml.split_once("recent: \n").unwrap().1;
    let epochs = after
        .lines()
        .filter_map(|line| line.trim().strip_prefix("epoch: "));
    epochs.map(|epoch| epoch.parse().unwrap()).collect()
}

async fn recent(uploader: &Uploader, interval: &str) -> String {
    uploader
        .text(&format!("/authors/RECENT-{interval}.yaml"))
        .await
}

fn new(name: &str) -> (String, String) {
    (format!("id/{HOME}/{name}"), "new".to_owned())
}

#[tokio::test]
async fn lists_the_latest_event_of_each_path_newest_first() {
    let uploader = Uploader::new();
    for content in [b"{}".as_slice(), b"[]"] {
        uploader.upload(BUNDLE, content).await.succeeded();
    }
    uploader.upload_archive().await;
    let yaml = recent(&uploader, "1h").await;
    assert_eq!(
        events(&yaml),
        [new("CHECKSUMS"), new(ARCHIVE), new(BUNDLE)],
        "{yaml}"
    );
    assert!(epochs(&yaml).is_sorted_by(|one, other| one > other));
    assert!(uploader.sandbox.pause.delete(AUTHOR, BUNDLE));
    let deleted = (format!("id/{HOME}/{BUNDLE}"), "delete".to_owned());
    let yaml = recent(&uploader, "1h").await;
    assert_eq!(
        events(&yaml),
        [deleted, new("CHECKSUMS"), new(ARCHIVE)],
        "{yaml}"
    );
    assert_eq!(events(&recent(&uploader, "6h").await), events(&yaml));
}

#[tokio::test]
async fn moves_old_events_to_the_next_file() {
    let uploader = Uploader::new();
    uploader.upload_bundle().await;
    let clock = uploader.sandbox.pause.clock();
    for (hours, holding) in [
        (0, "1h 6h"),
        (2, "6h 1d"),
        (7, "1d 1W"),
        (24 * 3, "1W 1M"),
        (24 * 40, "1Q 1Y"),
        (24 * 500, "Z"),
    ] {
        clock.set_offset(SignedDuration::from_hours(hours));
        for interval in holding.split(' ') {
            let yaml = recent(&uploader, interval).await;
            assert_eq!(events(&yaml).len(), 2, "{interval} after {hours} hours");
        }
        let smaller = ["1h", "6h", "1d", "1W", "1M", "1Q", "1Y"]
            .into_iter()
            .take_while(|interval| !holding.contains(interval));
        for interval in smaller {
            let yaml = recent(&uploader, interval).await;
            assert!(yaml.ends_with("recent: []\n\n"), "{interval}: {yaml}");
        }
    }
}

#[tokio::test]
async fn moves_the_dirtymark_when_the_past_changes() {
    let uploader = Uploader::new();
    assert!(recent(&uploader, "1h").await.contains("dirtymark: ~"));
    uploader.sandbox.pause.publish(AUTHOR, ARCHIVE, b"{}");
    assert!(recent(&uploader, "1h").await.contains("dirtymark: \"1"));
    let all = recent(&uploader, "Z").await;
    assert_eq!(events(&all), [new("CHECKSUMS"), new(ARCHIVE)], "{all}");
}

#[tokio::test]
async fn serves_the_same_events_as_json_at_the_root() {
    let uploader = Uploader::new();
    uploader.upload_bundle().await;
    let json = uploader.text("/RECENT-1h.json").await;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["meta"]["interval"], "1h");
    assert_eq!(
        json["recent"][1]["path"],
        format!("authors/id/{HOME}/{BUNDLE}")
    );
    assert_eq!(json["meta"]["minmax"]["max"], json["recent"][0]["epoch"]);
    assert_eq!(uploader.get("/RECENT-2h.json").await.0, 404);
}

#[tokio::test]
async fn serves_stale_garbage_or_no_files_when_misbehaving() {
    let uploader = Uploader::new();
    uploader.upload_bundle().await;
    let wrong = uploader.sandbox.pause.misbehaviour();
    wrong.set(PauseMisbehaviour::StaleRecent);
    assert_eq!(events(&recent(&uploader, "1h").await), [new(BUNDLE)]);
    wrong.set(PauseMisbehaviour::GarbageRecent);
    assert!(!recent(&uploader, "1h").await.contains("meta"));
    wrong.set(PauseMisbehaviour::NoRecent);
    for path in ["/authors/RECENT-1h.yaml", "/RECENT-1h.json"] {
        assert_eq!(uploader.get(path).await.0, 404);
    }
}
