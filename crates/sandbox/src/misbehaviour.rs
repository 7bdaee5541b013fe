//! A switch for an authority's misbehaviour.

use std::sync::{Arc, Mutex, PoisonError};

/// An authority's current misbehaviour, if any. Clones share it.
#[derive(Debug)]
pub struct Misbehaviour<M> {
    setting: Arc<Mutex<Option<M>>>,
}

impl<M> Clone for Misbehaviour<M> {
    fn clone(&self) -> Self {
        Self {
            setting: Arc::clone(&self.setting),
        }
    }
}

impl<M> Default for Misbehaviour<M> {
    fn default() -> Self {
        Self {
            setting: Arc::default(),
        }
    }
}

impl<M: Copy + PartialEq> Misbehaviour<M> {
    /// Sets the misbehaviour.
    pub fn set(&self, wrong: M) {
        *self.lock() = Some(wrong);
    }

    /// Ends the misbehaviour.
    pub fn clear(&self) {
        *self.lock() = None;
    }

    pub(crate) fn get(&self) -> Option<M> {
        *self.lock()
    }

    pub(crate) fn is(&self, wrong: M) -> bool {
        self.get() == Some(wrong)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<M>> {
        self.setting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
