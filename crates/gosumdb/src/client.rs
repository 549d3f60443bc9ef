//! The client: lookups, and one history.

use crate::error::{Error, ErrorOf};
use crate::fork::{self, Fork};
use crate::ops::ClientOps;
use crate::record::{Answer, Module, Record};
use crate::tiles::{TileHeight, Tiles};
use crate::tree::{Hash, SignedHead, row};
use crate::trust_root::TrustRoot;

/// Longest answer to a lookup, in bytes.
const MAX_ANSWER: u64 = 64 << 10;
/// How often another client may be faster at replacing the remembered head.
const MAX_CONFLICTS: usize = 100;

/// A client of one checksum database. See the [crate's documentation](crate) for an example.
///
/// It holds no state of its own: what it remembers is where its [`ClientOps`] keep it. Several
/// clients, in threads or processes, may share that.
#[derive(Debug)]
pub struct Client<'a, O: ClientOps + ?Sized> {
    pub(crate) trust_root: &'a TrustRoot,
    pub(crate) ops: &'a O,
    pub(crate) height: TileHeight,
}

impl<'a, O: ClientOps + ?Sized> Client<'a, O> {
    /// Makes a client that trusts `trust_root`, and nothing that comes from `ops`.
    pub fn new(trust_root: &'a TrustRoot, ops: &'a O) -> Self {
        Self { trust_root, ops, height: TileHeight::default() }
    }

    /// Sets the height of the tiles that are asked for, for databases with others than Go's.
    #[must_use]
    pub fn tile_height(self, height: TileHeight) -> Self {
        Self { height, ..self }
    }

    /// Looks a module up. The record was then proved to be in a tree that the database signed, and
    /// this tree to continue the remembered one, those of offline proofs, and `known`, which is for
    /// a head from elsewhere, such as a lock file. The newest tree is remembered.
    ///
    /// It was also proved to continue the trust root's, if [`Record::is_compared`] says so. A copy
    /// of the database may lack the tiles for that; the database itself is then asked for them
    /// ([`ClientOps::fetch_from_log`]). If that fails, the tree counts as that of an offline proof
    /// does: it is not remembered, but given to [`ClientOps::add_offline_head`].
    ///
    /// What was proved before is proved again from what is kept of it
    /// ([`ClientOps::read_answer`]), and the database is not asked.
    ///
    /// # Errors
    ///
    /// Errors that are [inconclusive](Error::is_inconclusive) say that nothing was proved. Any
    /// other is that of a database, of something between, or of a memory that cannot be believed.
    /// Nothing is remembered after an error.
    pub fn lookup(
        &self,
        module: &Module,
        known: Option<&SignedHead>,
    ) -> Result<Record, ErrorOf<O>> {
        let lookup = self.begin(module, known)?;
        let kept = self.ops.read_answer(&module.lookup_path());
        match kept.map(|body| lookup.prove(&body, true)) {
            Some(Ok((record, _))) if record.is_compared => {
                self.remember(&record.head, lookup.remembered)?;
                Ok(record)
            }
            Some(Err(error)) if error.is_lasting() => Err(error),
            // What is kept only saves work.
            _ => self.ask_anew(&lookup),
        }
    }

    /// Looks a module up as [`Client::lookup`] does, and asks the database in any case: its newest
    /// tree is wanted.
    pub(crate) fn lookup_anew(
        &self,
        module: &Module,
        known: Option<&SignedHead>,
    ) -> Result<Record, ErrorOf<O>> {
        self.ask_anew(&self.begin(module, known)?)
    }

