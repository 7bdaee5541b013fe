//! A configuration of CPAN.pm, for `cpan -j`: one mirror, its proxy, and sources and builds of its own.

use std::{fmt::Write as _, path::Path};

use super::client::Proxy;

/// A value in Perl, and the keys that have it.
///
/// All keys are set, or CPAN.pm writes the missing ones into a file, and prompts for some of them. No external
/// program downloads anything: it would show the secret of the proxy in its arguments.
const SETTINGS: &[(&str, &[&str])] = &[
    (
        "''",
        &[
            "applypatch",
            "curl",
            "ftp",
            "gpg",
            "lynx",
            "make_arg",
            "make_install_arg",
            "makepl_arg",
            "mbuild_arg",
            "mbuild_install_arg",
            "mbuildpl_arg",
            "ncftp",
            "ncftpget",
            "no_proxy",
            "password",
            "patch",
            "patches_dir",
            "username",
            "wget",
        ],
    ),
    ("[]", &["dontload_list", "plugin_list", "wait_list"]),
    ("{}", &["dontload_hash"]),
    (
        "0",
        &[
            "auto_commit",
            "build_dir_reuse",
            "cache_metadata",
            // It needs the PGP signature of CHECKSUMS, which a verifying mirror does not hand out.
            "check_sigs",
            "cleanup_after_install",
            "colorize_output",
            "inactivity_timeout",
            "prefer_external_tar",
            "pushy_https",
            "randomize_urllist",
            "recommends_policy",
            "show_unparsable_versions",
            "show_upload_date",
            "show_zero_versions",
            "suggests_policy",
            "term_is_latin",
            "term_ornaments",
            "test_report",
            "trust_test_report_history",
            "urllist_ping_external",
            "urllist_ping_verbose",
            "use_prompt_default",
            "use_sqlite",
            "yaml_load_code",
        ],
    ),
    (
        "1",
        &[
            "commandnumber_in_prompt",
            "connect_to_internet_ok",
            "ftp_passive",
            "halt_on_failure",
            "index_expire",
            "inhibit_startup_message",
        ],
    ),
    ("14", &["ftpstats_period"]),
    ("15", &["version_timeout"]),
    ("99", &["ftpstats_size"]),
    ("100", &["build_cache", "histsize"]),
    (
        "'yes'",
        &[
            "allow_installing_module_downgrades",
            "allow_installing_outdated_dists",
            "build_requires_install_policy",
        ],
    ),
    (
        "'none'",
        &[
            "load_module_verbosity",
            "perl5lib_verbosity",
            "tar_verbosity",
        ],
    ),
    ("'never'", &["scan_cache"]),
    ("'follow'", &["prerequisites_policy"]),
    ("'MB'", &["prefer_installer"]),
    ("'YAML'", &["yaml_module"]),
    ("'black on_cyan'", &["colorize_debug"]),
    ("'bold blue on_white'", &["colorize_print"]),
    ("'bold red on_white'", &["colorize_warn"]),
    ("'make'", &["make", "make_install_make_command"]),
    ("'./Build'", &["mbuild_install_build_command"]),
    ("'more'", &["pager"]),
    ("'bzip2'", &["bzip2"]),
    ("'gzip'", &["gzip"]),
    ("'tar'", &["tar"]),
    ("'unzip'", &["unzip"]),
    ("'cwd'", &["getcwd"]),
    (r#"$^O eq 'MSWin32' ? '"' : "'""#, &["commands_quote"]),
    ("$ENV{SHELL} || '/bin/sh'", &["shell"]),
    // Paths below the home of this run.
    ("$home", &["cpan_home"]),
    (r#""$home/sources""#, &["keep_source_where"]),
    (r#""$home/build""#, &["build_dir"]),
    (r#""$home/prefs""#, &["prefs_dir"]),
    (r#""$home/histfile""#, &["histfile"]),
    // The mirror and the proxy of this run.
    ("[$mirror]", &["urllist"]),
    ("$proxy", &["ftp_proxy", "http_proxy"]),
    ("$user", &["proxy_user"]),
    ("$password", &["proxy_pass"]),
];

/// The file's text.
pub fn conf_pm(mirror: &str, home: &Path, proxy: Option<&Proxy>) -> String {
    let of_proxy = |part: fn(&Proxy) -> &str| proxy.map_or("", part);
    let mut text = String::new();
    // Writing to a string cannot fail.
    for (name, value) in [
        ("home", &*home.to_string_lossy()),
        ("mirror", mirror),
        ("proxy", of_proxy(|proxy| &proxy.address)),
        ("user", of_proxy(|proxy| proxy.user)),
        ("password", of_proxy(|proxy| &proxy.password)),
    ] {
        let _ = writeln!(text, "my ${name} = {};", quoted(value));
    }
    text.push_str("$CPAN::Config = {\n");
    for (value, keys) in SETTINGS {
        for key in *keys {
            let _ = writeln!(text, "  '{key}' => {value},");
        }
    }
    text.push_str("};\n1;\n");
    text
}

/// A string of Perl's that is nothing but text.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn sets_every_key_that_cpan_knows() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("conf.pm");
        let home = folder.path().join("it's $home");
        std::fs::write(&file, conf_pm("http://x", &home, None)).unwrap();
        let list = "require $ARGV[0]; \
            print join ' ', grep { !defined $CPAN::Config->{$_} } sort keys %CPAN::HandleConfig::keys; \
            print '|', join ' ', grep { !exists $CPAN::HandleConfig::keys{$_} } sort keys %$CPAN::Config; \
            print '|', $CPAN::Config->{cpan_home}";
        let output = Command::new("perl")
            .args(["-MCPAN", "-MCPAN::HandleConfig", "-we", list])
            .arg(&file)
            .output()
            .unwrap();
        let found = String::from_utf8(output.stdout).unwrap();
        let [missing, unknown, kept] = found.split('|').collect::<Vec<_>>()[..] else {
            panic!("{found}: {}", String::from_utf8_lossy(&output.stderr));
        };
        assert_eq!(missing, "", "keys of CPAN.pm that are not set");
        // Keys of newer versions may be unknown to this one.
        assert!(unknown.split(' ').count() < 5, "{unknown}");
        assert_eq!(kept, home.to_str().unwrap());
    }
}
