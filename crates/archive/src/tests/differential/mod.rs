//! The differential run: all common programs unpack alike what this crate accepts.
//!
//! Mutations of archives are read by this crate. Accepted ones are unpacked by GNU tar, bsdtar, Archive::Tar, unzip and
//! Archive::Zip, and their trees have to equal the one that this crate saw. `CPAN_SIGSTORE_MUTATIONS` is the number of
//! mutations of each format.

pub mod random;
mod readers;
mod tar_mutation;
mod tar_seeds;
mod tree;
mod writers;
mod zip_mutation;

use std::{collections::HashSet, fmt::Write as _, fs, path::Path};

use cpan_sigstore_core::digest::Sha256Digest;

use random::Random;
use readers::{Readers, TAR, ZIP};
use tree::{Tree, seen_tar, seen_zip};

/// Mutations of each format in a bounded run.
const BOUNDED: u64 = 600;

/// Disagreements after which a run ends.
const ENOUGH: usize = 10;

/// The variable with the number of mutations in a long run.
const MUTATIONS: &str = "CPAN_SIGSTORE_MUTATIONS";

fn mutations() -> u64 {
    std::env::var(MUTATIONS).map_or(BOUNDED, |text| text.parse().unwrap())
}

fn is_long() -> bool {
    std::env::var_os(MUTATIONS).is_some()
}

/// The disagreements of a run.
struct Run {
    readers: Readers,
    tried: u64,
    fit: u64,
    /// Digests of the archives before.
    known: HashSet<Sha256Digest>,
    disagreements: Vec<String>,
}

impl Run {
    fn new() -> Self {
        Self {
            readers: Readers::new(),
            tried: 0,
            fit: 0,
            known: HashSet::new(),
            disagreements: Vec::new(),
        }
    }

    /// Returns whether an archive differs from all before.
    fn is_new(&mut self, bytes: &[u8]) -> bool {
        self.known.insert(Sha256Digest::of(bytes))
    }

    /// Compares what this crate saw in an archive with what programs unpack.
    fn compare(&mut self, name: &str, bytes: &[u8], seen: &Tree, programs: &[readers::Program]) {
        self.fit += 1;
        let folder = self.readers.archive(bytes);
        for program in programs {
            let difference = match self.readers.unpack(*program) {
                Ok(tree) => seen.difference(&tree),
                Err(said) => Some(said),
            };
            if let Some(difference) = difference {
                let kept = std::env::temp_dir().join(format!("disagreement-{name}"));
                fs::copy(&folder, &kept).unwrap();
                let kept = kept.display();
                let text = format!("{name}, {program:?}: {difference} ({kept})");
                self.disagreements.push(text);
            }
        }
    }

    fn finish(self, what: &str) {
        println!(
            "{what}: {} tried, {} accepted and unpacked",
            self.tried, self.fit
        );
        let mut text = String::new();
        for disagreement in &self.disagreements {
            writeln!(text, "{disagreement}").unwrap();
        }
        assert!(text.is_empty(), "{text}");
        assert!(self.fit > 0);
    }
}

#[test]
fn programs_unpack_accepted_tar_archives_alike() {
    let mut run = Run::new();
    let seeds = tar_seeds::all();
    let mut real = Vec::new();
    for seed in &seeds {
        let bytes = seed.bytes();
        let seen = seen_tar(&bytes);
        let seen = seen.unwrap_or_else(|defects| panic!("{}: {defects}", seed.name));
        run.compare(&seed.name, &bytes, &seen, TAR);
    }
    // A long run changes real releases, too. They are large, so not often.
    if is_long()
        && let Some(corpus) = std::env::var_os("CPAN_SIGSTORE_CORPUS")
    {
        real = tar_seeds::real(Path::new(&corpus));
    }
    for number in 0..mutations() {
        let mut random = Random::new(number);
        let seed = if !real.is_empty() && random.once_in(10) {
            &real[random.below(real.len())]
        } else {
            &seeds[random.below(seeds.len())]
        };
        let bytes = tar_mutation::mutate(seed, &mut random);
        run.tried += 1;
        if run.is_new(&bytes)
            && let Ok(seen) = seen_tar(&bytes)
            && seen.is_readable()
        {
            run.compare(&format!("{number}-{}.tar", seed.name), &bytes, &seen, TAR);
        }
        if run.disagreements.len() >= ENOUGH {
            break;
        }
    }
    run.finish("mutations of tar archives");
}

#[test]
fn programs_unpack_accepted_zip_archives_alike() {
    let mut run = Run::new();
    let seeds = zip_mutation::all();
    for seed in &seeds {
        let bytes = seed.bytes();
        let seen = seen_zip(&bytes);
        let seen = seen.unwrap_or_else(|defects| panic!("{}: {defects}", seed.name));
        run.compare(seed.name, &bytes, &seen, ZIP);
    }
    for number in 0..mutations() {
        let mut random = Random::new(number);
        let seed = &seeds[random.below(seeds.len())];
        let bytes = zip_mutation::mutate(seed, &mut random);
        run.tried += 1;
        if run.is_new(&bytes)
            && let Ok(seen) = seen_zip(&bytes)
            && seen.is_readable()
        {
            run.compare(&format!("{number}-{}.zip", seed.name), &bytes, &seen, ZIP);
        }
        if run.disagreements.len() >= ENOUGH {
            break;
        }
    }
    run.finish("mutations of zip archives");
}
