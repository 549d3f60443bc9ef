//! The compression function for eight lanes of 32 bits, whatever instructions do its steps.

use super::{BLOCK, LANES};
use core::arch::x86_64::{
    __m256i, _mm256_permute2x128_si256, _mm256_set1_epi32, _mm256_shuffle_epi8,
    _mm256_unpackhi_epi32, _mm256_unpackhi_epi64, _mm256_unpacklo_epi32, _mm256_unpacklo_epi64,
};

/// Where each byte of sixteen comes from when every word of four bytes is turned around.
const TURNED: [u8; 16] = [3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12];
/// The first halves of two vectors, and the second ones.
const FIRST: i32 = 0x20;
const SECOND: i32 = 0x31;

/// FIPS 180-4, 4.2.2.
pub(super) const K: [[u32; 16]; 4] = [
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

/// Returns the words of a block of each lane: a vector for each word.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn words(blocks: [&[u8; BLOCK]; LANES]) -> [__m256i; 16] {
    let turned = bytemuck::cast([TURNED; 2]);
    let mut words = [_mm256_set1_epi32(0); 16];
    let (left, right) = words.split_at_mut(LANES);
    for ((left, right), block) in left.iter_mut().zip(right.iter_mut()).zip(blocks) {
        let [start, end] = bytemuck::cast::<[u8; BLOCK], [__m256i; 2]>(*block);
        *left = _mm256_shuffle_epi8(start, turned);
        *right = _mm256_shuffle_epi8(end, turned);
    }
    transpose(left);
    transpose(right);
    words
}

/// Turns a vector for each lane into a vector for each word.
#[target_feature(enable = "avx2")]
#[inline]
fn transpose(rows: &mut [__m256i]) {
    // Of four lanes: for each `n` below 4 a vector with their words n and n + 4.
    for lanes in rows.as_chunks_mut::<4>().0 {
        let low =
            [_mm256_unpacklo_epi32(lanes[0], lanes[1]), _mm256_unpacklo_epi32(lanes[2], lanes[3])];
        let high =
            [_mm256_unpackhi_epi32(lanes[0], lanes[1]), _mm256_unpackhi_epi32(lanes[2], lanes[3])];
        *lanes = [
            _mm256_unpacklo_epi64(low[0], low[1]),
            _mm256_unpackhi_epi64(low[0], low[1]),
            _mm256_unpacklo_epi64(high[0], high[1]),
            _mm256_unpackhi_epi64(high[0], high[1]),
        ];
    }
    // Then the halves of two such vectors are put together.
    let (first, last) = rows.split_at_mut(4);
    for (first, last) in first.iter_mut().zip(last) {
        let pair = (*first, *last);
        *first = _mm256_permute2x128_si256::<FIRST>(pair.0, pair.1);
        *last = _mm256_permute2x128_si256::<SECOND>(pair.0, pair.1);
    }
}

/// Makes `compress`, which takes blocks into the states of all lanes, from the steps of the module in which it
/// stands: `add`, `xor`, `choose`, and so on.
macro_rules! compress {
    ($features:literal, $token:ident) => {
        #[archmage::arcane]
        pub(super) fn compress(
            _: $token,
            states: &mut super::States,
            blocks: &super::Blocks<'_>,
        ) {
            let count = blocks.iter().map(|blocks| blocks.len()).min().unwrap_or_default();
            let mut vectors: [__m256i; 8] = states.map(bytemuck::cast);
            for index in 0..count {
                let words = super::compress::words(blocks.map(|blocks| &blocks[index]));
                rounds(&mut vectors, words);
            }
            *states = vectors.map(bytemuck::cast);
        }

        /// Takes the words of one block of each lane into the state of each.
        #[target_feature(enable = $features)]
        #[inline]
        fn rounds(state: &mut [__m256i; 8], mut words: [__m256i; 16]) {
            let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
            // What each variable is moves on by one every round, instead of its value.
            macro_rules! round {
                ($t:literal $k:ident $a:ident $b:ident $c:ident $d:ident $e:ident $f:ident $g:ident $h:ident) => {
                    let input = add(words[$t], splat($k[$t].cast_signed()));
                    let first = add(add($h, input), add(upper_sigma_1($e), choose($e, $f, $g)));
                    $d = add($d, first);
                    $h = add(first, add(upper_sigma_0($a), majority($a, $b, $c)));
                };
            }
            // The word sixteen rounds on takes the place of this one.
            macro_rules! go_on {
                ($t:literal) => {
                    let new = add(lower_sigma_1(words[($t + 14) % 16]), words[($t + 9) % 16]);
                    words[$t] = add(add(words[$t], lower_sigma_0(words[($t + 1) % 16])), new);
                };
            }
            macro_rules! nothing {
                ($t:literal) => {};
            }
            macro_rules! sixteen_rounds {
                ($k:ident $then:ident) => {
                    round!(0 $k a b c d e f g h);
                    $then!(0);
                    round!(1 $k h a b c d e f g);
                    $then!(1);
                    round!(2 $k g h a b c d e f);
                    $then!(2);
                    round!(3 $k f g h a b c d e);
                    $then!(3);
                    round!(4 $k e f g h a b c d);
                    $then!(4);
                    round!(5 $k d e f g h a b c);
                    $then!(5);
                    round!(6 $k c d e f g h a b);
                    $then!(6);
                    round!(7 $k b c d e f g h a);
                    $then!(7);
                    round!(8 $k a b c d e f g h);
                    $then!(8);
                    round!(9 $k h a b c d e f g);
                    $then!(9);
                    round!(10 $k g h a b c d e f);
                    $then!(10);
                    round!(11 $k f g h a b c d e);
                    $then!(11);
                    round!(12 $k e f g h a b c d);
                    $then!(12);
                    round!(13 $k d e f g h a b c);
                    $then!(13);
                    round!(14 $k c d e f g h a b);
                    $then!(14);
                    round!(15 $k b c d e f g h a);
                    $then!(15);
                };
            }
            let [start @ .., end] = &super::compress::K;
            for k in start {
                sixteen_rounds!(k go_on);
            }
            // No round needs more words.
            sixteen_rounds!(end nothing);
            for (word, new) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
                *word = add(*word, new);
            }
        }
    };
}
pub(super) use compress;
