//! A program with all that it starts, to be ended together.

use std::io;
use std::process::{Child, Command};

pub use system::Group;

#[cfg(unix)]
mod system {
    use super::{Child, Command, io};
    use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
    use std::os::unix::process::CommandExt;

    /// A child that is not waited for yet, so that its number is not another's, and its descendants.
    #[derive(Debug)]
    pub struct Group {
        leader: Option<Pid>,
    }

    impl Group {
        /// Starts a program as a group of its own.
        pub fn start(command: &mut Command) -> io::Result<(Child, Self)> {
            let child = command.process_group(0).spawn()?;
            let leader = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
            Ok((child, Self { leader }))
        }

        /// Returns true when the program has ended, whatever its descendants do.
        pub fn has_ended(&mut self, _: &mut Child) -> bool {
            let Some(leader) = self.leader else { return true };
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
            !matches!(waitid(WaitId::Pid(leader), options), Ok(None))
        }

        /// Asks all of it to end.
        pub fn ask(&self) {
            self.signal(Signal::TERM);
        }

        /// Ends all of it.
        pub fn kill(&self) {
            self.signal(Signal::KILL);
        }

        fn signal(&self, signal: Signal) {
            if let Some(leader) = self.leader {
                _ = kill_process_group(leader, signal);
            }
        }
    }
}

#[cfg(windows)]
mod system {
    use super::{Child, Command, io};

    /// A child, without its descendants.
    #[derive(Debug)]
    pub struct Group;

    impl Group {
        /// Starts a program.
        pub fn start(command: &mut Command) -> io::Result<(Child, Self)> {
            Ok((command.spawn()?, Self))
        }

        /// Returns true when the program has ended.
        pub fn has_ended(&mut self, child: &mut Child) -> bool {
            !matches!(child.try_wait(), Ok(None))
        }

        /// Asks all of it to end.
        pub fn ask(&self) {}

        /// Ends all of it.
        pub fn kill(&self) {}
    }
}
