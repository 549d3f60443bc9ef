//! Table of what to type: all the commands, options and variables of goward that rooms below the
//! commands advise.
//!
//! Those rooms attach a variant and know no command line. The words are here, beside [`Error`](super::Error),
//! because its report prints them. A test holds every row to the program's command line.

use crate::os::ABSOLUTE_PATH;
use std::fmt::{self, Display};

/// Where passwords for hosts are.
pub const NETRC: &str = if cfg!(windows) { r"%USERPROFILE%\_netrc" } else { "~/.netrc" };

/// How to come by pip.
const GET_PIP: &str = if cfg!(windows) {
    "install Python, which has it"
} else {
    "install it (Debian: `apt-get install python3-pip`)"
};

/// Makes the enum from the table. Braces in a text name the fields of its row, and words of the system.
/// What is typed on Windows only stands behind `on Windows`.
macro_rules! table {
    ($(
        $(#[$doc:meta])*
        $name:ident $({ $($field:ident),+ })? => $text:literal $(; on Windows $other:literal)?,
    )+) => {
        /// Something that helps with an error.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Advice {
            $($(#[$doc])* $name $({ $($field: String),+ })?,)+
        }

        impl Display for Advice {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$name $({ $($field),+ })? => {
                        $(if cfg!(windows) {
                            return write!(f, $other);
                        })?
                        write!(f, $text)
                    })+
                }
            }
        }

        impl Advice {
            /// Returns one of every row, with the names of its fields as their values.
            pub fn every() -> Vec<Self> {
                vec![$(Self::$name $({ $($field: stringify!($field).to_owned()),+ })?,)+]
            }
        }
    };
}

table! {
    /// The level reached suffices for this install.
    Accept { version, level } => "accept it: `goward install {version} --accept {level}`",
    /// The level reached suffices for this call.
    AcceptForCall { level } => "accept it for this call: `--accept {level}`",
    /// The level reached suffices for a lock and those beside it.
    AcceptForRepository { level, lock } =>
        "or for every lock in its repository: `goward trust --accept {level} {lock}`",
    /// A source that has the files that others leave out.
    AskFullSource { version } =>
        "ask a source that has all files: `goward install {version} --source go.dev,goproxy`",
    /// A second source may have what was expected.
    AskSecondSource { version, source } =>
        "ask a second source: `goward install {version} --source {source}`",
    /// The mirror is not what was published.
    CheckMirror => "somebody changed the mirror; check it: `goward mirror verify URL`",
    /// Nobody answered, and every source was tried.
    CheckNetwork => "check the network and the proxy variables (`HTTPS_PROXY`, `NO_PROXY`)",
    /// Nobody answered.
    CheckNetworkOrSource { source } =>
        "check the network and the proxy variables (`HTTPS_PROXY`, `NO_PROXY`), or give another \
         source: `GOWARD_SOURCE={source}`",
    /// The store cannot be written.
    ChooseStore => "choose another place: `GOWARD_HOME={ABSOLUTE_PATH}`",
    /// The server does not take what netrc has.
    CorrectNetrc => "correct the user and password for this host in `{NETRC}`",
    /// The server does not take what stands in the URL.
    CorrectUrlPassword => "correct the user and password in the URL",
    /// The directory holds something else.
    EmptyStore => "name an empty or new directory: `GOWARD_HOME={ABSOLUTE_PATH}`",
    /// The server wants to know who asks, and every source was tried.
    GiveCredentials => "put user and password for this host into `{NETRC}`",
    /// The server wants to know who asks.
    GiveCredentialsOrSource { source } =>
        "put user and password for this host into `{NETRC}`, or give another source: \
         `GOWARD_SOURCE={source}`",
    /// The server takes tokens only.
    GiveToken =>
        "this server takes tokens (Bearer), which goward does not send: if it takes one as a \
         password, put it into `{NETRC}`",
    /// There is no pip, and every other source was tried.
    InstallPip => "{GET_PIP}",
    /// There is no pip.
    InstallPipOrSource { source } =>
        "{GET_PIP}, or use `GOWARD_SOURCE={source}`",
    /// Only the toolchain in an archive is verified.
    InstallWithoutExtras { version } => "install it without them: `goward install {version}`",
    /// The network is off by wish.
    LeaveOffline =>
        "unset `GOWARD_OFFLINE`, or give a directory: `GOWARD_SOURCE=file:///path goward install`";
        on Windows
        "unset `GOWARD_OFFLINE`, or give a directory: `goward install --source file:///C:/path`",
    /// The network is off by wish, and a release is wanted.
    LeaveOfflineFor { version } =>
        "unset `GOWARD_OFFLINE`, or give a directory: `GOWARD_SOURCE=file:///path goward install \
         {version}`";
        on Windows "unset `GOWARD_OFFLINE`, or give a directory: `goward install {version} --source \
                    file:///C:/path`",
    /// A mirror is made from a source without release archives.
    NameFullSource => "a mirror needs the whole release: `--source go.dev`, or another mirror",
    /// A linked toolchain changed.
    LinkAgain { name, path } => "look at it again: `goward link {name} {path}`",
    /// The disk is full.
    MakeRoom => "make room, for example with `goward gc --now`, and try again",
    /// The store is somebody else's.
    OwnStore => "choose a store of your own: `GOWARD_HOME={ABSOLUTE_PATH}`",
    /// A proof in a bundle is missing.
    RemakeBundle => "make the bundle again: `goward bundle create`",
    /// A proof in a bundle is older than what is known.
    RemakeBundleOrInstall =>
        "make the bundle again, or install from where the log can be asked: `goward install`",
    /// The store is an older goward's. `path` is quoted for a shell.
    RemoveOldStore { path } => "remove it: `chmod -R u+w {path} && rm -rf {path} && goward setup`";
        on Windows "remove it, in PowerShell: `Remove-Item -Recurse -Force {path}; goward setup`",
    /// The store belongs to a user who is not root.
    RunAsOwner { owner } => "run it as the owner: `sudo -u '#{owner}' goward ...`";
        on Windows "run it as the owner, who is {owner}",
    /// Passwords are not for http.
    SendNetrcOverTls =>
        "passwords in netrc are not sent over http: write `https://`, or list the host as \
         `http-password-hosts` in your own configuration",
    /// Passwords are not for http.
    SendOverTls { host } =>
        "write `https://`, or if `{host}` is to have it nevertheless, list it as \
         `http-password-hosts` in your own configuration",
    /// Credentials are not looked for.
    SwitchNetrcOn =>
        "let netrc be read (`GOAUTH=netrc`), or put user and password into the URL",
    /// A hash differs where files were left out.
    TakeFromFullSource { version } =>
        "take it from a source that has these files: `goward install {version} --source \
         go.dev,goproxy`",
    /// It may pass, and every source was tried.
    TryLater => "try again later",
    /// It may pass.
    TryLaterOrSource { source } =>
        "try again later, or give another source: `GOWARD_SOURCE={source}`",
    /// The store is a newer goward's.
    UpdateOrChooseStore => "update goward, or choose another place: `GOWARD_HOME={ABSOLUTE_PATH}`",
}

