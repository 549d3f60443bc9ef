//! The machine that this process runs on.

/// What to type where a program cannot find its own path.
pub const OWN_PATH_HINT: &str = if cfg!(target_os = "linux") {
    "mount /proc: `mount -t proc proc /proc`"
} else {
    "start it by its absolute path"
};

pub use system::{boot_id, free_memory, is_translated};

/// Returns the name that the machine has in a network, which may be empty.
pub fn host_name() -> String {
    #[cfg(unix)]
    return rustix::system::uname().nodename().to_string_lossy().into_owned();
    #[cfg(windows)]
    #[expect(
        clippy::disallowed_methods,
        reason = "the system has no other way without a network"
    )]
    return std::env::var("COMPUTERNAME").unwrap_or_default();
}

/// Returns how many bytes the stack of this process's first thread may have, where that is limited.
pub fn stack_limit() -> Option<u64> {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit};
        getrlimit(Resource::Stack).current
    }
    #[cfg(windows)]
    {
        // What the linker writes into a program.
        Some(1 << 20)
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
mod system {
    use fs_err as fs;
    use std::path::Path;

    /// Returns what is different after every start of the machine, where the system has such a thing.
    pub fn boot_id() -> Option<String> {
        let text = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        Some(text.trim().to_owned())
    }

    /// Returns how many bytes of memory programs can still get, where the system says so: what is free
    /// or can be freed, and no more than a container may have.
    pub fn free_memory() -> Option<u64> {
        let text = fs::read_to_string("/proc/meminfo").ok()?;
        let available = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
        let kibibytes: u64 = available.trim().strip_suffix("kB")?.trim().parse().ok()?;
        let number = |name: &str| -> Option<u64> {
            let text = fs::read_to_string(Path::new("/sys/fs/cgroup").join(name)).ok()?;
            text.trim().parse().ok()
        };
        let limit = number("memory.max").zip(number("memory.current"));
        let here = limit.map_or(u64::MAX, |(limit, used)| limit.saturating_sub(used));
        Some(kibibytes.saturating_mul(1024).min(here))
    }

    /// Returns whether the system translates this program from another processor's.
    pub fn is_translated() -> bool {
        false
    }
}

#[cfg(target_vendor = "apple")]
mod system {
    use crate::os::apple;

    /// Returns what is different after every start of the machine, where the system has such a thing.
    pub fn boot_id() -> Option<String> {
        apple::text(c"kern.bootsessionuuid")
    }

    /// Returns how many bytes of memory programs can still get, where the system says so.
    pub fn free_memory() -> Option<u64> {
        apple::free_memory()
    }

    /// Returns whether the system translates this program from another processor's, as Rosetta does.
    pub fn is_translated() -> bool {
        apple::number(c"sysctl.proc_translated") == Some(1)
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
mod system {
    /// Returns what is different after every start of the machine, where the system has such a thing.
    pub fn boot_id() -> Option<String> {
        None
    }

    /// Returns how many bytes of memory programs can still get, where the system says so.
    pub fn free_memory() -> Option<u64> {
        None
    }

    /// Returns whether the system translates this program from another processor's.
    pub fn is_translated() -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_says_when_it_started_and_what_is_free() {
        if cfg!(windows) {
            assert_eq!((boot_id(), free_memory()), (None, None));
        } else {
            let id = boot_id().unwrap();
            assert_eq!((id.len(), boot_id()), (36, Some(id)));
            let free = free_memory().unwrap();
            assert!((1 << 20..1 << 50).contains(&free), "{free}");
        }
        // Tests are built for the processor that runs them, or nobody says so.
        assert!(!is_translated() || cfg!(all(target_os = "macos", target_arch = "x86_64")));
    }
}