    fn begin<'l>(
        &'l self,
        module: &'l Module,
        known: Option<&'l SignedHead>,
    ) -> Result<Lookup<'l, 'a, O>, ErrorOf<O>> {
        let (remembered, others) = (self.remembered()?, self.offline_heads()?);
        Ok(Lookup { client: self, module, remembered, others, known })
    }

    fn ask_anew(&self, lookup: &Lookup<'_, 'a, O>) -> Result<Record, ErrorOf<O>> {
        let module = lookup.module;
        let (record, text) = lookup.prove(&self.ask(module)?, false)?;
        let head = &record.head;
        if record.is_compared {
            self.remember(head, lookup.remembered.clone())?;
            if !lookup.others.is_empty() {
                self.ops.clear_offline_heads();
            }
            let answer = format!("{}\n{text}\n{}", record.id, head.note());
            self.ops.write_answer(&module.lookup_path(), answer.as_bytes());
        } else {
            self.ops.add_offline_head(head.size(), head.note()).map_err(Error::Storage)?;
        }
        Ok(record)
    }

    /// Returns the answer to a lookup, of which nothing is proved.
    pub(crate) fn ask(&self, module: &Module) -> Result<Vec<u8>, ErrorOf<O>> {
        self.ops.fetch(&module.lookup_path(), MAX_ANSWER).map_err(|error| {
            if self.ops.is_not_found(&error) {
                Error::Absent(module.clone())
            } else {
                Error::Unreachable(error)
            }
        })
    }

    /// Reads the remembered head. A damaged one is no reason to forget it: that may be what
    /// somebody damaged it for.
    pub(crate) fn remembered(&self) -> Result<Option<SignedHead>, ErrorOf<O>> {
        let Some(note) = self.ops.read_head().map_err(Error::Storage)? else { return Ok(None) };
        SignedHead::open(&note, &self.trust_root.key)
            .map(Some)
            .map_err(|problem| Error::DamagedHead { location: self.ops.head_location(), problem })
    }

    /// Reads the heads of offline proofs that were not compared with the database yet.
    pub(crate) fn offline_heads(&self) -> Result<Vec<SignedHead>, ErrorOf<O>> {
        let notes = self.ops.read_offline_heads().map_err(Error::Storage)?;
        let open = |note: Vec<u8>| {
            SignedHead::open(&note, &self.trust_root.key).map_err(|problem| Error::DamagedHead {
                location: self.ops.offline_heads_location(),
                problem,
            })
        };
        notes.into_iter().map(open).collect()
    }

    /// Requires that the tree of `newest` begins with the tree of `other`.
    pub(crate) fn require_one_history(
        &self,
        tiles: &mut Tiles<'_, O>,
        newest: &SignedHead,
        other: &SignedHead,
    ) -> Result<(), ErrorOf<O>> {
        let found = tiles.range(0, other.size())?;
        if found == other.head().hash {
            return Ok(());
        }
        let proof = fork::proof(tiles, other.size())?;
        Err(self.fork(other, newest, found, proof))
    }

    /// Keeps the evidence of two histories, and returns the error that says so.
    fn fork(
        &self,
        older: &SignedHead,
        newer: &SignedHead,
        found: Hash,
        proof: Vec<Hash>,
    ) -> ErrorOf<O> {
        let fork = Fork { older: older.clone(), newer: newer.clone(), found, proof };
        match self.ops.write_evidence(&fork.to_string()) {
            Ok(evidence) => Error::Fork { fork: Box::new(fork), evidence },
            Err(error) => Error::Storage(error),
        }
    }

    /// Remembers a head, unless a larger one is remembered.
    fn remember(
        &self,
        newest: &SignedHead,
        remembered: Option<SignedHead>,
    ) -> Result<(), ErrorOf<O>> {
        let mut old = remembered;
        for _ in 0..MAX_CONFLICTS {
            if old.as_ref().is_some_and(|old| old.size() >= newest.size()) {
                return Ok(());
            }
            let old_note = old.as_ref().map(|old| old.note().as_bytes());
            if self.ops.replace_head(old_note, newest.note()).map_err(Error::Storage)? {
                return Ok(());
            }
            // Another client learned of a head meanwhile, which has to be of the same history.
            old = self.remembered()?;
            if let Some(other) = &old {
                let (smaller, larger) =
                    if other.size() > newest.size() { (newest, other) } else { (other, newest) };
                let mut tiles = Tiles::open(larger, self.height, self.ops)?;
                self.require_one_history(&mut tiles, larger, smaller)?;
            }
        }
        Err(Error::Contended { location: self.ops.head_location() })
    }
}

