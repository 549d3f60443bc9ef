//! The tree's hashes, read in tiles of which none is used before it is proved.
//!
//! A tile of height `h` at level `L` holds up to `2^h` neighbouring hashes of level `h * L`. Those
//! at the right edge of a tree are not full; together they are all that the tree's hash is made of,
//! and that hash, signed, proves them. The hash of a full tile is in the tile above it. [`Tiles`]
//! goes from the edge downwards, so that whatever it holds is proved: an [`AuthenticTile`] cannot
//! be made in another way, and only one is given to the cache. (CVE-2026-56865 was a full tile that
//! was not compared with the tile above.)

use crate::error::{Error, ErrorOf};
use crate::ops::ClientOps;
use crate::tree::{Hash, Head, SignedHead, row};
use std::collections::BTreeMap;

/// How many levels of the tree a tile spans. Go's database has tiles of height 8, which is the
/// default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TileHeight(u32);

impl TileHeight {
    /// Returns a height between 1 and 11; `None` for any other.
    pub fn new(height: u32) -> Option<Self> {
        (1..=11).contains(&height).then_some(Self(height))
    }

    /// Returns the height.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl Default for TileHeight {
    fn default() -> Self {
        Self(8)
    }
}

/// Bytes of a hash.
const HASH_SIZE: usize = 32;
/// Longest answer that is read for a tile; a full one of height 8 has 8 KiB, one of height 11 all
/// of it.
const MAX_TILE: u64 = 64 << 10;

/// A place in the tree, of which a server has the hashes in one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Tile {
    height: u32,
    level: u32,
    index: u64,
    width: usize,
}

impl Tile {
    fn full(height: u32, level: u32, index: u64) -> Self {
        Self { height, level, index, width: 1 << height }
    }

    /// Returns where a server has it: `/tile/8/0/x001/x234/067`, with `.p/W` when it is not full.
    fn path(self) -> String {
        let mut groups = format!("{:03}", self.index % 1000);
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups = format!("x{:03}/{groups}", rest % 1000);
            rest /= 1000;
        }
        let path = format!("/tile/{}/{}/{groups}", self.height, self.level);
        if self.width == 1 << self.height { path } else { format!("{path}.p/{}", self.width) }
    }
}

/// What is wrong with a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TileError {
    /// Its number of bytes, and the one that its path says.
    #[error("it has {0} bytes instead of {1}")]
    Length(usize, usize),
    /// The tiles at the edge do not give the hash that was signed.
    #[error("with it, the tree does not have the hash that was signed")]
    Edge,
    /// A full tile does not give the hash that the tile above has for it.
    #[error("it does not have the hash that the tile above it has for it")]
    Above,
}

/// A tile whose hashes were proved to be in a signed tree.
#[derive(Debug)]
pub struct AuthenticTile {
    tile: Tile,
    hashes: Vec<Hash>,
}

impl AuthenticTile {
    /// Returns the path that [`ClientOps::fetch`] is given for it.
    pub fn path(&self) -> String {
        self.tile.path()
    }

    /// Returns the bytes that the database has there.
    pub fn bytes(&self) -> Vec<u8> {
        self.hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
    }
}

/// The hashes of one signed tree, fetched and proved as they are asked for.
///
/// [`Client`](crate::Client) does this for lookups. `Tiles` by itself is for those who have a
/// record or an older tree from elsewhere and want its hash in the tree.
pub struct Tiles<'a, O: ClientOps + ?Sized> {
    head: Head,
    height: u32,
    ops: &'a O,
    /// Whether the database itself is asked for what a copy of it lacks.
    asks_log: bool,
    /// By level and index.
    authentic: BTreeMap<(u32, u64), AuthenticTile>,
}

impl<'a, O: ClientOps + ?Sized> Tiles<'a, O> {
    /// Reads the right edge of a tree, from the cache or from the server, and proves it with the
    /// head.
    ///
    /// # Errors
    ///
    /// [`Error::Tile`] when the edge is not that of the tree, [`Error::Unreachable`] when it cannot
    /// be fetched.
    pub fn open(head: &SignedHead, height: TileHeight, ops: &'a O) -> Result<Self, ErrorOf<O>> {
        Self::open_from(head, height, ops, false)
    }

