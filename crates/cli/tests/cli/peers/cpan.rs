//! Clients of CPAN, which trust CHECKSUMS. Behind the gate the archive itself has to be the author's.

use std::fs;

use crate::{
    fixtures::{
        author::{HOME, ID, distribution},
        shop::FILE,
    },
    harness::{Ran, World, sha256},
};

/// A folder as upstream: the sandbox's files and indexes, and these CHECKSUMS.
fn upstream(user: &World, checksums: &str) -> String {
    let folder = user.folder();
    let host = user
        .sandbox
        .services
        .cpan
        .url()
        .trim_start_matches("http://");
    for path in [
        "modules/02packages.details.txt.gz",
        "modules/03modlist.data.gz",
        "authors/01mailrc.txt.gz",
    ] {
        let answer = crate::fixtures::http::ask(host, &format!("GET /{path}"), &[]);
        fs::create_dir_all(folder.join(path).parent().unwrap()).unwrap();
        fs::write(folder.join(path), answer.body).unwrap();
    }
    fs::write(
        folder.join(format!("authors/id/{HOME}/CHECKSUMS")),
        checksums,
    )
    .unwrap();
    format!("file://{}/", folder.display())
}

/// The data of CHECKSUMS for one archive.
fn entry(name: &str, directory: &str, bytes: &[u8]) -> String {
    let hex: String = sha256(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!(
        "$cksum = {{\n  '{name}' => {{\n    'cpan_path' => '{directory}',\n    'sha256' => '{hex}',\n    'size' => {},\n  }},\n}};\n",
        bytes.len()
    )
}

/// Runs CPAN.pm behind the gate.
fn cpan(user: &World, upstream: &str) -> Ran {
    let client = ["cpan", "-T", "-i", &format!("{ID}/{FILE}")];
    let mut command = user.exec_command(&["--upstream", upstream], &client);
    let perl = user.path("perl");
    command.env("PERL_MM_OPT", format!("INSTALL_BASE={}", perl.display()));
    Ran::of(command.output().unwrap())
}

/// CPAN.pm and cpanm used checksums that stood unsigned before the signed ones (likewise CVE-2020-16154).
#[test]
fn cve_2020_16156_unsigned_checksums_before_signed_ones() {
    let genuine = distribution("Foo-Bar", "1.02");
    let changed = [&genuine[..], b"\0"].concat();
    let forged = entry(FILE, HOME, &changed);
    let signed = format!(
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n{}__END__\n-----BEGIN PGP SIGNATURE-----\nx\n-----END PGP SIGNATURE-----\n",
        entry(FILE, HOME, &genuine)
    );
    for checksums in [
        format!("{forged}{signed}"),
        format!("{forged}__END__\n{signed}"),
        forged.clone(),
    ] {
        let user = World::new().with_policy();
        let bundle = user.sign_bytes("author", &genuine);
        user.publish(FILE, &changed);
        user.publish(&format!("{FILE}.sigstore.json"), &bundle);
        let ran = cpan(&user, &upstream(&user, &checksums));
        user.assert_refused(&ran, 11, "signature-invalid");
    }
}

/// CPAN::Checksums bound no digest to a directory, so another author's files and CHECKSUMS passed for this one's.
#[test]
fn cve_2020_16155_checksums_of_another_directory() {
    let user = World::new().with_policy();
    let bytes = distribution("Foo-Bar", "1.02");
    let bundle = user.sign_bytes("stranger", &bytes);
    user.publish(FILE, &bytes);
    user.publish(&format!("{FILE}.sigstore.json"), &bundle);
    for directory in ["S/ST/STRANGER", HOME] {
        let ran = cpan(&user, &upstream(&user, &entry(FILE, directory, &bytes)));
        user.assert_refused(&ran, 12, "identity-mismatch");
    }
}
