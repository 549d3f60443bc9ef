//! Signed notes: the form in which the database says how large it is.
//!
//! A note is text, a blank line, and one line per signature (`golang.org/x/mod/sumdb/note`).
//! Anybody may add a signature; only that of the one given key counts, and if a line claims to be
//! by that key and is not, the whole note is refused. Go takes the first line by a key and passes
//! over the others; here every one of them has to be right.
//!
//! ```
//! use gosumdb::note::{self, NoteError};
//! use gosumdb::{SUM_GOLANG_ORG, VerifierKey};
//!
//! let key = VerifierKey::parse(SUM_GOLANG_ORG)?;
//! let message = "\
//! go.sum database tree
//! 66746981
//! 3E4F4lzMBMmNFStdxyb64UKtphbJa3CNHeaauHIvkzQ=
//!
//! — sum.golang.org Az3grqkRef8magoKGF4PmqyvW/CmJrcunEFQN1T4NMJeotMtgBSPdkEhfSpvKl0y00aXEAYKvPqd5/lHlM/2lH+i2gc=
//! ";
//! let note = note::open(message.as_bytes(), &key)?;
//! assert_eq!(note.text.lines().nth(1), Some("66746981"));
//!
//! let changed = message.replace("66746981", "66746982");
//! assert_eq!(note::open(changed.as_bytes(), &key), Err(NoteError::BadSignature));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use ring::signature::{ED25519, UnparsedPublicKey};

/// Longest note, in bytes.
pub const MAX_NOTE: usize = 1_000_000;
/// Most signature lines.
const MAX_SIGNATURES: usize = 100;
/// The only algorithm there is: Ed25519, in the first byte of a key.
const ED25519_ID: u8 = 1;
/// The em dash and space that signature lines begin with.
const MARK: &str = "\u{2014} ";

/// What is wrong with a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoteError {
    /// It is longer than a note may be.
    #[error("it is longer than {MAX_NOTE} bytes")]
    TooLong,
    /// Control characters, or bytes that are not UTF-8.
    #[error("it is not plain text")]
    NotText,
    /// No blank line with complete signature lines below it.
    #[error("it has no lines of signatures")]
    NoSignatures,
    /// A line below the blank one is not a signature.
    #[error("a line of its signatures is not one")]
    SignatureLine,
    /// More signatures than anybody needs.
    #[error("it has more than {MAX_SIGNATURES} signatures")]
    TooMany,
    /// A signature that claims to be by the key is not.
    #[error("the signature is wrong")]
    BadSignature,
    /// Nothing claims to be signed by the key.
    #[error("it is not signed by the log's key")]
    Unsigned,
}

/// What is wrong with the text of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not `name+hash+base64`.
    #[error("it is not of the form name+hash+key")]
    Form,
    /// Not an Ed25519 key.
    #[error("it is of an unknown algorithm")]
    Algorithm,
    /// The hash is another key's.
    #[error("its hash is not that of its name and key")]
    Hash,
}

/// A public key of a database, and its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: [u8; 4],
    key: [u8; 32],
}

impl VerifierKey {
    /// Reads `name+hash+base64`, as in Go's variable `GOSUMDB`.
    ///
    /// # Errors
    ///
    /// For any other text, for a hash that is not that of the key, and for algorithms other than
    /// Ed25519.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(hash), Some(encoded)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(KeyError::Form);
        };
        let bytes = STANDARD.decode(encoded).map_err(|_| KeyError::Form)?;
        let Some((&algorithm, key)) = bytes.split_first().filter(|_| is_name(name)) else {
            return Err(KeyError::Form);
        };
        if algorithm != ED25519_ID {
            return Err(KeyError::Algorithm);
        }
        let key = key.try_into().map_err(|_| KeyError::Form)?;
        let id = id_of(name, &bytes);
        if hash != hex(id) {
            return Err(KeyError::Hash);
        }
        Ok(Self { name: name.to_owned(), id, key })
    }

    /// Returns the name of the database.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns true when `signature` is the key's for `text`.
    ///
    /// ring checks as Go's crypto/ed25519 does: without the cofactor, with a canonical `S`, and
    /// with `R` compared byte by byte, so that nobody can change a signature and keep it valid.
    fn has_signed(&self, text: &str, signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.key).verify(text.as_bytes(), signature).is_ok()
    }
}