    /// Like [`Tiles::open`]; with `asks_log` the database itself is asked for what a copy lacks.
    pub(crate) fn open_from(
        head: &SignedHead,
        height: TileHeight,
        ops: &'a O,
        asks_log: bool,
    ) -> Result<Self, ErrorOf<O>> {
        let (head, height) = (head.head(), height.get());
        let mut tiles = Self { head, height, ops, asks_log, authentic: BTreeMap::new() };
        let mut edge = Vec::new();
        for tile in self::edge(head.size, height) {
            let cached =
                ops.read_tile(&tile.path()).and_then(|bytes| parse(&bytes, tile.width).ok());
            let is_cached = cached.is_some();
            edge.push((tile, cached.map_or_else(|| tiles.fetch_edge(tile), Ok)?, is_cached));
        }
        if edge_hash(&edge) != Some(head.hash) {
            // What the cache has counts only if it is right.
            for (tile, hashes, is_cached) in edge.iter_mut().filter(|(.., is_cached)| *is_cached) {
                (*hashes, *is_cached) = (tiles.fetch_edge(*tile)?, false);
            }
        }
        if edge_hash(&edge) != Some(head.hash) {
            let path = edge.first().map(|(tile, ..)| tile.path()).unwrap_or_default();
            return Err(Error::Tile { path, problem: TileError::Edge });
        }
        for (tile, hashes, is_cached) in edge {
            let authentic = AuthenticTile { tile, hashes };
            if !is_cached {
                ops.write_tile(&authentic);
            }
            tiles.authentic.insert((tile.level, tile.index), authentic);
        }
        Ok(tiles)
    }

    /// Announces the tiles that opening the tree of `head` and hashing these subtrees of it takes.
    pub(crate) fn announce(
        head: Head,
        height: TileHeight,
        ops: &O,
        subtrees: impl IntoIterator<Item = (u32, u64)>,
    ) {
        let height = height.get();
        let mut tiles = BTreeMap::new();
        for tile in edge(head.size, height) {
            tiles.insert((tile.level, tile.index), tile);
        }
        for (level, index) in subtrees {
            let (mut level, mut index) = (level / height, index >> (height - level % height));
            // What proves a full tile is above it, up to the edge.
            while level < 64 / height && !tiles.contains_key(&(level, index)) {
                tiles.insert((level, index), Tile::full(height, level, index));
                (level, index) = (level + 1, index >> height);
            }
        }
        let paths: Vec<String> = tiles.into_values().map(Tile::path).collect();
        ops.prefetch(&paths, MAX_TILE);
    }

    /// Asks the database itself from now on, too.
    pub(crate) fn ask_log_too(&mut self) {
        self.asks_log = true;
    }

    /// Returns the head of the tree.
    pub fn head(&self) -> Head {
        self.head
    }

    /// Returns all tiles that were used so far.
    pub fn authentic(&self) -> impl Iterator<Item = &AuthenticTile> {
        self.authentic.values()
    }

    /// Returns the hash of the complete subtree of `2^level` leaves with this index.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfTree`] when the tree has no such subtree, [`Error::Tile`] for a tile that is
    /// wrong, and [`Error::Unreachable`] when one cannot be fetched.
    pub fn subtree(&mut self, level: u32, index: u64) -> Result<Hash, ErrorOf<O>> {
        let out_of_tree = Error::OutOfTree { id: index, size: self.head.size };
        if level >= 64 || index >= self.head.size >> level {
            return Err(out_of_tree);
        }
        let (height, inside) = (self.height, level % self.height);
        let first = index << inside;
        let tile = self.tile(level / height, first >> height)?;
        let start = usize::try_from(first % (1 << height)).unwrap_or(usize::MAX);
        let hashes = tile.hashes.get(start..).and_then(|rest| rest.get(..1 << inside));
        hashes.and_then(Hash::of_subtree).ok_or(out_of_tree)
    }

    /// Returns the hash over the leaves `low..high`: with `low` 0, that of the older tree of `high`
    /// records that this one begins with. `low` has to be where RFC 6962 splits a tree.
    ///
    /// # Errors
    ///
    /// As [`Tiles::subtree`]; [`Error::OutOfTree`] also for an empty range.
    pub fn range(&mut self, low: u64, high: u64) -> Result<Hash, ErrorOf<O>> {
        let subtrees = row(low, high).into_iter();
        let hashes: Vec<Hash> =
            subtrees.map(|(level, index)| self.subtree(level, index)).collect::<Result<_, _>>()?;
        Hash::of_row(&hashes).ok_or(Error::OutOfTree { id: high, size: self.head.size })
    }

    /// Returns a tile with a complete subtree of the tree in it.
    fn tile(&mut self, level: u32, index: u64) -> Result<&AuthenticTile, ErrorOf<O>> {
        if !self.authentic.contains_key(&(level, index)) {
            // It is not at the edge, so it is full, and the tile above has its hash.
            let above = self.subtree((level + 1) * self.height, index)?;
            let tile = self.load(Tile::full(self.height, level, index), above)?;
            self.authentic.insert((level, index), tile);
        }
        let out_of_tree = Error::OutOfTree { id: index, size: self.head.size };
        self.authentic.get(&(level, index)).ok_or(out_of_tree)
    }

