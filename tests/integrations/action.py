"""Runs a composite action of GitHub as its runner does: every `run` in a bash of its own, with the files
GITHUB_ENV, GITHUB_PATH and GITHUB_OUTPUT between them.

    action.py ACTION CACHE [INPUT=VALUE]...

`uses: actions/cache` is the runner's own service: here CACHE is a directory, with a directory for each key.
Prints the outputs of the action as JSON. Knows of expressions what `action.yml` has, and no more.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import ruamel.yaml


def main():
    path, cache = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    action = ruamel.yaml.YAML(typ="safe").load(path.read_text())
    inputs = {name: value.get("default", "") for name, value in action["inputs"].items()}
    given = dict(argument.split("=", 1) for argument in sys.argv[3:])
    if given.keys() - inputs.keys():
        sys.exit(f"no such inputs: {given.keys() - inputs.keys()}")
    inputs.update(given)
    steps, to_save = {}, []

    def value(expression):
        words = expression.split(".")
        if words[0] == "inputs":
            return inputs[words[1]]
        if words[0] == "steps":
            return steps.get(words[1], {}).get(words[3], "")
        if expression == "github.action_path":
            return str(path.parent)
        sys.exit(f"unknown expression: {expression}")

    def put_in(text):
        return re.sub(r"\$\{\{ *([^} ]+) *\}\}", lambda found: value(found[1]), str(text))

    def holds(condition):
        left, operator, right = condition.split(" ")
        return (value(left) == right.strip("'")) == (operator == "==")

    environment = dict(os.environ)
    environment["RUNNER_TEMP"] = tempfile.mkdtemp(dir=environment["TMPDIR"])
    environment["RUNNER_OS"], environment["RUNNER_ARCH"] = "Linux", "X64"
    environment["GITHUB_ACTIONS"] = environment["CI"] = "true"
    workspace = pathlib.Path.cwd()

    for step in action["runs"]["steps"]:
        if "if" in step and not holds(step["if"]):
            continue
        if "uses" in step:
            with_ = {name: put_in(text) for name, text in step["with"].items()}
            kept, place = cache / with_["key"], pathlib.Path(with_["path"])
            if kept.is_dir():
                shutil.copytree(kept, place)
            else:
                to_save.append((place, kept))
            steps[step["id"]] = {"cache-hit": "true" if kept.is_dir() else ""}
            continue
        files = {}
        for name in ["GITHUB_ENV", "GITHUB_PATH", "GITHUB_OUTPUT"]:
            files[name] = tempfile.mkstemp(dir=environment["RUNNER_TEMP"])[1]
        own = {name: put_in(text) for name, text in step.get("env", {}).items()}
        script = tempfile.mkstemp(suffix=".sh", dir=environment["RUNNER_TEMP"])[1]
        pathlib.Path(script).write_text(step["run"])
        code = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", script],
            env=environment | files | own,
            cwd=workspace / put_in(step.get("working-directory", ".")),
            stdout=sys.stderr,
        ).returncode
        if code != 0:
            print(f"the step `{step['name']}` ended with {code}", file=sys.stderr)
            sys.exit(code)
        environment.update(pairs(files["GITHUB_ENV"]))
        steps[step.get("id", "")] = dict(pairs(files["GITHUB_OUTPUT"]))
        # What comes last is first on PATH.
        for line in pathlib.Path(files["GITHUB_PATH"]).read_text().splitlines():
            environment["PATH"] = f"{line}:{environment['PATH']}"

    for place, kept in to_save:
        shutil.copytree(place, kept)
    outputs = {name: put_in(output["value"]) for name, output in action["outputs"].items()}
    # A step of the job that follows.
    later = subprocess.run(["go", "version"], env=environment, capture_output=True, text=True)
    print(json.dumps({"outputs": outputs, "later": later.stdout}))


def pairs(file):
    """Reads NAME=VALUE, and NAME<<MARK with the lines up to MARK."""
    lines = iter(pathlib.Path(file).read_text().splitlines())
    for line in lines:
        if "<<" in line and "=" not in line.split("<<")[0]:
            name, mark = line.split("<<", 1)
            text = []
            for more in lines:
                if more == mark:
                    break
                text.append(more)
            yield name, "\n".join(text)
        elif line:
            yield tuple(line.split("=", 1))


main()
