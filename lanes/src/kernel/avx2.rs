//! Eight lanes in a vector: AVX2.

use super::rounds::rounds;
use super::{Blocks, LANES, States};
use archmage::{X64V3Token, arcane};
use core::arch::x86_64::{
    __m256i, _mm256_add_epi32, _mm256_and_si256, _mm256_or_si256, _mm256_set1_epi32,
    _mm256_slli_epi32, _mm256_srli_epi32, _mm256_xor_si256,
};

/// Lanes in a vector.
const WIDTH: usize = 8;

/// Takes `blocks` into the states of all lanes.
#[arcane]
pub(super) fn compress(_: X64V3Token, states: &mut States, blocks: &Blocks<'_>) {
    for first in (0..LANES).step_by(WIDTH) {
        compress_from(first, states, blocks);
    }
}

/// Takes blocks into the states of as many lanes as a vector has, from `first` on.
#[target_feature(enable = "avx2")]
fn compress_from(first: usize, states: &mut States, blocks: &Blocks<'_>) {
    let blocks = &blocks[first..first + WIDTH];
    let count = blocks.iter().map(|blocks| blocks.len()).min().unwrap_or_default();
    let mut vectors = states.map(|word| {
        bytemuck::cast::<[u32; WIDTH], __m256i>(std::array::from_fn(|lane| word[first + lane]))
    });
    for index in 0..count {
        let mut rows = [[0; WIDTH]; 16];
        for (lane, blocks) in blocks.iter().enumerate() {
            let bytes = blocks[index].as_chunks::<4>().0;
            for (row, bytes) in rows.iter_mut().zip(bytes) {
                row[lane] = u32::from_be_bytes(*bytes);
            }
        }
        let mut words = [_mm256_set1_epi32(0); 16];
        for (word, row) in words.iter_mut().zip(rows) {
            *word = bytemuck::cast(row);
        }
        rounds(&mut vectors, &mut words);
    }
    for (word, vector) in states.iter_mut().zip(vectors) {
        word[first..first + WIDTH]
            .copy_from_slice(&bytemuck::cast::<__m256i, [u32; WIDTH]>(vector));
    }
}

rounds!("avx2", __m256i, _mm256_set1_epi32);

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
