//! The independent checker, `check_store.py`, as a process that is asked.

use crate::common::{Outcome, machine, skip};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

pub(super) struct Judge {
    child: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
    base: PathBuf,
}

fn checker() -> Command {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/torture/check_store.py");
    let mut command =
        machine::command(machine::python().map_or(Path::new("python3"), |p| &p.program));
    command.args(["-I", "-S"]).arg(script);
    command
}

/// Judges a store alone: every receipt's tree has the receipt's hash.
pub(super) fn judge_store(store: &Path) -> Result<(), String> {
    let Ok(output) = checker().arg(store).output() else {
        skip("no python3, and so nobody to judge");
        return Ok(());
    };
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() { Ok(()) } else { Err(said) }
}

impl Judge {
    /// Starts one for what is below `base`; `None`, after saying so, without Python.
    pub(super) fn start(base: &Path) -> Option<Self> {
        let mut command = checker();
        command.arg("--serve");
        let Ok(mut child) = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn() else {
            skip("no python3, and so nobody to judge");
            return None;
        };
        let ask = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Some(Self { child, ask, answers, base: base.to_owned() })
    }

    fn ask(&mut self, question: &Value) -> Vec<String> {
        writeln!(self.ask, "{question}").unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| vec![format!("the checker said {line:?}")])
    }

    /// Remembers the state as `name`.
    pub(super) fn remember(&mut self, name: &str) {
        let base = self.base.clone();
        assert!(self.ask(&json!({"do": "snapshot", "base": base, "name": name})).is_empty());
    }

    /// Returns what is wrong after a run: with a fault, or the one that follows.
    pub(super) fn judge(&mut self, outcome: &Outcome, healed: bool, removes: bool) -> Vec<String> {
        self.judge_as(outcome, healed, removes, "after")
    }

    /// The same, where the state after may be another one that is remembered.
    pub(super) fn judge_as(
        &mut self,
        outcome: &Outcome,
        healed: bool,
        removes: bool,
        after: &str,
    ) -> Vec<String> {
        let base = self.base.clone();
        self.ask(&json!({
            "do": "judge", "base": base, "before": "before", "after": after, "healed": healed,
            "removes": removes, "code": outcome.code, "stdout": outcome.stdout,
            "stderr": outcome.stderr,
        }))
    }

    /// Returns what is not as it is after a run without a fault.
    pub(super) fn incomplete(&mut self) -> Vec<String> {
        let base = self.base.clone();
        self.ask(&json!({"do": "complete", "base": base, "after": "after"}))
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
