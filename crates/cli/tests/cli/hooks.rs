//! Clients that verify by themselves and without a proxy: CPAN.pm through its plugin, cpm through its resolver. Both ask
//! this program through `verify --stdio`.

use std::{env, fs, path::Path, process::Command};

use crate::{
    fixtures::author::distribution,
    fixtures::hostile_index::{GOOD, RENAMED},
    fixtures::shop::{FILE, NEXT},
    harness::{AUTHOR, Ran, World},
};

const PERL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../perl/CPAN-Sigstore");

/// Loads the configuration of a user who has no other one, and runs a command of CPAN.pm.
const SESSION: &str = r#"
    require CPAN;
    require $ARGV[0];
    $INC{"CPAN/MyConfig.pm"} = $INC{"CPAN/Config.pm"} = $ARGV[0];
    $CPAN::Config_loaded = 1;
    eval $ARGV[1] or die $@ || "no success\n";
"#;

/// What cpm does with a resolver, and an installer of the file that it gets.
const RESOLVER: &str = r#"
    my $resolver = App::cpm::Resolver::Sigstore->new(undef, splice @ARGV, 2);
    my $file = StandIn::install(@ARGV, $resolver) or die "FAIL fetch\n";
    exec "cpanm", "--notest", "-l", "perl", $file;
"#;

