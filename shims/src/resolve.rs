//! The shim's one decision: which `go`, in which environment.

use crate::barrier::{self, Barrier};
use crate::caller::{By, Outer, Undo};
use crate::environment::Environment;
use crate::find::{self, Found, Nearest};
use crate::goflags::{self, Misfit};
use crate::goroot::{self, Identity, Outer as OuterGoroot};
use crate::known::var;
use crate::launch::{self, FLAGS, Launch, Removed, Selection};
use crate::lock::{self, Level, Lock, ParseLockError, Platform};
use crate::pins::{Isolation, Rule};
use crate::profile;
use crate::sys::{OwnedText, Text};
use crate::{
    gotoolchain, home, layout, names, next_go, own_programs, pins, remote, sys, trust, work,
};
use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ffi::CStr;

/// More calls of the shim above each other than this are a loop: between goward and another program
/// called `go`, which may be that of a linked toolchain.
const MAX_DEPTH: usize = 100;

/// The program that was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// `go`
    Go,
    /// `gofmt`
    Gofmt,
}

impl Tool {
    /// Returns `go` or `gofmt`.
    pub fn name(self) -> &'static [u8] {
        self.argv0().to_bytes()
    }

    /// Returns the name as an argument.
    pub fn argv0(self) -> &'static CStr {
        match self {
            Self::Go => c"go",
            Self::Gofmt => c"gofmt",
        }
    }

    /// Returns the path of the real program below GOROOT.
    pub fn path(self) -> &'static [u8] {
        match self {
            Self::Go => b"libexec/go",
            Self::Gofmt => b"libexec/gofmt",
        }
    }
}

/// One call of the shim.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// Arguments, `argv[0]` included, as they are handed on.
    pub argv: &'a [Text<'a>],
    /// The same as bytes.
    words: Vec<&'a [u8]>,
    /// What the program is called.
    name: &'a [u8],
    tool: Tool,
    /// The environment as it was given.
    pub env: Environment<'a>,
    /// The same without what an outer call set for its own lock, if one did.
    undone: Option<Environment<'a>>,
    /// The working directory, absolute.
    pub cwd: &'a [u8],
}

impl<'a> Call<'a> {
    /// Describes a call. `undo` says how to take back what an outer one did, if there is one.
    pub fn new(
        argv: &'a [Text<'a>],
        env: Environment<'a>,
        cwd: &'a [u8],
        undo: Option<&'a Undo<'a>>,
    ) -> Self {
        let undone = undo.map(|undo| undo.apply(&env));
        let words: Vec<&[u8]> = argv.iter().map(|word| word.to_bytes()).collect();
        let name = program_name(env.started_by(), words.first().copied());
        let tool = if name == b"gofmt" { Tool::Gofmt } else { Tool::Go };
        Self { argv, words, name, tool, env, undone, cwd }
    }

    /// Returns the tool that was called: by the path of the program, else by `argv[0]`.
    pub fn tool(&self) -> Tool {
        self.tool
    }

    /// Returns the arguments after `argv[0]`.
    pub fn args(&self) -> &[&'a [u8]] {
        self.words.get(1..).unwrap_or_default()
    }

    /// Returns the environment of the caller: what an outer call set for its own lock is not in it.
    pub fn caller(&self) -> &Environment<'a> {
        self.undone.as_ref().unwrap_or(&self.env)
    }

    /// Returns the release that the program is called like: `go1.27.1`.
    fn release(&self) -> Option<&'a [u8]> {
        if is_release(self.name) {
            return Some(self.name);
        }
        // Go's own switching keeps `argv[0]`, and not every system says what was run, rather than where a
        // link to that leads.
        let wanted = self.env.known(var::SWITCH_VERSION).filter(|name| is_release(name))?;
        let is_wanted =
            |path| goroot::of_program(path).is_some_and(|it| goroot::is_named(it, wanted));
        self.env.started_by().is_none_or(is_wanted).then_some(wanted)
    }

    /// Returns true for `go env -w` and `go env -u`.
    pub fn changes_settings(&self) -> bool {
        self.tool() == Tool::Go && barrier::changes_settings(self.args())
    }

    /// Returns true for a call that Go's own switching made.
    fn is_switch(&self) -> bool {
        self.env.known(var::SWITCH_VERSION).is_some()
    }
}

