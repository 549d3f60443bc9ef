//! `go` and `gofmt` on PATH, for who installs goward by cargo: the shim, started by std on every system.

fn main() -> std::process::ExitCode {
    goward_shim::program::main()
}
