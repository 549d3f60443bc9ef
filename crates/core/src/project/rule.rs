//! Which profile applies when nobody names one, as manifests and locks say it.
//!
//! What a rule may hold, and when it matches, is decided in [`goward_shim::lock::Rule`] and
//! [`goward_shim::profile`]; this is the same thing with strings of its own.

use goward_shim::lock;

/// A profile, and what must hold for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// The profile that applies.
    pub profile: String,
    /// A variable that is set, or one and its value.
    pub env: Option<String>,
    /// A pattern for the branch that a CI service builds.
    pub branch: Option<String>,
    /// A pattern for the tag that a CI service builds.
    pub tag: Option<String>,
}

impl Rule {
    /// Returns the rule as the parser of the lock has it.
    pub fn as_locked(&self) -> lock::Rule<'_> {
        let Self { profile, env, branch, tag } = self;
        let [env, branch, tag] = [env, branch, tag].map(Option::as_deref);
        lock::Rule { profile, env, branch, tag }
    }
}

impl From<&lock::Rule<'_>> for Rule {
    fn from(rule: &lock::Rule<'_>) -> Self {
        let lock::Rule { profile, env, branch, tag } = *rule;
        let [env, branch, tag] = [env, branch, tag].map(|text| text.map(str::to_owned));
        Self { profile: profile.to_owned(), env, branch, tag }
    }
}
