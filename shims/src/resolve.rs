//! The shim's one decision: which `go`, in which environment.

mod choice;
mod refusal;
mod wishes;

pub use choice::{Choice, Reason, Way, choose};
pub use refusal::{Conflict, Refusal};

use crate::call::Call;
use crate::caller::By;
use crate::environment::Environment;
use crate::find::Found;
use crate::goenv_file::{self, SanitizedGoEnv};
use crate::goroot::{self, Identity, Outer};
use crate::launch::{self, Launch, Selection};
use crate::lock::{self, Level, Lock, Platform};
use crate::pins::Isolation;
use crate::sys::{self, OwnedText};
use crate::var_table::var;
use crate::{cmd_install_guard, home, layout, names, path_lookup, pins, profile, remote, trust};
use alloc::borrow::Cow;
use alloc::vec::Vec;
use wishes::Wishes;

/// More calls of the shim above each other than this are a loop: between goward and another program
/// called `go`, which may be that of a linked toolchain.
const MAX_DEPTH: usize = 100;

/// What to do with a call.
#[derive(Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// Replace this process.
    Exec(Launch<'a>),
    /// Hand over to the manager: it looks up a request, installs, copies the `go env -w` file, runs
    /// `go env -w`, or refuses to write into a toolchain.
    Manager(Without<'a>),
}

/// What becomes of a call for the manager where there is none.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Without<'a> {
    /// What runs.
    pub launch: Option<Launch<'a>>,
    /// Whether the toolchain is not there.
    pub is_missing: bool,
}

/// Decides what to do with `call`, about which `choice` decides.
///
/// # Errors
///
/// A [`Refusal`] when the call cannot be served; nothing was run and nothing changed.
pub fn resolve<'a>(call: &Call<'a>, choice: &Choice) -> Result<Step<'a>, Refusal> {
    match choice {
        Choice::Project(found) => {
            let locked = locked(call, found)?;
            let is_unusual = || {
                call.changes_settings()
                    || cmd_install_guard::is_changed(call)
                    || remote::module(call).is_some()
            };
            if is_unusual() || !locked.is_installed || !locked.goenv.is_ready {
                return Ok(for_manager(call, locked));
            }
            Ok(Step::Exec(locked.launch))
        }
        Choice::Goroot { root, .. } => go_of(call, root),
        other => resolve_rare(call, other),
    }
}

#[cold]
fn resolve_rare<'a>(call: &Call<'a>, choice: &Choice) -> Result<Step<'a>, Refusal> {
    match choice {
        Choice::Request { request, way } => match goroot_of(call, request, *way) {
            Some(root) => requested(call, &root, request, *way).map(Step::Exec),
            None => Ok(Step::Manager(Without { launch: None, is_missing: true })),
        },
        Choice::Default(found) => {
            let default = default(call, found)?;
            if default.is_installed {
                return go_of(call, &default.root);
            }
            Ok(Step::Manager(Without { launch: None, is_missing: true }))
        }
        _ => pass_on(call).map(Step::Exec),
    }
}

/// Hands a call that a lock decides over to the manager. Where there is none, it runs; without a
/// copy of the user's file, which nobody can make then, with nothing of it.
#[cold]
fn for_manager<'a>(call: &Call, locked: Locked<'a>) -> Step<'a> {
    let mut launch = locked.launch;
    if !locked.goenv.is_ready {
        launch.put("GOENV", Some(&locked.goenv.empty().path));
    }
    let is_kept = locked.is_installed && !cmd_install_guard::is_changed(call);
    Step::Manager(Without { launch: is_kept.then_some(launch), is_missing: !locked.is_installed })
}

/// Runs the toolchain with this GOROOT as it is.
#[cold]
fn go_of<'a>(call: &Call<'a>, root: &[u8]) -> Result<Step<'a>, Refusal> {
    if cmd_install_guard::is_changed(call) {
        return Ok(Step::Manager(Without::default()));
    }
    let mut launch = launch::plain(root, call.tool(), &call.env);
    if call.changes_settings() {
        launch::restore_file(&mut launch, &call.env);
    }
    count(&mut launch, &call.env)?;
    Ok(Step::Exec(launch))
}

/// Returns the GOROOT for a request, where that can be told without a list of the store.
fn goroot_of(call: &Call, request: &[u8], way: Way) -> Option<Vec<u8>> {
    let root = match way {
        Way::Argument => return None,
        Way::Name => goroot::behind_name(&call.env)?,
        Way::Variable => match goroot::outer(&call.env)? {
            Outer::Call(root) => root.into(),
            Outer::Goroot(_) => return None,
        },
    };
    goroot::is_named(&root, request).then_some(root)
}

