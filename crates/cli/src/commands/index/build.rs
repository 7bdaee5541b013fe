//! `cpan-sigstore index build`.

use std::path::{Path, PathBuf};

use clap::Args;
use cpan_sigstore_core::{
    finding::Exit,
    release::PackageName,
    text::{count, shown_path},
    variable::SecretVariable,
};
use cpan_sigstore_cpan::{self as cpan, Cpan};
use cpan_sigstore_registry::assemble::{AcceptedOwners, Plan, Report};
use jiff::Timestamp;

use crate::{
    error::CommandError,
    flags::InstanceArgs,
    session::Session,
    ui::{Terminal, Tone, progress::Progress},
};

/// Build the next author index of a CPAN.
///
/// Accepted records are kept; rejected ones are reported with the reason. Unchanged authors are skipped. If
/// nothing changed, the index stays the same; sign it again to renew its date.
///
/// The authors of packages come from 06perms.txt. A change for an author with a record is announced, and takes
/// effect if the list still states it seven days later.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  cpan-sigstore index build --cpan /srv/CPAN --previous index.json"
)]
pub struct BuildArgs {
    /// CPAN: a folder, or an address
    #[arg(long, value_name = "DIR|URL", env = SecretVariable::CPAN_SIGSTORE_CPAN.name(), default_value = cpan::DEFAULT, hide_env_values = true)]
    cpan: String,
    /// Previous index [default: none, for a first index]
    #[arg(long, value_name = "FILE")]
    previous: Option<PathBuf>,
    /// Index to write [default: the previous index, or index.json]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Package whose changed authors take effect now
    #[arg(long, value_name = "PACKAGE")]
    accept_owner: Vec<PackageName>,
    /// Let all changed authors of packages take effect now
    #[arg(long, conflicts_with = "accept_owner")]
    accept_all_owners: bool,
    #[command(flatten)]
    instance: InstanceArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &BuildArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let terminal = session.terminal();
    let output = args.output.as_deref().or(args.previous.as_deref());
    let output = output.unwrap_or(Path::new("index.json"));
    if args.previous.is_none() && output.symlink_metadata().is_ok() {
        return Err(CommandError::usage(format!(
            "cannot write a first index to {}: there is a file already",
            shown_path(output)
        ))
        .hinted(format!(
            "continue it with `--previous {}`, which keeps known records, or name another file with `--output FILE`",
            shown_path(output)
        )));
    }
    if let Some(previous) = args.previous.as_deref().filter(|path| !path.exists()) {
        return Err(
            CommandError::read(previous)(cpan_sigstore_files::no_such_file())
                .hinted("leave out `--previous` for a first index"),
        );
    }
    let cpan = if args.cpan.contains("://") {
        Cpan::at(&args.cpan)?
    } else {
        let folder = std::fs::canonicalize(&args.cpan).map_err(CommandError::read(&args.cpan))?;
        Cpan::in_folder(folder)
    };
    let verifier = session.verifier(&args.instance)?;
    let bar = Progress::of_authors("checking authors");
    let accepted = match args.accept_all_owners {
        true => AcceptedOwners::All,
        false => AcceptedOwners::Of(args.accept_owner.iter().cloned().collect()),
    };
    let plan = Plan {
        cpan: &cpan,
        accepted: &accepted,
        previous: args.previous.as_deref(),
        output,
        verifier,
        now: Timestamp::now(),
        progress: &|done, of| bar.of(done, of),
    };
    let report = session.runtime()?.block_on(plan.run());
    bar.end();
    let report = report?;
    if args.json {
        terminal.json(&report);
    } else {
        print(&report, output, terminal);
    }
    Ok(Exit::Success)
}

fn print(report: &Report, output: &Path, terminal: &Terminal) {
    let word = if report.unchanged {
        "unchanged"
    } else {
        "built"
    };
    let what = format!("{}, number {}", shown_path(output), report.number);
    terminal.headline(Tone::Good, word, &what);
    terminal.field("digest", &report.digest.to_string());
    terminal.field(
        "authors",
        &format!(
            "{}, {} checked, {} verified",
            report.authors,
            report.looked_at,
            count(report.verified, "signature")
        ),
    );
    if report.packages > 0 {
        terminal.field("packages", &report.packages.to_string());
    }
    super::diff::print(&report.changes, terminal);
    let announced = &report.changes.transfers;
    for transfer in report.pending.iter().filter(|one| !announced.contains(one)) {
        terminal.headline(Tone::Careful, "pending", &transfer.to_string());
    }
    print_list(report, terminal);
    for refused in &report.refused {
        terminal.headline(Tone::Bad, refused.code, &refused.to_string());
    }
    for vanished in &report.vanished {
        terminal.headline(
            Tone::Careful,
            "vanished",
            &format!(
                "{}: deleted on the CPAN, but kept in the index",
                vanished.path
            ),
        );
    }
    terminal.flush();
    if !report.pending.is_empty() {
        terminal.hint("ask the owners; apply a transfer at once with `--accept-owner PACKAGE`");
    }
    terminal.hint(&format!(
        "sign it with `cpan-sigstore index sign {}`",
        shown_path(output)
    ));
}

/// Prints the remarks on the list of permissions.
fn print_list(report: &Report, terminal: &Terminal) {
    if report.vanished_permissions {
        let what =
            "modules/06perms.txt: deleted on the CPAN, but its packages are kept in the index";
        terminal.headline(Tone::Careful, "vanished", what);
    }
    if report.dropped_permissions > 0 {
        let what = format!(
            "modules/06perms.txt: {} without a package or an author",
            count(report.dropped_permissions, "line")
        );
        terminal.headline(Tone::Careful, "ignored", &what);
    }
}
