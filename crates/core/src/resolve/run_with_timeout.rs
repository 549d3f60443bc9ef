//! Running a program to see what it says, for a bounded time.

use crate::error::Result;
use crate::fs::retry;
use std::io::{Read, Seek, SeekFrom};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How often a program is asked whether it has ended.
const STEP: Duration = Duration::from_millis(5);

/// No more of an output is read.
const MAX_OUTPUT: u64 = 64 << 10;

/// What came of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunOutput {
    /// Whether it ended well.
    pub is_ok: bool,
    /// Its standard output.
    pub output: String,
    /// Its standard error, or why it could not be run.
    pub error: String,
}

/// Runs a command to its end, or stops it after `limit`.
pub fn run(command: &mut Command, limit: Duration) -> Result<RunOutput> {
    // Files, so that nothing waits for a pipe that a grandchild has open.
    let (mut output, mut error) = (retry(tempfile::tempfile)?, retry(tempfile::tempfile)?);
    command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(error.try_clone()?);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(why) => return Ok(RunOutput { error: why.to_string(), ..RunOutput::default() }),
    };
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if start.elapsed() > limit {
            _ = child.kill();
            _ = child.wait();
            break None;
        }
        std::thread::sleep(STEP);
    };
    let text = |file: &mut std::fs::File| -> Result<String> {
        file.seek(SeekFrom::Start(0))?;
        let mut bytes = Vec::new();
        file.take(MAX_OUTPUT).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
    };
    let (output, error) = (text(&mut output)?, text(&mut error)?);
    let Some(status) = status else {
        let error = format!("{error}\nstopped after {} seconds", limit.as_secs());
        return Ok(RunOutput { is_ok: false, output, error: error.trim().to_owned() });
    };
    Ok(RunOutput { is_ok: status.success(), output, error })
}

/// Splits a value such as `gcc -m32` as Go does: at spaces, quotes hold words together.
pub(crate) fn words(value: &str) -> Vec<String> {
    let (mut words, mut quote) = (Vec::new(), None);
    let mut word: Option<String> = None;
    for character in value.chars() {
        match (quote, character) {
            (None, ' ' | '\t' | '\n' | '\r') => words.extend(word.take()),
            (None, '"' | '\'') if word.is_none() => {
                quote = Some(character);
                word = Some(String::new());
            }
            (Some(open), _) if character == open => quote = None,
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)] // Runs scripts of sh.
    #[test]
    fn programs_are_run_and_stopped() {
        let shell = |script: &str| {
            let mut command = Command::new("/bin/sh");
            command.args(["-c", script]);
            run(&mut command, Duration::from_millis(300)).unwrap()
        };
        let ran = |is_ok, output: &str, error: &str| RunOutput {
            is_ok,
            output: output.to_owned(),
            error: error.to_owned(),
        };
        assert_eq!(shell("echo a; echo b >&2"), ran(true, "a", "b"));
        assert_eq!(shell("exit 3"), ran(false, "", ""));
        let start = Instant::now();
        assert_eq!(shell("echo a; exec sleep 60"), ran(false, "a", "stopped after 0 seconds"));
        assert!(start.elapsed() < Duration::from_secs(30));
        let many = shell("exec head -c 1000000 /dev/zero");
        assert_eq!(many.output.len(), 64 << 10);
        let missing = run(&mut Command::new("/nowhere/x"), Duration::from_secs(1)).unwrap();
        assert!(!missing.is_ok && missing.error.contains("No such file"), "{missing:?}");
    }

    #[cfg(windows)]
    #[test]
    fn programs_of_windows_are_run() {
        let run = |arguments: &[&str]| {
            run(Command::new("cmd.exe").args(arguments), Duration::from_secs(60)).unwrap()
        };
        let said = run(&["/c", "echo a& echo b>&2"]);
        assert_eq!((said.is_ok, &*said.output, &*said.error), (true, "a", "b"));
        assert!(!run(&["/c", "exit 3"]).is_ok);
    }

    #[test]
    fn values_are_split_at_spaces() {
        let cases: &[(&str, &[&str])] = &[
            ("", &[]),
            ("gcc", &["gcc"]),
            (" gcc  -m32\t-g ", &["gcc", "-m32", "-g"]),
            ("'/a b/cc' \"-Dx=y z\"", &["/a b/cc", "-Dx=y z"]),
            ("-Dx='a", &["-Dx='a"]),
            ("''", &[""]),
        ];
        for (value, want) in cases {
            assert_eq!(words(value), *want, "{value}");
        }
    }
}
