//! Which values the pins of a manifest may have, in words about the manifest.
//!
//! The rules are those of the table of pins, which the parser of the lock applies too, so that what
//! is accepted here never fails there.

use crate::error::{Result, untrusted};
use goward_shim::pins::{BadPin, pinned};

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

/// Returns the experiment that `name` switches on or off, as Go reads it.
pub(super) fn switched(name: &str) -> &str {
    name.strip_prefix("no").unwrap_or(name)
}

pub(super) fn check_experiment(name: &str) -> Result<(), String> {
    if name == "none" {
        return Err(
            "`none` would switch every experiment off, the defaults of Go included; name those \
                    to switch off, as in `nojsonv2`"
                .to_owned(),
        );
    }
    match check_pin("GOEXPERIMENT", name) {
        Ok(()) if !name.contains(',') && !switched(name).is_empty() => Ok(()),
        _ => Err(format!(
            "`{}` cannot be an experiment: their names are lower-case letters and digits",
            untrusted(name)
        )),
    }
}

/// An empty value removes the key.
pub(super) fn check_debug(key: &str, value: &str) -> Result<(), String> {
    let shown = if value.is_empty() { "0" } else { value };
    let setting = format!("{key}={shown}");
    match check_pin("GODEBUG", &setting) {
        Ok(()) if !setting.contains(',') => Ok(()),
        _ => Err(format!(
            "`{}` is not one setting of GODEBUG, such as `http2debug=1`",
            untrusted(&setting)
        )),
    }
}

/// An empty path removes the pin.
pub(super) fn check_goroot_final(path: &str) -> Result<(), String> {
    // What a lock's string cannot hold, no pin can.
    let plain = path.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'"' && b != b'\\');
    match check_pin("GOROOT_FINAL", path) {
        _ if path.is_empty() => Ok(()),
        Ok(()) if plain => Ok(()),
        _ => Err("`goroot-final` must be an absolute path such as `/usr/local/go`".to_owned()),
    }
}

pub(super) fn check_pin<'v>(variable: &str, value: &'v str) -> Result<(), BadPin<'v>> {
    pinned(variable).map_or(Err(BadPin::Form("a pin")), |pin| (pin.check)(value))
}

#[cfg(test)]
mod tests {
    use crate::project::manifest::keys::ARCH_LEVELS;
    use goward_shim::pins::{PINS, Rule};

    #[test]
    fn every_pin_without_a_key_of_its_own_is_a_level() {
        let levels = PINS.iter().filter(|row| row.rule == Rule::Level).map(|row| row.name);
        assert_eq!(levels.collect::<Vec<_>>(), ARCH_LEVELS.map(|key| key.name));
    }
}
