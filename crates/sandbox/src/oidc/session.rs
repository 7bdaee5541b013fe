//! State of logins between two requests.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

/// Lifetime of an unused code or device login.
pub(super) const PATIENCE: SignedDuration = SignedDuration::from_mins(5);

/// Current logins, by random name.
#[derive(Default)]
pub(super) struct Sessions {
    /// Login pages without a click yet.
    pub(super) logins: HashMap<String, LoginRequest>,
    /// Authorization codes that were not yet redeemed.
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

/// The grant behind an authorization code.
pub(super) struct Grant {
    pub(super) account: String,
    pub(super) request: LoginRequest,
    pub(super) expires: Timestamp,
}

/// A device that waits for a person's click elsewhere.
pub(super) struct DeviceLogin {
    pub(super) user_code: String,
    pub(super) code_challenge: Option<String>,
    pub(super) answer: DeviceAnswer,
    pub(super) expires: Timestamp,
    pub(super) last_poll: Option<Timestamp>,
}

/// State of a device login.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum DeviceAnswer {
    Pending,
    Denied,
    Agreed { account: String },
}

impl Sessions {
    /// Returns the device login for a typed code, regardless of letter case and hyphen (RFC 8628
    /// §6.1).
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
