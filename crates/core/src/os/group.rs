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
#[expect(unsafe_code, reason = "std has no jobs")]
mod system {
    use super::{Child, Command, io};
    use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
    use std::os::windows::process::CommandExt;
    use std::ptr::null;
    use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, GenerateConsoleCtrlEvent};
    use windows_sys::Win32::System::JobObjects::{
        AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
        JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectExtendedLimitInformation,
        SetInformationJobObject, TerminateJobObject,
    };
    use windows_sys::Win32::System::Threading::CREATE_NEW_PROCESS_GROUP;

    /// A child and its descendants, as a job that ends with this process, too. What the child starts
    /// before it is in the job is not of it.
    #[derive(Debug)]
    pub struct Group {
        leader: u32,
        job: Option<OwnedHandle>,
    }

    impl Group {
        /// Starts a program as a group of its own.
        pub fn start(command: &mut Command) -> io::Result<(Child, Self)> {
            let child = command.creation_flags(CREATE_NEW_PROCESS_GROUP).spawn()?;
            let job = job(&child);
            let leader = child.id();
            Ok((child, Self { leader, job }))
        }

        /// Returns true when the program has ended, whatever its descendants do.
        pub fn has_ended(&mut self, child: &mut Child) -> bool {
            !matches!(child.try_wait(), Ok(None))
        }

        /// Asks all of it to end, where it has a console.
        pub fn ask(&self) {
            // SAFETY: the function takes two numbers.
            unsafe { GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, self.leader) };
        }

        /// Ends all of it.
        pub fn kill(&self) {
            if let Some(job) = &self.job {
                // SAFETY: the handle is open.
                unsafe { TerminateJobObject(job.as_raw_handle(), 1) };
            }
        }
    }

    /// Puts a program that just started into a job; `None` where the system refuses that.
    fn job(child: &Child) -> Option<OwnedHandle> {
        let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
        limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
        let size = u32::try_from(size_of_val(&limits)).ok()?;
        // SAFETY: the handle of the job is new and ours; the function reads a structure of that size.
        unsafe {
            let job = CreateJobObjectW(null(), null());
            if job.is_null() {
                return None;
            }
            let job = OwnedHandle::from_raw_handle(job);
            let handle = job.as_raw_handle();
            let (class, limits) = (JobObjectExtendedLimitInformation, &raw const limits);
            let is_set = SetInformationJobObject(handle, class, limits.cast(), size) != 0;
            let is_in = is_set && AssignProcessToJobObject(handle, child.as_raw_handle()) != 0;
            is_in.then_some(job)
        }
    }
}
