//! An author has lost every identity, and the operator says who it is now: openly, and not at once.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::operator::{Operator, STRANGER};
use crate::{fixtures::author::ID, harness::AUTHOR};

#[test]
fn applies_override_after_a_week_since_first_seen() {
    let operator = Operator::new();
    operator.publish();
    operator
        .use_it()
        .exits(0)
        .snapshot("index/applies_override_after_a_week_since_first_seen-1");
    let two = operator.next(&operator.first(ID, AUTHOR), &[STRANGER]);
    let record = operator.put(&two, "stranger");
    let record = record.to_str().unwrap();
    let announce = |more: &[&str]| {
        let args = ["override", "index.json", ID, record, "--json"];
        operator.index(&[&args, more].concat())
    };
    announce(&[])
        .exits(2)
        .snapshot("index/applies_override_after_a_week_since_first_seen-2");
    announce(&["--reason", "lost", "--after", "6"])
        .exits(2)
        .snapshot("index/applies_override_after_a_week_since_first_seen-3");
    let first = operator
        .cpan()
        .join(operator.first(ID, AUTHOR).name().path());
    let known = ["override", "index.json", ID, first.to_str().unwrap()];
    operator
        .index(&[&known[..], &["--reason", "lost"]].concat())
        .exits(1)
        .snapshot("index/announces_no_override_of_known_record");
    let announced = announce(&["--reason", "lost the laptop"]).exits(0).json();
    assert_eq!(announced["version"], 2);
    let effective: Timestamp = announced["effective"].as_str().unwrap().parse().unwrap();
    let begun: Timestamp = announced["announced"].as_str().unwrap().parse().unwrap();
    assert_eq!(
        begun.duration_until(effective),
        SignedDuration::from_hours(168)
    );

    // The network has both records, as the folder does; the monitor has seen the author's own.
    let watch = |code| {
        let ran = operator.world.run(&["watch", ID, "--json"]).exits(code);
        let alerts = ran.stdout.lines();
        let code = |line: &str| serde_json::from_str::<Value>(line).unwrap()["alert"].clone();
        alerts.map(code).collect::<Vec<_>>()
    };
    operator.publish_record(&operator.first(ID, AUTHOR), "author");
    watch(0);
    operator.publish_record(&two, "stranger");
    assert_eq!(watch(12), ["record-refused"]);

    // Before its time it changes nothing.
    let built = operator.build();
    assert_eq!(built["refused"][0]["code"], "signer-not-listed");
    operator
        .sign("index.json")
        .exits(0)
        .snapshot("index/applies_override_after_a_week_since_first_seen-4");
    let release = operator.release_as("stranger", "1.02");
    assert_eq!(operator.finding(&release, 12), "identity-mismatch");

    // As if it had been announced long ago.
    let mut text = operator.text("index.json");
    for (time, days) in [(begun, 20), (effective, 13)] {
        let earlier = begun - SignedDuration::from_hours(24 * days);
        text = text.replace(&format!("\"{time}\",\""), &format!("\"{earlier}\",\""));
    }
    operator.world.write("index.json", text.as_bytes());
    let built = operator.build();
    assert_eq!(built["changes"]["authors"][0]["to"], 2, "{built:#}");
    operator
        .sign("index.json")
        .exits(0)
        .snapshot("index/applies_override_after_a_week_since_first_seen-5");
    operator
        .use_it()
        .exits(0)
        .snapshot("index/applies_override_after_a_week_since_first_seen-6");
    // The user has seen it today for the first time.
    assert_eq!(operator.finding(&release, 12), "identity-mismatch");

    let export = operator.world.run(&["trust", "export"]).exits(0);
    let mut export: Value = export.json();
    let seen = begun - SignedDuration::from_hours(24 * 8);
    export["overrides"][0]["noted"] = seen.to_string().into();
    operator
        .world
        .write("export.json", export.to_string().as_bytes());
    operator
        .world
        .run(&["trust", "import", "export.json"])
        .exits(0)
        .snapshot("index/applies_override_after_a_week_since_first_seen-7");
    assert_eq!(operator.finding(&release, 0), "trusted");

    // The override is in effect, so its record is valid now, and the next one is no conflict.
    operator.publish_record(&operator.next(&two, &[STRANGER, AUTHOR]), "stranger");
    assert_eq!(watch(0), ["record-added", "record-added"]);
}

#[test]
fn rejects_override_for_unrelated_record() {
    let operator = Operator::new();
    operator.build();
    let text = operator.text("index.json");
    let one = operator.first(ID, AUTHOR);
    let announce = |record: &std::path::Path, author: &str| {
        let record = record.to_str().unwrap();
        operator.index(&["override", "index.json", author, record, "--reason", "lost"])
    };
    // Not by whom it names, after nothing that is known, of another author.
    announce(
        &operator.put(&operator.next(&one, &[STRANGER]), "author-work"),
        ID,
    )
    .exits(1)
    .snapshot("index/rejects_override_for_unrelated_record-1");
    let third = operator.next(&operator.next(&one, &[STRANGER]), &[STRANGER]);
    announce(&operator.put(&third, "stranger"), ID)
        .exits(1)
        .snapshot("index/rejects_override_for_unrelated_record-2");
    announce(
        &operator.put(&operator.first("OTHER", STRANGER), "stranger"),
        ID,
    )
    .exits(1)
    .snapshot("index/rejects_override_for_unrelated_record-3");
    assert_eq!(operator.text("index.json"), text);
}
