//! `cpan-sigstore trust accept`.

use clap::Args;
use cpan_sigstore_core::{finding::Exit, release::PackageName, release::ReleasePath};
use cpan_sigstore_gate::{Gate, IndexStanding, accept::Acceptance};
use jiff::Timestamp;

use crate::{
    commands::verify::{
        fetch::Fetcher,
        released::Release,
        target::{self, Target},
    },
    error::CommandError,
    flags::{CpanArgs, GateArgs, InstanceArgs},
    session::Session,
    ui::report::Report,
};

/// Accept another signer of an author, or another owner of a module.
///
/// The release is fetched and judged. Only `identity-changed` and `owner-changed` by first sight can be accepted.
/// Everything else stays denied. Use it only when the author confirms the change through another channel.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  cpan-sigstore trust accept Foo::Bar\n  \
    cpan-sigstore trust accept NEWAUTHOR/Foo-Bar-1.03.tar.gz\n\n\
    Exit codes: 0 accepted, or nothing to accept, 1 failed, 2 usage or not confirmed, 3 undetermined,\n  \
    10 to 14 denied for another reason")]
pub struct AcceptArgs {
    /// Release (AUTHOR/FILE), or a module whose release the package index names
    #[arg(value_name = "RELEASE|MODULE")]
    target: String,
    /// Accept without a prompt
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    gate: GateArgs,
    #[command(flatten)]
    cpan: CpanArgs,
    #[command(flatten)]
    instance: InstanceArgs,
    /// Print the verdict as one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs the subcommand.
pub fn run(args: &AcceptArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let gate = session.gate(&args.gate, &args.instance, Some(&args.cpan.url), false)?;
    let (path, packages, index) = find(args, &gate, session)?;
    let fetcher = Fetcher::new(session.cpan(&args.cpan)?);
    let release = Release {
        path: &path,
        packages: &packages,
        index,
        archive: None,
        bundle: None,
        remember: false,
    };
    let release = release.fetch(&gate, &fetcher, session)?;
    let candidate = release.candidate();
    let verdict = session.wait(gate.judge(&candidate, Timestamp::now()))?;
    let terminal = session.terminal();
    let shown = target::shown(&args.target);
    let report = |verdict| Report::verdict(&shown, &path, verdict);
    if !gate.can_be_accepted(&verdict) {
        return Ok(report(verdict).print(terminal, args.json));
    }
    if !args.yes {
        report(verdict.clone()).print(terminal, false);
        let answer = terminal.confirm("Accept this change for this machine?");
        let answer =
            answer.map_err(|error| CommandError::system("cannot read the answer", error))?;
        if !answer {
            return Err(CommandError::usage(
                "you did not confirm the change; nothing was accepted".to_owned(),
            )
            .hinted("confirm on a terminal, or use `--yes`"));
        }
    }
    let accepted = session.wait(gate.accept(&candidate, Timestamp::now()))?;
    let (Acceptance::Accepted(verdict) | Acceptance::Refused(verdict)) = accepted;
    Ok(report(verdict).print(terminal, args.json))
}

/// The release, the packages that lead to it, and whether everybody sees that.
fn find(
    args: &AcceptArgs,
    gate: &Gate,
    session: &Session<'_>,
) -> Result<(ReleasePath, Vec<PackageName>, IndexStanding), CommandError> {
    let now = Timestamp::now();
    let cpan = session.cpan(&args.cpan)?;
    match target::parse(&args.target) {
        Some(Target::Module(module)) => {
            let fetcher = Fetcher::new(cpan);
            let (path, index) = session.wait(fetcher.release_of(&module, gate, now))?;
            Ok((path, vec![module], index))
        }
        Some(Target::Release(path)) => {
            let read = session.wait(gate.read_package_index(cpan, now))?;
            let found = read.map(|read| (read.index.releases().of_release(&path), read.standing));
            let (packages, index) = found.unwrap_or_default();
            Ok((path, packages, index))
        }
        None => Err(CommandError::usage(format!(
            "invalid release: expected one such as TIMLEGGE/Foo-Bar-1.02.tar.gz, or a module such as Foo::Bar, found `{}`",
            target::shown(&args.target)
        ))),
    }
}
