//! What a terminal shows while something is downloaded.

use super::{archive, tree};
use crate::common::random::Random;
use crate::common::server::Mirror;
use crate::common::{Sandbox, machine, skip};
use goward_core::platform::Platform;

/// Runs a command on a terminal of so many columns; prints the longest line that it drew with a count of
/// bytes, and how many there were.
const TERMINAL: &str = r#"
import fcntl, os, pty, re, struct, sys, termios, time
columns = int(sys.argv[1])
child, terminal = pty.fork()
if child == 0:
    time.sleep(0.3)
    os.execv(sys.argv[2], sys.argv[2:])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
drawn = b""
while True:
    try:
        read = os.read(terminal, 65536)
    except OSError:
        break
    if not read:
        break
    drawn += read
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
lines = re.split(r"[\r\n]|\x1b\[[0-9;?]*[a-zA-Z]", drawn.decode(errors="replace"))
lines = [len(line) for line in lines if "iB/" in line]
print(code, max(lines, default=0), len(lines) > 1)
"#;

#[test]
fn progress_fits_every_terminal() {
    let Some(python) = machine::python() else { return skip("there is no python3") };
    let host = Platform::host().lock_name();
    let tree = tree("go1.99.1", &host).with("src/large", Random::new(1).bytes(2 << 20));
    let name = archive("go1.99.1");
    let mirror = Mirror::new().release("go1.99.1", [(name.as_str(), tree.tar_gz())]).start();
    mirror.change(&format!("/{name}"), |route| route.pace(2 << 20));
    for columns in [40, 80, 200] {
        let sandbox = Sandbox::new().source(&mirror.url("")).var("TERM", "xterm");
        let mut command = sandbox.command(&python.program, "project");
        command.args(["-c", TERMINAL, &columns.to_string()]);
        command.arg(sandbox.path("bin/goward")).args(["install", "1.99.1"]);
        let outcome = sandbox.finish(&mut command);
        let said: Vec<&str> = outcome.stdout.split_whitespace().collect();
        let [code, longest, has_several] = said[..] else { panic!("{outcome:?}") };
        assert_eq!((code, has_several), ("0", "True"), "{outcome:?}");
        assert!(longest.parse::<usize>().unwrap() <= columns, "{columns}: {longest}");
    }
}
