#!/usr/bin/env python3
"""Judges what a fault left of a store, a project and a home: invariants I1 to I7.

Uses none of goward's code; the hash of a tree is computed here again, from the rule of Go's `dirhash`.

  check_store.py HOME          judges the store at HOME alone (I1), for use by hand
  check_store.py --serve       one JSON object a line on standard input, one on standard output:
      {"do": "snapshot", "base": DIR, "name": NAME}
      {"do": "judge", "base": DIR, "before": NAME, "after": NAME, "healed": BOOL,
       "removes": BOOL, "code": INT or null, "stdout": TEXT, "stderr": TEXT}

I1  the tree of every receipt has the hash in the receipt, nobody else can write in it, and its files are read-only; its
    bin/go is the copy of the shim that the receipt names
I2  every receipt of before is there, unless the command removes it; none is there that is in neither state
I3  manifest, lock, default, shims, settings, trust: each as before or as after a run without the fault
I4  nothing else below the directory changed, but leftovers in the places for them
I5  the run without the fault that follows ends with 0, in the state of a run that met none, with nothing left over but
    removed toolchains in the trash
I6  a failure has an exit code of its own and a message; nothing panics
I7  no process is left
"""

import base64
import hashlib
import json
import os
import re
import stat
import sys

STORE = "home/.local/share/goward"
STATE = "home/.local/state/goward"
KEY = re.compile(r"^(go1[a-z0-9.]*)-([a-z0-9]+)-([a-z0-9]+)-[0-9a-f]{12}$")
# A removed toolchain, which stays for processes that may still use it, and the end of its name, which is random.
GRAVE = re.compile(r"^gone-(go1[a-z0-9.]*-[a-z0-9]+-[a-z0-9]+-[0-9a-f]{12})\.[A-Za-z0-9]{6}$")
RANDOM_END = re.compile(r"(/gone-[^/]*)\.[A-Za-z0-9]{6}(?=/|$)")
NOT_COVERED = {".github", "api", "doc", "misc", "test"}
# What holds nothing that anybody relies on: work in progress, locks, copies, earlier states.
LOOSE = [f"{STORE}/{part}" for part in ("tmp", "trash", "locks", "dl", "goenv", "override")]
LOOSE += [f"{STATE}/history", f"{STATE}/seen", "home/.cache"]
# The projects that are known: what is missing there costs a download.
NOTES = f"{STORE}/project"
PARTS = ("tree", "meta")
# What goward adds to a release: copies of the shim, beside which the programs are, and the hash.
TOOLS = ("go", "gofmt")
IDENTITY = "libexec/goward-h1"
DRAFT = re.compile(r"^\.(goward\.(toml|lock))\.[0-9]+\.(new|old)$|^\.tmp[A-Za-z0-9]+$")
# The programs, and what the tests keep for themselves.
ASIDE = {"bin", "copy", "trace", "home/lost+found"}
# Directories that a command makes before it does anything.
MADE = {"home", "home/.local", "home/.local/share", "home/.local/state", "home/.cache", STORE, STATE}
MADE |= {f"{STORE}/{part}" for part in PARTS + ("link", "shims", "goenv", "tmp", "trash", "locks", "dl")}


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


class Snapshot(dict):
    """What is below a directory: path to kind, mode and content."""

    receipts = {}
    damaged = frozenset()


def snapshot(base):
    """Returns what is below a directory."""
    found = Snapshot()

    def walk(directory, prefix):
        with os.scandir(directory) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                path = f"{prefix}{entry.name}"
                if path in ASIDE:
                    continue
                status = entry.stat(follow_symlinks=False)
                mode = stat.S_IMODE(status.st_mode)
                if entry.is_symlink():
                    found[path] = ("link", RANDOM_END.sub(r"\1", os.readlink(entry.path)))
                elif stat.S_ISDIR(status.st_mode):
                    found[path] = ("directory", mode)
                    walk(entry.path, path + "/")
                elif stat.S_ISREG(status.st_mode):
                    found[path] = ("file", mode, digest(entry.path))
                    if path.startswith(f"{STORE}/meta/") and KEY.match(entry.name):
                        found[path] = ("file", mode, meaning(entry.path))
                else:
                    found[path] = ("other", status.st_mode)

    walk(base, "")
    return found


def meaning(path):
    """Returns what a receipt says, but for the room that its toolchain takes, which is the disk's affair."""
    with open(path, "rb") as file:
        text = file.read()
    try:
        return json.dumps({name: value for name, value in json.loads(text).items() if name != "disk"})
    except (ValueError, AttributeError):
        return hashlib.sha256(text).hexdigest()