/// Returns what a program is called: by its path, else by `argv[0]`.
fn program_name<'a>(started_by: Option<&'a [u8]>, argv0: Option<&'a [u8]>) -> &'a [u8] {
    let last = |path: &'a [u8]| match path {
        // What nearly every path ends in.
        [.., b'/', b'g', b'o'] => &path[path.len() - 2..],
        _ => home::split(path).map_or(path, |(_, name)| name),
    };
    let is_one = |name: &&[u8]| matches!(*name, b"go" | b"gofmt") || is_release(name);
    started_by.map(last).filter(is_one).unwrap_or_else(|| argv0.map_or(b"", last))
}

/// Returns true for names such as `go1.27.1`.
fn is_release(name: &[u8]) -> bool {
    name.starts_with(b"go1.") && core::str::from_utf8(name).is_ok_and(lock::is_version)
}

/// Who decides about a call.
#[derive(Debug, PartialEq, Eq)]
pub enum Choice<'a> {
    /// `GOWARD_BYPASS=1`: as if goward were not there.
    Bypass,
    /// A request for this call, which the manager looks up.
    Request {
        /// What was asked for.
        request: &'a [u8],
        /// How it was asked for.
        way: Way,
    },
    /// `GOWARD_LOCK`, or the nearest lock.
    Project(Found),
    /// No lock decides, and it is known which toolchain belongs to the call.
    Goroot {
        /// The toolchain's GOROOT.
        root: Cow<'a, [u8]>,
        /// Why.
        reason: Reason,
    },
    /// The user's default toolchain.
    Default(Found),
    /// Nobody: the next `go` on PATH.
    Nobody,
}

/// How a toolchain was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The first argument: `go +1.26 …`.
    Argument,
    /// The name of the program: `go1.26.2`.
    Name,
    /// `GOWARD_GO`.
    Variable,
}

/// Why a GOROOT belongs to a call for which no lock decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The shim was started as its `bin/go`.
    Called,
    /// It is that of the call around this one.
    Outer,
    /// The variable GOROOT names it.
    Variable,
    /// The working directory is in it.
    Directory,
}

impl Reason {
    /// Returns the reason in words that follow "decided by".
    pub fn text(self) -> &'static str {
        match self {
            Self::Called => "the GOROOT whose `bin/go` was called",
            Self::Outer => "the call around this one",
            Self::Variable => "`GOROOT`",
            Self::Directory => "the GOROOT that this directory is in",
        }
    }
}

