"""Runs what CircleCI and Buildkite run, as their documents say that their agents do it.

    pipelines.py circleci ORB MACHINE COMMAND-OR-JOB [PARAMETER=VALUE]...
    pipelines.py buildkite PIPELINE MACHINE

MACHINE is a directory: `project` is checked out for each job, `cache` and `home` stay between runs. Knows of
both languages what the files of this repository have; whatever else there is, ends it. Prints as JSON how each
job went.
"""

import glob
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import ruamel.yaml


def only(mapping, *names):
    unknown = mapping.keys() - set(names)
    if unknown:
        sys.exit(f"not known here: {unknown}")


class Job:
    """A directory with the project, and an environment."""

    def __init__(self, machine, name, variables):
        self.name, self.place, self.code = name, machine / "jobs" / name, 0
        shutil.copytree(machine / "project", self.place)
        self.environment = dict(os.environ) | variables

    def run(self, shell, text, more=()):
        done = subprocess.run(
            [*shell, text], cwd=self.place, env=self.environment | dict(more), stdout=subprocess.PIPE, text=True
        )
        sys.stderr.write(done.stdout)
        self.code = self.code or done.returncode
        return done.stdout


def circleci(file, machine, wanted, *given):
    orb = ruamel.yaml.YAML(typ="safe").load(file.read_text())
    given = dict(argument.split("=", 1) for argument in given)
    done = []

    def put_in(text, parameters):
        return re.sub(r"<< *parameters\.([a-z]+) *>>", lambda found: str(parameters[found[1]]), text)

    def parameters_of(block, given):
        known = block.get("parameters", {})
        only(given, *known)
        values = {name: given.get(name, one.get("default")) for name, one in known.items()}
        for name, one in known.items():
            only(one, "type", "default", "description")
            if values[name] is None:
                sys.exit(f"`{name}` is not given")
            if one["type"] == "boolean":
                values[name] = str(values[name]).lower()
        return values

    def key(job, text):
        text = text.replace("{{ arch }}", "arch1-linux-amd64-6_85")
        digest = lambda found: hashlib.sha256((job.place / found[1]).read_bytes()).hexdigest()
        return re.sub(r'\{\{ checksum "([^"]+)" \}\}', digest, text)

    def home(job, path):
        return pathlib.Path(path.replace("~", job.environment["HOME"], 1))

    def steps(job, block, parameters):
        for step in block["steps"]:
            if job.code:
                return
            if step == "checkout":
                continue
            ((kind, step),) = step.items()
            if kind == "run":
                only(step, "name", "environment", "command")
                own = {name: put_in(text, parameters) for name, text in step.get("environment", {}).items()}
                # Every step begins with what others wrote for it.
                job.run(["bash", "-eo", "pipefail", "-c"], put_in(step["command"], parameters), own.items())
            elif kind == "restore_cache":
                only(step, "name", "keys")
                for text in step["keys"]:
                    kept = machine / "cache" / key(job, text)
                    if kept.is_dir():
                        shutil.copytree(kept, job.environment["HOME"], dirs_exist_ok=True)
                        break
            elif kind == "save_cache":
                only(step, "name", "key", "paths")
                kept = machine / "cache" / key(job, step["key"])
                # What is there is never written again.
                if not kept.is_dir():
                    for path in step["paths"]:
                        path = home(job, path)
                        shutil.copytree(path, kept / path.relative_to(job.environment["HOME"]))
            elif kind == "when":
                only(step, "condition", "steps")
                if put_in(step["condition"], parameters) == "true":
                    steps(job, step, parameters)
            elif kind == "persist_to_workspace":
                only(step, "root", "paths")
                for path in step["paths"]:
                    place = job.place / step["root"] / path
                    shutil.copytree(place, machine / "workspace" / path, dirs_exist_ok=True)
            elif kind in orb["commands"]:
                words = {name: put_in(str(text), parameters) for name, text in step.items()}
                steps(job, orb["commands"][kind], parameters_of(orb["commands"][kind], words))
            else:
                sys.exit(f"not known here: {kind}")

    is_job = wanted in orb["jobs"]
    block = orb["jobs" if is_job else "commands"][wanted]
    parameters = parameters_of(block, given)
    total = int(put_in(str(block.get("parallelism", 1)), parameters))
    for number in range(total):
        # A container of its own: nothing is at home.
        place = machine / "homes" / f"{wanted}-{number}"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        (place / "bash_env").touch()
        variables = {
            "CI": "true",
            "CIRCLECI": "true",
            "CIRCLE_BRANCH": "main",
            "HOME": str(place),
            "BASH_ENV": str(place / "bash_env"),
        }
        if total > 1:
            variables |= {"CIRCLE_NODE_INDEX": str(number), "CIRCLE_NODE_TOTAL": str(total)}
        job = Job(machine, f"{wanted}-{number}", variables)
        steps(job, block, parameters)
        # A step of the job that follows.
        later = "" if job.code else job.run(["bash", "-eo", "pipefail", "-c"], "go version")
        done.append({"name": job.name, "code": job.code, "later": later})
    return done


def buildkite(file, machine):
    pipeline = ruamel.yaml.YAML(typ="safe").load(file.read_text())
    only(pipeline, "env", "steps")
    artifacts, done = machine / "artifacts", []
    for number, step in enumerate(pipeline["steps"]):
        only(
            step, "label", "key", "commands", "parallelism", "artifact_paths", "depends_on", "allow_dependency_failure"
        )
        total = step.get("parallelism", 1)
        if step.get("depends_on") and not step["allow_dependency_failure"]:
            sys.exit("not known here: a step that waits for others to succeed")
        for at in range(total):
            variables = {"CI": "true", "BUILDKITE": "true", "BUILDKITE_BRANCH": "main"}
            variables |= {"BUILDKITE_PULL_REQUEST": "false"}
            # The agent's home is that of this machine.
            for name, text in pipeline["env"].items():
                variables[name] = text.replace("/var/lib/buildkite-agent", str(machine / "home"))
            if total > 1:
                variables |= {"BUILDKITE_PARALLEL_JOB": str(at), "BUILDKITE_PARALLEL_JOB_COUNT": str(total)}
            agent = machine / "agent"
            agent.mkdir(exist_ok=True)
            client = agent / "buildkite-agent"
            # Of the agent's own client: `artifact download GLOB .`
            client.write_text(
                '#!/bin/sh -e\ntest "$1 $2 $4 $#" = "artifact download . 4"\n'
                f"cd '{artifacts}'\nfor file in $3; do mkdir -p \"$OLDPWD/${{file%/*}}\"; "
                'cp "$file" "$OLDPWD/$file"; done\n'
            )
            client.chmod(0o755)
            variables["PATH"] = f"{agent}:{os.environ['PATH']}"
            job = Job(machine, f"{number}-{at}", variables)
            said = job.run(["bash", "-e", "-c"], "\n".join(step["commands"]))
            for pattern in [step["artifact_paths"]] if "artifact_paths" in step else []:
                for name in glob.glob(pattern, root_dir=job.place):
                    (artifacts / name).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(job.place / name, artifacts / name)
            done.append({"name": step["label"], "code": job.code, "said": said})
    return done


machine = pathlib.Path(sys.argv[3])
for used in ["jobs", "workspace", "artifacts"]:
    shutil.rmtree(machine / used, ignore_errors=True)
system = {"circleci": circleci, "buildkite": buildkite}[sys.argv[1]]
print(json.dumps(system(pathlib.Path(sys.argv[2]), machine, *sys.argv[4:])))