/// Returns the hash in the name of a key, of which `key` begins with the algorithm.
fn id_of(name: &str, key: &[u8]) -> [u8; 4] {
    let sum = digest(&SHA256, &[name.as_bytes(), b"\n", key].concat());
    let mut id = [0; 4];
    for (to, from) in id.iter_mut().zip(sum.as_ref()) {
        *to = *from;
    }
    id
}

fn hex(id: [u8; 4]) -> String {
    format!("{:08x}", u32::from_be_bytes(id))
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains('+') && !name.contains(char::is_whitespace)
}

/// The parts of a note whose signature was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note<'a> {
    /// What was signed, with its final newline.
    pub text: &'a str,
    /// The signature with the hash of its key before it, in base64.
    pub signature: &'a str,
}

/// Reads a note and checks that `key` signed it.
///
/// # Errors
///
/// When the note is malformed, when `key` has not signed it, and when any signature line in the
/// name of `key` is wrong.
pub fn open<'a>(message: &'a [u8], key: &VerifierKey) -> Result<Note<'a>, NoteError> {
    if message.len() > MAX_NOTE {
        return Err(NoteError::TooLong);
    }
    let message = str::from_utf8(message).map_err(|_| NoteError::NotText)?;
    if message.chars().any(|c| c.is_control() && c != '\n') {
        return Err(NoteError::NotText);
    }
    let (above, below) = message.rsplit_once("\n\n").ok_or(NoteError::NoSignatures)?;
    let text = &message[..=above.len()];
    let lines = below.strip_suffix('\n').ok_or(NoteError::NoSignatures)?;
    let mut found = None;
    for (count, line) in lines.split('\n').enumerate() {
        if count == MAX_SIGNATURES {
            return Err(NoteError::TooMany);
        }
        let (name, signature) = read_line(line).ok_or(NoteError::SignatureLine)?;
        let bytes = STANDARD.decode(signature).map_err(|_| NoteError::SignatureLine)?;
        let (id, bytes) = bytes.split_first_chunk().ok_or(NoteError::SignatureLine)?;
        if bytes.is_empty() {
            return Err(NoteError::SignatureLine);
        }
        if name != key.name || *id != key.id {
            continue;
        }
        if !key.has_signed(text, bytes) {
            return Err(NoteError::BadSignature);
        }
        found = Some(signature);
    }
    found.map(|signature| Note { text, signature }).ok_or(NoteError::Unsigned)
}

fn read_line(line: &str) -> Option<(&str, &str)> {
    let (name, signature) = line.strip_prefix(MARK)?.split_once(' ')?;
    is_name(name).then_some((name, signature))
}

