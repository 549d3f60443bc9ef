//! What the shim adds to a call: the same program called directly and through the shim, in turns.
//!
//! `cargo bench --bench shim_overhead [-- ROUNDS]`. `benches/README.md` says how to read it.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot prepare has nothing to say")]
#![expect(clippy::disallowed_methods, reason = "a benchmark is a process of its own")]

use goward_shim::layout;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const DEFAULT_ROUNDS: usize = 500;
const H1: &str = "h1:MeqkXdYlyiVdqJXENOTyX7xd8QjDM/mxR52RKOFBS0M=";

fn main() {
    let rounds =
        std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(DEFAULT_ROUNDS);
    let base = std::env::temp_dir().join(format!("goward-bench-{}", std::process::id()));
    let (shim, target) = prepare(&base);
    let deep = base.join("project/a/b/c/d/e");
    fs::create_dir_all(&deep).unwrap();

    let (mut direct, mut through) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        // The order alternates, so that neither always runs on a warmer machine.
        if round % 2 == 0 {
            direct.push(time(&target, &deep, &base));
            through.push(time(&shim, &deep, &base));
        } else {
            through.push(time(&shim, &deep, &base));
            direct.push(time(&target, &deep, &base));
        }
    }
    let mut ratios: Vec<f64> = direct
        .iter()
        .zip(&through)
        .map(|(direct, through)| through.as_secs_f64() / direct.as_secs_f64())
        .collect();
    ratios.sort_by(f64::total_cmp);
    let (direct, through) = (median(&mut direct), median(&mut through));
    println!("{rounds} pairs, lock found 5 levels up, target `true`");
    println!("direct          {direct:>10.1?}  (median)");
    println!("through shim    {through:>10.1?}  (median)");
    println!("added           {:>10.1?}", through.saturating_sub(direct));
    println!("ratio           {:>10.2}  (median of the pairs)", ratios[ratios.len() / 2]);
    fs::remove_dir_all(base).unwrap();
}

/// Makes a store with one toolchain whose `go` is `true`, and a project; returns shim and target.
fn prepare(base: &Path) -> (PathBuf, PathBuf) {
    let key = layout::key("go1.27.1", layout::HOST_PLATFORM, H1);
    let tree = base.join("store/tree").join(&key).join("bin");
    for directory in [
        &tree,
        &base.join("store/shims"),
        &base.join("store/goenv"),
        &base.join("project"),
        &base.join("bin"),
    ] {
        fs::create_dir_all(directory).unwrap();
    }
    for isolation in ["pinned", "hermetic"] {
        fs::write(base.join(format!("store/goenv/{isolation}-none")), "").unwrap();
    }
    let target = tree.join("go");
    fs::copy("/bin/true", &target).unwrap();
    let platform = layout::HOST_PLATFORM;
    let lock = format!(
        "schema = 1\n\n[toolchain]\nversion = \"go1.27.1\"\nrequest = \"1.27\"\nlevel = \
         \"built-in\"\n\n[toolchain.{platform}]\nh1 = \"{H1}\"\n\n[pins]\nGOEXPERIMENT = \"jsonv2\"\n"
    );
    fs::write(base.join("project/goward.lock"), lock).unwrap();
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release", "--quiet", "--package", "goward-shim"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .unwrap();
    assert!(built.success());
    let release = Path::new(env!("CARGO_BIN_EXE_goward")).with_file_name("goward-shim");
    fs::copy(release, base.join("bin/goward-shim")).unwrap();
    let shim = base.join("store/shims/go");
    symlink(base.join("bin/goward-shim"), &shim).unwrap();
    (shim, target)
}

fn time(program: &Path, directory: &Path, base: &Path) -> Duration {
    let mut command = Command::new(program);
    command
        .env("GOWARD_HOME", base.join("store"))
        .env("HOME", base)
        .env_remove("GOTOOLCHAIN")
        .env_remove("GOENV")
        .current_dir(directory);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let start = Instant::now();
    let status = command.status().unwrap();
    let elapsed = start.elapsed();
    assert!(status.success());
    elapsed
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}