/// Returns the launch for a request that the toolchain with this GOROOT answers. `same` is a
/// request that means the same toolchain: what the call starts gets it, too.
///
/// # Errors
///
/// [`Refusal::Loop`].
pub fn requested<'a>(
    call: &Call<'a>,
    root: &[u8],
    same: &[u8],
    way: Way,
) -> Result<Launch<'a>, Refusal> {
    // What an outer lock set is not for it. Go's own switching goes on with what it was given.
    let env = if way == Way::Name && call.is_switch() { &call.env } else { call.caller() };
    let mut launch = launch::plain(root, call.tool(), env);
    // A switch is for one project: others in it keep their locks, unless the user chose for all.
    if way != Way::Name || !call.is_switch() || call.env.value(var::GO).is_some() {
        launch.put(names::GO_VAR, Some(same));
    }
    count(&mut launch, &call.env)?;
    Ok(launch)
}

/// The toolchain outside of projects.
#[derive(Debug, PartialEq, Eq)]
pub struct DefaultToolchain {
    /// Its GOROOT.
    pub root: Vec<u8>,
    /// Whether it is there.
    pub is_installed: bool,
}

/// Returns the toolchain that the default `found` names.
///
/// # Errors
///
/// See [`Refusal`].
pub fn default(call: &Call, found: &Found) -> Result<DefaultToolchain, Refusal> {
    check_owner(found, &call.env)?;
    let path = || found.path.clone();
    let lock =
        lock::parse(&found.text).map_err(|error| Refusal::Unparsable { lock: path(), error })?;
    let entry = platform(&lock, found)?;
    let home = home::home(&call.env).ok_or_else(|| Refusal::NoHome { lock: path() })?;
    let key = layout::key_text(lock.version, entry.name, entry.h1);
    let parts = layout::tree_parts(&home, &key);
    let is_installed = Identity::of(parts).open_if(entry.h1).is_some();
    Ok(DefaultToolchain { root: parts.concat(), is_installed })
}

fn platform<'l, 'a>(lock: &'l Lock<'a>, found: &Found) -> Result<&'l Platform<'a>, Refusal> {
    let missing = || Refusal::NoPlatform { lock: found.path.clone() };
    lock.platform(layout::HOST_PLATFORM).ok_or_else(missing)
}

/// What a lock comes to.
#[derive(Debug, PartialEq, Eq)]
pub struct Locked<'a> {
    /// The launch, which needs the toolchain and the copy of the `go env -w` file.
    pub launch: Launch<'a>,
    /// Whether the toolchain is there: one with the whole h1 of the lock.
    pub is_installed: bool,
    /// The copy of the `go env -w` file, which the manager makes where it is missing.
    pub goenv: SanitizedGoEnv<'a>,
}

/// Returns what the lock `found` comes to.
///
/// # Errors
///
/// See [`Refusal`].
pub fn locked<'a>(call: &Call<'a>, found: &Found) -> Result<Locked<'a>, Refusal> {
    let env = call.caller();
    let path = || found.path.clone();
    check_owner(found, env)?;
    let lock =
        lock::parse(&found.text).map_err(|error| Refusal::Unparsable { lock: path(), error })?;
    let applied = profile::apply(&lock, env)
        .map_err(|profile| Refusal::UnknownProfile { lock: path(), profile: profile.into() })?;
    if let Some(weakening) = pins::weakening(applied.pins).next()
        && !trust::is_recorded(found, env)
    {
        return Err(Refusal::Weakening {
            lock: path(),
            line: lock::line_of(&found.text, weakening.setting),
            setting: weakening.setting.into(),
            reason: weakening.reason,
        });
    }
    let entry = platform(&lock, found)?;
    let Place { home, identity, file } = place(env, &lock, entry, found)?;
    let root = identity.root();
    let leads = |path: &&str| sys::link(path.as_bytes()).as_deref() == Some(root);
    if let Some(goroot) = lock.goroot.filter(|path| !leads(path)) {
        return Err(Refusal::Goroot { lock: path(), goroot: goroot.into() });
    }
    let goenv = goenv_file::locate(&home, lock.isolation, env);
    let wishes =
        Wishes { call, lock: &lock, profile: applied.name, pins: applied.pins, path: &found.path };
    wishes.check_toolchain()?;
    let flags = wishes.flags(&goenv)?;
    let goroot = lock.goroot.map(str::as_bytes);
    let selection = Selection {
        root,
        goroot: goroot.or((lock.level == Level::Linked).then_some(root)),
        isolation: lock.isolation,
        pins: applied.pins,
        chooses: pins::choose(applied.pins),
        flags: flags.as_deref(),
        goenv: &goenv,
        lock: &found.path,
        profile: applied.name,
        by: By::Go,
    };
    let mut launch = launch::with_program(&selection, OwnedText::default(), env);
    if selection.chooses || lock.isolation == Isolation::Hermetic {
        wishes.check(&launch.removed)?;
    }
    let is_installed = file.is_some();
    launch.open = file;
    count(&mut launch, env)?;
    launch.program = identity.program(call.tool().path());
    Ok(Locked { launch, is_installed, goenv })
}

