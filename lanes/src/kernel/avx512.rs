//! The steps with AVX-512, which rotates, and takes any function of three vectors, in one step.
//!
//! Vectors have 256 bits, as with AVX2: twice as long ones take nearly twice as long, and lower the clock of the
//! processors that need lanes.

use super::compress::compress;
use archmage::X64V4Token;
use core::arch::x86_64::{
    __m256i, _mm256_add_epi32 as add, _mm256_ror_epi32 as rotate, _mm256_set1_epi32 as splat,
    _mm256_srli_epi32 as shift, _mm256_ternarylogic_epi32 as combine,
};

compress!("avx512f,avx512vl", X64V4Token);

/// The functions of three bits, as what they are for 000 to 111.
const XOR: i32 = 0b1001_0110;
const CHOOSE: i32 = 0b1100_1010;
const MAJORITY: i32 = 0b1110_1000;

#[target_feature(enable = "avx512f,avx512vl")]
#[inline]
fn upper_sigma_0(x: __m256i) -> __m256i {
    combine::<XOR>(rotate::<2>(x), rotate::<13>(x), rotate::<22>(x))
}

#[target_feature(enable = "avx512f,avx512vl")]
#[inline]
fn upper_sigma_1(x: __m256i) -> __m256i {
    combine::<XOR>(rotate::<6>(x), rotate::<11>(x), rotate::<25>(x))
}

#[target_feature(enable = "avx512f,avx512vl")]
#[inline]
fn lower_sigma_0(x: __m256i) -> __m256i {
    combine::<XOR>(rotate::<7>(x), rotate::<18>(x), shift::<3>(x))
}

#[target_feature(enable = "avx512f,avx512vl")]
#[inline]
fn lower_sigma_1(x: __m256i) -> __m256i {
    combine::<XOR>(rotate::<17>(x), rotate::<19>(x), shift::<10>(x))
}

/// Takes bits of `y` where `x` has ones, and of `z` elsewhere.
#[target_feature(enable = "avx512f,avx512vl")]
#[inline]
fn choose(x: __m256i, y: __m256i, z: __m256i) -> __m256i {
    combine::<CHOOSE>(x, y, z)
}

/// Takes the bits that two of the three have.
#[target_feature(enable = "avx512f,avx512vl")]
#[inline]
fn majority(x: __m256i, y: __m256i, z: __m256i) -> __m256i {
    combine::<MAJORITY>(x, y, z)
}
