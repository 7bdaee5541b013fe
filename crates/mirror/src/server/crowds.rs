//! The open connections of each machine, in the order in which machines lose them.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap},
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
};

use super::activity::Activity;

/// Bits of an IPv6 address that one machine can choose.
const INTERFACE_BITS: u32 = 64;
/// Connections among which an idle one is searched, beyond those of the first machine.
const SEARCHED: usize = 256;
/// One of so many connections of a machine is shed together with the oldest, if they are idle. It makes a search of
/// all of them rare.
const SHARE: usize = 16;

/// The addresses that one machine can choose: an IPv4 address, or the network of an IPv6 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Machine(IpAddr);

impl Machine {
    pub(super) fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => {
                let network = u128::from(address) >> INTERFACE_BITS << INTERFACE_BITS;
                Ipv6Addr::from(network).into()
            }
            address @ IpAddr::V4(_) => address,
        })
    }
}

/// The connections of one machine, by number.
struct Crowd {
    /// The number of the change that gave it so many connections.
    since: u64,
    open: BTreeMap<u64, Arc<Activity>>,
}

/// The place of a machine in the order: first the one with the most connections, and of these the one that has had so
/// many for the longest time.
type Rank = (Reverse<usize>, u64, Machine);

impl Crowd {
    fn rank(&self, machine: Machine) -> Rank {
        (Reverse(self.open.len()), self.since, machine)
    }

    /// The numbers of the idle connections without progress for the longest time, up to one of [`SHARE`].
    fn idle(&self) -> Vec<u64> {
        let idle = self.open.iter().filter(|(_, activity)| activity.is_idle());
        let mut idle: Vec<_> = idle
            .map(|(id, activity)| (activity.progress(), *id))
            .collect();
        let count = (self.open.len() / SHARE).max(1);
        if idle.len() > count {
            idle.select_nth_unstable(count);
            idle.truncate(count);
        }
        idle.into_iter().map(|(_, id)| id).collect()
    }

    /// The number of the connection without progress for the longest time.
    fn oldest(&self) -> Option<u64> {
        let oldest = self
            .open
            .iter()
            .min_by_key(|(id, activity)| (activity.progress(), **id));
        oldest.map(|(id, _)| *id)
    }
}

/// The open connections of all machines.
///
/// Each operation takes time that grows with the connections of one machine, and hardly with those of all: a flood
/// from many machines would otherwise keep the mirror from accepting anybody else.
#[derive(Default)]
pub(super) struct Crowds {
    next: u64,
    open: usize,
    machines: HashMap<Machine, Crowd>,
    order: BTreeSet<Rank>,
}

impl Crowds {
    /// The number of open connections.
    pub(super) fn len(&self) -> usize {
        self.open
    }

    /// The number of open connections of a machine.
    pub(super) fn len_of(&self, machine: Machine) -> usize {
        self.machines
            .get(&machine)
            .map_or(0, |crowd| crowd.open.len())
    }

    /// Adds a connection, and returns its number.
    pub(super) fn add(&mut self, machine: Machine, activity: Arc<Activity>) -> u64 {
        let id = self.next();
        self.change(machine, |crowd| {
            crowd.open.insert(id, activity);
        });
        self.open += 1;
        id
    }

    /// Removes a connection if it still has its place.
    pub(super) fn remove(&mut self, machine: Machine, id: u64) -> Option<Arc<Activity>> {
        let crowd = self.machines.get(&machine)?;
        if !crowd.open.contains_key(&id) {
            return None;
        }
        self.open -= 1;
        self.change(machine, |crowd| crowd.open.remove(&id))
    }

    /// Takes the place of at least one connection of a machine away: of the oldest idle ones, else of the oldest.
    pub(super) fn shed_of(&mut self, machine: Machine) {
        let Some(crowd) = self.machines.get(&machine) else {
            return;
        };
        let mut ids = crowd.idle();
        if ids.is_empty() {
            ids.extend(crowd.oldest());
        }
        for id in ids {
            if let Some(activity) = self.remove(machine, id) {
                activity.shed();
            }
        }
    }

    /// Takes the place of at least one connection away, of the machine with the most that has an idle one.
    pub(super) fn shed(&mut self) {
        let mut searched = 0;
        let mut found = None;
        for (Reverse(count), _, machine) in &self.order {
            let crowd = self.machines.get(machine);
            if crowd.is_some_and(|crowd| crowd.open.values().any(|activity| activity.is_idle())) {
                found = Some(*machine);
                break;
            }
            searched += count;
            if searched > SEARCHED {
                break;
            }
        }
        let first = self.order.first().map(|(_, _, machine)| *machine);
        if let Some(machine) = found.or(first) {
            self.shed_of(machine);
        }
    }

    fn next(&mut self) -> u64 {
        let next = self.next;
        self.next += 1;
        next
    }

