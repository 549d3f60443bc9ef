//! Sixteen lanes in a vector: AVX-512, which also rotates, and takes any function of three vectors, in one step.

use super::rounds::rounds;
use super::{Blocks, States};
use archmage::{X64V4Token, arcane};
use core::arch::x86_64::{
    __m512i, _mm512_add_epi32, _mm512_ror_epi32, _mm512_set1_epi32, _mm512_shuffle_epi8,
    _mm512_shuffle_i32x4, _mm512_srli_epi32, _mm512_ternarylogic_epi32, _mm512_unpackhi_epi32,
    _mm512_unpackhi_epi64, _mm512_unpacklo_epi32, _mm512_unpacklo_epi64,
};

/// Where each byte of sixteen comes from when every word of four bytes is turned around.
const TURNED: [u8; 16] = [3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12];

/// Takes `blocks` into the states of all lanes.
#[arcane]
pub(super) fn compress(_: X64V4Token, states: &mut States, blocks: &Blocks<'_>) {
    let count = blocks.iter().map(|blocks| blocks.len()).min().unwrap_or_default();
    let mut vectors: [__m512i; 8] = states.map(bytemuck::cast);
    let turned = bytemuck::cast([TURNED; 4]);
    for index in 0..count {
        let mut words = [turned; 16];
        for (row, blocks) in words.iter_mut().zip(blocks) {
            *row = _mm512_shuffle_epi8(bytemuck::cast(blocks[index]), turned);
        }
        transpose(&mut words);
        rounds(&mut vectors, &mut words);
    }
    *states = vectors.map(bytemuck::cast);
}

rounds!("avx512f,avx512bw", __m512i, _mm512_set1_epi32);

/// Turns a vector for each lane into a vector for each word.
#[target_feature(enable = "avx512f")]
#[inline]
fn transpose(rows: &mut [__m512i; 16]) {
    // Of four lanes: for each `n` below 4 a vector with their words n, n + 4, n + 8 and n + 12.
    for lanes in rows.as_chunks_mut::<4>().0 {
        let low =
            [_mm512_unpacklo_epi32(lanes[0], lanes[1]), _mm512_unpacklo_epi32(lanes[2], lanes[3])];
        let high =
            [_mm512_unpackhi_epi32(lanes[0], lanes[1]), _mm512_unpackhi_epi32(lanes[2], lanes[3])];
        *lanes = [
            _mm512_unpacklo_epi64(low[0], low[1]),
            _mm512_unpackhi_epi64(low[0], low[1]),
            _mm512_unpacklo_epi64(high[0], high[1]),
            _mm512_unpackhi_epi64(high[0], high[1]),
        ];
    }
    // Then the quarters of four such vectors are put together.
    for n in 0..4 {
        let even = [
            _mm512_shuffle_i32x4::<EVEN>(rows[n], rows[n + 4]),
            _mm512_shuffle_i32x4::<EVEN>(rows[n + 8], rows[n + 12]),
        ];
        let odd = [
            _mm512_shuffle_i32x4::<ODD>(rows[n], rows[n + 4]),
            _mm512_shuffle_i32x4::<ODD>(rows[n + 8], rows[n + 12]),
        ];
        rows[n] = _mm512_shuffle_i32x4::<EVEN>(even[0], even[1]);
        rows[n + 4] = _mm512_shuffle_i32x4::<EVEN>(odd[0], odd[1]);
        rows[n + 8] = _mm512_shuffle_i32x4::<ODD>(even[0], even[1]);
        rows[n + 12] = _mm512_shuffle_i32x4::<ODD>(odd[0], odd[1]);
    }
}

/// Quarters 0 and 2 of each of two vectors.
const EVEN: i32 = 0b10_00_10_00;
/// Quarters 1 and 3 of each of two vectors.
const ODD: i32 = 0b11_01_11_01;

/// The functions of three bits, as what they are for 000 to 111.
const XOR: i32 = 0b1001_0110;
const CHOOSE: i32 = 0b1100_1010;
const MAJORITY: i32 = 0b1110_1000;

#[target_feature(enable = "avx512f")]
#[inline]
fn add(x: __m512i, y: __m512i) -> __m512i {
    _mm512_add_epi32(x, y)
}

#[target_feature(enable = "avx512f")]
#[inline]
fn xor(x: __m512i, y: __m512i, z: __m512i) -> __m512i {
    _mm512_ternarylogic_epi32::<XOR>(x, y, z)
}

#[target_feature(enable = "avx512f")]
#[inline]
fn upper_sigma_0(x: __m512i) -> __m512i {
    xor(_mm512_ror_epi32::<2>(x), _mm512_ror_epi32::<13>(x), _mm512_ror_epi32::<22>(x))
}

#[target_feature(enable = "avx512f")]
#[inline]
fn upper_sigma_1(x: __m512i) -> __m512i {
    xor(_mm512_ror_epi32::<6>(x), _mm512_ror_epi32::<11>(x), _mm512_ror_epi32::<25>(x))
}

#[target_feature(enable = "avx512f")]
#[inline]
fn lower_sigma_0(x: __m512i) -> __m512i {
    xor(_mm512_ror_epi32::<7>(x), _mm512_ror_epi32::<18>(x), _mm512_srli_epi32::<3>(x))
}

#[target_feature(enable = "avx512f")]
#[inline]
fn lower_sigma_1(x: __m512i) -> __m512i {
    xor(_mm512_ror_epi32::<17>(x), _mm512_ror_epi32::<19>(x), _mm512_srli_epi32::<10>(x))
}

/// Takes bits of `y` where `x` has ones, and of `z` elsewhere.
#[target_feature(enable = "avx512f")]
#[inline]
fn choose(x: __m512i, y: __m512i, z: __m512i) -> __m512i {
    _mm512_ternarylogic_epi32::<CHOOSE>(x, y, z)
}

/// Takes the bits that two of the three have.
#[target_feature(enable = "avx512f")]
#[inline]
fn majority(x: __m512i, y: __m512i, z: __m512i) -> __m512i {
    _mm512_ternarylogic_epi32::<MAJORITY>(x, y, z)
}
