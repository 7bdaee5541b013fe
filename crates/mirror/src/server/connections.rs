//! The open connections of a mirror: limited in number, in all and for each address.
//!
//! A new connection is always accepted. At a limit it takes the place of another one: of an idle one, of these of the
//! machine with the most connections, and of these the one that made no progress for the longest time. A connection is
//! idle while the mirror waits for its client, and not before the mirror has looked for a request. So connections that
//! do nothing push out each other, and not the clients that ask and read.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
    net::{IpAddr, Ipv6Addr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::Notify;

/// Bits of an IPv6 address that one machine can choose.
const INTERFACE_BITS: u32 = 64;

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

/// The addresses that one machine can choose: an IPv4 address, or the network of an IPv6 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Machine(IpAddr);

impl Machine {
    fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => {
                let network = u128::from(address) >> INTERFACE_BITS << INTERFACE_BITS;
                Ipv6Addr::from(network).into()
            }
            address @ IpAddr::V4(_) => address,
        })
    }
}

/// The open connections.
pub(super) struct Connections {
    limits: Limits,
    begun: Instant,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    next: u64,
    open: BTreeMap<u64, Connection>,
    /// The number of open connections of each machine that has any.
    machines: HashMap<Machine, Arc<AtomicUsize>>,
}

struct Connection {
    machine: Machine,
    /// The number of open connections of its machine, so that comparing all needs no search for each.
    of_machine: Arc<AtomicUsize>,
    activity: Arc<Activity>,
}

impl Connection {
    /// The smaller, the sooner it is shed.
    fn rank(&self) -> (bool, Reverse<usize>, u64) {
        let of_machine = self.of_machine.load(Ordering::Relaxed);
        let progress = self.activity.progress.load(Ordering::Relaxed);
        (!self.activity.is_idle(), Reverse(of_machine), progress)
    }
}

impl Table {
    fn count(&self, machine: Machine) -> usize {
        let count = self.machines.get(&machine);
        count.map_or(0, |count| count.load(Ordering::Relaxed))
    }

    fn add(&mut self, machine: Machine, activity: Arc<Activity>) -> u64 {
        let id = self.next;
        self.next += 1;
        let of_machine = Arc::clone(self.machines.entry(machine).or_default());
        of_machine.fetch_add(1, Ordering::Relaxed);
        let connection = Connection {
            machine,
            of_machine,
            activity,
        };
        self.open.insert(id, connection);
        id
    }

    fn remove(&mut self, id: u64) -> Option<Arc<Activity>> {
        let removed = self.open.remove(&id)?;
        if removed.of_machine.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.machines.remove(&removed.machine);
        }
        Some(removed.activity)
    }

    /// Takes the place of a connection away, of the machine or of any, and of more idle ones, up to `count`.
    fn shed(&mut self, machine: Option<Machine>, count: usize) {
        let of_machine = self
            .open
            .iter()
            .filter(|(_, connection)| machine.is_none_or(|machine| machine == connection.machine));
        let mut ranks: Vec<_> = of_machine
            .map(|(id, connection)| (connection.rank(), *id))
            .collect();
        ranks.sort_unstable();
        let is_idle = |(is_busy, _, _): (bool, Reverse<usize>, u64)| !is_busy;
        let taken = ranks.into_iter().take(count).enumerate();
        let taken = taken.take_while(|(at, (rank, _))| *at == 0 || is_idle(*rank));
        for (_, (_, id)) in taken {
            if let Some(activity) = self.remove(id) {
                activity.cut();
                activity.shed.notify_one();
            }
        }
    }
}