/// What to do with a call.
#[derive(Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// Replace this process.
    Exec(Launch<'a>),
    /// Hand over to the manager: it looks up a request, installs, makes a barrier, runs `go env -w`, or
    /// refuses to write into a toolchain.
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

/// Why a call is refused.
#[derive(Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "fields say what they are; the manager words the messages")]
pub enum Refusal {
    /// The caller has another value than the lock.
    Contradiction { lock: Vec<u8>, conflict: Box<Conflict> },
    /// The lock belongs to somebody whom the user did not trust with it.
    Foreign { lock: Vec<u8>, owner: u32 },
    /// The path that is to be GOROOT is not a link to the toolchain's root.
    Goroot { lock: Vec<u8>, goroot: Vec<u8> },
    /// Calls are passed back and forth with another program called `go`.
    Loop,
    /// There is no store: neither `GOWARD_HOME`, `XDG_DATA_HOME` nor `HOME` is set.
    NoHome { lock: Vec<u8> },
    /// The lock has no entry for this platform.
    NoPlatform { lock: Vec<u8> },
    /// No lock, no default, and no other `go` on PATH.
    NothingToRun,
    /// The caller's GOTOOLCHAIN asks for something else than the lock.
    Toolchain { lock: Vec<u8>, version: Vec<u8>, wanted: Vec<u8> },
    /// The caller has something that changes the output and is not in a hermetic lock.
    Unpinned { lock: Vec<u8>, name: Vec<u8>, value: Vec<u8> },
    /// The lock is damaged or not one of ours.
    Unparsable { lock: Vec<u8>, error: ParseLockError },
    /// The lock cannot be read.
    Unreadable { lock: Vec<u8>, error: sys::ReadError },
    /// The manifest has no lock beside it, and none was found nearer.
    Unlocked { manifest: Vec<u8> },
    /// The lock does not have the profile that `GOWARD_PROFILE` names.
    UnknownProfile { lock: Vec<u8>, profile: Vec<u8> },
    /// A pin that would apply weakens security, and the user did not trust the lock with that.
    Weakening { lock: Vec<u8>, line: u32, setting: Vec<u8>, reason: &'static str },
}

/// Two values of which only one can be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The variable.
    pub name: Vec<u8>,
    /// What the lock has: for GOFLAGS, the flag.
    pub locked: Vec<u8>,
    /// What the caller has: for GOFLAGS, the flag.
    pub callers: Vec<u8>,
    /// Whether it is in the file of `go env -w`, and not in the environment.
    pub is_in_file: bool,
    /// The lock's version.
    pub version: Vec<u8>,
}

/// Returns who decides about `call`, in the order of precedence.
///
/// # Errors
///
/// [`Refusal::Unreadable`] for a lock that is there and cannot be read.
pub fn choose<'a>(call: &Call<'a>) -> Result<Choice<'a>, Refusal> {
    let env = &call.env;
    if env.is_on(var::BYPASS) {
        return Ok(Choice::Bypass);
    }
    if let Some(request) = call.args().first().and_then(|arg| arg.strip_prefix(b"+")) {
        return Ok(Choice::Request { request, way: Way::Argument });
    }
    if let Some(request) = call.release() {
        return Ok(Choice::Request { request, way: Way::Name });
    }
    if let Some(request) = env.known(var::GO) {
        return Ok(Choice::Request { request, way: Way::Variable });
    }
    let unreadable = |lock: Vec<u8>, error| Refusal::Unreadable { lock, error };
    if let Some(path) = env.known(var::LOCK) {
        return match find::read_lock(path, env) {
            Ok(Some(found)) => Ok(Choice::Project(found)),
            Ok(None) => Err(unreadable(path.into(), sys::ReadError::NotFound)),
            Err(error) => Err(unreadable(path.into(), error)),
        };
    }
    let directory = directory(call);
    match find::nearest(&directory, env) {
        Ok(Some(Nearest::Lock(found))) => Ok(Choice::Project(found)),
        Ok(Some(Nearest::Manifest(manifest))) => Err(Refusal::Unlocked { manifest }),
        Ok(None) => choose_without_lock(call, &directory),
        Err((lock, error)) => Err(unreadable(lock, error)),
    }
}

/// Returns the directory that the call is about.
fn directory<'a>(call: &Call<'a>) -> Cow<'a, [u8]> {
    match call.tool() {
        Tool::Go => find::project_directory(call.cwd, call.args()),
        Tool::Gofmt => Cow::Borrowed(call.cwd),
    }
}

