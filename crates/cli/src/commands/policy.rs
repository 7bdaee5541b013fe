//! `cpan-sigstore policy`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use cpan_sigstore_core::{
    digest::Sha256Digest,
    finding::{Exit, Finding},
    policy::{Origin, Rule, Setting},
    release::{PackageName, PauseId, ReleasePath},
    text::count,
    text::shown_path,
};
use serde::Serialize;

use crate::{
    commands::verify::target,
    error::CommandError,
    flags::PolicyArgs,
    session::Session,
    ui::{Terminal, Tone},
};

/// The findings that are explained: those that a policy decides, and those that it does not.
const EXPLAINED: [Finding; 16] = [
    Finding::Unsigned,
    Finding::IdentityUnknown,
    Finding::NameUnchecked,
    Finding::OwnerChanged,
    Finding::ReleaseRolledBack,
    Finding::Downgrade,
    Finding::IdentityMismatch,
    Finding::IdentityChanged,
    Finding::IdentityRetired,
    Finding::NameMismatch,
    Finding::ArchiveHostile,
    Finding::IndexStale,
    Finding::LogFork,
    Finding::LogMismatch,
    Finding::Unlogged,
    Finding::LogStale,
];

/// Check and explain the policy.
#[derive(Subcommand, Debug)]
#[command(after_help = "A policy.toml:\n\n  \
    [default]\n  \
    unsigned = \"warn\"            # allow, warn or deny\n  \
    identity-unknown = \"warn\"    # likewise; so is name-unchecked\n  \
    name-mismatch = \"deny\"       # likewise, of unsigned releases\n  \
    owner-changed = \"warn\"       # likewise; so is release-rolled-back\n  \
    require-signed = false       # true denies all of them\n  \
    allow-old-format = false     # cosign's bundles without a proof\n  \
    trust-material-age = 30      # days since its repository was last requested\n  \
    index-age = 7                # days since the index was signed, before it is stale\n  \
    index-stale = \"warn\"         # the decision then\n  \
    unlogged = \"warn\"            # likewise, of releases that no log has; so is log-stale\n  \
    index-age-limit = 30         # days after which it is ignored\n\n  \
    [log]                        # the CPAN log: everybody gets the same bytes\n  \
    tlog-policy = \"cpan-log.txt\" # logs, witnesses and quorum (C2SP tlog-policy)\n  \
    require-logged = false       # true denies unlogged files and an old log\n  \
    checkpoint-age = 7           # days after which the log is stale\n  \
    package-index-age = 2        # days for which an outdated package index is used\n\n  \
    [pause]                      # PAUSE as identity provider: ID!DOMAIN is the author's\n  \
    issuer = \"https://pause.example\"\n  \
    domain = \"pause.example\"\n\n  \
    [author.TIMLEGGE]            # the same keys, and the authorized signers\n  \
    identities = [{ subject = \"tim@example.org\", issuer = \"https://accounts.google.com\" }]\n\n  \
    [distribution.Foo-Bar]       # the same keys; outranks the author\n  \
    authors = [\"TIMLEGGE\"]       # nobody else may publish it\n\n  \
    [module.\"Foo::*\"]            # the same keys for modules; outranks the distribution\n  \
    authors = [\"TIMLEGGE\"]       # nobody else may provide them\n\n  \
    [release.\"TIMLEGGE/Foo-1.0.tar.gz\"]   # this file, and no other of this path,\n  \
    digest = \"sha256:…\"                   # with any name in its META")]
pub enum PolicyCommand {
    Check(CheckArgs),
    Explain(ExplainArgs),
}

/// Check that a policy is valid.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  cpan-sigstore policy check")]
pub struct CheckArgs {
    /// Policy file [default: the policy in use]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    policy: PolicyArgs,
}

