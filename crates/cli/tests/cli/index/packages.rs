//! Owners of packages in an operator's index: from `06perms.txt`, and never by one hostile copy of it.

use std::fs;

use super::operator::Operator;
use crate::{fixtures::author::ID, harness::until};

impl Operator {
    /// Writes the list of permissions of the CPAN in the folder.
    pub fn permissions(&self, lines: &[&str]) {
        let folder = self.cpan().join("modules");
        fs::create_dir_all(&folder).unwrap();
        let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let count = lines.lines().count();
        let text = format!("File:        06perms.txt\nLine-Count:  {count}\n\n{lines}");
        fs::write(folder.join("06perms.txt"), text).unwrap();
    }
}

const HONEST: &[&str] = &["Foo::Bar,MYAUTHOR,f", "Foo::Bar,CO,c", "Plain,NOREC,f"];

#[test]
fn states_owners_of_packages_and_rebuilds_to_the_same_bytes() {
    let operator = Operator::new();
    operator.permissions(HONEST);
    let built = operator.build();
    assert_eq!(built["packages"], 2);
    assert_eq!(built["changes"]["new-packages"], 2);
    let text = operator.text("index.json");
    assert!(
        text.contains("\n\"Foo::Bar\": [\"MYAUTHOR\",\"CO\"],\n"),
        "{text}"
    );
    let mut args = vec!["build", "--cpan", "cpan", "--output", "again.json"];
    operator.index(&args).exits(0);
    let dated = |text: &str| -> String {
        let lines = text.lines().filter(|line| !line.starts_with("\"dated\""));
        lines.collect()
    };
    assert_eq!(dated(&operator.text("again.json")), dated(&text));
    // An unchanged list is not read again, as soon as the clock of the file system could tell a change.
    until(|| operator.build()["looked-at"] == 0);
    assert_eq!(operator.text("index.json"), text);
    // A file that is gone changes nothing, and one without a count is refused.
    let list = operator.cpan().join("modules/06perms.txt");
    fs::remove_file(&list).unwrap();
    let built = operator.build();
    assert_eq!(
        (&built["unchanged"], &built["vanished-permissions"]),
        (&true.into(), &true.into())
    );
    args.splice(3.., ["--previous", "index.json"]);
    fs::write(list, "File: 06perms.txt\n\nFoo::Bar,EVIL,f\n").unwrap();
    operator
        .index(&args)
        .exits(1)
        .snapshot("index/states_owners_of_packages_and_rebuilds_to_the_same_bytes");
    assert_eq!(operator.text("index.json"), text);
}

#[test]
fn announces_transfer_of_package_from_hostile_upstream() {
    let operator = Operator::new();
    operator.permissions(HONEST);
    operator.publish();
    operator.use_it().exits(0);
    let one = operator.text("index.json");
    let line = "\"Foo::Bar\": [\"MYAUTHOR\",\"CO\"]";
    let hostile = ["Foo::Bar,EVIL,f", "Plain,NOREC,f"];
    operator.permissions(&hostile);
    let args = ["build", "--cpan", "cpan", "--previous", "index.json"];
    operator
        .index(&args)
        .exits(0)
        .snapshot("index/announces_transfer_of_package_from_hostile_upstream-1");
    let two = operator.text("index.json");
    assert!(
        two.contains(line) && two.contains("\"owners\":[\"EVIL\"],\"package\":\"Foo::Bar\""),
        "{two}"
    );
    operator.world.write("one.json", one.as_bytes());
    operator
        .index(&["diff", "one.json", "index.json"])
        .exits(0)
        .snapshot("index/announces_transfer_of_package_from_hostile_upstream-2");
    operator.sign("index.json").exits(0);
    operator
        .index(&["verify", "index.json"])
        .exits(0)
        .snapshot("index/announces_transfer_of_package_from_hostile_upstream-3");
    // As if it had been announced a week earlier: then it is applied, unless the honest list is back.
    let announced = |line: &str| {
        let times = line.split('"').filter(|text| text.ends_with('Z')).take(2);
        times.map(str::to_owned).collect::<Vec<_>>()
    };
    let transfer = two
        .lines()
        .find(|line| line.contains("\"announced\""))
        .unwrap();
    let mut earlier = transfer.to_owned();
    for time in announced(transfer) {
        let at: jiff::Timestamp = time.parse().unwrap();
        let before = at - jiff::SignedDuration::from_hours(24 * 8);
        earlier = earlier.replace(&time, &before.to_string());
    }
    operator
        .world
        .write("index.json", two.replace(transfer, &earlier).as_bytes());
    operator
        .world
        .write("late.json", two.replace(transfer, &earlier).as_bytes());
    operator.permissions(HONEST);
    let built = operator.build();
    assert_eq!(
        built["changes"]["withdrawn-transfers"][0]["package"], "Foo::Bar",
        "{built:#}"
    );
    assert!(operator.text("index.json").contains(line));
    fs::copy(
        operator.world.path("late.json"),
        operator.world.path("index.json"),
    )
    .unwrap();
    operator.permissions(&hostile);
    let built = operator.build();
    assert_eq!(
        built["changes"]["owners"][0]["after"][0], "EVIL",
        "{built:#}"
    );
}

#[test]
fn applies_transfer_of_package_that_operator_accepts() {
    let operator = Operator::new();
    operator.permissions(HONEST);
    operator.publish();
    operator.use_it().exits(0);
    operator.permissions(&["Foo::Bar,OTHER,f", "Plain,OTHER,f"]);
    let args = ["build", "--cpan", "cpan", "--previous", "index.json"];
    let accept = ["--accept-owner", "Foo::Bar"];
    operator
        .index(&[&args[..], &accept].concat())
        .exits(0)
        .snapshot("index/applies_transfer_of_package_that_operator_accepts-1");
    operator.sign("index.json").exits(0);
    operator
        .index(&["verify", "index.json"])
        .exits(0)
        .snapshot("index/applies_transfer_of_package_that_operator_accepts-2");
    operator.use_it().exits(0);
    operator
        .index(&["status"])
        .exits(0)
        .snapshot("index/applies_transfer_of_package_that_operator_accepts-3");
    let status = operator.index(&["status", "--json"]).exits(0).json();
    assert_eq!(status["owner-changes"][0]["before"][0], ID);
}
