//! The text of every error, with sample data.

use std::{io, time::Duration};

use crate::LockError;

#[test]
fn states_each_error() {
    let path = || "/data/trust-store.lock".into();
    let denied = || io::ErrorKind::PermissionDenied.into();
    let errors = [
        LockError::Open {
            path: path(),
            source: denied(),
        },
        LockError::Lock {
            path: path(),
            source: denied(),
        },
        LockError::Held {
            path: path(),
            waited: Duration::from_secs(15),
        },
    ];
    insta::assert_snapshot!(errors.map(|error| error.to_string()).join("\n"));
}