/// Returns who decides about a call in a directory for which there is no lock.
#[cold]
fn choose_without_lock<'a>(call: &Call<'a>, directory: &[u8]) -> Result<Choice<'a>, Refusal> {
    let env = &call.env;
    let chosen = |root, reason| Ok(Choice::Goroot { root, reason });
    if let Some(root) = goroot::called(env) {
        return chosen(Cow::Owned(root), Reason::Called);
    }
    match goroot::outer(env) {
        Some(OuterGoroot::Call(root)) => return chosen(Cow::Borrowed(root), Reason::Outer),
        Some(OuterGoroot::Goroot(root)) => return chosen(Cow::Owned(root), Reason::Variable),
        None => {}
    }
    let Some(home) = home::home(env) else {
        return Ok(Choice::Nobody);
    };
    if let Some(root) = goroot::around(directory, &home) {
        return chosen(Cow::Owned(root), Reason::Directory);
    }
    let path = OwnedText::of([&layout::default_lock(&home)]);
    match sys::read_owned(path.as_text(), lock::MAX_SIZE) {
        Ok(Some(file)) => Ok(Choice::Default(Found::new(path.into_bytes(), file))),
        Ok(None) => Ok(Choice::Nobody),
        Err(error) => Err(Refusal::Unreadable { lock: path.into_bytes(), error }),
    }
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
                    || own_programs::is_changed(call)
                    || remote::module(call).is_some()
            };
            if is_unusual() || !locked.is_installed || !locked.barrier.is_ready {
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

/// Hands a call that a lock decides over to the manager. Where there is none, it runs; without a copy of the
/// user's file, which nobody can make then, with nothing of it.
#[cold]
fn for_manager<'a>(call: &Call, locked: Locked<'a>) -> Step<'a> {
    let mut launch = locked.launch;
    if !locked.barrier.is_ready {
        launch.put("GOENV", Some(&locked.barrier.empty().path));
    }
    let is_kept = locked.is_installed && !own_programs::is_changed(call);
    Step::Manager(Without { launch: is_kept.then_some(launch), is_missing: !locked.is_installed })
}

/// Runs the toolchain with this GOROOT as it is.
#[cold]
fn go_of<'a>(call: &Call<'a>, root: &[u8]) -> Result<Step<'a>, Refusal> {
    if own_programs::is_changed(call) {
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
            OuterGoroot::Call(root) => root.into(),
            OuterGoroot::Goroot(_) => return None,
        },
    };
    goroot::is_named(&root, request).then_some(root)
}

/// Returns the launch for a request that the toolchain with this GOROOT answers. `same` is a request that
/// means the same toolchain: what the call starts gets it, too.
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
    if way != Way::Name || !call.is_switch() || call.env.known(var::GO).is_some() {
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
    /// The launch, which needs the toolchain and the barrier.
    pub launch: Launch<'a>,
    /// Whether the toolchain is there: one with the whole h1 of the lock.
    pub is_installed: bool,
    /// The barrier, which the manager makes where it is missing.
    pub barrier: Barrier<'a>,
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
    let barrier = barrier::locate(&home, lock.isolation, env);
    let wishes =
        Wishes { call, lock: &lock, profile: applied.name, pins: applied.pins, path: &found.path };
    wishes.check_toolchain()?;
    let flags = wishes.flags(&barrier)?;
    let goroot = lock.goroot.map(str::as_bytes);
    let selection = Selection {
        root,
        goroot: goroot.or((lock.level == Level::Linked).then_some(root)),
        isolation: lock.isolation,
        pins: applied.pins,
        chooses: pins::choose(applied.pins),
        flags: flags.as_deref(),
        barrier: &barrier,
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
    Ok(Locked { launch, is_installed, barrier })
}

/// Where a locked toolchain is.
struct Place<'e> {
    home: Cow<'e, [u8]>,
    identity: Identity,
    /// What says that it is there.
    file: Option<sys::File>,
}

/// Finds the toolchain of a lock: in the store, or where the shim itself is, copied to another place.
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

/// What the caller wants besides what the lock says.
struct Wishes<'w, 'a> {
    call: &'w Call<'a>,
    lock: &'w Lock<'w>,
    profile: Option<&'w str>,
    pins: &'w [(&'w str, &'w str)],
    path: &'w [u8],
}

