//! A client of Go's checksum database.
//!
//! sum.golang.org is a log of what every version of every public Go module contains, Go's own
//! releases included. The log only grows: records are the leaves of a tree (RFC 6962), and a head
//! signed by the database says how large the tree is and what is in it. With hashes read in tiles,
//! a client proves that a record is in the tree, and that the tree continues every tree that it saw
//! before. So the files may come from anywhere, from a proxy, a mirror or a USB stick; nothing
//! counts before it is proved, and the only thing to trust is one public key.
//!
//! This crate does the proving. It opens no connection and no file: a [`ClientOps`] does, which is
//! four methods at least.
//!
//! | to | use |
//! |---|---|
//! | look a module up | [`Client::lookup`] |
//! | serve a part of the database | [`Client::proof_bundle`] |
//! | carry proofs to where nobody can be asked | [`Recording`], then [`Client::check_offline`] |
//! | check a note, a signed head or a tile by itself | [`note`], [`SignedHead`], [`Tiles`] |
//!
//! # Example
//!
//! A database of one record, in memory. With HTTP, `fetch` would get `https://sum.golang.org` and
//! the path; the trust root would be [`TrustRoot::sum_golang_org`].
//!
//! ```
//! use gosumdb::{Client, ClientOps, Module, TrustRoot, VerifierKey};
//! use std::cell::RefCell;
//! use std::collections::BTreeMap;
//! use std::convert::Infallible;
//!
//! #[derive(Default)]
//! struct Files {
//!     files: BTreeMap<String, Vec<u8>>,
//!     head: RefCell<Option<Vec<u8>>>,
//! }
//!
//! #[derive(Debug)]
//! struct NoSuchFile;
//!
//! impl std::fmt::Display for NoSuchFile {
//!     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
//!         f.write_str("no such file")
//!     }
//! }
//!
//! impl std::error::Error for NoSuchFile {}
//!
//! impl ClientOps for Files {
//!     type FetchError = NoSuchFile;
//!     type StorageError = Infallible;
//!
//!     fn fetch(&self, path: &str, _limit: u64) -> Result<Vec<u8>, NoSuchFile> {
//!         self.files.get(path).cloned().ok_or(NoSuchFile)
//!     }
//!
//!     fn is_not_found(&self, _error: &NoSuchFile) -> bool {
//!         true
//!     }
//!
//!     fn read_head(&self) -> Result<Option<Vec<u8>>, Infallible> {
//!         Ok(self.head.borrow().clone())
//!     }
//!
//!     fn replace_head(&self, old: Option<&[u8]>, new: &str) -> Result<bool, Infallible> {
//!         let mut head = self.head.borrow_mut();
//!         let is_same = head.as_deref() == old;
//!         if is_same {
//!             *head = Some(new.as_bytes().to_vec());
//!         }
//!         Ok(is_same)
//!     }
//! }
//!
//! let answer = "\
//! 0
//! example.com/m v1.0.0 h1:MeqkXdYlyiVdqJXENOTyX7xd8QjDM/mxR52RKOFBS0M=
//! example.com/m v1.0.0/go.mod h1:rRL9rPpsjKfpdDFcppvNgw1/dynUMrpDcTxdIwtyFR0=
//!
//! go.sum database tree
//! 1
//! CYvQWlufTF73dkwc49OCqG9oC860xXwP8HXIMbfZX2I=
//!
//! — log.example HMdY+eixyOeNPOQ+lyIYJ5jpFQs7kF+96Ac4t/2IQ6KvFZDWrZ2cINftLpzDNZjfH8SLISFqTAWHuyQp/qlB+Tfx0gs=
//! ";
//! let mut files = Files::default();
//! files.files.insert("/lookup/example.com/m@v1.0.0".to_owned(), answer.as_bytes().to_vec());
//! // The only tile has one hash, that of the record.
//! let record = answer.split_inclusive('\n').skip(1).take(2).collect::<String>();
//! let tile = gosumdb::Hash::of_record(&record);
//! files.files.insert("/tile/8/0/000.p/1".to_owned(), tile.as_bytes().to_vec());
//!
//! let key = VerifierKey::parse("log.example+1cc758f9+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c")?;
//! let trust_root = TrustRoot::of_key(key);
//! let client = Client::new(&trust_root, &files);
//!
//! let record = client.lookup(&Module::new("example.com/m", "v1.0.0")?, None)?;
//! assert_eq!(record.h1.to_string(), "h1:MeqkXdYlyiVdqJXENOTyX7xd8QjDM/mxR52RKOFBS0M=");
//! assert_eq!((record.id, record.head.size()), (0, 1));
//!
//! let error = client.lookup(&Module::new("example.com/m", "v1.0.1")?, None).unwrap_err();
//! assert!(error.is_inconclusive());
//!
//! // Whoever changes a byte is found out.
//! let lie = answer.replace("h1:", "h1:A");
//! files.files.insert("/lookup/example.com/m@v1.0.0".to_owned(), lie.into_bytes());
//! let client = Client::new(&trust_root, &files);
//! let error = client.lookup(&Module::new("example.com/m", "v1.0.0")?, None).unwrap_err();
//! assert!(matches!(error, gosumdb::Error::NotAuthentic { id: 0 }));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Promises
//!
//! - No input leads to a panic: not the database, not the storage, not an argument.
//! - A hash is returned only if the record is in a tree that the key signed, says exactly one thing
//!   of the module, and the tree continues all trees that the client was told of.
//! - Every signature line in the name of the key has to be right, where Go takes the first.
//! - Memory is bounded: answers are limited, and tiles are kept only for the time of a lookup.
//! - Databases with private modules (`GONOSUMDB`, `GOPRIVATE`) and proxies (`GOPROXY`) are the
//!   caller's business: this crate reads no variables.

#![deny(missing_docs)]

mod client;
mod error;
mod fork;
pub mod note;
mod offline_proof;
mod ops;
mod proof_bundle;
mod record;
mod recording;
#[cfg(test)]
#[path = "../tests/main/samples.rs"]
mod samples;
#[cfg(test)]
#[path = "../tests/main/log.rs"]
mod test_log;
mod tiles;
pub mod tree;
mod trust_root;

pub use client::Client;
pub use error::{Error, ErrorOf};
pub use fork::Fork;
pub use note::VerifierKey;
pub use offline_proof::{MissingFile, OfflineProof};
pub use ops::ClientOps;
pub use proof_bundle::ProofBundle;
pub use record::{Answer, AnswerError, H1, Module, ModuleError, Record, RecordError, escape};
pub use recording::Recording;
pub use tiles::{AuthenticTile, TileError, TileHeight, Tiles};
pub use tree::{Hash, Head, HeadError, SignedHead, SignedHeadError};
pub use trust_root::{SUM_GOLANG_ORG, TrustRoot, TrustRootError};
