#!/usr/bin/env bash
# Every torture suite with its full count; writes the table into docs/reliability.md.
#
#   tests/torture/run.sh            every suite
#   tests/torture/run.sh sweep      only those whose test has this in its name; the table stays as it is
#
# As root, all of it runs; without, what has to mount says that it did not. GOWARD_SEED, GOWARD_TORTURE
# and GOWARD_TORTURE_ONLY are as in tests/torture/count.rs. Takes about half an hour on two cores.

set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
lines=$(mktemp)
trap 'rm -f "$lines"' EXIT
export GOWARD_TEST_FULL=1 GOWARD_TORTURE_TABLE="$lines"

cargo test --locked --test main -- "torture::${1:-}" --test-threads=1
status=$?
if [ $# -eq 0 ]; then
    python3 tests/torture/table.py "$lines" docs/reliability.md || status=1
else
    python3 tests/torture/table.py "$lines"
fi
exit $status
