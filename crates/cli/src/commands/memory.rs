//! `cpan-sigstore memory`.

use std::{
    fs::File,
    io::{self, Read as _},
    path::PathBuf,
};

use clap::{Args, Subcommand};
use cpan_sigstore_core::{finding::Exit, release::PauseId};
use cpan_sigstore_gate::store::{Contents, Forget, IMPORT_LIMIT, TrustStore};

use crate::{
    failure::Failure,
    gate_args::TrustStoreArgs,
    instance_args::runtime,
    terminal::{Terminal, Tone},
};

/// Look at what is remembered: who signed first, what was signed before, how new an index was.
#[derive(Subcommand, Debug)]
pub enum MemoryCommand {
    List(ListArgs),
    Forget(ForgetArgs),
    Export(ExportArgs),
    Import(ImportArgs),
}

/// List what is remembered.
#[derive(Args, Debug)]
pub struct ListArgs {
    #[command(flatten)]
    memory: TrustStoreArgs,
    /// Print one JSON object, as `export` does
    #[arg(long)]
    json: bool,
}

/// Forget an author, a distribution or an index, so that whoever signs next is taken for the first.
///
/// Do so when the author says, and not in a bundle, that another identity signs from now on.
#[derive(Args, Debug)]
#[group(skip)]
pub struct ForgetArgs {
    #[command(flatten)]
    what: What,
    #[command(flatten)]
    memory: TrustStoreArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What is forgotten.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct What {
    /// All of an author
    #[arg(long, value_name = "ID")]
    author: Option<PauseId>,
    /// All of a distribution
    #[arg(long, value_name = "NAME")]
    distribution: Option<String>,
    /// How new the index of a CPAN was, or an operator's index, by its address
    #[arg(long, value_name = "URL")]
    index: Option<String>,
    /// Everything
    #[arg(long)]
    all: bool,
}

/// Print all that is remembered, for `import` elsewhere.
#[derive(Args, Debug)]
pub struct ExportArgs {
    #[command(flatten)]
    memory: TrustStoreArgs,
}

/// Take in what `export` has printed: all of it, or nothing.
#[derive(Args, Debug)]
pub struct ImportArgs {
    /// The file, `-` for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where another identity signed first here, take the one of the file
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    memory: TrustStoreArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs the subcommand.
pub fn run(command: &MemoryCommand, terminal: &Terminal) -> Result<Exit, Failure> {
    runtime()?.block_on(async {
        match command {
            MemoryCommand::List(args) => list(args, terminal).await,
            MemoryCommand::Forget(args) => forget(args, terminal).await,
            MemoryCommand::Export(args) => {
                let memory = args.memory.open().await?;
                terminal.json(&memory.contents().await?);
                Ok(Exit::Success)
            }
            MemoryCommand::Import(args) => import(args, terminal).await,
        }
    })
}

async fn list(args: &ListArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let contents = args.memory.open().await?.contents().await?;
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
    for index in &contents.index_seen {
        terminal.line(&format!("index {}: {}", index.cpan, index.dated));
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
    Ok(Exit::Success)
}

async fn forget(args: &ForgetArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let memory = args.memory.open().await?;
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
            index: Some(cpan), ..
        } => Forget::Index(cpan.clone()),
        // One of them is required.
        What { .. } => Forget::All,
    };
    let count = memory.forget(&what).await?;
    changed("forgotten", count, args.json, terminal);
    Ok(Exit::Success)
}

async fn import(args: &ImportArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let mut json = Vec::new();
    let source: Box<dyn io::Read> = if args.file.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(&args.file).map_err(Failure::read(&args.file))?)
    };
    source
        .take(IMPORT_LIMIT as u64 + 1)
        .read_to_end(&mut json)
        .map_err(Failure::read(&args.file))?;
    let contents = Contents::parse(&json)?;
    let memory: TrustStore = args.memory.open().await?;
    let count = memory.import(&contents, args.replace).await?;
    changed("taken-in", count, args.json, terminal);
    Ok(Exit::Success)
}

fn changed(word: &str, count: u64, json: bool, terminal: &Terminal) {
    if json {
        terminal.json(&std::collections::BTreeMap::from([(word, count)]));
    } else {
        terminal.headline(Tone::Good, word, &format!("{count} entries"));
    }
}
