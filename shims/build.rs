//! Decides whether the program starts without libc, and says how to link it then.
//!
//! Start-up of libc and std is most of what a call through the shim would cost. Linux on x86-64 and
//! arm64 needs neither. Programs for tests, which may panic, those with the feature `std`, and every
//! other system start as usual.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(linux)");
    println!("cargo::rustc-check-cfg=cfg(libc_free)");
    let is = |name: &str, wanted: &[&str]| {
        env::var(name).is_ok_and(|value| wanted.contains(&value.as_str()))
    };
    let linux = is("CARGO_CFG_TARGET_OS", &["linux"])
        && is("CARGO_CFG_TARGET_ARCH", &["aarch64", "x86_64"])
        && is("CARGO_CFG_TARGET_POINTER_WIDTH", &["64"])
        && is("CARGO_CFG_TARGET_ENDIAN", &["little"])
        && env::var_os("CARGO_FEATURE_PORTABLE").is_none();
    if !linux {
        return;
    }
    println!("cargo::rustc-cfg=linux");
    if is("PROFILE", &["release"]) && env::var_os("CARGO_FEATURE_STD").is_none() {
        println!("cargo::rustc-cfg=libc_free");
        for argument in [
            "-nostartfiles",
            "-nostdlib",
            "-static",
            "-no-pie",
            "-Wl,-z,norelro,-z,noexecstack,--build-id=none",
        ] {
            println!("cargo::rustc-link-arg-bin=shim={argument}");
        }
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/start_linux.ld");
        println!("cargo::rerun-if-changed={script}");
        println!("cargo::rustc-link-arg-bin=shim=-Wl,-T,{script}");
    }
}
