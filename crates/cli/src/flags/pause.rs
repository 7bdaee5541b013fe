//! The flags for PAUSE: the account, the directory and the CPAN that shows it.

use std::path::PathBuf;

use clap::Args;
use cpan_sigstore_archive::Destination;
use cpan_sigstore_core::{
    release::{PauseId, Subdirectory},
    variable::SecretVariable,
};
use cpan_sigstore_cpan::{self as cpan, Directory};

/// The account and directory of an upload.
#[derive(Args, Debug)]
#[command(next_help_heading = "PAUSE")]
pub struct PauseArgs {
    /// Your PAUSE id [default: the one in ~/.pause]
    #[arg(long, value_name = "ID")]
    pub user: Option<PauseId>,
    /// File with user and password, or with a token; the environment variable PAUSE_TOKEN comes first
    /// [default: ~/.pause]
    #[arg(long, value_name = "FILE")]
    pub pause_file: Option<PathBuf>,
    /// Directory below your own [default: your own]
    #[arg(long, value_name = "DIR")]
    pub subdirectory: Option<Subdirectory>,
    /// Upload form of another PAUSE [default: pause.perl.org]
    #[arg(
        long,
        value_name = "URL",
        env = SecretVariable::CPAN_UPLOADER_UPLOAD_URI.name(),
        hide_env_values = true
    )]
    pub upload_uri: Option<String>,
    #[command(flatten)]
    pub cpan: CpanArgs,
}

/// The CPAN that shows published files.
#[derive(Args, Debug)]
#[command(next_help_heading = "PAUSE")]
pub struct CpanArgs {
    /// CPAN that shows published files
    #[arg(long = "cpan", value_name = "URL", env = SecretVariable::CPAN_SIGSTORE_CPAN.name(), default_value = cpan::DEFAULT, hide_env_values = true)]
    pub url: String,
}

impl PauseArgs {
    /// The directory of an author's release.
    pub fn directory(&self, author: &PauseId) -> Directory {
        Directory::new(author.clone(), self.subdirectory.clone())
    }

    /// The same, as far as it is known, for the checks of an archive.
    pub fn destination(&self, author: Option<&PauseId>) -> Destination {
        Destination {
            author: author.or(self.user.as_ref()).cloned(),
            subdirectory: self.subdirectory.clone(),
        }
    }
}
