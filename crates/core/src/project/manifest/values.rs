//! Which values the pins of a manifest may have, in words about the manifest.
//!
//! The rules are those of the table of pins, which the parser of the lock applies too, so that what
//! is accepted here never fails there.

use super::check_pin;
use crate::error::untrusted;
use goward_shim::pins::BadPin;

/// The keys of `[pins.levels]`.
pub(super) const LEVELS: [&str; 9] = [
    "GO386",
    "GOAMD64",
    "GOARM",
    "GOARM64",
    "GOMIPS",
    "GOMIPS64",
    "GOPPC64",
    "GORISCV64",
    "GOWASM",
];

/// Checks the level of an architecture; an empty one removes the pin.
pub(super) fn check_level(name: &str, value: &str) -> Result<(), String> {
    check_value(name, name, value)
}

/// Checks the cryptographic module; an empty one removes the pin.
pub(super) fn check_fips140(value: &str) -> Result<(), String> {
    check_value("fips140", "GOFIPS140", value)
}

/// Checks one element of `flags`.
pub(super) fn check_flag(item: &str) -> Result<(), String> {
    let shown = untrusted(item);
    if item.contains(' ') {
        return Err(format!("`{shown}` is more than one flag; write a string for each"));
    }
    explained(&format!("`{shown}`"), check_pin("GOFLAGS", item))
}

/// Returns the flag's name, which stands in a list once.
pub(super) fn flag_name(item: &str) -> &str {
    item.split_once('=').map_or(item, |(name, _)| name)
}

fn check_value(key: &str, variable: &str, value: &str) -> Result<(), String> {
    if value.is_empty() {
        return Ok(());
    }
    explained(&format!("`{key}`"), check_pin(variable, value))
}

fn explained(what: &str, checked: Result<(), BadPin<'_>>) -> Result<(), String> {
    checked.map_err(|bad| match bad {
        BadPin::Form(wanted) => format!("{what} must be {wanted}"),
        BadPin::Unsafe { name, reason } => {
            format!("a lock may not set `{}`: {reason}", untrusted(name))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use goward_shim::pins::{PINS, Rule};

    #[test]
    fn every_pin_without_a_key_of_its_own_is_a_level() {
        let levels = PINS.iter().filter(|row| row.rule == Rule::Level).map(|row| row.name);
        assert_eq!(levels.collect::<Vec<_>>(), LEVELS);
    }
}
