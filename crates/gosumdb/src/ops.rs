//! The interface between a client and its surroundings.

use crate::tiles::AuthenticTile;

/// The operations that a [`Client`](crate::Client) leaves to its user: fetching, and remembering.
///
/// Nothing that comes from here is trusted. A wrong answer, a damaged file or an outdated tile
/// leads to an error or is replaced; it never leads to a wrong hash. What an implementation decides
/// is how much a client remembers, and so which changes of the database it can notice.
///
/// The smallest implementation has four methods; the others have defaults that remember nothing.
/// The names follow `ClientOps` of `golang.org/x/mod/sumdb`.
pub trait ClientOps {
    /// Why a file of the database could not be fetched.
    type FetchError: std::error::Error + 'static;

    /// Why something remembered could not be read or written.
    type StorageError: std::error::Error + 'static;

    /// Fetches the file that the database has at `path`.
    ///
    /// The path begins with a slash and is below the URL of the database or of a proxy for it:
    /// `/lookup/golang.org/x/mod@v0.17.0`, `/tile/8/0/x001/234`. It consists of characters that
    /// need no escaping in a URL. An answer longer than `limit` bytes is to be refused.
    ///
    /// # Errors
    ///
    /// When there is no answer, or none that is acceptable. [`Error::Unreachable`] carries the
    /// error to the caller of the client, unless the answer is that there is no such record.
    ///
    /// [`Error::Unreachable`]: crate::Error::Unreachable
    fn fetch(&self, path: &str, limit: u64) -> Result<Vec<u8>, Self::FetchError>;

    /// Announces what the client is about to need, each path at most once: what the cache lacks of it
    /// may be fetched side by side now, and kept until [`ClientOps::fetch`] asks for it. By default,
    /// nothing is done, and the client waits for one file after the other.
    fn prefetch(&self, paths: &[String], limit: u64) {
        _ = (paths, limit);
    }

    /// Fetches a file from the database itself, where [`ClientOps::fetch`] asks a copy of it; `None`
    /// where it does not, and by default. It is asked for tiles that a copy lacks, and only to
    /// compare the tree with that of the trust root.
    fn fetch_from_log(&self, path: &str, limit: u64) -> Option<Result<Vec<u8>, Self::FetchError>> {
        _ = (path, limit);
        None
    }

    /// Returns true when `error` means that the database has no file at the path, as the HTTP
    /// statuses 404 and 410 do. Any other failure is to return false.
    fn is_not_found(&self, error: &Self::FetchError) -> bool;

    /// Reads the largest tree head seen so far, exactly as [`ClientOps::replace_head`] was given
    /// it; `None` when none was seen.
    ///
    /// # Errors
    ///
    /// When it cannot be read. To return `None` then would forget it.
    fn read_head(&self) -> Result<Option<Vec<u8>>, Self::StorageError>;

    /// Remembers the head `new` if `old` is still the one remembered. Returns false, and changes
    /// nothing, if another client replaced it meanwhile.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    fn replace_head(&self, old: Option<&[u8]>, new: &str) -> Result<bool, Self::StorageError>;

    /// Returns where the head is remembered, for error messages.
    fn head_location(&self) -> String {
        String::new()
    }

    /// Reads the heads of offline proofs that were not yet compared with the database, as they were
    /// added.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    fn read_offline_heads(&self) -> Result<Vec<Vec<u8>>, Self::StorageError> {
        Ok(Vec::new())
    }

    /// Keeps the head of an offline proof, the tree of which has `size` records, until
    /// [`ClientOps::clear_offline_heads`]. Implementations may limit how many they keep.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    fn add_offline_head(&self, size: u64, note: &str) -> Result<(), Self::StorageError> {
        _ = (size, note);
        Ok(())
    }

    /// Drops the heads of offline proofs, because the database was found to continue all of them.
    fn clear_offline_heads(&self) {}

    /// Returns where the heads of offline proofs are kept, for error messages.
    fn offline_heads_location(&self) -> String {
        String::new()
    }

    /// Returns a tile from the cache. It need not be right: it is proved like one that was fetched,
    /// and fetched if it is wrong.
    fn read_tile(&self, path: &str) -> Option<Vec<u8>> {
        _ = path;
        None
    }

    /// Keeps a tile in the cache; its path says of which width. A failure only costs another fetch,
    /// so there is none to report.
    fn write_tile(&self, tile: &AuthenticTile) {
        _ = tile;
    }

    /// Returns what [`ClientOps::write_answer`] was given for this path. It need not be right: it is
    /// proved like an answer of the database, which is asked if it is wrong.
    fn read_answer(&self, path: &str) -> Option<Vec<u8>> {
        _ = path;
        None
    }

    /// Keeps a record that was proved, as the answer of a database with this tree. With the tiles
    /// that were kept, it is proved again without a request. There is no failure to report.
    fn write_answer(&self, path: &str, answer: &[u8]) {
        _ = (path, answer);
    }

    /// Keeps the evidence that the database signed two histories, and returns where, if anywhere.
    /// This must not happen; the evidence is for the operators of the database and for the public.
    ///
    /// An implementation should answer [`ClientOps::read_head`] with an error from then on, until a
    /// person looked at it.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    fn write_evidence(&self, evidence: &str) -> Result<Option<String>, Self::StorageError> {
        _ = evidence;
        Ok(None)
    }
}
