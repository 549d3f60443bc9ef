//! SHA-256 of several messages in step: the compression function, once over each lane of vectors.
//!
//! One message gives a processor no two steps to take at once, so its vector units idle; several messages
//! do. The arithmetic is that of FIPS 180-4, 6.2.2, in the order of its text.

use multiversion::multiversion;
use multiversion::target::match_target;
use sha2::block_api::compress256;

/// How many messages go in step: the 32-bit words in a vector of AVX2.
pub(super) const LANES: usize = 8;
/// Bytes in a block.
pub(super) const BLOCK: usize = 64;

/// Words of eight messages' states: `states[word][lane]`.
pub(super) type States = [[u32; LANES]; 8];
/// Whole blocks of eight messages, equally many.
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
#[multiversion(targets("x86_64+avx2"))]
pub(super) fn compress(states: &mut States, blocks: &Blocks<'_>) {
    match_target! {
        "x86_64+avx2" => avx2::compress(states, blocks),
        _ => {
            for (lane, blocks) in blocks.iter().enumerate() {
                compress_one(states, lane, blocks);
            }
        }
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

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::{Blocks, LANES, States};
    use core::arch::x86_64::{
        __m256i, _mm256_add_epi32, _mm256_and_si256, _mm256_or_si256, _mm256_set1_epi32,
        _mm256_slli_epi32, _mm256_srli_epi32, _mm256_xor_si256,
    };

    /// FIPS 180-4, 4.2.2.
    const K: [[u32; 16]; 4] = [
        [
            0x428a_2f98,
            0x7137_4491,
            0xb5c0_fbcf,
            0xe9b5_dba5,
            0x3956_c25b,
            0x59f1_11f1,
            0x923f_82a4,
            0xab1c_5ed5,
            0xd807_aa98,
            0x1283_5b01,
            0x2431_85be,
            0x550c_7dc3,
            0x72be_5d74,
            0x80de_b1fe,
            0x9bdc_06a7,
            0xc19b_f174,
        ],
        [
            0xe49b_69c1,
            0xefbe_4786,
            0x0fc1_9dc6,
            0x240c_a1cc,
            0x2de9_2c6f,
            0x4a74_84aa,
            0x5cb0_a9dc,
            0x76f9_88da,
            0x983e_5152,
            0xa831_c66d,
            0xb003_27c8,
            0xbf59_7fc7,
            0xc6e0_0bf3,
            0xd5a7_9147,
            0x06ca_6351,
            0x1429_2967,
        ],
        [
            0x27b7_0a85,
            0x2e1b_2138,
            0x4d2c_6dfc,
            0x5338_0d13,
            0x650a_7354,
            0x766a_0abb,
            0x81c2_c92e,
            0x9272_2c85,
            0xa2bf_e8a1,
            0xa81a_664b,
            0xc24b_8b70,
            0xc76c_51a3,
            0xd192_e819,
            0xd699_0624,
            0xf40e_3585,
            0x106a_a070,
        ],
        [
            0x19a4_c116,
            0x1e37_6c08,
            0x2748_774c,
            0x34b0_bcb5,
            0x391c_0cb3,
            0x4ed8_aa4a,
            0x5b9c_ca4f,
            0x682e_6ff3,
            0x748f_82ee,
            0x78a5_636f,
            0x84c8_7814,
            0x8cc7_0208,
            0x90be_fffa,
            0xa450_6ceb,
            0xbef9_a3f7,
            0xc671_78f2,
        ],
    ];

    #[target_feature(enable = "avx2")]
    pub(super) fn compress(states: &mut States, blocks: &Blocks<'_>) {
        let count = blocks.iter().map(|blocks| blocks.len()).min().unwrap_or_default();
        let mut vectors: [__m256i; 8] = states.map(bytemuck::cast);
        for index in 0..count {
            let mut words = [[0; LANES]; 16];
            for (lane, blocks) in blocks.iter().enumerate() {
                let bytes = blocks[index].as_chunks::<4>().0;
                for (word, bytes) in words.iter_mut().zip(bytes) {
                    word[lane] = u32::from_be_bytes(*bytes);
                }
            }
            rounds(&mut vectors, &mut words.map(bytemuck::cast));
        }
        *states = vectors.map(bytemuck::cast);
    }

    #[expect(clippy::many_single_char_names, reason = "the names of FIPS 180-4")]
    #[target_feature(enable = "avx2")]
    fn rounds(state: &mut [__m256i; 8], words: &mut [__m256i; 16]) {
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
        for constants in &K {
            // What each variable is moves on by one every round, instead of its value.
            macro_rules! round {
                ($a:ident $b:ident $c:ident $d:ident $e:ident $f:ident $g:ident $h:ident $t:expr) => {
                    let input = add(words[$t], _mm256_set1_epi32(constants[$t].cast_signed()));
                    let first = add(add($h, input), add(upper_sigma_1($e), choose($e, $f, $g)));
                    $d = add($d, first);
                    $h = add(first, add(upper_sigma_0($a), majority($a, $b, $c)));
                    // The word sixteen rounds on takes the place of this one.
                    let new = add(lower_sigma_1(words[($t + 14) % 16]), words[($t + 9) % 16]);
                    words[$t] = add(add(words[$t], lower_sigma_0(words[($t + 1) % 16])), new);
                };
            }
            round!(a b c d e f g h 0);
            round!(h a b c d e f g 1);
            round!(g h a b c d e f 2);
            round!(f g h a b c d e 3);
            round!(e f g h a b c d 4);
            round!(d e f g h a b c 5);
            round!(c d e f g h a b 6);
            round!(b c d e f g h a 7);
            round!(a b c d e f g h 8);
            round!(h a b c d e f g 9);
            round!(g h a b c d e f 10);
            round!(f g h a b c d e 11);
            round!(e f g h a b c d 12);
            round!(d e f g h a b c 13);
            round!(c d e f g h a b 14);
            round!(b c d e f g h a 15);
        }
        for (word, new) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
            *word = add(*word, new);
        }
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn add(x: __m256i, y: __m256i) -> __m256i {
        _mm256_add_epi32(x, y)
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn xor(x: __m256i, y: __m256i, z: __m256i) -> __m256i {
        _mm256_xor_si256(x, _mm256_xor_si256(y, z))
    }

    /// Rotates to the right by `RIGHT` bits; `LEFT` is the rest of 32.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn rotate<const RIGHT: i32, const LEFT: i32>(x: __m256i) -> __m256i {
        const { assert!(RIGHT + LEFT == 32) };
        _mm256_or_si256(_mm256_srli_epi32::<RIGHT>(x), _mm256_slli_epi32::<LEFT>(x))
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn upper_sigma_0(x: __m256i) -> __m256i {
        xor(rotate::<2, 30>(x), rotate::<13, 19>(x), rotate::<22, 10>(x))
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn upper_sigma_1(x: __m256i) -> __m256i {
        xor(rotate::<6, 26>(x), rotate::<11, 21>(x), rotate::<25, 7>(x))
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn lower_sigma_0(x: __m256i) -> __m256i {
        xor(rotate::<7, 25>(x), rotate::<18, 14>(x), _mm256_srli_epi32::<3>(x))
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn lower_sigma_1(x: __m256i) -> __m256i {
        xor(rotate::<17, 15>(x), rotate::<19, 13>(x), _mm256_srli_epi32::<10>(x))
    }

    /// Takes bits of `y` where `x` has ones, and of `z` elsewhere.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn choose(x: __m256i, y: __m256i, z: __m256i) -> __m256i {
        _mm256_xor_si256(z, _mm256_and_si256(x, _mm256_xor_si256(y, z)))
    }

    /// Takes the bits that two of the three have.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn majority(x: __m256i, y: __m256i, z: __m256i) -> __m256i {
        _mm256_or_si256(_mm256_and_si256(x, y), _mm256_and_si256(z, _mm256_or_si256(x, y)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With vectors, where this processor has them, and one after the other.
    #[test]
    fn lanes_do_not_mix() {
        let messages: [Vec<[u8; BLOCK]>; LANES] = std::array::from_fn(|lane| {
            let byte = |at: usize| u8::try_from((at * 7 + lane * 31) % 251).unwrap();
            (0..5).map(|block| std::array::from_fn(|at| byte(block * BLOCK + at))).collect()
        });
        let mut states = INITIAL.map(|word| [word; LANES]);
        compress(&mut states, &std::array::from_fn(|lane| &messages[lane][..]));
        let mut singly = INITIAL.map(|word| [word; LANES]);
        for (lane, blocks) in messages.iter().enumerate() {
            compress_one(&mut singly, lane, blocks);
        }
        assert_eq!(states, singly);
        // No two lanes came out alike, so none of them was ignored.
        let words: std::collections::HashSet<u32> = states[0].into_iter().collect();
        assert_eq!(words.len(), LANES);
    }
}
