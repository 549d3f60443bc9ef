//! What is done under torture, from where, and to where.

use super::invariants::Judge;
use crate::cli::{VERSIONS, archive, tree};
use crate::common::server::hex_sha256;
use crate::common::{Outcome, Sandbox, machine};
use goward_core::platform::Platform;
use std::path::Path;
use std::sync::OnceLock;

/// A command that changes something.
#[derive(Clone, Copy)]
pub(super) struct Operation {
    pub(super) name: &'static str,
    pub(super) args: &'static [&'static str],
    /// What was done before.
    prepare: fn(&Sandbox),
    /// Whether it removes toolchains.
    pub(super) removes: bool,
}

pub(super) const OPERATIONS: [Operation; 11] = [
    Operation { name: "first", args: &["install", "1.99.1"], prepare: |_| {}, removes: false },
    Operation {
        name: "install",
        args: &["install", "1.99.1", "--full"],
        prepare: |sandbox| run(sandbox, &["install", "1.98.3"]),
        removes: false,
    },
    Operation {
        name: "lock",
        args: &["lock"],
        prepare: |sandbox| {
            run(sandbox, &["use", "1.98.3"]);
            run(sandbox, &["install", "1.99.1"]);
            let manifest = sandbox.read("project/goward.toml").replace("1.98.3", "1.99.1");
            sandbox.write("project/goward.toml", manifest);
        },
        removes: false,
    },
    Operation {
        name: "use",
        args: &["use", "1.99.1", "--experiment", "jsonv2"],
        prepare: |sandbox| run(sandbox, &["use", "1.98.3"]),
        removes: false,
    },
    Operation {
        name: "default",
        args: &["default", "1.99.1"],
        prepare: |sandbox| {
            run(sandbox, &["default", "1.98.3"]);
            run(sandbox, &["install", "1.99.1"]);
        },
        removes: false,
    },
    Operation {
        name: "undo",
        args: &["undo"],
        prepare: |sandbox| {
            run(sandbox, &["use", "1.98.3"]);
            run(sandbox, &["use", "1.99.1"]);
        },
        removes: false,
    },
    Operation {
        name: "uninstall",
        args: &["uninstall", "1.98.3"],
        prepare: |sandbox| run(sandbox, &["install", "1.98.3", "1.99.1", "--full"]),
        removes: true,
    },
    Operation {
        name: "gc",
        args: &["gc"],
        prepare: |sandbox| {
            // A project that is gone, and one that keeps its release.
            let outcome = sandbox.goward_in("project/gone", ["use", "1.99.0"]);
            assert_eq!(outcome.code, Some(0), "{outcome:?}");
            shell(&sandbox.path("project"), "rm -r gone");
            run(sandbox, &["install", "1.98.3", "--full"]);
            run(sandbox, &["use", "1.99.1"]);
        },
        removes: true,
    },
    Operation {
        name: "gc-now",
        args: &["gc", "--now"],
        prepare: |sandbox| {
            run(sandbox, &["install", "1.98.3", "1.99.0", "--full"]);
            run(sandbox, &["uninstall", "1.99.0"]);
            run(sandbox, &["use", "1.99.1"]);
        },
        removes: true,
    },
    Operation {
        name: "repair",
        args: &["verify", "--repair", "1.98.3"],
        prepare: |sandbox| {
            run(sandbox, &["install", "1.98.3"]);
            let list = sandbox.store().join("tree").join(crate::cli::key("go1.98.3"));
            let script = "chmod u+w src/fmt/* && echo changed > src/fmt/print.go && \
                          chmod a-w src/fmt/*";
            shell(&list, script);
        },
        removes: false,
    },
    Operation {
        name: "recover",
        args: &["install", "1.99.1"],
        prepare: |sandbox| {
            run(sandbox, &["install", "1.98.3", "1.99.0"]);
            leave(sandbox);
        },
        removes: false,
    },
];

/// Leaves what killed processes leave: work, a removal, a tree of nobody, a list, and a wrong name.
fn leave(sandbox: &Sandbox) {
    let key = crate::cli::key("go1.99.0");
    let script = format!(
        "mkdir -p tmp/go1.99.1-linux-amd64.99999999.abcdef/tree/src trash/removed-x/src && \
         : > tmp/go1.99.1-linux-amd64.99999999.abcdef.lock && : > tmp/shim.99999999.ghijkl.lock && \
         echo a > tmp/go1.99.1-linux-amd64.99999999.abcdef/tree/src/a && \
         echo b > trash/removed-x/src/b && rm meta/{key} && ln -s go shims/go1.97.1"
    );
    shell(&sandbox.store(), &script);
}

