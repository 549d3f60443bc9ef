#!/usr/bin/env python3
"""Checks licences, sources and banned crates of all dependencies against deny.toml.

A stand-in for `cargo deny check` where that tool is not installed. It does not know advisories.
"""

import json
import re
import subprocess
import sys
import tomllib


def is_allowed(expression, allowed):
    """Evaluates an SPDX expression; `/` is the old spelling of OR."""
    tokens = re.findall(r"[()]|[^\s()]+", expression.replace("/", " OR "))
    position = 0

    def peek():
        return tokens[position] if position < len(tokens) else None

    def take():
        nonlocal position
        position += 1
        return tokens[position - 1]

    def either():
        result = both()
        while peek() == "OR":
            take()
            result = both() or result
        return result

    def both():
        result = one()
        while peek() == "AND":
            take()
            result = one() and result
        return result

    def one():
        if peek() is None:
            raise ValueError(expression)
        if peek() == "(":
            take()
            result = either()
            if peek() != ")":
                raise ValueError(expression)
            take()
            return result
        licence = take()
        if peek() == "WITH":
            take()
            if peek() is None:
                raise ValueError(expression)
            licence += " WITH " + take()
        return licence in allowed

    result = either()
    if peek() is not None:
        raise ValueError(expression)
    return result


def self_test():
    allowed = {"MIT", "Apache-2.0", "X WITH E"}
    for expression, want in [
        ("MIT", True),
        ("GPL-3.0", False),
        ("GPL-3.0 OR MIT", True),
        ("MIT/GPL-3.0", True),
        ("MIT AND GPL-3.0", False),
        ("(MIT OR GPL-3.0) AND Apache-2.0", True),
        ("MIT AND (GPL-3.0 OR X WITH E)", True),
        ("X", False),
    ]:
        assert is_allowed(expression, allowed) is want, expression
    for broken in ["", "(MIT", "MIT MIT", "MIT OR"]:
        try:
            is_allowed(broken, allowed)
        except ValueError:
            continue
        raise AssertionError(broken)


def main():
    self_test()
    with open("deny.toml", "rb") as file:
        rules = tomllib.load(file)
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--all-features"]
    metadata = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    allowed = set(rules["licenses"]["allow"])
    exceptions = {entry["crate"]: entry["allow"] for entry in rules["licenses"].get("exceptions", [])}
    banned = {entry["crate"] for entry in rules["bans"]["deny"]}
    members = set(metadata["workspace_members"])
    problems = []
    for package in metadata["packages"]:
        name = f"{package['name']} {package['version']}"
        try:
            here = allowed.union(exceptions.get(package["name"], []))
            if not is_allowed(package["license"] or "", here):
                problems.append(f"{name}: licence `{package['license']}` is not in deny.toml")
        except ValueError:
            problems.append(f"{name}: no licence expression that can be read")
        source = package["source"]
        if source is None and package["id"] not in members:
            problems.append(f"{name}: a path outside the workspace")
        elif source is not None and not source.startswith("registry+https://github.com/rust-lang/"):
            problems.append(f"{name}: unknown source `{source}`")
        if package["name"] in banned:
            problems.append(f"{name}: banned by deny.toml")
    for problem in problems:
        print(problem)
    print(f"{len(metadata['packages'])} packages looked at, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