/// A lookup, and what the client knows of the database.
struct Lookup<'l, 'a, O: ClientOps + ?Sized> {
    client: &'l Client<'a, O>,
    module: &'l Module,
    remembered: Option<SignedHead>,
    /// The heads of offline proofs.
    others: Vec<SignedHead>,
    known: Option<&'l SignedHead>,
}

impl<O: ClientOps + ?Sized> Lookup<'_, '_, O> {
    /// Proves an answer; returns the text of the record, too. One that was kept (`is_kept`) is
    /// proved in the tree of its own head, of which the tiles are kept, too.
    fn prove(&self, body: &[u8], is_kept: bool) -> Result<(Record, String), ErrorOf<O>> {
        let answer = Answer::parse(body)?;
        let answered = SignedHead::open(answer.note, &self.client.trust_root.key)?;
        let mut heads = vec![&answered];
        heads.extend([self.remembered.as_ref(), self.known].into_iter().flatten());
        heads.extend(&self.others);
        let seed = self.client.trust_root.seed.as_ref();
        let is_newest = seed.is_some_and(|seed| heads.iter().all(|head| head.size() < seed.size()));
        let first = match seed.filter(|_| is_newest) {
            // In one tree, if it can be had, everything takes the fewest tiles.
            Some(seed) => {
                let heads = [&heads[..], &[seed]].concat();
                match self.prove_in_one(&answer, &answered, &heads, None, is_kept) {
                    Err(Error::Unreachable(_)) => None,
                    proved => Some(proved),
                }
            }
            None => None,
        };
        let seed_for_later = seed.filter(|_| !is_newest);
        let (mut record, is_compared) = match first {
            Some(proved) => proved?,
            None => self.prove_in_one(&answer, &answered, &heads, seed_for_later, is_kept)?,
        };
        record.is_compared = is_compared || seed.is_none();
        Ok((record, answer.text.to_owned()))
    }

    /// Proves a record in the newest tree of `heads`, and that this tree continues all of them, and
    /// `seed`. Returns whether the built-in head is among what was compared.
    fn prove_in_one(
        &self,
        answer: &Answer<'_>,
        answered: &SignedHead,
        heads: &[&SignedHead],
        seed: Option<&SignedHead>,
        is_kept: bool,
    ) -> Result<(Record, bool), ErrorOf<O>> {
        let client = self.client;
        let newest = heads.iter().max_by_key(|head| head.size()).copied().unwrap_or(answered);
        let rival = heads
            .iter()
            .copied()
            .chain(seed)
            .find(|head| head.size() == newest.size() && head.head() != newest.head());
        if let Some(rival) = rival {
            return Err(client.fork(rival, newest, newest.head().hash, Vec::new()));
        }
        let has_seed = client.trust_root.seed.as_ref() == Some(newest);
        // What was kept has its tiles with it.
        if !is_kept {
            let older = heads.iter().copied().chain(seed).flat_map(|head| row(0, head.size()));
            let subtrees = older.chain([(0, answer.id)]).filter(|_| answer.id < newest.size());
            Tiles::announce(newest.head(), client.height, client.ops, subtrees);
        }
        let mut tiles = Tiles::open_from(newest, client.height, client.ops, has_seed)?;
        for head in heads {
            client.require_one_history(&mut tiles, newest, head)?;
        }
        let hash = if is_kept && answered.size() < newest.size() {
            Tiles::open(answered, client.height, client.ops)?.subtree(0, answer.id)?
        } else {
            tiles.subtree(0, answer.id)?
        };
        if hash != Hash::of_record(answer.text) {
            return Err(Error::NotAuthentic { id: answer.id });
        }
        let (h1, go_mod_h1) = self.module.hashes(answer.text)?;
        let is_compared = match seed {
            Some(seed) => {
                tiles.ask_log_too();
                match client.require_one_history(&mut tiles, newest, seed) {
                    Err(Error::Unreachable(_)) => false,
                    compared => compared.map(|()| true)?,
                }
            }
            None => has_seed,
        };
        let head = newest.clone();
        Ok((Record { id: answer.id, h1, go_mod_h1, head, is_compared }, is_compared))
    }
}