def tree_hash(tree, version, system, arch, absent):
    """Returns the h1 of a tree: dirhash.Hash1 of the module golang.org/toolchain."""
    lines = []

    def add(path, content):
        parts = path.split("/")
        if len(parts) > 1 and parts[0] in NOT_COVERED:
            return
        if parts[-1] == "go.mod":
            parts[-1] = "_go.mod"
        # The log's names say arm where archives say armv6l.
        arch_of_module = "arm" if arch == "armv6l" else arch
        module = f"golang.org/toolchain@v0.0.1-{version}.{system}-{arch_of_module}"
        lines.append((f"{module}/{'/'.join(parts)}".encode(), content))

    for directory, _, files in os.walk(tree):
        for name in files:
            path = os.path.join(directory, name)
            name = name_in_release(tree, os.path.relpath(path, tree))
            if name:
                add(name, digest(path))
    for path, content in absent:
        # Two packagings of one release may be exchanged right now.
        if not os.path.lexists(os.path.join(tree, path)):
            add(path, content)
    text = b"".join(content.encode() + b"  " + name + b"\n" for name, content in sorted(lines))
    return "h1:" + base64.b64encode(hashlib.sha256(text).digest()).decode()


def name_in_release(tree, path):
    """Returns what a file of a tree is called in the release; None for what goward added."""
    directory, _, name = path.partition("/")
    if path == IDENTITY:
        return None
    if name in TOOLS and os.path.lexists(os.path.join(tree, "libexec", name)):
        return {"bin": None, "libexec": f"bin/{name}"}.get(directory, path)
    return path


def judge_additions(tree, receipt, problems):
    """Compares what goward added to a tree with its receipt."""
    shims = receipt.get("shims")
    if not shims:
        problems.append(f"I1: {tree}: no copies of the shim")
        return
    for tool, wanted in shims["copies"].items():
        path = os.path.join(tree, "bin", tool)
        if not os.path.isfile(path) or os.path.islink(path) or digest(path) != wanted:
            problems.append(f"I1: {path} is not the copy of the shim")
    identity = os.path.join(tree, IDENTITY)
    try:
        with open(identity, encoding="utf-8") as file:
            if file.read() != receipt["h1"] + "\n":
                problems.append(f"I1: {identity} has another hash")
    except OSError as error:
        problems.append(f"I1: {identity}: {error}")


def receipts(store):
    """Returns every receipt that counts: one that can be read and whose tree is there."""
    found = {}
    meta = os.path.join(store, "meta")
    for name in sorted(os.listdir(meta)) if os.path.isdir(meta) else []:
        path = os.path.join(meta, name)
        if not KEY.match(name) or not stat.S_ISREG(os.lstat(path).st_mode):
            continue
        try:
            with open(path, "rb") as file:
                receipt = json.loads(file.read())
        except ValueError:
            continue
        if receipt.get("schema") == 2 and os.path.isdir(os.path.join(store, "tree", name)):
            found[name] = receipt
    return found


def meanings(store):
    """Returns what each receipt says of its toolchain, apart from the room that it takes."""
    said = {}
    for key, receipt in receipts(store).items():
        said[key] = {name: value for name, value in receipt.items() if name != "disk"}
    return said


def damaged(store):
    """Returns the toolchains whose trees are not what their receipts say."""
    problems = []
    judge_trees(store, problems)
    return {key for key in receipts(store) if any(key in problem for problem in problems)}


def judge_trees(store, problems, known=()):
    """I1, but for trees that are known to be damaged."""
    for key, receipt in receipts(store).items():
        if key in known:
            continue
        system, arch = receipt["platform"].split("/")
        linked = receipt.get("linked")
        tree = linked["path"] if linked else os.path.join(store, "tree", key)
        absent = [(file["path"], file["sha256"]) for file in receipt["absent"]]
        got = tree_hash(tree, receipt["version"], system, arch, absent)
        if got != receipt["h1"]:
            problems.append(f"I1: {key}: receipt has {receipt['h1']}, tree has {got}")
        judge_additions(os.path.join(store, "tree", key), receipt, problems)
        for directory, _, files in os.walk(tree if not linked else ""):
            for path in [directory] + [os.path.join(directory, name) for name in files]:
                name = os.path.relpath(path, tree)
                owner_may = os.path.isdir(path) or name.startswith(("lib/wasm/", "misc/wasm/"))
                if os.lstat(path).st_mode & (0o022 if owner_may else 0o222):
                    problems.append(f"I1: {path} can be written")
        if KEY.match(key).group(1) != receipt["version"]:
            problems.append(f"I1: {key} is the receipt of {receipt['version']}")


def is_below(path, directories):
    return any(path == directory or path.startswith(directory + "/") for directory in directories)


def key_of(path):
    """Returns part and key of a path in the store that belongs to one toolchain."""
    for part in PARTS:
        prefix = f"{STORE}/{part}/"
        if path.startswith(prefix):
            name = path[len(prefix):].split("/")[0]
            name = name[: -len(".files")] if part == "meta" and name.endswith(".files") else name
            return (part, name) if KEY.match(name) else None
    return None


