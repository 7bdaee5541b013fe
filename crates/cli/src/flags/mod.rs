//! Flags that several commands share. They are data: nothing here opens or asks anything.

mod gate;
mod identity;
mod instance;
mod login;
mod mirror;
mod pause;
mod publish;
mod signing;
mod wait;

pub use gate::{GateArgs, PolicyArgs, TrustStoreArgs};
pub use identity::IdentityArgs;
pub use instance::InstanceArgs;
pub use login::LoginArgs;
pub use mirror::MirrorArgs;
pub use pause::{CpanArgs, PauseArgs};
pub use publish::PublishArgs;
pub use signing::SigningArgs;
pub use wait::WaitArgs;