/// Show the decision on each finding for a release.
///
/// Each line names the section and key that decide.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  cpan-sigstore policy explain TIMLEGGE/Foo-Bar-1.02.tar.gz")]
pub struct ExplainArgs {
    /// Release, such as TIMLEGGE/Foo-Bar-1.02.tar.gz
    #[arg(value_name = "RELEASE")]
    release: String,
    /// Module in the release, for its own section
    #[arg(long, value_name = "MODULE")]
    module: Option<PackageName>,
    #[command(flatten)]
    policy: PolicyArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs the subcommand.
pub fn run(command: &PolicyCommand, session: &Session<'_>) -> Result<Exit, CommandError> {
    match command {
        PolicyCommand::Check(args) => check(args, session),
        PolicyCommand::Explain(args) => explain(args, session),
    }
}

fn check(args: &CheckArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let terminal = session.terminal();
    let chosen = match &args.file {
        Some(file) => &PolicyArgs {
            policy: Some(file.clone()),
        },
        None => &args.policy,
    };
    let policy = session.policy(chosen)?;
    let path = chosen.path()?;
    if !path.exists() {
        let what = format!(
            "{} does not exist, so the defaults apply",
            shown_path(&path)
        );
        terminal.headline(Tone::Good, "no policy", &what);
        return Ok(Exit::Success);
    }
    let [authors, distributions, modules, releases] = policy.sections();
    terminal.headline(
        Tone::Good,
        "valid policy",
        &format!(
            "{}, with sections for {}, {}, {} and {}",
            shown_path(&path),
            count(authors, "author"),
            count(distributions, "distribution"),
            count(modules, "module"),
            count(releases, "release")
        ),
    );
    Ok(Exit::Success)
}

/// What `policy explain --json` prints.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Explained<'a> {
    release: &'a ReleasePath,
    identities: Vec<String>,
    identities_from: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    authors: Vec<PauseId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<Sha256Digest>,
    allow_old_format: bool,
    trust_material_age: u32,
    index_age: u32,
    index_age_limit: u32,
    decisions: Vec<Line>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Line {
    finding: Finding,
    decision: cpan_sigstore_core::decision::Decision,
    reason: String,
}

fn explain(args: &ExplainArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let terminal = session.terminal();
    let release =
        target::release(&args.release).map_err(|error| CommandError::usage(error.to_string()))?;
    let policy = session.policy(&args.policy)?;
    let rule = match &args.module {
        None => policy.rule(&release),
        Some(module) => policy
            .rules(&release, std::slice::from_ref(module))
            .into_iter()
            .next()
            .map_or_else(|| policy.rule(&release), |it| it.rule),
    };
    let decisions = EXPLAINED.map(|finding| Line {
        finding,
        decision: rule.decide(finding),
        reason: rule.reason(finding).to_string(),
    });
    let explained = Explained {
        release: &release,
        identities: identities(&rule),
        identities_from: rule.identities.as_ref().map(|set| set.origin.to_string()),
        authors: rule
            .module_authors
            .iter()
            .chain(&rule.distribution_authors)
            .flat_map(|set| set.value.clone())
            .collect(),
        digest: rule.digest.as_ref().map(|set| set.value),
        allow_old_format: rule.allow_old_format.value,
        trust_material_age: rule.trust_material_age.value,
        index_age: rule.index_age.value,
        index_age_limit: rule.index_age_limit.value,
        decisions: decisions.into(),
    };
    if args.json {
        terminal.json(&explained);
        return Ok(Exit::Success);
    }
    terminal.line(&release.to_string());
    match &explained.identities_from {
        Some(origin) => {
            for identity in &explained.identities {
                terminal.field("signer", &format!("{identity}, by {origin}"));
            }
        }
        None => terminal.field(
            "signer",
            "by the author record, or the first seen: the policy names no identities (see `trust explain`)",
        ),
    }
    for set in rule.module_authors.iter().chain(&rule.distribution_authors) {
        let ids: Vec<_> = set.value.iter().map(PauseId::as_str).collect();
        terminal.field("owner", &format!("{}, by {}", ids.join(" or "), set.origin));
    }
    if let Some(set) = &rule.digest {
        terminal.field("digest", &format!("{}, by {}", set.value, set.origin));
    }
    for line in &explained.decisions {
        // A signature is over a name, too: only a digest admits a signed release of another name.
        let only = match line.finding {
            Finding::NameMismatch => "; a signed release is denied, unless its digest is stated",
            _ => "",
        };
        terminal.line(&format!(
            "  {:19} {:9} {}{only}",
            line.finding.code(),
            line.decision.code(),
            line.reason
        ));
    }
    setting(
        "allow-old-format",
        &rule.allow_old_format,
        bool::to_string,
        terminal,
    );
    let days = |days: &u32| count(*days, "day");
    for (key, age) in [
        ("trust-material-age", &rule.trust_material_age),
        ("index-age", &rule.index_age),
        ("index-age-limit", &rule.index_age_limit),
    ] {
        setting(key, age, days, terminal);
    }
    Ok(Exit::Success)
}

fn identities(rule: &Rule) -> Vec<String> {
    let pins = rule.identities.iter().flat_map(|set| &set.value);
    pins.map(ToString::to_string).collect()
}

fn setting<T>(key: &str, setting: &Setting<T>, text: impl Fn(&T) -> String, terminal: &Terminal) {
    let origin = match &setting.origin {
        Origin::BuiltIn => "by default".to_owned(),
        origin => format!("by {origin}"),
    };
    let value = text(&setting.value);
    terminal.line(&format!("  {key} is {value}, {origin}"));
}