def judge_paths(case, before, after, now, installed, problems):
    """I3 and I4; when the command is healed, I5."""
    healed = case["healed"]
    for path in sorted(set(before) | set(after) | set(now)):
        old, new, found = before.get(path), after.get(path), now.get(path)
        if is_below(path, LOOSE):
            continue
        if DRAFT.match(os.path.basename(path)):
            if healed and found:
                problems.append(f"I5: {path} was left")
            continue
        if healed:
            if found != new:
                problems.append(f"I5: {path} is {found}, without the fault {new}")
            continue
        if found in (old, new):
            continue
        toolchain = key_of(path)
        if toolchain and path == f"{STORE}/meta/{toolchain[1]}" and toolchain[1] in installed:
            said = meanings(os.path.join(case["base"], STORE)).get(toolchain[1])
            if said in (before.receipts.get(toolchain[1]), after.receipts.get(toolchain[1])):
                continue
        if toolchain and toolchain[1] not in installed:
            # A leftover of a toolchain that is not installed; nobody looks at it.
            continue
        if path in MADE and found and found[0] == "directory":
            continue
        if new and old is None and path.endswith("/" + os.path.basename(STORE) + "-store"):
            # The marker counts by its name.
            continue
        rule = "I4" if old is None and new is None else "I3"
        problems.append(f"{rule}: {path} is {found}, was {old}, should become {new}")


def processes_below(base):
    """Returns processes whose program or directory is below `base`."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        for name in ("exe", "cwd"):
            try:
                target = os.readlink(f"/proc/{pid}/{name}")
            except OSError:
                continue
            if target.startswith(base + "/"):
                found.append(f"{pid} ({name} {target})")
    return found


def is_grave(name, installed):
    """Returns whether a name in the trash is that of a toolchain that was removed, and is not installed."""
    grave = GRAVE.match(name)
    return grave is not None and grave.group(1) not in installed


def judge(case, snapshots):
    base, healed = case["base"], case["healed"]
    before, after = snapshots[case["before"]], snapshots[case["after"]]
    now = snapshot(base)
    problems = []
    store = os.path.join(base, STORE)
    judge_trees(store, problems, () if healed else before.damaged)
    installed = receipts(store)
    meta = f"{STORE}/meta/"
    keys = lambda state: {path[len(meta):] for path in state if path.startswith(meta) and KEY.match(path[len(meta):])}
    had, will_have = keys(before), keys(after)
    must = had & will_have if case["removes"] else had
    for key in sorted(must - set(installed)):
        problems.append(f"I2: {key} was installed and is not")
    for key in sorted(set(installed) - had - will_have):
        problems.append(f"I2: {key} is installed and should not be")
    judge_paths(case, before, after, now, installed, problems)
    code, said = case["code"], case["stderr"]
    text = case["stdout"] + said
    if re.search(r"panicked at|RUST_BACKTRACE|stack backtrace|overflowed its stack", text):
        problems.append("I6: it panicked")
    if healed:
        for part in ("tmp", "trash"):
            names = {path.split("/")[len(STORE.split("/")) + 1] for path in now if path.startswith(f"{STORE}/{part}/")}
            left = sorted(name for name in names if part == "tmp" or not is_grave(name, installed))
            if left:
                problems.append(f"I5: left in {part}: {left[0]}")
        if any(path.endswith("/intent") and path.startswith(f"{STATE}/history") for path in now):
            problems.append("I5: a change is still announced")
        if code != 0:
            problems.append(f"I5: the run without the fault ended with {code}")
    elif code is not None and code not in (0, 1, 2, 3, 4, 5, 6, 7, 126, 127):
        problems.append(f"I6: it ended with {code}")
    elif code not in (None, 0) and "goward: " not in said:
        problems.append(f"I6: it ended with {code} and did not say why")
    problems += [f"I7: process {process} is left" for process in processes_below(base)]
    return problems


def is_complete(base, after):
    """Returns what is not as after a run that met no fault, leftovers aside."""
    now = snapshot(base)
    problems = []
    for path in sorted(set(after) | set(now)):
        if not is_below(path, LOOSE + [NOTES]) and not DRAFT.match(os.path.basename(path)):
            toolchain = key_of(path)
            if toolchain and path not in after and os.path.basename(path) != toolchain[1]:
                continue
            # What is only remembered need not be; its directories come with it.
            if now.get(path) != after.get(path) and not (path in MADE and path not in now):
                problems.append(f"{path} is {now.get(path)}, should be {after.get(path)}")
    return problems


def serve():
    snapshots = {}
    for line in sys.stdin:
        case = json.loads(line)
        if case["do"] == "snapshot":
            state = snapshot(case["base"])
            store = os.path.join(case["base"], STORE)
            state.receipts, state.damaged = meanings(store), damaged(store)
            snapshots[case["name"]] = state
            answer = []
        elif case["do"] == "complete":
            answer = is_complete(case["base"], snapshots[case["after"]])
        else:
            answer = judge(case, snapshots)
        print(json.dumps(answer), flush=True)


def main():
    if sys.argv[1:] == ["--serve"]:
        serve()
    elif len(sys.argv) == 2:
        problems = []
        judge_trees(sys.argv[1], problems)
        print("\n".join(problems) or f"{len(receipts(sys.argv[1]))} toolchains are right")
        sys.exit(1 if problems else 0)
    else:
        sys.exit(__doc__)


main()
