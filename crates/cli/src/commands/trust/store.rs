//! The trust store: list, forget, export and import.

use std::{
    fs::File,
    io::{self, Read as _},
    path::PathBuf,
};

use clap::Args;
use cpan_sigstore_core::{
    finding::Exit,
    release::{PackageName, PauseId},
    text::count,
};
use cpan_sigstore_gate::store::{Contents, Forget, IMPORT_LIMIT};

use crate::{
    error::CommandError,
    flags::TrustStoreArgs,
    session::Session,
    ui::{Terminal, Tone},
};

/// List the entries of the trust store.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  cpan-sigstore trust list")]
pub struct ListArgs {
    #[command(flatten)]
    trust_store: TrustStoreArgs,
    /// Print one JSON object, as `export` does
    #[arg(long)]
    json: bool,
}

/// Forget an author, distribution, package, index or log.
///
/// The next signer, and the next author of a package, are then treated as the first seen. Use it only when the
/// author confirms the change through another channel.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  cpan-sigstore trust forget --author TIMLEGGE")]
#[group(skip)]
pub struct ForgetArgs {
    #[command(flatten)]
    what: What,
    #[command(flatten)]
    trust_store: TrustStoreArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// The entries to forget.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct What {
    /// PAUSE id of an author
    #[arg(long, value_name = "ID")]
    author: Option<PauseId>,
    /// Name of a distribution
    #[arg(long, value_name = "NAME")]
    distribution: Option<String>,
    /// Name of a package, to forget its owners
    #[arg(long, value_name = "NAME")]
    package: Option<PackageName>,
    /// Address of a CPAN or of an author index
    #[arg(long, value_name = "URL")]
    index: Option<String>,
    /// Name or key of a CPAN log, or address of Sigstore's log, to forget its history and a fork
    #[arg(long, value_name = "NAME")]
    log: Option<String>,
    /// Every entry
    #[arg(long)]
    all: bool,
}

/// Print the trust store, for `import` on another machine.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  cpan-sigstore trust export > trust.json")]
pub struct ExportArgs {
    #[command(flatten)]
    trust_store: TrustStoreArgs,
}

/// Import an export: all of it, or nothing.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  cpan-sigstore trust import trust.json")]
pub struct ImportArgs {
    /// Export, or `-` for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Replace entries that differ from the file
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    trust_store: TrustStoreArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs `trust list`.
pub fn list(args: &ListArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let terminal = session.terminal();
    let store = session.trust_store(&args.trust_store)?;
    let contents = session.wait(store.contents())?;
    if args.json {
        terminal.json(&contents);
        return Ok(Exit::Success);
    }
    for first in &contents.first_seen {
        terminal.line(&format!(
            "{} {}: {}, since {} ({})",
            first.scope.code(),
            first.name,
            first.identity,
            first.seen,
            first.path
        ));
    }
    for signed in &contents.signed_before {
        terminal.line(&format!(
            "signed {}: {}, on {}",
            signed.path, signed.identity, signed.signed
        ));
    }
    for owner in &contents.package_owners {
        let holders: Vec<_> = owner.holders.iter().map(PauseId::as_str).collect();
        let signed = match &owner.signed {
            Some(signed) => format!(", signed in {signed}"),
            None => String::new(),
        };
        terminal.line(&format!(
            "package {}: {}, since {} ({}){signed}",
            owner.package,
            holders.join(", "),
            owner.seen,
            owner.path
        ));
    }
    for newest in &contents.newest_releases {
        terminal.line(&format!("newest {}: since {}", newest.path, newest.seen));
    }
    for index in &contents.index_seen {
        let dated = index
            .dated
            .map_or("undated".to_owned(), |it| it.to_string());
        terminal.line(&format!("index {}: {dated}", index.cpan));
    }
    for known in &contents.author_records {
        terminal.line(&format!(
            "record {} version {}: signed by {} on {}, first seen {}",
            known.record.author(),
            known.record.version(),
            known.signer,
            known.signed,
            known.seen
        ));
    }
    for index in &contents.operator_indexes {
        terminal.line(&format!(
            "operator {}: number {} ({}), signed {}",
            index.operator, index.number, index.digest, index.signed
        ));
    }
    for noted in &contents.overrides {
        terminal.line(&format!(
            "override by {}: version {} of {} ({}), first seen {}",
            noted.operator, noted.version, noted.author, noted.record, noted.first_seen
        ));
    }
    for log in &contents.logs {
        let dated = log.dated.map_or("undated".to_owned(), |it| it.to_string());
        terminal.line(&format!("log {}: {} leaves, {dated}", log.log, log.size));
    }
    for fork in &contents.log_forks {
        terminal.line(&format!("fork {}: found {}", fork.log, fork.seen));
        for line in fork.evidence().lines() {
            terminal.line(&format!("  {line}"));
        }
    }
    for tree in &contents.sigstore_trees {
        terminal.line(&format!(
            "sigstore {}: {} entries, seen {}",
            tree.url, tree.size, tree.seen
        ));
    }
    for fork in &contents.sigstore_forks {
        terminal.line(&format!("fork {}: found {}", fork.url, fork.seen));
        for line in fork.evidence().lines() {
            terminal.line(&format!("  {line}"));
        }
    }
    Ok(Exit::Success)
}

/// Runs `trust forget`.
pub fn forget(args: &ForgetArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let terminal = session.terminal();
    let store = session.trust_store(&args.trust_store)?;
    let what = match &args.what {
        What {
            author: Some(author),
            ..
        } => Forget::Author(author.clone()),
        What {
            distribution: Some(name),
            ..
        } => Forget::Distribution(name.clone()),
        What {
            package: Some(name),
            ..
        } => Forget::Package(name.clone()),
        What {
            index: Some(cpan), ..
        } => Forget::Index(cpan.clone()),
        What { log: Some(log), .. } => Forget::Log(log.clone()),
        // One of them is required.
        What { .. } => Forget::All,
    };
    let number = session.wait(store.forget(&what))?;
    changed("forgotten", number, args.json, terminal);
    Ok(Exit::Success)
}

/// Runs `trust import`.
pub fn import(args: &ImportArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let terminal = session.terminal();
    let mut json = Vec::new();
    let source: Box<dyn io::Read> = if args.file.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(&args.file).map_err(CommandError::read(&args.file))?)
    };
    source
        .take(IMPORT_LIMIT as u64 + 1)
        .read_to_end(&mut json)
        .map_err(CommandError::read(&args.file))?;
    let contents = Contents::parse(&json)?;
    let store = session.trust_store(&args.trust_store)?;
    let number = session.wait(store.import(&contents, args.replace))?;
    changed(
        if args.json { "taken-in" } else { "imported" },
        number,
        args.json,
        terminal,
    );
    Ok(Exit::Success)
}

fn changed(word: &str, number: u64, json: bool, terminal: &Terminal) {
    if json {
        terminal.json(&std::collections::BTreeMap::from([(word, number)]));
    } else {
        terminal.headline(Tone::Good, word, &count(number, "entry"));
    }
}

/// Runs `trust export`.
pub fn export(args: &ExportArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let store = session.trust_store(&args.trust_store)?;
    session.terminal().json(&session.wait(store.contents())?);
    Ok(Exit::Success)
}
