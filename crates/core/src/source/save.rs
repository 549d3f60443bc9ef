//! Downloads that have to be files, because their format is read from its end.

use crate::error::{Error, untrusted};
use crate::fs;
use crate::net::{Download, NetError, Place, Problem};
use std::io::{Seek, Write};
use std::path::Path;

/// Why there is no file.
pub(super) enum SaveError {
    /// The network.
    Net(NetError),
    /// The disk.
    Local(Error),
}

impl SaveError {
    /// Turns it into a failure of the request for `what` at a place.
    pub(super) fn in_net(self, place: &Place, what: &str) -> NetError {
        match self {
            Self::Net(error) => error,
            Self::Local(error) => place.failed(what, Problem::Local(error.message().to_owned())),
        }
    }
}

/// Writes a download into a file in `directory` that has no name; `name` is for messages.
pub(super) fn save(
    mut download: Download,
    directory: &Path,
    name: &str,
) -> Result<fs::File, SaveError> {
    let cannot = |error: std::io::Error| {
        let directory = untrusted(directory.to_string_lossy());
        SaveError::Local(
            Error::from(error).context(format!("cannot save `{name}` in `{directory}`")),
        )
    };
    let mut file = fs::unnamed_in(directory, name).map_err(cannot)?;
    if let Err(error) = std::io::copy(&mut download, &mut file) {
        let failure = download.failure().cloned().map(SaveError::Net);
        return Err(failure.unwrap_or_else(|| SaveError::Local(error.into())));
    }
    file.flush().and_then(|()| file.rewind()).map_err(cannot)?;
    Ok(file)
}
