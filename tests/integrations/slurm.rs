//! A matrix as an array of tasks of the real Slurm: munged, slurmctld and slurmd of this machine, with
//! directories, a key and ports of their own.

use super::{ours, project, with_matrix};
use crate::common::{Sandbox, machine, skip};
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a daemon may take to be there.
const LIMIT: Duration = Duration::from_secs(40);

/// A cluster of this machine; its daemons end with it.
struct Cluster {
    directory: PathBuf,
    daemons: Vec<Child>,
}

impl Cluster {
    /// Starts one, or says why there is none.
    fn start(sandbox: &Sandbox) -> Option<Self> {
        for program in ["munged", "slurmctld", "slurmd", "sbatch"] {
            if machine::find(program).is_none() {
                skip(&format!(
                    "{program} is not installed (Debian: apt-get install slurm-wlm munge)"
                ));
                return None;
            }
        }
        if !machine::can_give_away() {
            return None;
        }
        // munged wants directories above its socket that everybody may pass, and that nobody else may write.
        let directory =
            tempfile::Builder::new().prefix("goward-slurm").tempdir_in("/var/lib").ok()?;
        let mut cluster = Self { directory: directory.keep(), daemons: Vec::new() };
        fs::set_permissions(&cluster.directory, fs::Permissions::from_mode(0o755)).unwrap();
        for part in ["state", "spool", "munge"] {
            fs::create_dir(cluster.path(part)).unwrap();
        }
        fs::set_permissions(cluster.path("munge"), fs::Permissions::from_mode(0o711)).unwrap();
        fs::write(cluster.path("munge/key"), [7; 128]).unwrap();
        fs::set_permissions(cluster.path("munge/key"), fs::Permissions::from_mode(0o600)).unwrap();
        let munge = |name: &str| cluster.path("munge").join(name).display().to_string();
        let words = ["key", "socket", "pid", "log", "seed"].map(|name| {
            let option =
                if name == "socket" { "socket".to_owned() } else { format!("{name}-file") };
            format!("--{option}={}", munge(name))
        });
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        cluster
            .daemon("munged", &[&["--foreground", "--num-threads=1"], words.as_slice()].concat());
        cluster.until("munged", |cluster| cluster.path("munge/socket").exists());
        fs::write(cluster.path("slurm.conf"), cluster.settings()).unwrap();
        let file = cluster.path("slurm.conf").display().to_string();
        cluster.daemon("slurmctld", &["-D", "-f", &file]);
        cluster.daemon("slurmd", &["-D", "-N", "localhost", "-f", &file]);
        cluster.until("a node", |cluster| {
            let mut sinfo = cluster.command("sinfo", sandbox);
            sandbox.finish(sinfo.args(["-h", "-o", "%T"])).stdout.contains("idle")
        });
        Some(cluster)
    }

    fn settings(&self) -> String {
        let port = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (controller, node, d) = (port(), port(), self.directory.display());
        format!(
            "ClusterName=test\nSlurmctldHost=localhost(127.0.0.1)\nSlurmctldPort={controller}\n\
             SlurmdPort={node}\nSlurmUser=root\nSlurmdUser=root\nAuthType=auth/munge\n\
             AuthInfo=socket={d}/munge/socket\nCryptoType=crypto/munge\nStateSaveLocation={d}/state\n\
             SlurmdSpoolDir={d}/spool\nSlurmctldPidFile={d}/ctld.pid\nSlurmdPidFile={d}/d.pid\n\
             ProctrackType=proctrack/linuxproc\nTaskPlugin=task/none\nMpiDefault=none\n\
             ReturnToService=2\nSchedulerType=sched/builtin\nSelectType=select/cons_tres\n\
             SelectTypeParameters=CR_CPU\nSchedulerParameters=sched_interval=1,sched_min_interval=0\n\
             JobAcctGatherType=jobacct_gather/none\nAccountingStorageType=accounting_storage/none\n\
             MailProg=/bin/true\nMinJobAge=60\nNodeName=localhost NodeAddr=127.0.0.1 CPUs=1 State=UNKNOWN\n\
             PartitionName=all Nodes=localhost Default=YES MaxTime=5 State=UP\n"
        )
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn daemon(&mut self, program: &str, words: &[&str]) {
        let log = fs::File::create(self.path(&format!("{program}.out"))).unwrap();
        let mut command = machine::command(machine::find(program).unwrap());
        command.args(words).stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        self.daemons.push(command.spawn().unwrap());
    }

    fn until(&self, what: &str, is_there: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !is_there(self) {
            let logs = || {
                let logs = ["munged", "slurmctld", "slurmd"].map(|name| {
                    fs::read_to_string(self.path(&format!("{name}.out"))).unwrap_or_default()
                });
                logs.join("\n")
            };
            assert!(begun.elapsed() < LIMIT, "{what} does not come: {}", logs());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// A command of Slurm's, or one that calls some, in the project.
    fn command(&self, program: &str, sandbox: &Sandbox) -> Command {
        let program = machine::find(program).unwrap_or_else(|| PathBuf::from(program));
        let mut command = super::program(sandbox, &program, "project");
        command.env("SLURM_CONF", self.path("slurm.conf"));
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for daemon in self.daemons.iter_mut().rev() {
            // SIGTERM first: slurmd ends what it started.
            let id = daemon.id().to_string();
            _ = machine::command("kill").args(["-TERM", &id]).status();
            let begun = Instant::now();
            while daemon.try_wait().is_ok_and(|ended| ended.is_none()) {
                if begun.elapsed() > Duration::from_secs(10) {
                    _ = daemon.kill();
                }
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        _ = fs::remove_dir_all(&self.directory);
    }
}

#[test]
fn an_array_of_tasks_is_one_matrix() {
    let (sandbox, _mirror) = project();
    let Some(cluster) = Cluster::start(&sandbox) else { return };
    with_matrix(&sandbox);
    sandbox.write("project/ci/slurm/matrix.sh", ours("ci/slurm/matrix.sh"));
    let mut script = cluster.command("/bin/sh", &sandbox);
    let ran = sandbox.finish(script.args(["ci/slurm/matrix.sh", "--export=ALL"]));
    // The exit code is that of the job that judges.
    assert_eq!(ran.code, Some(6), "{ran:?}");
    let junit = sandbox.read("project/junit.xml");
    assert!(junit.contains("<testsuite name=\"go1.99.1 http2debug=1\" tests=\"1\""), "{junit}");
    assert_eq!(junit.matches("<testsuite ").count(), 3, "{junit}");
    assert!(sandbox.path("project/report.html").exists());
    // A cell that is submitted again alone has its number, and an array that counts from 1 is refused.
    let again = |array: &str| {
        fs::remove_dir_all(sandbox.path("project/goward-results")).ok();
        let mut sbatch = cluster.command("sbatch", &sandbox);
        sbatch.args(["--wait", "--export=ALL", "--output=task-%a.out", array]);
        sandbox.finish(sbatch.args(["--wrap", "goward matrix ci --cell auto"]))
    };
    assert_eq!(again("--array=2").code, Some(0));
    assert!(sandbox.path("project/goward-results/cell-2.json").exists());
    assert_ne!(again("--array=1-3").code, Some(0));
    assert!(!sandbox.path("project/goward-results").exists());
    let said = sandbox.read("project/task-1.out");
    assert!(said.contains("the array goes to 3, and the last cell is 2"), "{said}");
}
