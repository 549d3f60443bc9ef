//! Users, who are security identifiers (SIDs).

#![expect(unsafe_code, reason = "std does not say who owns a file")]

use super::win32;
use core::fmt;
use core::ptr::{null, null_mut};
use std::fs;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};

/// The most numbers that an identifier has behind its authority.
const MOST: usize = 15;

/// A user, or a group that can own files: a security identifier.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct User {
    authority: u64,
    count: u8,
    numbers: [u32; MOST],
}

impl User {
    /// Whoever owns a file on a file system that has no owners: nobody's files count.
    const NOBODY: Self = Self::of(0, &[0]);
    /// The operating system.
    const SYSTEM: Self = Self::of(5, &[18]);
    /// Those who may do anything anyway.
    pub const ADMINISTRATORS: Self = Self::of(5, &[32, 544]);

    /// What owns the system's own files, and the drive that it is on.
    const TRUSTED_INSTALLER: Self =
        Self::of(5, &[80, 956_008_885, 3_418_522_649, 1_831_038_044, 1_853_292_631, 2_271_478_464]);

    pub(crate) const fn of(authority: u64, numbers: &[u32]) -> Self {
        let mut user = Self { authority, count: 0, numbers: [0; MOST] };
        while (user.count as usize) < numbers.len() {
            user.numbers[user.count as usize] = numbers[user.count as usize];
            user.count += 1;
        }
        user
    }

    /// Reads what [`fmt::Display`] writes.
    pub(in crate::sys) fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.strip_prefix("S-1-")?.split('-');
        let mut user = Self::of(numbers.next()?.parse().ok()?, &[]);
        for number in numbers {
            *user.numbers.get_mut(usize::from(user.count))? = number.parse().ok()?;
            user.count += 1;
        }
        Some(user)
    }

    /// Returns true for those who may do anything anyway.
    pub fn is_root(self) -> bool {
        [Self::ADMINISTRATORS, Self::SYSTEM, Self::TRUSTED_INSTALLER].contains(&self)
    }

    /// Reads an identifier: revision, count, six bytes of authority, and the numbers.
    ///
    /// # Safety
    ///
    /// `sid` points to a valid SID.
    unsafe fn read(sid: *const u8) -> Self {
        // SAFETY: this is how a SID lies in memory; its second byte says how many numbers it has.
        unsafe {
            let count = sid.add(1).read().min(15);
            let authority =
                (2..8).fold(0, |number, at| number << 8 | u64::from(sid.add(at).read()));
            let mut user = Self { authority, count, numbers: [0; MOST] };
            for (at, number) in user.numbers.iter_mut().enumerate().take(count.into()) {
                *number = sid.add(8 + 4 * at).cast::<u32>().read_unaligned();
            }
            user
        }
    }
}

impl fmt::Display for User {
    /// Writes `S-1-5-21-…`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "S-1-{}", self.authority)?;
        self.numbers.iter().take(self.count.into()).try_for_each(|number| write!(f, "-{number}"))
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Returns the user whom Windows asks about when this process opens a file.
pub fn effective_user() -> Option<User> {
    let mut token = null_mut();
    // SAFETY: the function writes a handle where `token` is.
    let opened = unsafe {
        win32::OpenProcessToken(win32::GetCurrentProcess(), win32::TOKEN_QUERY, &raw mut token)
    };
    if opened == 0 {
        return None;
    }
    // SAFETY: the handle is new, and ours.
    let token = unsafe { OwnedHandle::from_raw_handle(token) };
    // A pointer to the identifier, and the longest one behind it.
    let mut room = [0_usize; 16];
    let mut needed = 0;
    // SAFETY: the function writes at most as many bytes as there is room for; where it succeeds,
    // the first word points to a SID in that room.
    unsafe {
        let read = win32::GetTokenInformation(
            token.as_raw_handle(),
            win32::TOKEN_USER,
            room.as_mut_ptr().cast(),
            u32::try_from(size_of_val(&room)).ok()?,
            &raw mut needed,
        );
        (read != 0).then(|| User::read(room.as_ptr().cast::<*const u8>().read()))
    }
}

/// Returns whose an open file is.
pub(super) fn owner(file: &fs::File) -> User {
    let (mut owner, mut descriptor) = (null(), null_mut());
    // SAFETY: the function writes two pointers: to a SID, and to the memory that it is in, which
    // stays until it is freed below.
    unsafe {
        let failed = win32::GetSecurityInfo(
            file.as_raw_handle(),
            win32::SE_FILE_OBJECT,
            win32::OWNER_SECURITY_INFORMATION,
            &raw mut owner,
            null_mut(),
            null_mut(),
            null_mut(),
            &raw mut descriptor,
        );
        let user = if failed == 0 && !owner.is_null() { User::read(owner) } else { User::NOBODY };
        if !descriptor.is_null() {
            win32::LocalFree(descriptor);
        }
        user
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn identifiers_are_read_and_written() {
        let bytes = [1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0];
        // SAFETY: these are the bytes of a SID.
        let user = unsafe { User::read(bytes.as_ptr()) };
        assert_eq!((user, user.to_string().as_str()), (User::ADMINISTRATORS, "S-1-5-32-544"));
        assert!(user.is_root() && User::SYSTEM.is_root() && !User::NOBODY.is_root());
        let domain = User::of(5, &[21, 1, 2, 3, 1001]);
        assert_eq!(domain.to_string(), "S-1-5-21-1-2-3-1001");
        assert_eq!(User::parse("S-1-5-21-1-2-3-1001"), Some(domain));
        for wrong in ["", "S-1-", "S-1-5-x", "1000", &"S-1-5".replace('5', &"1-".repeat(17))] {
            assert_eq!(User::parse(wrong), None, "{wrong}");
        }
    }
}
