//! PATH, where a system keeps it apart from the start-up files of shells: on Windows in the registry,
//! for each user and for the machine, whose own comes first.

use std::io;

/// A value as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPath {
    /// The system's number of what the text means: with `%VARIABLES%`, or as it is.
    kind: u32,
    units: Vec<u16>,
    /// A last byte that is no unit.
    odd: Option<u8>,
}

impl StoredPath {
    /// Returns a new value, in which `%VARIABLES%` are replaced.
    pub fn new(text: &str) -> Self {
        let units = text.encode_utf16().chain([0]).collect();
        Self { kind: system::EXPANDED, units, odd: None }
    }

    /// Returns a value of the same kind.
    #[must_use]
    pub fn with_units(self, units: Vec<u16>) -> Self {
        Self { units, ..self }
    }

    /// Returns its units of 16 bits, with the 0 at their end, if there is one.
    pub fn units(&self) -> &[u16] {
        &self.units
    }

    /// Returns false for a value that is no text.
    pub fn is_text(&self) -> bool {
        self.odd.is_none() && system::TEXTS.contains(&self.kind)
    }

    /// Returns true when `%VARIABLES%` in it are replaced.
    pub fn is_expanded(&self) -> bool {
        self.kind == system::EXPANDED
    }

    /// Returns its text; what is no text has marks.
    pub fn text(&self) -> String {
        let end = self.units.iter().rposition(|unit| *unit != 0).map_or(0, |last| last + 1);
        String::from_utf16_lossy(&self.units[..end])
    }
}

/// Returns the user's PATH, if there is one.
pub fn of_user() -> io::Result<Option<StoredPath>> {
    system::read(system::Owner::User)
}

/// Returns the machine's PATH, if there is one.
pub fn of_machine() -> io::Result<Option<StoredPath>> {
    system::read(system::Owner::Machine)
}

/// Stores the user's PATH, or removes it, and tells the programs that run: those that they start from
/// then on have it.
pub fn store(path: Option<&StoredPath>) -> io::Result<()> {
    system::write(path)?;
    system::announce();
    Ok(())
}

#[cfg(windows)]
#[expect(unsafe_code, reason = "std knows nothing of the registry")]
mod system {
    use super::{StoredPath, io};
    use std::ptr::{null, null_mut};
    use windows_sys::Win32::Foundation::{
        ERROR_FILE_NOT_FOUND, ERROR_MORE_DATA, ERROR_SUCCESS, WIN32_ERROR,
    };
    use windows_sys::Win32::System::Registry::{
        HKEY, HKEY_CURRENT_USER, HKEY_LOCAL_MACHINE, KEY_QUERY_VALUE, KEY_SET_VALUE, REG_EXPAND_SZ,
        REG_SZ, RegCloseKey, RegCreateKeyExW, RegDeleteValueW, RegOpenKeyExW, RegQueryValueExW,
        RegSetValueExW,
    };
    use windows_sys::Win32::UI::WindowsAndMessaging::{
        HWND_BROADCAST, SMTO_ABORTIFHUNG, SendMessageTimeoutW, WM_SETTINGCHANGE,
    };
    use windows_sys::core::w;

    pub(super) const EXPANDED: u32 = REG_EXPAND_SZ;
    pub(super) const TEXTS: [u32; 2] = [REG_SZ, REG_EXPAND_SZ];

    /// The most that a value may have, in bytes.
    const MAX_SIZE: usize = 1 << 20;
    /// How long a window may take to answer, in milliseconds.
    const PATIENCE: u32 = 5000;

    #[derive(Clone, Copy)]
    pub(super) enum Owner {
        User,
        Machine,
    }

    /// A key of the registry, open.
    struct Key(HKEY);

    impl Drop for Key {
        fn drop(&mut self) {
            // SAFETY: the key is open, and ours.
            unsafe { RegCloseKey(self.0) };
        }
    }

    fn succeeded(code: WIN32_ERROR) -> io::Result<()> {
        match code {
            ERROR_SUCCESS => Ok(()),
            code => Err(io::Error::from_raw_os_error(code.cast_signed())),
        }
    }