fn run(sandbox: &Sandbox, args: &[&str]) {
    let outcome = sandbox.goward(args);
    assert_eq!(outcome.code, Some(0), "{args:?}: {outcome:?}");
}

/// Archives and their digests, by the name of the file.
fn releases() -> &'static [(String, Vec<u8>)] {
    static RELEASES: OnceLock<Vec<(String, Vec<u8>)>> = OnceLock::new();
    RELEASES.get_or_init(|| {
        let of_version = |version| {
            let bytes = tree(version, &Platform::host().lock_name()).tar_gz();
            let (name, digest) = (archive(version), hex_sha256(&bytes));
            [(format!("{name}.sha256"), digest.into_bytes()), (name, bytes)]
        };
        VERSIONS.into_iter().flat_map(of_version).collect()
    })
}

/// Memory, where there is such a file system: thousands of runs that sync.
pub(super) fn fast() -> &'static Path {
    let shared = Path::new("/dev/shm");
    if shared.is_dir() { shared } else { Path::new(env!("CARGO_TARGET_TMPDIR")) }
}

/// A sandbox below `directory` whose source is a directory of its own with all releases.
pub(super) fn sandbox_below(directory: &Path) -> Sandbox {
    let sandbox = Sandbox::below(directory);
    for (name, bytes) in releases() {
        sandbox.write(&format!("bin/releases/{name}"), bytes);
    }
    let source = format!("file://{}", sandbox.path("bin/releases").display());
    sandbox.source(&source)
}

/// A sandbox in the state before an operation, to which it can go back.
pub(super) struct Stage {
    pub(super) sandbox: Sandbox,
    pub(super) operation: Operation,
    pub(super) judge: Judge,
}

impl Stage {
    /// Prepares one, and learns what the operation does without a fault; `None`, after saying so,
    /// where nobody can judge.
    pub(super) fn new(operation: Operation) -> Option<Self> {
        let sandbox = sandbox_below(fast());
        let judge = Judge::start(&sandbox.path(""))?;
        (operation.prepare)(&sandbox);
        let copy = sandbox.path("copy");
        std::fs::create_dir(&copy).unwrap();
        shell(&sandbox.path(""), "cp -a home project copy/");
        let mut stage = Self { sandbox, operation, judge };
        stage.judge.remember("before");
        let outcome = stage.run();
        assert_eq!(outcome.code, Some(0), "{}: {outcome:?}", operation.name);
        stage.judge.remember("after");
        let problems = stage.judge.judge(&outcome, true, operation.removes);
        assert_eq!(problems, Vec::<String>::new(), "{}: {outcome:?}", operation.name);
        stage.reset();
        Some(stage)
    }

    /// Goes back to the state before.
    pub(super) fn reset(&self) {
        let script = "rm -rf home project && cp -a copy/home copy/project .";
        shell(&self.sandbox.path(""), script);
    }

    /// Does it without a fault.
    pub(super) fn run(&self) -> Outcome {
        self.sandbox.goward(self.operation.args)
    }

    /// Does it once more after a fault; returns what is wrong then.
    pub(super) fn heal(&mut self) -> Vec<String> {
        let mut outcome = self.run();
        // What is removed already cannot be removed again.
        if self.operation.removes && outcome.code == Some(3) {
            outcome.code = Some(0);
        }
        // It need not write where everything is there. The next command that changes anything clears up.
        let clears = self.sandbox.goward(["uninstall", "1.2.3"]);
        assert_eq!(clears.code, Some(3), "{clears:?}");
        let mut problems = self.judge.judge(&outcome, true, self.operation.removes);
        // What goes back was done before the kill, and is now undone.
        if self.operation.name == "undo" && !problems.is_empty() {
            problems = self.judge.judge_as(&outcome, true, false, "before");
        }
        if !problems.is_empty() {
            problems.push(format!("the run that heals: {outcome:?}"));
        }
        problems
    }
}

pub(super) fn shell(directory: &Path, script: &str) {
    let mut shell = machine::command("/bin/sh");
    let status = shell.args(["-c", script]).current_dir(directory).status().unwrap();
    assert!(status.success(), "{script}");
}
