//! What the provider remembers between two requests.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

/// How long a code or a device login waits to be used.
pub(super) const PATIENCE: SignedDuration = SignedDuration::from_mins(5);

/// Logins under way, by the random name each was given.
#[derive(Default)]
pub(super) struct Sessions {
    /// Login pages shown, not yet answered.
    pub(super) logins: HashMap<String, LoginRequest>,
    /// Authorization codes given out, not yet redeemed.
    pub(super) codes: HashMap<String, Grant>,
    /// Device logins by device code.
    pub(super) devices: HashMap<String, DeviceLogin>,
}

/// An authorization request that passed all checks.
#[derive(Clone)]
pub(super) struct LoginRequest {
    pub(super) redirect_uri: String,
    pub(super) code_challenge: String,
    pub(super) state: Option<String>,
    pub(super) nonce: Option<String>,
}

/// What an authorization code stands for.
pub(super) struct Grant {
    pub(super) account: String,
    pub(super) request: LoginRequest,
    pub(super) expires: Timestamp,
}

/// A device that waits for a person elsewhere to agree.
pub(super) struct DeviceLogin {
    pub(super) user_code: String,
    pub(super) code_challenge: Option<String>,
    pub(super) answer: DeviceAnswer,
    pub(super) expires: Timestamp,
    pub(super) last_poll: Option<Timestamp>,
}

/// Where a device login stands.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum DeviceAnswer {
    Pending,
    Denied,
    Agreed { account: String },
}

impl Sessions {
    /// The device login that a person means by the code they typed; letter case and hyphen are
    /// as they like (RFC 8628 §6.1).
    pub(super) fn device_by_user_code(&mut self, typed: &str) -> Option<&mut DeviceLogin> {
        let plain = |code: &str| {
            code.chars()
                .filter(char::is_ascii_alphanumeric)
                .map(|c| c.to_ascii_uppercase())
                .collect::<String>()
        };
        let typed = plain(typed);
        self.devices
            .values_mut()
            .find(|device| plain(&device.user_code) == typed)
    }
}
