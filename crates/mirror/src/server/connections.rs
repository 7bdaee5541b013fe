//! The open connections of a mirror: limited in number, in all and for each address.
//!
//! A new connection is always accepted. At a limit it takes the place of another one, of the machine with the most
//! connections that has an idle one, and there of the one that made no progress for the longest time. A connection is
//! idle while the mirror waits for its client, and not before the mirror has looked for a request. So connections that
//! do nothing push out each other, and not the clients that ask and read.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{
    activity::Activity,
    crowds::{Crowds, Machine},
};

/// The limits of connections.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Number of connections at once.
    pub connections: usize,
    /// Number of connections at once from one address.
    pub per_address: usize,
    /// Longest time in which a connection makes no progress: for a TLS handshake, for the head of a request, and
    /// between two parts of an answer that the client reads.
    pub stall: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            per_address: 64,
            stall: Duration::from_secs(30),
        }
    }
}

/// The open connections.
pub(super) struct Connections {
    limits: Limits,
    begun: Instant,
    crowds: Mutex<Crowds>,
}

impl Connections {
    pub(super) fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self {
            limits,
            begun: Instant::now(),
            crowds: Mutex::default(),
        })
    }

    pub(super) fn stall(&self) -> Duration {
        self.limits.stall
    }

    /// The limit of connections at once.
    pub(super) fn limit(&self) -> usize {
        self.limits.connections
    }

    /// A place for a new connection from an address.
    pub(super) fn place(self: &Arc<Self>, address: IpAddr) -> Place {
        let machine = Machine::of(address);
        let activity = Arc::new(Activity::new(self.begun));
        let mut crowds = self.lock();
        if crowds.len_of(machine) >= self.limits.per_address {
            crowds.shed_of(machine);
        } else if crowds.len() >= self.limits.connections {
            crowds.shed();
        }
        let id = crowds.add(machine, Arc::clone(&activity));
        drop(crowds);
        Place {
            connections: Arc::clone(self),
            machine,
            id,
            activity,
        }
    }

    /// Takes the place of one connection away, as when the system has no file descriptors left.
    pub(super) fn shed(&self) {
        self.lock().shed();
    }

    fn lock(&self) -> MutexGuard<'_, Crowds> {
        self.crowds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of a connection. It is free again when this is dropped.
pub(super) struct Place {
    connections: Arc<Connections>,
    machine: Machine,
    id: u64,
    activity: Arc<Activity>,
}

impl Place {
    pub(super) fn activity(&self) -> &Arc<Activity> {
        &self.activity
    }

    pub(super) fn machine(&self) -> Machine {
        self.machine
    }

    /// Waits until another connection has taken this place.
    pub(super) async fn is_taken(&self) {
        self.activity.is_shed().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.lock().remove(self.machine, self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(connections: usize, per_address: usize) -> Arc<Connections> {
        Connections::new(Limits {
            connections,
            per_address,
            stall: Duration::ZERO,
        })
    }

    /// A connection that waits for its client.
    fn at(connections: &Arc<Connections>, address: &str) -> Place {
        let place = connections.place(address.parse().unwrap());
        place.activity.note_wait();
        place
    }

    #[test]
    fn sheds_the_oldest_idle_connection_of_an_address_at_its_limit() {
        let all = connections(9, 2);
        let honest = at(&all, "192.0.2.1");
        let first = at(&all, "192.0.2.9");
        let second = at(&all, "192.0.2.9");
        let _new = at(&all, "192.0.2.9");
        assert!(first.activity.has_lost_its_place());
        assert!(!second.activity.has_lost_its_place());
        assert!(!honest.activity.has_lost_its_place());
        assert_eq!(all.lock().len(), 3);
    }

    #[test]
    fn sheds_an_idle_connection_of_all_at_the_limit() {
        let all = connections(3, 2);
        let honest = at(&all, "192.0.2.1");
        let first = at(&all, "192.0.2.2");
        let second = at(&all, "192.0.2.2");
        let _new = at(&all, "192.0.2.4");
        assert!(first.activity.has_lost_its_place());
        assert!(!second.activity.has_lost_its_place());
        assert!(!honest.activity.has_lost_its_place());
        assert_eq!(all.lock().len(), 3);
    }

    #[test]
    fn frees_the_place_of_a_connection_that_ends() {
        let all = connections(9, 1);
        drop(at(&all, "192.0.2.1"));
        let only = at(&all, "192.0.2.1");
        assert_eq!(all.lock().len(), 1);
        assert!(!only.activity.has_lost_its_place());
        // One that lost its place takes nobody else's with it.
        let next = at(&all, "192.0.2.1");
        drop(only);
        assert_eq!(all.lock().len(), 1);
        assert!(!next.activity.has_lost_its_place());
        drop(next);
        assert_eq!(all.lock().len(), 0);
    }
}