impl World {
    /// Perl with this distribution, the user's environment and the program.
    fn perl(&self, args: &[&str]) -> Ran {
        let mut command = Command::new("perl");
        command.current_dir(self.path(".")).env_clear();
        for (name, value) in self.command(&[]).get_envs() {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        let library = format!("{PERL}/lib:{PERL}/t/lib");
        let settings = [("PERL_MM_USE_DEFAULT", "1"), ("PERL5LIB", &library)];
        command.envs(settings).env("HOME", self.path("home"));
        command.env("CPAN_SIGSTORE", env!("CARGO_BIN_EXE_cpan-sigstore"));
        Ran::of(command.args(args).output().unwrap())
    }

    fn sandbox_cpan(&self) -> String {
        self.sandbox.services.cpan.url().to_owned()
    }

    /// A new session of CPAN.pm.
    fn plugin(&self, cpan: &str, commands: &str) -> Ran {
        let home = self.path("home");
        // CPAN.pm keeps the package index for at least a minute.
        let _ = fs::remove_dir_all(home.join("sources/modules"));
        fs::create_dir_all(&home).unwrap();
        let file = home.join("config.pm");
        fs::write(&file, config(&home, cpan, &self.path("perl"))).unwrap();
        self.perl(&["-e", SESSION, file.to_str().unwrap(), commands])
    }

    fn install(&self) -> Ran {
        self.plugin(&self.sandbox_cpan(), "CPAN::Shell->install('Foo::Bar'); 1")
    }

    /// A run of the cpm that `CPAN_SIGSTORE_CPM` names. Debian has no package of it, so otherwise a run of its interface.
    fn resolver(&self, cpan: &str, module: &str) -> Ran {
        let folder = self.path("got");
        fs::create_dir_all(&folder).unwrap();
        fs::create_dir_all(self.path("home")).unwrap();
        let cpan = format!("cpan={cpan}");
        if let Ok(program) = env::var("CPAN_SIGSTORE_CPM") {
            let resolver = format!("Sigstore,{cpan},policy=policy.toml");
            let fixed = [
                "install",
                "--no-default-resolvers",
                "--no-test",
                "-L",
                "perl",
            ];
            let more = ["--home", "home/cpm", "--resolver", &resolver, module];
            return self.perl(&[&[program.as_str()][..], &fixed, &more].concat());
        }
        let fixed = [
            "-MApp::cpm::Resolver::Sigstore",
            "-MStandIn",
            "-e",
            RESOLVER,
        ];
        let args = [
            folder.to_str().unwrap(),
            module,
            &cpan,
            "policy=policy.toml",
        ];
        self.perl(&[&fixed[..], &args].concat())
    }

    /// Compresses the package index of an attacker, as clients fetch it, with the two files beside it.
    fn compress_indexes(&self) {
        let folder = self.path("hostile");
        let modules =
            "File: 03modlist.data\n\npackage CPAN::Modulelist;\nsub data { return {} }\n1;\n";
        fs::write(folder.join("modules/03modlist.data"), modules).unwrap();
        fs::write(
            folder.join("authors/01mailrc.txt"),
            "alias TIM \"Tim <tim@example.org>\"\n",
        )
        .unwrap();
        let files = [
            "modules/02packages.details.txt",
            "modules/03modlist.data",
            "authors/01mailrc.txt",
        ];
        let mut gzip = Command::new("gzip");
        assert!(
            gzip.arg("-kf")
                .args(files)
                .current_dir(folder)
                .status()
                .unwrap()
                .success()
        );
    }

    fn installed_version(&self) -> Option<String> {
        let text = fs::read_to_string(self.path("perl/lib/perl5/Foo/Bar.pm")).ok()?;
        let mut versions = ["1.02", "1.03"].into_iter();
        versions
            .rfind(|version| text.contains(version))
            .map(str::to_owned)
    }
}

fn config(home: &Path, cpan: &str, perl: &Path) -> String {
    let home = home.display();
    let perl = perl.display();
    format!(
        "$CPAN::Config = {{ auto_commit => 0, build_cache => 100, build_dir => '{home}/build', \
         cache_metadata => 0, check_sigs => 0, connect_to_internet_ok => 1, cpan_home => '{home}/.cpan', \
         histfile => '{home}/history', index_expire => 0, inhibit_startup_message => 1, \
         halt_on_failure => 1, keep_source_where => '{home}/sources', \
         makepl_arg => 'INSTALL_BASE={perl}', prefs_dir => '{home}/prefs', \
         prerequisites_policy => 'follow', pushy_https => 0, test_report => 0, urllist => ['{cpan}'], \
         use_prompt_default => 1, shell => '/bin/true', \
         plugin_list => ['CPAN::Plugin::Sigstore=policy=policy.toml,cpan={cpan}'] }};\n1;\n"
    )
}

/// A user for whom one release of an author was installed, by both clients.
fn user() -> World {
    let user = World::new();
    user.policy(&user.pins(AUTHOR));
    user.publish_release("1.02");
    user
}

#[test]
fn cpan_pm_installs_by_its_plugin_what_its_author_signed() {
    let user = user();
    let ran = user.install().exits(0);
    assert_eq!(
        user.installed_version().as_deref(),
        Some("1.02"),
        "{ran:#?}"
    );
    assert!(ran.stdout.contains("Sigstore: trusted: "), "{ran:#?}");
    assert!(
        ran.stdout.contains("(verified by cpan-sigstore "),
        "{ran:#?}"
    );
    // Without its bundle a newer release of this author is refused.
    user.publish(NEXT, &distribution("Foo-Bar", "1.03"));
    let ran = user.install();
    assert_refused(&user, &ran, "downgrade", Some("1.02"));
}

#[test]
fn hooks_reject_a_release_under_another_owners_name() {
    let user = World::with_hostile_index();
    let cpan = user.hostile_cpan();
    user.install_honestly();
    // TIM's module leads to what EVIL signed.
    user.lead(&[("Good::Mod", RENAMED)]);
    user.compress_indexes();
    fs::remove_dir_all(user.path("perl")).unwrap();
    let by_plugin = user.plugin(&cpan, "CPAN::Shell->install('Good::Mod'); 1");
    assert_refused(&user, &by_plugin, "owner-changed", None);
    let by_resolver = user.resolver(&cpan, "Good::Mod");
    assert_refused(&user, &by_resolver, "owner-changed", None);
    assert!(!user.has("perl", "Good::Mod"));
    // The honest index leads to TIM's own.
    user.lead(&[("Good::Mod", GOOD)]);
    user.compress_indexes();
    user.plugin(&cpan, "CPAN::Shell->install('Good::Mod'); 1")
        .exits(0);
    assert!(user.has("perl", "Good::Mod"));
}

#[test]
fn cpan_pm_rejects_a_strangers_release_by_its_plugin() {
    let user = World::new();
    user.policy(&user.pins(AUTHOR));
    user.publish_signed("stranger", FILE, &distribution("Foo-Bar", "1.02"));
    for commands in [
        "CPAN::Shell->install('Foo::Bar'); 1",
        "CPAN::Shell->force('install', 'Foo::Bar'); 1",
        "CPAN::Shell->look('Foo::Bar'); 1",
    ] {
        let ran = user.plugin(&user.sandbox_cpan(), commands);
        assert_refused(&user, &ran, "identity-mismatch", None);
    }
    let build = fs::read_dir(user.path("home/build"));
    assert!(build.map_or(0, Iterator::count) == 0, "it was unpacked");
}

#[test]
fn cpm_installs_by_its_resolver_what_its_author_signed() {
    let user = user();
    let cpan = user.sandbox_cpan();
    let ran = user.resolver(&cpan, "Foo::Bar").exits(0);
    assert_eq!(
        user.installed_version().as_deref(),
        Some("1.02"),
        "{ran:#?}"
    );
    // cpm is content with what is installed already.
    fs::remove_dir_all(user.path("perl")).unwrap();
    user.publish(NEXT, &distribution("Foo-Bar", "1.03"));
    let ran = user.resolver(&cpan, "Foo::Bar");
    assert_refused(&user, &ran, "downgrade", None);
}

#[test]
fn cpm_rejects_a_strangers_release_by_its_resolver() {
    let user = World::new();
    user.policy(&user.pins(AUTHOR));
    user.publish_signed("stranger", FILE, &distribution("Foo-Bar", "1.02"));
    let ran = user.resolver(&user.sandbox_cpan(), "Foo::Bar");
    assert_refused(&user, &ran, "identity-mismatch", None);
}

/// The client failed and stated this reason, and nothing else than before is installed.
#[track_caller]
fn assert_refused(user: &World, ran: &Ran, finding: &str, version: Option<&str>) {
    assert_ne!(ran.code, Some(0), "{ran:#?}");
    let text = format!("{}{}", ran.stdout, ran.stderr);
    assert!(text.contains(&format!("refused {finding}: ")), "{ran:#?}");
    assert_eq!(user.installed_version().as_deref(), version, "{ran:#?}");
}
