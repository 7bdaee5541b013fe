//! The origin of a setting of the policy.

use std::fmt;

use crate::release::PauseId;

/// The origin of a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The default of this program.
    BuiltIn,
    /// The calling program.
    Caller,
    /// `[default]`
    Default,
    /// `[author.ID]`
    Author(PauseId),
    /// `[distribution.NAME]`
    Distribution(String),
    /// `[module."NAME"]`, a package or a pattern such as `Foo::*`
    Module(String),
    /// `[release."AUTHOR/FILE"]`
    Release(String),
    /// `[log]`
    Log,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("this program's default"),
            Self::Caller => f.write_str("a request of the caller"),
            Self::Default => f.write_str("[default]"),
            Self::Author(id) => write!(f, "[author.{id}]"),
            Self::Distribution(name) => write!(f, "[distribution.{name}]"),
            Self::Module(name) => write!(f, "[module.\"{name}\"]"),
            Self::Log => f.write_str("[log]"),
            Self::Release(path) => write!(f, "[release.\"{path}\"]"),
        }
    }
}
