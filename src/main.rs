//! The manager's entry point.

use std::process::ExitCode;

fn main() -> ExitCode {
    #[expect(clippy::disallowed_methods, reason = "arguments go to cli as they came")]
    let arguments = std::env::args_os();
    goward::cli::run(arguments)
}
