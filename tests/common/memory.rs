//! The memory that a short run takes, without a race.

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use std::fs;
use std::io::{ErrorKind, PipeWriter, Read, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The most memory that a process had, in bytes, as far as it can be asked.
pub(crate) fn peak(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes << 10)
}

/// Runs a command whose last act is to print something, and returns the most memory that it had by then
/// and its exit code; `None` where nobody can be asked. Its output goes into a full pipe, so that it stands
/// still with all it ever had.
pub(crate) fn peak_of(command: &mut Command) -> Option<(u64, Option<i32>)> {
    let (mut reader, writer) = std::io::pipe().unwrap();
    fill(&writer);
    command.stdin(Stdio::null()).stdout(writer.try_clone().unwrap()).stderr(writer);
    let mut child = command.spawn().unwrap();
    // Its ends of the pipe close with the command.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let most = standing_still(&mut child);
    let drain = std::thread::spawn(move || reader.read_to_end(&mut Vec::new()));
    let code = child.wait().unwrap().code();
    drain.join().unwrap().unwrap();
    Some((most?, code))
}

fn fill(mut writer: &PipeWriter) {
    let flags = fcntl_getfl(writer).unwrap();
    fcntl_setfl(writer, flags | OFlags::NONBLOCK).unwrap();
    loop {
        match writer.write(&[b'.'; 4096]) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => panic!("{error}"),
        }
    }
    fcntl_setfl(writer, flags).unwrap();
}

/// Waits until a process sleeps, and returns the most memory it had.
fn standing_still(child: &mut Child) -> Option<u64> {
    let until = Instant::now() + Duration::from_secs(60);
    while Instant::now() < until {
        let stat = fs::read_to_string(format!("/proc/{}/stat", child.id())).ok()?;
        let state = stat.rsplit(") ").next()?.chars().next()?;
        assert!(state != 'Z', "it ended without printing anything");
        if state == 'S' {
            return peak(child.id());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    panic!("it neither ended nor printed anything");
}