impl Connections {
    pub(super) fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self {
            limits,
            begun: Instant::now(),
            table: Mutex::default(),
        })
    }

    pub(super) fn stall(&self) -> Duration {
        self.limits.stall
    }

    /// A place for a new connection from an address.
    pub(super) fn place(self: &Arc<Self>, address: IpAddr) -> Place {
        let machine = Machine::of(address);
        let activity = Arc::new(Activity {
            begun: self.begun,
            progress: AtomicU64::new(since(self.begun)),
            is_working: AtomicBool::new(false),
            waits: AtomicBool::new(false),
            is_cut: AtomicBool::new(false),
            shed: Notify::new(),
        });
        let mut table = self.lock();
        if table.count(machine) >= self.limits.per_address {
            table.shed(Some(machine), at_once(self.limits.per_address));
        } else if table.open.len() >= self.limits.connections {
            table.shed(None, at_once(self.limits.connections));
        }
        let id = table.add(machine, Arc::clone(&activity));
        Place {
            connections: Arc::clone(self),
            id,
            activity,
        }
    }

    /// Takes the place of one connection away, as when the system has no file descriptors left.
    pub(super) fn shed(&self) {
        self.lock().shed(None, 1);
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of a connection. It is free again when this is dropped.
pub(super) struct Place {
    connections: Arc<Connections>,
    id: u64,
    activity: Arc<Activity>,
}

impl Place {
    pub(super) fn activity(&self) -> &Arc<Activity> {
        &self.activity
    }

    /// Waits until another connection has taken this place.
    pub(super) async fn is_taken(&self) {
        self.activity.shed.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.lock().remove(self.id);
    }
}

/// The last progress of a connection.
pub(super) struct Activity {
    begun: Instant,
    /// In milliseconds since the server began.
    progress: AtomicU64,
    /// Whether the mirror works on an answer.
    is_working: AtomicBool,
    /// Whether the client has sent or read less than the mirror could take or give.
    waits: AtomicBool,
    /// Whether bytes that the client has not read are dropped with the connection.
    is_cut: AtomicBool,
    shed: Notify,
}

impl Activity {
    /// Notes that bytes came or went.
    pub(super) fn note_progress(&self) {
        self.progress.store(since(self.begun), Ordering::Relaxed);
        self.waits.store(false, Ordering::Relaxed);
    }

    /// Notes that the client has nothing to read yet, or no room for more.
    pub(super) fn note_wait(&self) {
        self.waits.store(true, Ordering::Relaxed);
    }

    /// Notes that the mirror works on an answer, until the guard is dropped.
    pub(super) fn work(self: &Arc<Self>) -> Work {
        self.is_working.store(true, Ordering::Relaxed);
        Work(Arc::clone(self))
    }

    /// Drops the bytes that the client has not read at the end of the connection. The system would keep them for
    /// minutes, for each client that is gone or reads nothing.
    pub(super) fn cut(&self) {
        self.is_cut.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_cut(&self) -> bool {
        self.is_cut.load(Ordering::Relaxed)
    }

    fn is_idle(&self) -> bool {
        self.waits.load(Ordering::Relaxed) && !self.is_working.load(Ordering::Relaxed)
    }
}

/// The time in which the mirror works on an answer.
pub(super) struct Work(Arc<Activity>);

impl Drop for Work {
    fn drop(&mut self) {
        self.0.is_working.store(false, Ordering::Relaxed);
        self.0.note_progress();
    }
}

/// Idle connections that are shed together at a limit, because finding them takes longer than ending them.
fn at_once(limit: usize) -> usize {
    (limit / 16).max(1)
}

fn since(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;

    fn connections(connections: usize, per_address: usize) -> Arc<Connections> {
        Connections::new(Limits {
            connections,
            per_address,
            stall: Duration::ZERO,
        })
    }

    /// A connection that waits for its client, whose last progress was at a time.
    fn at(connections: &Arc<Connections>, address: &str, progress: u64) -> Place {
        let place = connections.place(address.parse().unwrap());
        place.activity.progress.store(progress, Ordering::Relaxed);
        place.activity.note_wait();
        place
    }

    /// Which of them have lost their place.
    fn taken(places: &[&Place]) -> Vec<bool> {
        let is_taken = |place: &&Place| place.is_taken().now_or_never().is_some();
        places.iter().map(is_taken).collect()
    }

    #[test]
    fn sheds_the_oldest_idle_connection_of_an_address_at_its_limit() {
        let all = connections(9, 3);
        let honest = at(&all, "192.0.2.1", 0);
        let newer = at(&all, "192.0.2.9", 7);
        let oldest = at(&all, "192.0.2.9", 5);
        let middle = at(&all, "192.0.2.9", 6);
        let _new = at(&all, "192.0.2.9", 8);
        assert_eq!(
            taken(&[&honest, &newer, &oldest, &middle]),
            [false, false, true, false]
        );
        assert_eq!(all.lock().open.len(), 4);
    }

    #[test]
    fn sheds_the_oldest_idle_connection_of_all_at_the_limit() {
        let all = connections(3, 2);
        let first = at(&all, "192.0.2.1", 9);
        let second = at(&all, "192.0.2.2", 3);
        let third = at(&all, "192.0.2.3", 4);
        let _new = at(&all, "192.0.2.4", 10);
        assert_eq!(taken(&[&first, &second, &third]), [false, true, false]);
        assert_eq!(all.lock().open.len(), 3);
    }

    #[test]
    fn sheds_a_connection_of_the_machine_with_the_most() {
        let all = connections(4, 4);
        let honest = at(&all, "192.0.2.1", 0);
        let first = at(&all, "192.0.2.9", 7);
        let second = at(&all, "192.0.2.9", 8);
        let other = at(&all, "192.0.2.8", 1);
        let _new = at(&all, "192.0.2.7", 9);
        assert_eq!(
            taken(&[&honest, &first, &second, &other]),
            [false, true, false, false]
        );
    }

    #[test]
    fn sheds_no_connection_that_the_mirror_works_for_before_idle_ones() {
        let all = connections(2, 2);
        let working = at(&all, "192.0.2.1", 0);
        let work = working.activity.work();
        let idle = at(&all, "192.0.2.2", 99);
        let new = at(&all, "192.0.2.3", 100);
        assert_eq!(taken(&[&working, &idle]), [false, true]);
        let _work = new.activity.work();
        // All of them work: the oldest goes.
        let _newer = at(&all, "192.0.2.4", 101);
        assert_eq!(taken(&[&working, &new]), [true, false]);
        drop(work);
    }

    #[test]
    fn sheds_no_connection_before_looking_for_its_request() {
        let all = connections(2, 2);
        let new = at(&all, "192.0.2.1", 0);
        new.activity.waits.store(false, Ordering::Relaxed);
        let idle = at(&all, "192.0.2.2", 99);
        let _newer = at(&all, "192.0.2.3", 100);
        assert_eq!(taken(&[&new, &idle]), [false, true]);
    }

    #[test]
    fn frees_the_place_of_a_connection_that_ends() {
        let all = connections(9, 1);
        drop(at(&all, "192.0.2.1", 0));
        let only = at(&all, "192.0.2.1", 1);
        assert_eq!(all.lock().open.len(), 1);
        assert_eq!(taken(&[&only]), [false]);
        // One that lost its place takes nobody else's with it.
        let next = at(&all, "192.0.2.1", 2);
        drop(only);
        assert_eq!(all.lock().open.len(), 1);
        assert_eq!(taken(&[&next]), [false]);
        drop(next);
        assert!(all.lock().machines.is_empty());
    }

    #[test]
    fn counts_the_addresses_of_one_machine_together() {
        let same = |one: &str, other: &str| {
            Machine::of(one.parse().unwrap()) == Machine::of(other.parse().unwrap())
        };
        assert!(same("2001:db8::1", "2001:db8::ffff:1"));
        assert!(!same("2001:db8::1", "2001:db8:0:1::1"));
        assert!(same("::ffff:192.0.2.1", "192.0.2.1"));
        assert!(!same("192.0.2.1", "192.0.2.2"));
    }
}
