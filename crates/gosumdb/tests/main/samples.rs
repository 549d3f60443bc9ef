//! Genuine answers of sum.golang.org. Everything here was published by Google's log; nothing was
//! made for the test.

#![allow(dead_code, reason = "included by unit tests and by tests/")]

/// The answer for go1.21.9 on Linux on x86-64.
pub(crate) const GO1_21_9: &str = "\
24929362
golang.org/toolchain v0.0.1-go1.21.9.linux-amd64 h1:rRL9rPpsjKfpdDFcppvNgw1/dynUMrpDcTxdIwtyFR0=
golang.org/toolchain v0.0.1-go1.21.9.linux-amd64/go.mod h1:8wlg68NqwW7eMnI1aABk/C2pDYXj8mrMY4TyRfiLeS0=

go.sum database tree
28905453
f3f8U0MoQmXkWAgAEKDtXcaI3c2y6N9+55KNSRefF/w=

— sum.golang.org Az3grr4J9x4SApup87osjthKONInbYdbN37ZskrLF12HIbhDuxOBTzt8Z2jUKbCvxYWrw0yNgshddOzt7pZEl7aSCw8=
";

/// The answer for golang.org/x/mod v0.17.0.
pub(crate) const X_MOD: &str = "\
24955599
golang.org/x/mod v0.17.0 h1:zY54UmvipHiNd+pm+m0x9KhZ9hl1/7QNMyxXbc6ICqA=
golang.org/x/mod v0.17.0/go.mod h1:hTbmBsO62+eylJbnUtE2MGJUyE7QWk4xUqPFrRgJ+7c=

go.sum database tree
66746981
3E4F4lzMBMmNFStdxyb64UKtphbJa3CNHeaauHIvkzQ=

— sum.golang.org Az3grqkRef8magoKGF4PmqyvW/CmJrcunEFQN1T4NMJeotMtgBSPdkEhfSpvKl0y00aXEAYKvPqd5/lHlM/2lH+i2gc=
";

/// A head with signatures of others beside that of the log.
pub(crate) const WITNESSED: &str = "\
go.sum database tree
15081221
BoMMe1wd25Tco0mYGROkyqxHZWx+hcSCtMV315Lu6Lg=

— sum.golang.org Az3grilD7vQqTrv66jRgKM84Y80KTprrSt4bKmiOPxgmS5ZVBTeCl6dUvjYnN13R+C8j0jGY1WnUADGMkok3U0m2Zgo=
— test.example.com qTGhC3917mAr6hGh+T55tNjxaej/D/GQivJZRIj7XGdAcQOTqfMWIPgp/v/904LEduN/h2sSRtHUJXUL4b9Gm7Bz4Qc=
— test.example.com /Pa7Y/dUvWMAAAAAQVwkQVi81ArPV7BIaQYrMIxyzY0m8a4BdeeBhSKd3PviPK4/3Sd+NKSc5N7PDTCfAkUSVniN+R2oKIggA4iiDQ==
";