impl Wishes<'_, '_> {
    /// Refuses a GOTOOLCHAIN that the lock does not satisfy.
    fn check_toolchain(&self) -> Result<(), Refusal> {
        match self.call.caller().known(var::GOTOOLCHAIN) {
            Some(wanted) if !self.satisfies(wanted) => Err(Refusal::Toolchain {
                lock: self.path.into(),
                version: self.lock.version.into(),
                wanted: wanted.into(),
            }),
            _ => Ok(()),
        }
    }

    #[cold]
    fn satisfies(&self, wanted: &[u8]) -> bool {
        gotoolchain::is_satisfied(wanted, self.lock.version) || self.is_lenient()
    }

    /// Refuses what the caller has and does not pass, unless it is of a kind that goward is there to remove.
    fn check(&self, removed: &[Removed]) -> Result<(), Refusal> {
        let is_choice = |it: &&Removed| {
            let rule = it.known.row().map(|row| row.rule);
            it.known != var::GOFLAGS
                && matches!(rule, Some(Rule::Choose | Rule::Level | Rule::Refuse))
        };
        removed.iter().filter(is_choice).try_for_each(|it| self.check_choice(it))
    }

    #[cold]
    fn check_choice(&self, it: &Removed) -> Result<(), Refusal> {
        let (name, value) = (it.known.name(), it.value());
        let pinned = self.pins.iter().find(|(pin, _)| *pin == name);
        let is_fine = match pinned {
            Some((_, pinned)) => pinned.as_bytes() == value || pins::is_ignored(name, value),
            None => name == "GOWORK" && work::is_the_same(value, &directory(self.call)),
        };
        if is_fine || value.is_empty() || self.is_lenient() {
            return Ok(());
        }
        Err(match pinned {
            Some((_, pinned)) => self.contradiction(name, pinned.as_bytes(), value, false),
            None => self.unpinned(name, value),
        })
    }

    fn unpinned(&self, name: &str, value: &[u8]) -> Refusal {
        Refusal::Unpinned { lock: self.path.into(), name: name.into(), value: value.into() }
    }

    /// Puts GOFLAGS of lock and caller together.
    fn flags(&self, barrier: &Barrier) -> Result<Option<Vec<u8>>, Refusal> {
        let env = self.call.caller();
        let (isolation, is_lenient) = (self.lock.isolation, || self.is_lenient());
        goflags::of_call(env, isolation, self.pins, barrier, is_lenient).map_err(|misfit| {
            match misfit {
                Misfit::Contradicts { locked, callers, is_in_file } => {
                    self.contradiction(FLAGS, &locked, &callers, is_in_file)
                }
                Misfit::Unpinned(item) => self.unpinned(FLAGS, &item),
            }
        })
    }

    #[cold]
    fn contradiction(
        &self,
        name: &str,
        locked: &[u8],
        callers: &[u8],
        is_in_file: bool,
    ) -> Refusal {
        let conflict = Conflict {
            name: name.into(),
            locked: locked.into(),
            callers: callers.into(),
            is_in_file,
            version: self.lock.version.into(),
        };
        Refusal::Contradiction { lock: self.path.into(), conflict: Box::new(conflict) }
    }

    /// Returns true for a call that is not refused for what it has. Its environment is not the caller's own:
    /// it is inside of another call under the same lock, or was started with what the go command gives to the
    /// tools that it runs. Or it changes the file of `go env -w`, perhaps to put an end to what is refused.
    #[cold]
    fn is_lenient(&self) -> bool {
        let env = &self.call.env;
        if self.call.changes_settings() {
            return true;
        }
        let is_same = |outer: &Outer| {
            outer.by == By::Go
                && outer.lock == self.path
                && outer.profile == self.profile.map(str::as_bytes)
        };
        let is_given =
            || env.known(var::TOOLCHAIN).is_some() && env.known(var::GOTOOLDIR).is_some();
        Outer::read(env).as_ref().is_some_and(is_same) || is_given()
    }
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
    let program = next_go::next_go(env, call.tool()).ok_or(Refusal::NothingToRun)?;
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
        .known(var::DEPTH)
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
