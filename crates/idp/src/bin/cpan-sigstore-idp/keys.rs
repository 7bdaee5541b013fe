//! `keys`.

use cpan_sigstore_idp::{Clock, keys::KeyStore};

use crate::{ConfigArgs, failure::Failure};

/// What to do with the keys.
#[derive(clap::Args)]
pub(crate) struct KeysArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// Replace all keys by a new one, which signs within a minute; every token so far is void
    #[arg(long)]
    replace: bool,
}

pub(crate) fn run(args: &KeysArgs) -> Result<(), Failure> {
    let config = args.config.read()?;
    let store = KeyStore::open(&config.state.join("keys"))?;
    let now = Clock::system().now();
    let ring = if args.replace {
        store.replace(now)?
    } else {
        store.read()?
    };
    let published = ring.published(now);
    let signing = ring.signing(now).map(|key| key.kid().to_owned());
    for key in ring.keys() {
        let kid = key.key.kid();
        let state = if signing.as_deref() == Some(kid) {
            "signs"
        } else if published.keys.contains(&key.key.public()) {
            "published"
        } else {
            "retired"
        };
        println!(
            "{kid}  created {}  {state}",
            key.created.strftime("%Y-%m-%d %H:%M UTC")
        );
    }
    Ok(())
}
