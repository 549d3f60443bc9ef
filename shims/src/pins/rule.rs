//! Rows of the table: a variable, its rule, and its effects.

/// What the shim does with a variable of the caller's environment, where a lock decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The lock's value when it has one, and another one of the caller is an error. Without one as
    /// for [`Rule::Refuse`].
    Choose,
    /// The lock's value when it has one, and another one of the caller is an error. Without one the
    /// caller's: it is part of the target.
    Level,
    /// Always the caller's.
    Pass,
    /// Exactly what the lock says; removed when the lock does not mention it.
    Pin,
    /// Never in a lock. The caller's under [`Isolation::Pinned`]; an error under
    /// [`Isolation::Hermetic`] unless the user allows it.
    Refuse,
    /// Always removed.
    Remove,
    /// Never in a lock. The caller's under [`Isolation::Pinned`]; removed under
    /// [`Isolation::Hermetic`] unless the user allows it.
    Scrub,
    /// The shim's own value replaces it.
    Set,
    /// Never in a lock, and always the caller's: it says what is built, as an argument does.
    Target,
}

impl Rule {
    /// Returns the rule's name in the documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Choose => "choose",
            Self::Level => "level",
            Self::Pass => "pass",
            Self::Pin => "pin",
            Self::Refuse => "refuse",
            Self::Remove => "remove",
            Self::Scrub => "scrub",
            Self::Set => "set",
            Self::Target => "target",
        }
    }

    /// Returns true when a lock may hold a value.
    pub fn is_lockable(self) -> bool {
        Rules::LOCKABLE.have(self)
    }

    /// Returns true when a value of the caller passes that the lock does not replace and the user
    /// did not allow by name.
    pub fn passes(self, isolation: Isolation) -> bool {
        Rules::passing(isolation).have(self)
    }

    /// Returns true when a value passes that was written with `go env -w`. Nobody gave it for this
    /// call.
    pub fn passes_from_file(self, isolation: Isolation) -> bool {
        self.passes(isolation) && (self == Self::Pass || isolation == Isolation::Pinned)
    }

    /// Returns true when the user can let a variable through that does not pass otherwise.
    pub fn is_allowable(self) -> bool {
        matches!(self, Self::Choose | Self::Refuse | Self::Scrub)
    }

    /// Returns true when a value that would have to be removed is an error instead: somebody chose
    /// it for this call, and it changes what is built.
    pub fn is_refused(self) -> bool {
        matches!(self, Self::Choose | Self::Refuse)
    }
}

/// A set of rules: every call asks for each variable whether its rule is in one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules(u16);

impl Rules {
    /// A lock may hold a value.
    pub(crate) const LOCKABLE: Self = Self::of(&[Rule::Choose, Rule::Level, Rule::Pin]);
    /// A value of the caller passes whatever the isolation.
    const TARGET: Self = Self::of(&[Rule::Level, Rule::Pass, Rule::Target]);
    /// And what passes besides in the more open mode.
    const OPEN: Self = Self::of(&[Rule::Choose, Rule::Refuse, Rule::Scrub]);

    const fn of(rules: &[Rule]) -> Self {
        let (mut set, mut at) = (0, 0);
        while at < rules.len() {
            set |= 1 << rules[at] as u8;
            at += 1;
        }
        Self(set)
    }

    /// Returns the rules whose values pass where the lock has none.
    pub(crate) fn passing(isolation: Isolation) -> Self {
        match isolation {
            Isolation::Pinned => Self(Self::TARGET.0 | Self::OPEN.0),
            Isolation::Hermetic => Self::TARGET,
        }
    }

    /// Returns true for a rule of the set.
    #[inline]
    pub(crate) fn have(self, rule: Rule) -> bool {
        self.0 >> rule as u8 & 1 != 0
    }
}

/// How much of the caller's environment reaches `go`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Isolation {
    /// The lock's pins hold, and everything else passes.
    #[default]
    Pinned,
    /// In addition, whatever changes output or runs code, and is not in the lock, is refused or
    /// removed.
    Hermetic,
}

impl Isolation {
    /// Every mode, the more open first.
    pub const ALL: [Self; 2] = [Self::Pinned, Self::Hermetic];

    /// Returns the mode's name in manifests and locks.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pinned => "pinned",
            Self::Hermetic => "hermetic",
        }
    }

    /// Returns the mode called `name`.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }
}

/// What a variable can do to a build, or to the machine that builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Changes what is built.
    Output,
    /// Runs a program of its choice.
    Execution,
    /// Switches off a check, or changes what is trusted.
    Verification,
    /// Changes caches, speed or reports only.
    Cache,
    /// Stops `go` altogether.
    Breakage,
}

impl Effect {
    /// Every effect, in the order of its letters in the documents.
    pub const ALL: [Self; 5] =
        [Self::Output, Self::Execution, Self::Verification, Self::Cache, Self::Breakage];

    /// Returns its letter in the documents.
    pub fn letter(self) -> char {
        match self {
            Self::Output => 'O',
            Self::Execution => 'X',
            Self::Verification => 'V',
            Self::Cache => 'C',
            Self::Breakage => 'B',
        }
    }
}

/// One variable.
#[derive(Debug)]
pub struct Pin {
    /// Its name; one that ends in `*` stands for all that begin like it.
    pub name: &'static str,
    /// What the shim does with it.
    pub rule: Rule,
    /// What it can do, in the order of [`Effect::ALL`].
    pub effects: &'static [Effect],
    /// What it does and why it is treated so, in one sentence.
    pub reason: &'static str,
    /// Whether a value may stand in a lock.
    pub check: fn(&str) -> Result<(), BadPin<'_>>,
}

/// Why a value may not stand in a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadPin<'a> {
    /// It does not have the form that is described here.
    Form(&'static str),
    /// It would loosen a protection.
    Unsafe {
        /// The setting.
        name: &'a str,
        /// What it would do.
        reason: &'static str,
    },
}
