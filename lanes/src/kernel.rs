//! SHA-256 of several messages in step: the compression function, once over each lane of vectors.
//!
//! One message gives a processor no two steps to take at once, so its vector units idle; several messages
//! do. The arithmetic is that of FIPS 180-4, 6.2.2, in the order of its text.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod compress;

#[cfg(target_arch = "x86_64")]
use archmage::{SimdToken, X64V3Token, X64V4Token};
use sha2::block_api::compress256;

/// How many messages go in step: the 32-bit words in a vector.
pub(super) const LANES: usize = 8;
/// Bytes in a block.
pub(super) const BLOCK: usize = 64;

/// Words of all messages' states: `states[word][lane]`.
pub(super) type States = [[u32; LANES]; 8];
/// Whole blocks of all messages, equally many.
pub(super) type Blocks<'a> = [&'a [[u8; BLOCK]]; LANES];

/// The state before the first block (FIPS 180-4, 5.3.3).
pub(super) const INITIAL: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// Takes `blocks` into the states of all lanes.
pub(super) fn compress(states: &mut States, blocks: &Blocks<'_>) {
    #[cfg(target_arch = "x86_64")]
    {
        if let Some(avx512) = X64V4Token::summon() {
            return avx512::compress(avx512, states, blocks);
        }
        if let Some(avx2) = X64V3Token::summon() {
            return avx2::compress(avx2, states, blocks);
        }
    }
    for (lane, blocks) in blocks.iter().enumerate() {
        compress_one(states, lane, blocks);
    }
}

/// Takes blocks into the state of one lane.
pub(super) fn compress_one(states: &mut States, lane: usize, blocks: &[[u8; BLOCK]]) {
    let mut state = states.map(|word| word[lane]);
    compress256(&mut state, blocks);
    for (word, new) in states.iter_mut().zip(state) {
        word[lane] = new;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With every kind of vector that this processor has, and one after the other.
    #[test]
    fn lanes_do_not_mix() {
        let messages: [Vec<[u8; BLOCK]>; LANES] = std::array::from_fn(|lane| {
            let byte = |at: usize| u8::try_from((at * 7 + lane * 31) % 251).unwrap();
            (0..5).map(|block| std::array::from_fn(|at| byte(block * BLOCK + at))).collect()
        });
        let blocks = std::array::from_fn(|lane| &messages[lane][..]);
        let mut states = INITIAL.map(|word| [word; LANES]);
        for (lane, blocks) in messages.iter().enumerate() {
            compress_one(&mut states, lane, blocks);
        }
        let with = |compress: &dyn Fn(&mut States, &Blocks<'_>)| {
            let mut states = INITIAL.map(|word| [word; LANES]);
            compress(&mut states, &blocks);
            states
        };
        assert_eq!(with(&compress), states);
        #[cfg(target_arch = "x86_64")]
        if let Some(avx2) = X64V3Token::summon() {
            assert_eq!(with(&|states, blocks| avx2::compress(avx2, states, blocks)), states);
        }
        #[cfg(target_arch = "x86_64")]
        if let Some(avx512) = X64V4Token::summon() {
            assert_eq!(with(&|states, blocks| avx512::compress(avx512, states, blocks)), states);
        }
        // No two lanes came out alike, so none of them was ignored.
        let words: std::collections::HashSet<u32> = states[0].into_iter().collect();
        assert_eq!(words.len(), LANES);
    }
}
