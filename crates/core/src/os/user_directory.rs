//! Directories of a user that a system keeps track of, wherever they are.

use std::path::PathBuf;

/// Returns the directory of the user's documents, on Windows: people move it, and so does
/// Microsoft's cloud.
pub fn documents() -> Option<PathBuf> {
    system::documents()
}

#[cfg(windows)]
#[expect(unsafe_code, reason = "std does not know where it is")]
mod system {
    use super::PathBuf;
    use std::ffi::OsString;
    use std::os::windows::ffi::OsStringExt;
    use std::ptr::null_mut;
    use windows_sys::Win32::System::Com::CoTaskMemFree;
    use windows_sys::Win32::UI::Shell::{FOLDERID_Documents, SHGetKnownFolderPath};

    pub(super) fn documents() -> Option<PathBuf> {
        let mut path = null_mut();
        // SAFETY: where the function succeeds, it writes a pointer to a text that ends with 0, which
        // is ours to free.
        unsafe {
            let code = SHGetKnownFolderPath(&FOLDERID_Documents, 0, null_mut(), &raw mut path);
            let found = (code == 0 && !path.is_null()).then(|| {
                let mut length = 0;
                while path.add(length).read() != 0 {
                    length += 1;
                }
                OsString::from_wide(std::slice::from_raw_parts(path, length)).into()
            });
            CoTaskMemFree(path.cast());
            found
        }
    }
}

#[cfg(not(windows))]
mod system {
    use super::PathBuf;

    pub(super) fn documents() -> Option<PathBuf> {
        None
    }
}
