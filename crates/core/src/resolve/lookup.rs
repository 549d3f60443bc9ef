//! Search for the installed toolchain that fits a request.

use crate::error::{Error, Kind, Result, near_match};
use crate::platform::Platform;
use crate::releases::select::best;
use crate::store::{InstalledToolchain, Store};
use crate::version::GoVersion;
use crate::version::link_name::LinkName;
use crate::version::request::{ParseRequestError, Request};

/// Reads a request.
pub fn parse_request(text: &str) -> Result<Request> {
    Ok(Request::parse(text)?)
}

/// Returns the installed toolchain that fits `request` best. A linked one answers to its name alone.
///
/// # Errors
///
/// When the store cannot be read; for a name under which nothing is linked, or that changed.
pub fn best_installed(
    store: &Store,
    request: &Request,
    platform: Platform,
) -> Result<Option<InstalledToolchain>> {
    if let Some(name) = request.as_link() {
        let found = named(store, name)?;
        return Ok(Some(found).filter(|toolchain| toolchain.receipt.platform == platform));
    }
    let installed = releases_in(store, platform)?;
    let versions: Vec<GoVersion> =
        installed.iter().map(|toolchain| toolchain.receipt.version).collect();
    let Some(version) = best(request, &versions) else { return Ok(None) };
    let same = installed.into_iter().filter(|toolchain| toolchain.receipt.version == version);
    Ok(same.max_by_key(InstalledToolchain::level))
}

/// Returns what is installed for `platform` and answers to requests for releases.
pub(crate) fn releases_in(store: &Store, platform: Platform) -> Result<Vec<InstalledToolchain>> {
    let answers = |toolchain: &InstalledToolchain| {
        toolchain.receipt.platform == platform && !toolchain.is_linked()
    };
    Ok(store.list_layers()?.into_iter().filter(answers).collect())
}

/// Returns the toolchain that a name means.
///
/// # Errors
///
/// [`Kind::NotFound`] when nothing is linked under it, [`Kind::Usage`] when it can only be a request
/// with a typing error, [`Kind::Verification`] when what is linked changed.
pub(crate) fn named(store: &Store, name: &LinkName) -> Result<InstalledToolchain> {
    let Some(installed) = store.linked(name)? else {
        let near = near_name(store, name, Request::words());
        return Err(match near {
            Some(near) if Request::words().contains(&near.as_str()) => {
                ParseRequestError::unknown_name(name).into()
            }
            Some(near) => not_linked(name).hint(format!("did you mean `{near}`?")),
            None => not_linked(name)
                .hint(format!("link one: `goward link {name} PATH`"))
                .hint("or ask for a release: `goward list --remote`"),
        });
    };
    check_unchanged(store, &installed)?;
    Ok(installed)
}

pub(crate) fn not_linked(name: &LinkName) -> Error {
    Error::new(Kind::NotFound, format!("no toolchain is linked as `{name}`"))
}

/// Returns the name or word that was probably meant.
pub(crate) fn near_name<const N: usize>(
    store: &Store,
    name: &LinkName,
    words: [&'static str; N],
) -> Option<String> {
    let links = store.links().unwrap_or_default();
    let known = words.into_iter().chain(links.keys().map(LinkName::as_str));
    near_match(name.as_str(), known).map(str::to_owned)
}

/// Refuses a directory that is not what it was when it was linked.
pub(crate) fn check_unchanged(store: &Store, installed: &InstalledToolchain) -> Result<()> {
    let Some(linked) = &installed.receipt.linked else { return Ok(()) };
    let links = store.links()?;
    let name = links.iter().find(|(_, key)| **key == installed.key).map(|(name, _)| name.as_str());
    Ok(linked.check_unchanged(name.unwrap_or("NAME"))?)
}

/// Returns the name in a request, if it is one.
pub(crate) fn name_in(request: &str) -> Option<String> {
    Some(parse_request(request).ok()?.as_link()?.to_string())
}
