//! The authorities that `SSL_CERT_FILE` and `SSL_CERT_DIR` name in place of the platform's.

use crate::ctx::Ctx;
use crate::error::{Error, Kind, Result, untrusted};
use crate::fs;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const NO_CERTIFICATES: &str = "it has no certificates";

/// Reads the authorities that replace the platform's, if the variables say so.
pub(super) fn read_certificates(ctx: &Ctx) -> Result<Option<Vec<Vec<u8>>>> {
    let file = ctx.variable("SSL_CERT_FILE").map(PathBuf::from);
    let directories = ctx.variable("SSL_CERT_DIR");
    if file.is_none() && directories.is_none() {
        return Ok(None);
    }
    // A directory usually has each certificate twice, under its name and its hash.
    let mut found = BTreeSet::new();
    for directory in directories.iter().flat_map(|list| std::env::split_paths(list)) {
        let Ok(entries) = fs::read_dir(directory) else { continue };
        for entry in entries {
            if let Ok(bytes) = fs::read(entry.path()) {
                found.extend(certificates(&bytes));
            }
        }
    }
    if let Some(file) = &file {
        let before = found.len();
        found.extend(certificates(&read_certificate_file(file)?));
        if found.is_empty() && before == 0 {
            return Err(wrong_certificate_file(file, NO_CERTIFICATES));
        }
    }
    Ok(Some(found.into_iter().collect()))
}

pub(super) fn authorities(certificates: &[Vec<u8>]) -> RootCertStore {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(certificates.iter().cloned().map(CertificateDer::from));
    store
}

/// Says why a file of certificates cannot be used.
pub fn check_certificate_file(file: &Path) -> Result<(), String> {
    let bytes = fs::read(file).map_err(|error| Error::from(error).message().to_owned())?;
    certificates(&bytes).next().map(drop).ok_or_else(|| NO_CERTIFICATES.to_owned())
}

fn read_certificate_file(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).map_err(|error| wrong_certificate_file(file, Error::from(error).message()))
}

fn wrong_certificate_file(file: &Path, why: &str) -> Error {
    let name = untrusted(file.to_string_lossy());
    Error::new(Kind::Usage, format!("`SSL_CERT_FILE` names `{name}`, which cannot be used: {why}"))
        .hint("name a PEM file, or unset `SSL_CERT_FILE` to use the system's certificates")
}

fn certificates(pem: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    CertificateDer::pem_slice_iter(pem).filter_map(|found| Some(found.ok()?.to_vec()))
}
