//! `verify` with a log of CPAN, without any network.

use std::fs;

use crate::{
    fixtures::author::distribution,
    log::{FOO, Logged},
    snapshot,
};

const POLICY: &str = "[log]\ntlog-policy = \"policy.txt\"\nrequire-logged = true\n";

impl Logged {
    /// A log of a CPAN with this archive, its proofs in `proofs`, and a user with an archive of the same name.
    fn of(archive: &[u8]) -> Self {
        let logged = Self::new();
        logged.replace(archive);
        logged.append(&["--proofs", "proofs"]).exits(0);
        logged.write("policy.toml", POLICY);
        let file = logged.folder.path().join("Foo-1.0.tar.gz");
        fs::write(file, distribution("Foo", "1.0")).unwrap();
        logged
    }

    fn replace(&self, archive: &[u8]) {
        let file = self.folder.path().join("cpan").join(FOO);
        fs::write(file, archive).unwrap();
    }

    /// Verifies the user's archive, with the proof in a folder.
    fn judge(&self, proofs: &[&str], code: i32, name: &str) {
        let verify = [
            "verify",
            "Foo-1.0.tar.gz",
            "--author",
            "MYAUTHOR",
            "--offline",
            "--policy",
            "policy.toml",
        ];
        let proof = proofs.concat();
        let given = ["--log-proof", &proof];
        let given = &given[..2 * usize::from(!proofs.is_empty())];
        let ran = self.run(&[&verify[..], given].concat()).exits(code);
        let shown = |line: &str| match line.trim_start().starts_with('\u{2014}') {
            true => "  \u{2014} [SIGNATURE]\n".to_owned(),
            false => format!("{}\n", line.trim_end()),
        };
        let text: String = snapshot::text(&ran).lines().map(shown).collect();
        snapshot::assert(name, &text);
    }
}

#[test]
fn rejects_archive_that_the_log_has_with_other_bytes() {
    let logged = Logged::of(b"foo");
    logged.judge(
        &["proofs/", FOO, ".tlog-proof"],
        15,
        "log/rejects_other_bytes",
    );
    logged.judge(&[], 15, "log/rejects_unlogged_archive");
    // The log's own operator shows another history of the same size.
    logged.replace(&distribution("Foo", "1.0"));
    let init = ["log", "init", "--log", "forked", "--key", "log.key"];
    let origin = ["--origin", "cpan.example/log"];
    logged.run(&[&init[..], &origin].concat()).exits(0);
    let append = ["log", "append", "--cpan", "cpan", "--log", "forked"];
    let more = ["--key", "log.key", "--proofs", "other"];
    logged.run(&[&append[..], &more].concat()).exits(0);
    logged.judge(
        &["other/", FOO, ".tlog-proof"],
        15,
        "log/rejects_forked_log",
    );
    // The evidence remains.
    logged.judge(&["proofs/", FOO, ".tlog-proof"], 15, "log/keeps_forked_log");
}

#[test]
fn warns_of_log_that_nothing_dates() {
    let logged = Logged::of(&distribution("Foo", "1.0"));
    logged.judge(&["proofs/", FOO, ".tlog-proof"], 3, "log/rejects_stale_log");
}