    pub(super) fn read(owner: Owner) -> io::Result<Option<StoredPath>> {
        let (root, name) = match owner {
            Owner::User => (HKEY_CURRENT_USER, w!("Environment")),
            Owner::Machine => (
                HKEY_LOCAL_MACHINE,
                w!("SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment"),
            ),
        };
        let mut key = null_mut();
        // SAFETY: the name ends with 0, and the function writes a handle.
        match unsafe { RegOpenKeyExW(root, name, 0, KEY_QUERY_VALUE, &raw mut key) } {
            ERROR_FILE_NOT_FOUND => return Ok(None),
            code => succeeded(code)?,
        }
        let key = Key(key);
        let mut bytes = vec![0_u8; 4096];
        loop {
            let (mut kind, mut size) = (0, u32::try_from(bytes.len()).unwrap_or(0));
            // SAFETY: the function writes at most as many bytes as there is room for, and how many
            // there are.
            let code = unsafe {
                let (kind, size) = (&raw mut kind, &raw mut size);
                RegQueryValueExW(key.0, w!("Path"), null(), kind, bytes.as_mut_ptr(), size)
            };
            let size = usize::try_from(size).unwrap_or(usize::MAX);
            match code {
                ERROR_FILE_NOT_FOUND => return Ok(None),
                ERROR_MORE_DATA if size <= MAX_SIZE => bytes.resize(size.max(bytes.len() * 2), 0),
                code => {
                    succeeded(code)?;
                    bytes.truncate(size);
                    return Ok(Some(value(kind, &bytes)));
                }
            }
        }
    }

    fn value(kind: u32, bytes: &[u8]) -> StoredPath {
        let (units, odd) = bytes.as_chunks::<2>();
        let units = units.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
        StoredPath { kind, units, odd: odd.first().copied() }
    }

    pub(super) fn write(path: Option<&StoredPath>) -> io::Result<()> {
        let mut key = null_mut();
        // SAFETY: the name ends with 0, and the function writes a handle.
        succeeded(unsafe {
            let (name, key) = (w!("Environment"), &raw mut key);
            let (access, none) = (KEY_SET_VALUE, null_mut());
            RegCreateKeyExW(HKEY_CURRENT_USER, name, 0, null(), 0, access, null(), key, none)
        })?;
        let key = Key(key);
        let Some(path) = path else {
            // SAFETY: the name ends with 0.
            return match unsafe { RegDeleteValueW(key.0, w!("Path")) } {
                ERROR_FILE_NOT_FOUND => Ok(()),
                code => succeeded(code),
            };
        };
        let mut bytes: Vec<u8> = path.units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        bytes.extend(path.odd);
        let size = u32::try_from(bytes.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
        // SAFETY: the function reads as many bytes as there are.
        succeeded(unsafe { RegSetValueExW(key.0, w!("Path"), 0, path.kind, bytes.as_ptr(), size) })
    }

    /// Tells every window that variables changed. Who does not answer is not waited for long.
    pub(super) fn announce() {
        let name = w!("Environment");
        // SAFETY: the text ends with 0, and whoever gets the message reads it before the call ends.
        unsafe {
            let (about, flags, none) = (name as isize, SMTO_ABORTIFHUNG, null_mut());
            SendMessageTimeoutW(HWND_BROADCAST, WM_SETTINGCHANGE, 0, about, flags, PATIENCE, none);
        }
    }
}

#[cfg(not(windows))]
mod system {
    use super::{StoredPath, io};

    pub(super) const EXPANDED: u32 = 2;
    pub(super) const TEXTS: [u32; 2] = [1, EXPANDED];

    #[derive(Clone, Copy)]
    pub(super) enum Owner {
        User,
        Machine,
    }

    #[expect(clippy::unnecessary_wraps, reason = "as on Windows")]
    pub(super) fn read(_: Owner) -> io::Result<Option<StoredPath>> {
        Ok(None)
    }

    pub(super) fn write(_: Option<&StoredPath>) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn announce() {}
}