/// Size, hash and signature of heads, newest first.
pub(crate) const HEADS: &[(u64, &str, &str)] = &[
    (
        66_746_896,
        "dZ4n3o/nb32Y8rCuyUc1VeuATkhefsubWOYVhA9QIc8=",
        "Az3grsDfywmQmtE8AnKAZWYgJv9wxa/yQFVkeo5Rc9QgJGIaSXQm0ZpwH5fSInK6jmCeFc2lYIqfnYdCAqt2MkL2wwI=",
    ),
    (
        63_512_409,
        "F7eHRPqN/cqPtqti14NKdGGaI1Giw8coWP3KxihFZbg=",
        "Az3gri1OBHKT87Xj8UXU8zjoHGy/X+7Nl94f8TZkELVaasolmGApUsWqwVG9vE6hgqYb/ph/w2vdkLIVRH7bMB/FPQ4=",
    ),
    (
        54_717_027,
        "X8mO+rr4u+lIE2vmoFwuTa3LI038lIvvPEB3B2p3X7g=",
        "Az3gruu60QOJ6mBYsURIUNeOq31xHaYKpFtaDmHUozy5UJ7qrnE9V9HTMiiZ+njWC6dQ9O2sDPoctRg4BM626vaS/QM=",
    ),
    (
        31_700_353,
        "qINS1GRFhWHwdkUeqLEoP4yEMkTBBzxBkGwGQlVlVcs=",
        "Az3grnmrIUEDFqHzAElIQCPNoRFRAAdFo47fooyWKMHb89k11GJh5zHIfNCOBmwn/C3YI8oW9/C8DJ87F61QqspBYwM=",
    ),
    (
        30_055_305,
        "mXfgRcJ0bG0j3CPdKwgGWtUzBUbX67saZGRmFuJGGsM=",
        "Az3grpgEild5qw7+5dtV13Kf1C2Xurm8q4fhdxvcsDHnqNTaxL2AFjBY+2TyGKevucFcAAlWFJJYle3EJlDCrQ+y3A8=",
    ),
    (
        28_891_140,
        "++pUIeKTwGvykMUkmM3AT97PwQipMT6H/p7t86E0Sp0=",
        "Az3grqNvOILDz7xwAKugtVFZwd+I9IyB/mHrUYzcVaS9zKsRVdRLNGLFpnAcLhyoBBkdIYEzK/+7Eu4wanYttLrPsQo=",
    ),
    (
        15_368_405,
        "/g9am3I6YWNKaZX/jkne1fqd9zEyjss+JXyPXG0WfkY=",
        "Az3grqJGUaSGukG9p8nI2vKgiFn7qGHxn0W+mrwyI6Gz3F0t1J3LzmWk/p96Ybf295EjwdSwlzgijq5WA9d1Ded7owM=",
    ),
    (
        15_081_221,
        "BoMMe1wd25Tco0mYGROkyqxHZWx+hcSCtMV315Lu6Lg=",
        "Az3grilD7vQqTrv66jRgKM84Y80KTprrSt4bKmiOPxgmS5ZVBTeCl6dUvjYnN13R+C8j0jGY1WnUADGMkok3U0m2Zgo=",
    ),
    (
        15_067_302,
        "gJyioq6dwR9n+NjEWORfYmH+ubeYm3kH42BBQ0bTpYI=",
        "Az3grp1rvWOs5NKlr/xR4GLN/CDyzzakmt1o61uSxYKpK1SerqOP2ClbX/peKUZjYnyomH5Xz7GZG3TpB7OeKn4E2ww=",
    ),
    (
        8_629_467,
        "5Wj34KHPtaJKm+Hu6xowQDZp3vOty1Bw3qyAM5GZBHA=",
        "Az3grsClmczmqBdbN8BJx0NkKwbvDyBs6npE6qJDVEp5Xed207UJZfb3x16rzNyAn1HXf4gN3uRurmqBS9ELpK6zKQU=",
    ),
    (
        8_618_520,
        "DbQn8MpDm8eo3AYTIcu7kG8AOwJxoSv1bQjPzvXjG60=",
        "Az3grq5WfO+7Y2YiAfTc8w/Vh/2lB7RDsxCYssRnr4UbtORI1SyHUNEX1KG5JnJccaJEZCr9FnTyD4XJy594u65WeQI=",
    ),
    (
        6_476_701,
        "mb8QLQIs0Z0yP5Cstq6guj87oXWeC9gEM8oVikmm9Wk=",
        "Az3grsLX85Gz+s1SiTbgkuqxgItqFq7gsMUEyVnrsa9LM7Us9S+1xbFIGu95949rj4nPRYfvimWEPWL+o3GeoWwOoAw=",
    ),
    (
        1_262_203,
        "sQ1Biyw3NQ7OBmLpfA5zZrs6xiB+o2ZjybBDj9cmnKA=",
        "Az3grpikEWo01N06qu0EoiC1BoYoyFuxaFTTMxfFiKnPadtWHsUDgXAUSfNZhEruQBzhzzIxYDroLaJwCZMVDXZRwAQ=",
    ),
    (
        756_113,
        "k9nFMBuXq8uk+9SQNxs/Vadri2XDkaoo96u4uMa0qE0=",
        "Az3grgIHxiDLRpsKUElIX5vJMlFS79SqfQDSgHQmON922lNdJ5zxF8SSPPcah3jhIkpG8LSKNaWXiy7IldOSDCt4Pwk=",
    ),
];