    /// Changes the connections of a machine, and its place in the order.
    fn change<T>(&mut self, machine: Machine, change: impl FnOnce(&mut Crowd) -> T) -> T {
        let since = self.next();
        let crowd = self.machines.entry(machine).or_insert_with(|| Crowd {
            since,
            open: BTreeMap::new(),
        });
        self.order.remove(&crowd.rank(machine));
        let changed = change(crowd);
        crowd.since = since;
        if crowd.open.is_empty() {
            self.machines.remove(&machine);
        } else {
            let rank = crowd.rank(machine);
            self.order.insert(rank);
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(last: u8) -> Machine {
        Machine::of([192, 0, 2, last].into())
    }

    /// Adds a connection that waits for its client, with its last progress at a time.
    fn add(crowds: &mut Crowds, last: u8, progress: u64) -> Arc<Activity> {
        let activity = Activity::waiting(progress);
        crowds.add(machine(last), Arc::clone(&activity));
        activity
    }

    fn lost(connections: &[&Arc<Activity>]) -> Vec<bool> {
        let has_lost = |activity: &&Arc<Activity>| activity.has_lost_its_place();
        connections.iter().map(has_lost).collect()
    }

    #[test]
    fn sheds_the_oldest_idle_connection_of_a_machine() {
        let mut all = Crowds::default();
        let other = add(&mut all, 1, 0);
        let newer = add(&mut all, 9, 7);
        let oldest = add(&mut all, 9, 5);
        let middle = add(&mut all, 9, 6);
        all.shed_of(machine(9));
        assert_eq!(
            lost(&[&other, &newer, &oldest, &middle]),
            [false, false, true, false]
        );
        assert_eq!((all.len(), all.len_of(machine(9))), (3, 2));
    }

    #[test]
    fn sheds_a_connection_of_the_machine_with_the_most() {
        let mut all = Crowds::default();
        let honest = add(&mut all, 1, 0);
        let first = add(&mut all, 9, 7);
        let second = add(&mut all, 9, 8);
        let other = add(&mut all, 8, 1);
        all.shed();
        assert_eq!(
            lost(&[&honest, &first, &second, &other]),
            [false, true, false, false]
        );
    }

    #[test]
    fn sheds_of_machines_with_as_many_the_one_that_changed_first() {
        let mut all = Crowds::default();
        let [first, second] = [add(&mut all, 9, 1), add(&mut all, 2, 1)];
        let third = add(&mut all, 5, 1);
        all.shed();
        all.shed();
        assert_eq!(lost(&[&first, &second, &third]), [true, true, false]);
    }

    #[test]
    fn sheds_no_connection_that_the_mirror_works_for_before_idle_ones() {
        let mut all = Crowds::default();
        let working = [add(&mut all, 1, 0), add(&mut all, 1, 1)];
        let _work = working.each_ref().map(Activity::work);
        let idle = add(&mut all, 2, 99);
        all.shed();
        assert_eq!(
            lost(&[&working[0], &working[1], &idle]),
            [false, false, true]
        );
        // All of them work: the oldest goes.
        all.shed();
        assert_eq!(lost(&[&working[0], &working[1]]), [true, false]);
    }

    #[test]
    fn sheds_no_connection_before_looking_for_its_request() {
        let mut all = Crowds::default();
        let new = Activity::unread(0);
        all.add(machine(1), Arc::clone(&new));
        let idle = add(&mut all, 2, 99);
        all.shed();
        assert_eq!(lost(&[&new, &idle]), [false, true]);
    }

    #[test]
    fn sheds_one_of_sixteen_idle_connections_at_once() {
        let mut all = Crowds::default();
        let open: Vec<_> = (0..64).map(|at| add(&mut all, 9, 63 - at)).collect();
        all.shed();
        let lost: Vec<_> = open.iter().map(|open| open.has_lost_its_place()).collect();
        assert_eq!(lost.iter().filter(|lost| **lost).count(), 4);
        assert!(lost[60..].iter().all(|lost| *lost));
        assert_eq!(all.len(), 60);
    }

    /// The machines are searched in their order, and not all of them if no connection is idle.
    #[test]
    fn searches_few_connections_of_a_flood_for_an_idle_one() {
        let mut all = Crowds::default();
        let flood: Vec<_> = (0..=u8::MAX)
            .flat_map(|last| [last; 2])
            .map(|last| {
                let activity = Activity::unread(u64::from(last));
                all.add(machine(last), Arc::clone(&activity));
                activity
            })
            .collect();
        let idle = Activity::waiting(0);
        all.add(Machine::of([198, 51, 100, 1].into()), Arc::clone(&idle));
        all.shed();
        assert!(!idle.has_lost_its_place());
        assert!(flood[0].has_lost_its_place());
    }

    #[test]
    fn forgets_machines_without_connections() {
        let mut all = Crowds::default();
        let id = all.add(machine(1), Activity::waiting(0));
        assert!(all.remove(machine(2), id).is_none());
        assert!(all.remove(machine(1), id + 1).is_none());
        all.remove(machine(1), id).unwrap();
        assert!(all.remove(machine(1), id).is_none());
        assert_eq!(all.len(), 0);
        assert!(all.machines.is_empty() && all.order.is_empty());
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