/// Why nobody is asked.
pub const NETWORK_IS_OFF: &str = "network is off (`GOWARD_OFFLINE=1`)";

/// What calls with another Go leave when they are killed.
pub const LOCK_OF_CALL: &str = "a lock of `goward exec`";

/// Sources that may be named instead of one that failed, the best first.
const OTHERS: [&str; 3] = ["python-index", "go.dev", "goproxy"];

impl Advice {
    /// Returns [`Self::LeaveOfflineFor`] a release.
    pub fn leave_offline_for(version: impl Display) -> Self {
        Self::LeaveOfflineFor { version: version.to_string() }
    }

    /// Returns the same advice without a source that was `tried`: another one is named, if there is one.
    #[must_use]
    pub fn without_sources(self, tried: &[&str]) -> Self {
        let other = |source: &String| {
            if !tried.contains(&source.as_str()) {
                return Some(source.clone());
            }
            let next = OTHERS.into_iter().find(|other| !tried.contains(other));
            next.map(str::to_owned)
        };
        match &self {
            Self::CheckNetworkOrSource { source } => match other(source) {
                Some(source) => Self::CheckNetworkOrSource { source },
                None => Self::CheckNetwork,
            },
            Self::GiveCredentialsOrSource { source } => match other(source) {
                Some(source) => Self::GiveCredentialsOrSource { source },
                None => Self::GiveCredentials,
            },
            Self::InstallPipOrSource { source } => match other(source) {
                Some(source) => Self::InstallPipOrSource { source },
                None => Self::InstallPip,
            },
            Self::TryLaterOrSource { source } => match other(source) {
                Some(source) => Self::TryLaterOrSource { source },
                None => Self::TryLater,
            },
            _ => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_that_was_tried_is_not_advised() {
        let later = |source: &str| Advice::TryLaterOrSource { source: source.to_owned() };
        let pip = later("python-index");
        assert_eq!(pip.clone().without_sources(&["go.dev"]), pip);
        assert_eq!(pip.clone().without_sources(&["python-index"]), later("go.dev"));
        assert_eq!(pip.clone().without_sources(&["go.dev", "python-index"]), later("goproxy"));
        let all = ["go.dev", "goproxy", "python-index"];
        assert_eq!(pip.without_sources(&all), Advice::TryLater);
        for advice in Advice::every() {
            // The fields of a row hold their own names.
            let tried = [all.as_slice(), &["source"]].concat();
            let text = advice.without_sources(&tried).to_string();
            assert!(!text.contains("GOWARD_SOURCE=") || text.contains("=file:"), "{text}");
        }
    }
}