/// The audit path of the record in [`X_MOD`], from the leaf upwards.
pub(crate) const INCLUSION: &[&str] = &[
    "rfERqRVjGO5h2W9jXQnEu3TlrGcX/55kAWOF2vhEo7w=",
    "mn7xFfMw3fADAlFyS5GrrGh2LH+68I+6bjqyIm0wrQU=",
    "3ErWWb+C6ewAC03stU/Z26srAmR+8ACuaiwlSrfUWEQ=",
    "IEdtFQeTsx3jMC+m0+bZyc7ZD1ElNbQqtvkDsPL4KSA=",
    "ZWavXKBCVwQd33ECdndNt+NRieLrwkj+D2t0kEieBJM=",
    "zgqe79yqCainFrhOzaecBBP1dWsfcVkBxfAGV1w/Xow=",
    "fp1DrZ0hAAfm30IrXaTHZZk5SVUlRR2c/tPy7SKRFGg=",
    "0i5Y/yMqX1p7z8GUXxb9Y6B51roqncwdaM8jdurDpyQ=",
    "4E9tkh1fEdRzhCKytKmHKB9uBbTfwt/cZcmqtevnxAE=",
    "DE1fZNHAqKr7NeyNknoDU8DvxdD+IwUxWuOkZuo3qt4=",
    "WFSQHElkE+lgoL4rP+Wdf7zhDSgkZPER/6fTY4Szxak=",
    "3V+crfQ1C4VKIW7//Ra7ngDZQTHH8zTLgWUhOFbx7Vk=",
    "XGXEWeHCM/oqdIgErgLCfrwkRNIaOE2fZxZ6e8r4fTw=",
    "XE4DFS1hMjxSoDE+JDL3/XOHOfoKCPrcLsqICOa+gc8=",
    "q8k4z7LsSaDbbUecf7ajVXccI7kCpPmAyj+xNCmpT3M=",
    "ppMpmdexmCww+NprNuWxI0SUcVON6nAFqp4ihv8CaFo=",
    "oxoWqklYgiDqw4l5/tsnwv/DZ6YT3H9cryedM3TEVOg=",
    "sXFzC86eYTdKzqkb2nv7WBRyfP9fBuJA3vyhUbR4WlE=",
    "/3pp5uTMVaxeQpnUm/wbyR2b/twhecZIa9D9Y4XrYEQ=",
    "r7ijLWQStZbBbZnbyfVRghfU9AweBxyaaKMeHWp16g0=",
    "fdGPAOA5xLhhVP5WJlmxhWnJrgpJhL0cT+gmSl0GaVU=",
    "TWQs0Gq7mzUaa5fGQ8mTgeXSSo1bO4RAsF45pPCCKvI=",
    "ROjUzjXHDN0Yo/I6EeqHhpszFgIs7FCABVeQniliPTk=",
    "NTjIv8CJqIIGrOHhNQWSP9FV6XEPL6uGA4lmMfNKGJg=",
    "bwqUQG2wJXGxo1QLA2CFb3chH17xvlqXe6eQy43p0HY=",
    "EQDSw1BZS5Txp/vi6UvOl96iMySXhIow1QsfYwPuDW8=",
];

/// The proof that the newest of [`HEADS`] is on the timeline of the head in [`X_MOD`].
pub(crate) const CONSISTENCY: &[&str] = &[
    "c9ihnUhDNmWMqc08/Mvzft5zi0s9uNPG9GYom9AABNE=",
    "V9AENg5wtDMLGXqLbglBhcDeQ8lIlt3o7dK9mUQ7Jm4=",
    "l9Ou6mZhBILzdsVLk6YnQjz1iUAYUIHYJIg/SWYN47c=",
    "VmeOTOas0UfTFVR3VD4AiPtXwuGre/BE4EllqiuFhEQ=",
    "sQm37/0gnCCPXjEWSP8xvdFw+n4UOKNCRxVnPh5mYWA=",
    "gotSI2HndrVmqX0IJ4ZWG3ECe5L0dwkiHk89psXGt0I=",
    "KK18YzBGge2IBKmk9+Chqy3RMEju64kd+PNDpJ/Bh8w=",
    "u7yfSNMAgRfPOkdrGxnUyT2oJ9x9cEQQHGh6NmOTLm4=",
    "oXkz39T6sjh05I00ywd8WXxgw+fPg0Rn8tZrui+A64c=",
    "T4DT2nAl/Mkp2zOKvnzdKfe8k+PzLODWsoVvB3wsP9A=",
    "1Nftnp85/YX9SvG+/z5QQdyI1slrRbO13FuJoJ4a1kU=",
    "uegnZKdyiyV/S/Zs4KMgBEWfcjuvcWH2cTUNYmMidc8=",
    "N93UzP9OApexfiqGioqimDO27Kox9nIOns5dOFFTylg=",
    "2IzbyezmwwGZZPJ276ejAQZiAnar+RcjAUU3MEMtbIA=",
    "k3kfr9AECmkV+UA3/D6EMqaBDr67aubL5hXGsvJ+Nng=",
    "/WnQtddEqG03mbcU1XID1iws1nlKHVkJcaREWknCOiE=",
    "xJ20xXM4QItt5vxFOtolZ5l18p7ej1+RimNkgWmoRFM=",
];
