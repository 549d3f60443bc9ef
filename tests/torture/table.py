#!/usr/bin/env python3
"""Turns what the suites wrote into a table: table.py LINES [DOCUMENT]

With a document, puts it there, between the lines that say so. Rows of suites that did not run stay as they are,
with the day of their own run. What people write goes outside of these lines.
"""

import datetime
import sys

BEGIN = "<!-- The table is written by tests/torture/run.sh; do not edit it. -->"
END = "<!-- End of the table. -->"
HEAD = ["| suite | cases | failed | seconds | seed | day | |", "|---|---|---|---|---|---|---|"]


def row(line, day):
    """Returns a suite's name and its row."""
    suite, cases, failed, seconds, seed, what = line.rstrip("\n").split("\t")
    return suite, f"| {suite} | {cases} | {failed} | {seconds} | {seed} | {day} | {what} |"


def kept(table):
    """Returns the rows that are in a document, by suite."""
    rows = [line for line in table.splitlines() if line.startswith("|") and line not in HEAD]
    return {line.split("|")[1].strip(): line for line in rows}


def main():
    day = datetime.date.today().isoformat()
    with open(sys.argv[1], encoding="utf-8") as lines:
        rows = dict(row(line, day) for line in lines)
    if len(sys.argv) < 3:
        print("\n".join([*HEAD, *rows.values()]))
        return
    with open(sys.argv[2], encoding="utf-8") as document:
        text = document.read()
    before, rest = text.split(BEGIN)
    table, after = rest.split(END)
    table = "\n".join([*HEAD, *(kept(table) | rows).values()])
    with open(sys.argv[2], "w", encoding="utf-8") as document:
        document.write(f"{before}{BEGIN}\n\n{table}\n\n{END}{after}")


main()
