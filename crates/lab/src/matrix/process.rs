//! Runs one command to its end, in a process group of its own.
//!
//! The group ends with the command, whatever the command left running in it; and it ends when
//! goward is interrupted. So nothing that a cell started stays behind, unless it left the group.

use crate::matrix::interrupt::Interrupts;
use crate::matrix::results::Ending;
use goward_core::error::{Error, Kind, Result};
use goward_core::os::group::Group;
use goward_core::os::launch;
use goward_core::threads;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// How often is looked whether the command ended or goward was interrupted.
const POLL: Duration = Duration::from_millis(15);

/// How long an interrupted command may take to end by itself.
const GRACE: Duration = Duration::from_secs(3);

/// After so long without output nothing more comes from a command that ended.
const SILENCE: Duration = Duration::from_secs(1);

/// Longer lines come in pieces, in bytes.
const MAX_LINE: usize = 256 * 1024;

/// How many lines may wait to be read.
const WAITING: usize = 256;

/// What to run.
#[derive(Clone, Debug)]
pub struct Job {
    /// The program and its arguments.
    pub command: Vec<OsString>,
    /// All of its environment.
    pub environment: Vec<(OsString, OsString)>,
    /// Where.
    pub directory: PathBuf,
}

/// A line of output, with its end.
#[derive(Clone, Debug)]
pub enum Line {
    /// From standard output.
    Output(Vec<u8>),
    /// From standard error.
    Error(Vec<u8>),
}

/// Runs a job and hands every line to `take`; returns how it ended and how long that took, or
/// nothing when goward was interrupted.
///
/// # Errors
///
/// [`Kind::NotInstalled`] or [`Kind::CannotRun`] when the program cannot be run.
pub fn run(
    job: &Job,
    interrupts: &Interrupts,
    mut take: impl FnMut(Line),
) -> Result<Option<(Ending, f64)>> {
    let Some((program, arguments)) = job.command.split_first() else {
        return Err(Error::new(Kind::Usage, "there is no command to run"));
    };
    let _busy = interrupts.busy();
    let started = Instant::now();
    let mut command = Command::new(program);
    command.args(arguments).env_clear().envs(job.environment.iter().cloned());
    command.current_dir(&job.directory);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let started_group = Group::start(&mut command);
    let (mut child, mut group) = started_group.map_err(|why| Error::cannot_run(program, &why))?;
    let mut asked = None;
    let (sender, receiver) = sync_channel(WAITING);
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let error_sender = sender.clone();
    // Not waited for: a process that left the group may hold a pipe open.
    let reading = threads::start_alone(move || forward(stdout, Line::Output, &sender))
        .and_then(|()| threads::start_alone(move || forward(stderr, Line::Error, &error_sender)));
    if let Err(error) = reading {
        group.kill();
        child.wait()?;
        return Err(error);
    }
    let mut is_open = true;
    while !group.has_ended(&mut child) {
        if is_open {
            match receiver.recv_timeout(POLL) {
                Ok(line) => take(line),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => is_open = false,
            }
        } else {
            std::thread::sleep(POLL);
        }
        end_if(interrupts.has_come(), &group, &mut asked);
    }
    // What it left running would keep the pipes open.
    group.kill();
    while let Ok(line) = receiver.recv_timeout(SILENCE) {
        take(line);
    }
    let status = child.wait()?;
    if interrupts.has_come() {
        return Ok(None);
    }
    let ending = match (status.code(), launch::signal_of(status)) {
        (Some(code), _) => Ending::Code(code),
        (None, signal) => Ending::Signal(signal.unwrap_or_default()),
    };
    Ok(Some((ending, started.elapsed().as_secs_f64())))
}

/// Reads lines until the other end is closed, or nobody wants them any more.
fn forward(pipe: Option<impl Read>, kind: fn(Vec<u8>) -> Line, sender: &SyncSender<Line>) {
    let Some(pipe) = pipe else { return };
    let mut reader = BufReader::new(pipe);
    loop {
        let mut line = Vec::new();
        let limit = u64::try_from(MAX_LINE).unwrap_or(u64::MAX);
        match reader.by_ref().take(limit).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) if sender.send(kind(line)).is_err() => return,
            Ok(_) => {}
        }
    }
}

/// Asks a group to end, and makes it after a while.
fn end_if(is_time: bool, group: &Group, asked: &mut Option<Instant>) {
    match asked {
        None if is_time => {
            *asked = Some(Instant::now());
            group.ask();
        }
        Some(asked) if asked.elapsed() > GRACE => group.kill(),
        _ => {}
    }
}