/// Makes a note of its text, which ends with a newline, and [`Note::signature`]. Nothing is
/// checked; [`open`] does that.
pub fn join(text: &str, key: &VerifierKey, signature: &str) -> String {
    format!("{text}\n{MARK}{} {signature}\n", key.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{WITNESSED, X_MOD};
    use crate::test_log::Signer;
    use crate::trust_root::SUM_GOLANG_ORG;

    fn google() -> VerifierKey {
        VerifierKey::parse(SUM_GOLANG_ORG).unwrap()
    }

    #[test]
    fn the_key_of_sum_golang_org_is_the_one_that_its_hash_says() {
        let key = google();
        assert_eq!((key.name(), hex(key.id).as_str()), ("sum.golang.org", "033de0ae"));
    }

    #[test]
    fn keys_of_other_forms_are_refused() {
        let (good, end) = (SUM_GOLANG_ORG, SUM_GOLANG_ORG.len());
        let other = STANDARD.encode([&[2][..], &google().key].concat());
        let short = STANDARD.encode([&[1][..], &google().key[..31]].concat());
        for (text, want) in [
            (String::new(), KeyError::Form),
            ("sum.golang.org".to_owned(), KeyError::Form),
            ("sum.golang.org+033de0ae".to_owned(), KeyError::Form),
            ("sum.golang.org+033de0ae+".to_owned(), KeyError::Form),
            (good[..end - 1].to_owned(), KeyError::Form),
            (good.replace("sum.", "sum "), KeyError::Form),
            (good.replace("sum.golang.org", ""), KeyError::Form),
            (format!("sum.golang.org+033de0ae+{short}"), KeyError::Form),
            (format!("sum.golang.org+033de0ae+{other}"), KeyError::Algorithm),
            (good.replace("033de0ae", "033de0af"), KeyError::Hash),
            (good.replace("033de0ae", "033DE0AE"), KeyError::Hash),
            (good.replace("033de0ae", "33de0ae"), KeyError::Hash),
            (good.replace("golang.org", "golang.example"), KeyError::Hash),
            (good.replace("uAn8", "uAn9"), KeyError::Hash),
        ] {
            assert_eq!(VerifierKey::parse(&text).unwrap_err(), want, "{text}");
        }
    }

    #[test]
    fn a_genuine_note_is_read() {
        let (_, message) = X_MOD.split_once("\n\n").unwrap();
        let note = open(message.as_bytes(), &google()).unwrap();
        assert!(note.text.starts_with("go.sum database tree\n66746981\n"), "{}", note.text);
        assert!(note.signature.starts_with("Az3gr"), "{}", note.signature);
        assert_eq!(join(note.text, &google(), note.signature), message);
    }

    #[test]
    fn a_genuine_note_with_signatures_of_others_is_read() {
        let note = open(WITNESSED.as_bytes(), &google()).unwrap();
        assert_eq!(WITNESSED.matches(MARK).count(), 3);
        assert!(note.text.contains("\n15081221\n"), "{}", note.text);
        let (text, _) = WITNESSED.split_once('\u{2014}').unwrap();
        let others = WITNESSED.split_inclusive('\n').filter(|line| line.contains("test.example"));
        let without = format!("{text}{}", others.collect::<String>());
        assert_eq!(open(without.as_bytes(), &google()), Err(NoteError::Unsigned));
    }

    #[test]
    fn every_changed_byte_of_a_genuine_note_is_noticed() {
        let (_, message) = X_MOD.split_once("\n\n").unwrap();
        for at in 0..message.len() {
            for bit in 0..8 {
                let mut changed = message.as_bytes().to_vec();
                changed[at] ^= 1 << bit;
                assert!(open(&changed, &google()).is_err(), "byte {at}, bit {bit}");
            }
        }
    }

    fn key_of(signer: &Signer) -> VerifierKey {
        VerifierKey::parse(&signer.key_text()).unwrap()
    }

    const TEXT: &str = "a\n\nb\n";

    fn line(signer: &Signer) -> String {
        signer.line(TEXT)
    }

    #[test]
    fn signatures_of_others_do_not_count_and_do_no_harm() {
        let (ours, other) = (Signer::new("log.example", 1), Signer::new("log.example", 2));
        let third = Signer::new("witness.example", 3);
        let key = key_of(&ours);
        for lines in [
            line(&ours),
            [line(&other), line(&ours)].concat(),
            [line(&ours), line(&third), line(&other)].concat(),
            [line(&third), line(&third), line(&ours)].concat(),
            [line(&ours), line(&ours)].concat(),
            // Another's signature may be wrong, and of another length: only its key can tell.
            [line(&ours), third.line("x")].concat(),
            format!("{}{MARK}witness.example {}\n", line(&ours), STANDARD.encode([9; 80])),
        ] {
            let message = format!("{TEXT}\n{lines}");
            assert_eq!(open(message.as_bytes(), &key).unwrap().text, TEXT, "{lines}");
        }
        for lines in [line(&other), line(&third), [line(&other), line(&third)].concat()] {
            let message = format!("{TEXT}\n{lines}");
            assert_eq!(open(message.as_bytes(), &key), Err(NoteError::Unsigned), "{lines}");
        }
    }

    #[test]
    fn a_wrong_signature_by_the_key_is_fatal_wherever_it_stands() {
        let ours = Signer::new("log.example", 1);
        let wrong = ours.line("another text\n");
        for lines in [wrong.clone(), line(&ours) + &wrong, wrong.clone() + &line(&ours)] {
            let message = format!("{TEXT}\n{lines}");
            assert_eq!(open(message.as_bytes(), &key_of(&ours)), Err(NoteError::BadSignature));
        }
    }

    #[test]
    fn signatures_cannot_be_made_into_other_valid_ones() {
        let ours = Signer::new("log.example", 1);
        let signed = line(&ours);
        let encoded = signed.trim_end().rsplit(' ').next().unwrap();
        let bytes = STANDARD.decode(encoded).unwrap();
        // S plus the order of the group satisfies the same equation.
        let mut more = bytes.clone();
        let order = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
        let order = (0..32).map(|i| u16::from_str_radix(&order[2 * i..2 * i + 2], 16).unwrap());
        let mut carry = 0;
        for (byte, add) in more[36..].iter_mut().zip(order) {
            let sum = u16::from(*byte) + add + carry;
            (*byte, carry) = (sum.to_le_bytes()[0], sum >> 8);
        }
        assert_eq!(carry, 0);
        let long = [&bytes[..], &[0]].concat();
        for changed in [more, long, bytes[..67].to_vec(), bytes[..5].to_vec()] {
            let changed = signed.replace(encoded, &STANDARD.encode(changed));
            let message = format!("{TEXT}\n{changed}");
            assert_eq!(open(message.as_bytes(), &key_of(&ours)), Err(NoteError::BadSignature));
        }
    }

    #[test]
    fn what_is_not_a_note() {
        let ours = Signer::new("log.example", 1);
        let signed = line(&ours);
        let good = format!("{TEXT}\n{signed}");
        let many = |count| format!("{TEXT}\n{}", signed.repeat(count));
        assert!(open(many(100).as_bytes(), &key_of(&ours)).is_ok());
        for (message, want) in [
            (String::new(), NoteError::NoSignatures),
            ("\n\n".to_owned(), NoteError::NoSignatures),
            (TEXT.to_owned(), NoteError::SignatureLine),
            (format!("{TEXT}{signed}"), NoteError::SignatureLine),
            (good.trim_end().to_owned(), NoteError::NoSignatures),
            (format!("{good}\n"), NoteError::NoSignatures),
            (format!("{good}x\n"), NoteError::SignatureLine),
            (good.replace(MARK, "- "), NoteError::SignatureLine),
            (good.replace(MARK, "\u{2014}"), NoteError::SignatureLine),
            (good.replace("log.example ", "log.example\t"), NoteError::NotText),
            (good.replace("log.example ", "log.example  "), NoteError::SignatureLine),
            (good.replace("log.example ", "log+example "), NoteError::SignatureLine),
            (good.replace("log.example ", " "), NoteError::SignatureLine),
            (good.replace("=\n", "\n"), NoteError::SignatureLine),
            (good.replace("=\n", "= \n"), NoteError::SignatureLine),
            (good.replace('\n', "\r\n"), NoteError::NotText),
            (good.replace('b', "\u{7f}"), NoteError::NotText),
            (good.replace('b', "\u{9b}"), NoteError::NotText),
            (good.replace('b', "\0"), NoteError::NotText),
            (format!("\u{feff}{good}"), NoteError::BadSignature),
            (format!("{TEXT}\n{MARK}log.example AAAA\n"), NoteError::SignatureLine),
            (format!("{TEXT}\n{MARK}log.example AAAAAA==\n"), NoteError::SignatureLine),
            (many(101), NoteError::TooMany),
            (format!("{}{good}", "x".repeat(MAX_NOTE)), NoteError::TooLong),
        ] {
            let shown = &message[..message.len().min(200)];
            assert_eq!(open(message.as_bytes(), &key_of(&ours)), Err(want), "{shown:?}");
        }
        let mut bytes = good.into_bytes();
        bytes[0] = 0xff;
        assert_eq!(open(&bytes, &key_of(&ours)), Err(NoteError::NotText));
    }
}