/// Where a locked toolchain is.
struct Place<'e> {
    home: Cow<'e, [u8]>,
    identity: Identity,
    /// What says that it is there.
    file: Option<sys::File>,
}

/// Finds the toolchain of a lock: in the store, or where the shim itself is, copied to another
/// place.
fn place<'e>(
    env: &Environment<'e>,
    lock: &Lock,
    entry: &Platform,
    found: &Found,
) -> Result<Place<'e>, Refusal> {
    let key = layout::key_text(lock.version, entry.name, entry.h1);
    let mut there = None;
    let home = home::find(env, |home| {
        let identity = Identity::of(layout::tree_parts(home, &key));
        let file = identity.open_if(entry.h1);
        let is_there = file.is_some();
        there = Some((identity, file));
        is_there
    });
    let place = home.zip(there).map(|(home, (identity, file))| Place { home, identity, file });
    match place {
        Some(place) if place.file.is_some() => Ok(place),
        place => elsewhere(env, entry, place, found),
    }
}

/// Finds the toolchain of a lock that the store does not have where the shim itself is.
#[cold]
fn elsewhere<'e>(
    env: &Environment<'e>,
    entry: &Platform,
    in_store: Option<Place<'e>>,
    found: &Found,
) -> Result<Place<'e>, Refusal> {
    if let Some(root) = goroot::called(env) {
        let identity = Identity::of([&root, b"", b""]);
        if let Some(file) = identity.open_if(entry.h1) {
            let home = in_store.map_or(Cow::Borrowed(&b"/"[..]), |place| place.home);
            return Ok(Place { home, identity, file: Some(file) });
        }
    }
    in_store.ok_or_else(|| Refusal::NoHome { lock: found.path.clone() })
}

/// Accepts a lock that belongs to somebody whose locks count, or that the user trusts.
///
/// # Errors
///
/// [`Refusal::Foreign`].
pub fn check_owner(found: &Found, env: &Environment) -> Result<(), Refusal> {
    if trust::accepts(found.owner, &found.path, env) || trust::is_recorded(found, env) {
        return Ok(());
    }
    Err(Refusal::Foreign { lock: found.path.clone(), owner: found.owner })
}

/// Returns the launch of the next `go` on PATH that is not ours.
#[cold]
fn pass_on<'a>(call: &Call<'a>) -> Result<Launch<'a>, Refusal> {
    let env = call.caller();
    let program = path_lookup::next_go(env, call.tool()).ok_or(Refusal::NothingToRun)?;
    let mut launch = launch::foreign(OwnedText::of([&program]), env);
    count(&mut launch, env)?;
    Ok(launch)
}

/// Counts a launch as one call more, in [`names::DEPTH_VAR`].
///
/// # Errors
///
/// [`Refusal::Loop`] when there are too many already.
pub fn count(launch: &mut Launch, env: &Environment) -> Result<(), Refusal> {
    let depth: usize = env
        .value(var::DEPTH)
        .and_then(|depth| core::str::from_utf8(depth).ok()?.parse().ok())
        .unwrap_or(0);
    if depth >= MAX_DEPTH {
        return Err(Refusal::Loop);
    }
    // The usual case is that there is none.
    let depth = if depth == 0 { Cow::Borrowed(&b"1"[..]) } else { decimal(depth + 1).into() };
    launch.set.push(OwnedText::entry(names::DEPTH_VAR, &depth));
    Ok(())
}

/// Returns a number's digits. `format!` would take longer than the rest of the call.
fn decimal(number: usize) -> Vec<u8> {
    let mut divisor = 1;
    while number / divisor >= 10 {
        divisor *= 10;
    }
    let mut digits = Vec::with_capacity(10);
    while divisor > 0 {
        digits.push(b'0' + u8::try_from(number / divisor % 10).unwrap_or(0));
        divisor /= 10;
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn numbers_have_their_digits() {
        for number in [0, 1, 9, 10, 42, 99, 100, 101, usize::MAX] {
            assert_eq!(decimal(number), number.to_string().as_bytes());
        }
    }
}
