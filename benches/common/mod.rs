//! What the benchmarks share: options, programs on PATH, and turns.

#![allow(dead_code, reason = "each benchmark uses a part of it")]

use std::path::{Path, PathBuf};

/// Hands each option and its value to `set`, which returns false for one that it does not know.
pub(crate) fn options(mut set: impl FnMut(&str, String) -> bool) {
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    while let Some(word) = words.next() {
        let value = words.next().unwrap_or_else(|| panic!("`{word}` needs a value"));
        assert!(set(&word, value), "`{word}` is no option");
    }
}

/// Looks for a program on PATH.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|place| place.join(name)).find(|file| file.is_file())
}

/// Returns a directory in memory, where there is one.
pub(crate) fn memory() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() }
}

/// Measures so many ways in every round, in an order that turns around, so that none always runs on a
/// warmer machine; returns the values of each. The first rounds warm up.
pub(crate) fn in_turns(
    ways: usize,
    rounds: usize,
    warm_up: usize,
    mut measure: impl FnMut(usize, usize) -> f64,
) -> Vec<Vec<f64>> {
    let mut values = vec![Vec::with_capacity(rounds); ways];
    for round in 0..rounds + warm_up {
        let mut order: Vec<usize> = (0..ways).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for way in order {
            let value = measure(round, way);
            if round >= warm_up {
                values[way].push(value);
            }
        }
    }
    values
}