    /// Reads a full tile from the cache, else from the server. What the cache has counts only if it
    /// is right, like everything else.
    fn load(&self, tile: Tile, above: Hash) -> Result<AuthenticTile, ErrorOf<O>> {
        let is_right = |hashes: &Vec<Hash>| Hash::of_subtree(hashes) == Some(above);
        let path = tile.path();
        let cached = self.ops.read_tile(&path).and_then(|bytes| parse(&bytes, tile.width).ok());
        if let Some(hashes) = cached.filter(is_right) {
            return Ok(AuthenticTile { tile, hashes });
        }
        let hashes = self.fetch(tile)?;
        if !is_right(&hashes) {
            return Err(Error::Tile { path, problem: TileError::Above });
        }
        let authentic = AuthenticTile { tile, hashes };
        self.ops.write_tile(&authentic);
        Ok(authentic)
    }

    /// Fetches a tile at the edge. Where the log has grown meanwhile there may only be the full
    /// one, which begins with the same hashes.
    fn fetch_edge(&self, tile: Tile) -> Result<Vec<Hash>, ErrorOf<O>> {
        match self.fetch(tile) {
            Err(Error::Unreachable(error)) if self.ops.is_not_found(&error) => {
                let full = Tile::full(tile.height, tile.level, tile.index);
                let mut hashes = self.fetch(full).map_err(|other| match other {
                    Error::Unreachable(_) => Error::Unreachable(error),
                    other => other,
                })?;
                hashes.truncate(tile.width);
                Ok(hashes)
            }
            fetched => fetched,
        }
    }

    fn fetch(&self, tile: Tile) -> Result<Vec<Hash>, ErrorOf<O>> {
        let path = tile.path();
        let bytes = self.ops.fetch(&path, MAX_TILE).or_else(|error| {
            let from_log =
                self.asks_log.then(|| self.ops.fetch_from_log(&path, MAX_TILE)).flatten();
            from_log.and_then(Result::ok).ok_or(error)
        });
        let bytes = bytes.map_err(Error::Unreachable)?;
        parse(&bytes, tile.width).map_err(|problem| Error::Tile { path, problem })
    }
}

/// Returns the tiles at the right edge of a tree, from the lowest to the topmost: those that are not
/// full.
fn edge(size: u64, height: u32) -> impl Iterator<Item = Tile> {
    (0..64 / height).filter_map(move |level| {
        let entries = size >> (level * height);
        let width = usize::try_from(entries % (1 << height)).unwrap_or_default();
        (width > 0).then(|| Tile { height, level, index: entries >> height, width })
    })
}

/// Returns the hash of the tree that has these tiles at its edge, from the lowest to the topmost.
fn edge_hash(edge: &[(Tile, Vec<Hash>, bool)]) -> Option<Hash> {
    // From the largest subtree, which is in the topmost tile, to the smallest.
    let tiles = edge.iter().rev();
    let all: Vec<Hash> = tiles.flat_map(|(tile, hashes, _)| subtrees(hashes, tile.width)).collect();
    Hash::of_row(&all)
}

/// Returns the hashes of the complete subtrees that the first entries of a tile are a row of.
fn subtrees(hashes: &[Hash], width: usize) -> Vec<Hash> {
    row(0, width as u64)
        .into_iter()
        .filter_map(|(level, index)| {
            let start = usize::try_from(index << level).ok()?;
            Hash::of_subtree(hashes.get(start..)?.get(..1 << level)?)
        })
        .collect()
}

fn parse(bytes: &[u8], width: usize) -> Result<Vec<Hash>, TileError> {
    if bytes.len() != width * HASH_SIZE {
        return Err(TileError::Length(bytes.len(), width * HASH_SIZE));
    }
    let (hashes, _) = bytes.as_chunks::<HASH_SIZE>();
    Ok(hashes.iter().map(|hash| Hash::from(*hash)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heights_are_those_that_answers_have_room_for() {
        let heights: Vec<u32> = (0..70).filter_map(TileHeight::new).map(TileHeight::get).collect();
        assert_eq!(heights, (1..=11).collect::<Vec<_>>());
        assert_eq!(HASH_SIZE << 11, usize::try_from(MAX_TILE).unwrap());
        assert_eq!(TileHeight::default().get(), 8);
    }

    #[test]
    fn paths() {
        for (level, index, width, want) in [
            (0, 0, 256, "/tile/8/0/000"),
            (0, 5, 1, "/tile/8/0/005.p/1"),
            (1, 999, 255, "/tile/8/1/999.p/255"),
            (0, 1000, 256, "/tile/8/0/x001/000"),
            (4, 1_234_067, 256, "/tile/8/4/x001/x234/067"),
            (4, 1_234_067, 3, "/tile/8/4/x001/x234/067.p/3"),
            (0, 1_000_000, 256, "/tile/8/0/x001/x000/000"),
            (7, 123_456_789, 256, "/tile/8/7/x123/x456/789"),
        ] {
            assert_eq!(Tile { height: 8, level, index, width }.path(), want);
        }
        assert_eq!(Tile { height: 2, level: 0, index: 7, width: 3 }.path(), "/tile/2/0/007.p/3");
        assert_eq!(Tile { height: 2, level: 0, index: 7, width: 4 }.path(), "/tile/2/0/007");
    }
}
