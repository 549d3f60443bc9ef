//! The rounds of the compression function, for vectors of any width.

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

/// Makes `rounds`, which takes one block of each lane into the state of each, from what the module in which it
/// stands can do with vectors.
macro_rules! rounds {
    ($features:literal, $vector:ty, $splat:path) => {
        #[target_feature(enable = $features)]
        fn rounds(state: &mut [$vector; 8], words: &mut [$vector; 16]) {
            let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
            for constants in &super::rounds::K {
                // What each variable is moves on by one every round, instead of its value.
                macro_rules! round {
                    ($t:literal $a:ident $b:ident $c:ident $d:ident $e:ident $f:ident $g:ident $h:ident) => {
                        let input = add(words[$t], $splat(constants[$t].cast_signed()));
                        let first = add(add($h, input), add(upper_sigma_1($e), choose($e, $f, $g)));
                        $d = add($d, first);
                        $h = add(first, add(upper_sigma_0($a), majority($a, $b, $c)));
                        // The word sixteen rounds on takes the place of this one.
                        let new = add(lower_sigma_1(words[($t + 14) % 16]), words[($t + 9) % 16]);
                        words[$t] = add(add(words[$t], lower_sigma_0(words[($t + 1) % 16])), new);
                    };
                }
                round!(0 a b c d e f g h);
                round!(1 h a b c d e f g);
                round!(2 g h a b c d e f);
                round!(3 f g h a b c d e);
                round!(4 e f g h a b c d);
                round!(5 d e f g h a b c);
                round!(6 c d e f g h a b);
                round!(7 b c d e f g h a);
                round!(8 a b c d e f g h);
                round!(9 h a b c d e f g);
                round!(10 g h a b c d e f);
                round!(11 f g h a b c d e);
                round!(12 e f g h a b c d);
                round!(13 d e f g h a b c);
                round!(14 c d e f g h a b);
                round!(15 b c d e f g h a);
            }
            for (word, new) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
                *word = add(*word, new);
            }
        }
    };
}
pub(super) use rounds;
