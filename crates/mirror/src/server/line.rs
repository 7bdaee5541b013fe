//! The connections that wait for their start: each machine in turn.
//!
//! The system hands connections over in the order of their arrival, so that one client would wait for thousands of
//! another. Here it waits for one of each machine.

use std::collections::{HashMap, VecDeque};

use super::crowds::Machine;

/// Connections, or anything else, of machines that take turns.
pub(super) struct Line<T> {
    waiting: HashMap<Machine, VecDeque<T>>,
    /// The machines with anything waiting, the next one first.
    turns: VecDeque<Machine>,
    len: usize,
}

impl<T> Default for Line<T> {
    fn default() -> Self {
        Self {
            waiting: HashMap::new(),
            turns: VecDeque::new(),
            len: 0,
        }
    }
}

impl<T> Line<T> {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds one of a machine, behind its others.
    pub(super) fn push(&mut self, machine: Machine, one: T) {
        let waiting = self.waiting.entry(machine).or_insert_with(|| {
            self.turns.push_back(machine);
            VecDeque::new()
        });
        waiting.push_back(one);
        self.len += 1;
    }

    /// Takes the first one of the machine whose turn it is.
    pub(super) fn pop(&mut self) -> Option<T> {
        let machine = self.turns.pop_front()?;
        let waiting = self.waiting.get_mut(&machine)?;
        let first = waiting.pop_front();
        if waiting.is_empty() {
            self.waiting.remove(&machine);
        } else {
            self.turns.push_back(machine);
        }
        self.len -= usize::from(first.is_some());
        first
    }

    /// Drops all others.
    pub(super) fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        self.waiting.retain(|_, waiting| {
            waiting.retain(&keep);
            !waiting.is_empty()
        });
        let waiting = &self.waiting;
        self.turns.retain(|machine| waiting.contains_key(machine));
        self.len = waiting.values().map(VecDeque::len).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(last: u8) -> Machine {
        Machine::of([192, 0, 2, last].into())
    }

    fn rest(line: &mut Line<u32>) -> Vec<u32> {
        std::iter::from_fn(|| line.pop()).collect()
    }

    #[test]
    fn starts_connections_of_machines_in_turns() {
        let mut line = Line::default();
        for number in 0..1000 {
            line.push(machine(9), number);
        }
        line.push(machine(1), 5000);
        line.push(machine(2), 6000);
        line.push(machine(1), 5001);
        let first: Vec<_> = (0..6).filter_map(|_| line.pop()).collect();
        assert_eq!(first, [0, 5000, 6000, 1, 5001, 2]);
        assert_eq!(line.len(), 997);
        assert_eq!(rest(&mut line), (3..1000).collect::<Vec<_>>());
        assert!(line.is_empty() && line.waiting.is_empty() && line.turns.is_empty());
    }

    #[test]
    fn forgets_connections_that_lost_their_place() {
        let mut line = Line::default();
        for number in 0..4 {
            line.push(machine(9), number);
            line.push(machine(1), 10 + number);
        }
        line.retain(|number| *number > 2 && *number < 10);
        assert_eq!(line.len(), 1);
        line.push(machine(1), 20);
        assert_eq!(rest(&mut line), [3, 20]);
    }
}
