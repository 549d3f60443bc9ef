#!/usr/bin/env python3
"""Turns what the suites wrote into a table: table.py LINES [DOCUMENT]

With a document, puts it there, between the lines that say so.
"""

import sys

BEGIN = "<!-- The table is written by tests/torture/run.sh. -->"
END = "<!-- End of the table. -->"


def main():
    rows = ["| suite | cases | failed | seconds | seed | |", "|---|---|---|---|---|---|"]
    with open(sys.argv[1], encoding="utf-8") as lines:
        for line in lines:
            rows.append("| " + " | ".join(line.rstrip("\n").split("\t")) + " |")
    table = "\n".join(rows)
    if len(sys.argv) < 3:
        print(table)
        return
    with open(sys.argv[2], encoding="utf-8") as document:
        text = document.read()
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    with open(sys.argv[2], "w", encoding="utf-8") as document:
        document.write(f"{before}{BEGIN}\n\n{table}\n\n{END}{after}")


main()
