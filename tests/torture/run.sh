#!/usr/bin/env bash
# Every torture suite with its full count; writes their rows of the table in docs/reliability.md.
#
#   tests/torture/run.sh            every suite
#   tests/torture/run.sh sweep      only those whose test has this in its name; the other rows stay as they are
#   tests/torture/run.sh --mutants 3/30
#                                   a part of all changes to verify, archive and store: which ones no unit test notices
#                                   (takes cargo-mutants; changes nothing here, but compiles once for each of some 70)
#
# As root, all of it runs; without, what has to mount says that it did not. GOWARD_SEED, GOWARD_TORTURE
# and GOWARD_TORTURE_ONLY are as in tests/torture/count.rs; with one of the last two, which leave cases out, the table is
# printed and not written. Takes about three hours on two cores.

set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
if [ "${1:-}" = --mutants ]; then
    status=0
    for part in verify archive store; do
        cargo mutants --no-shuffle --timeout 240 --output "target/mutants/$part" --file "src/$part/**/*.rs" \
            --shard "${2:-0/1}" --sharding round-robin --cargo-arg=--lib -- --locked -- "$part::" || status=1
    done
    exit $status
fi

lines=$(mktemp)
trap 'rm -f "$lines"' EXIT
export GOWARD_TEST_FULL=1 GOWARD_TORTURE_TABLE="$lines"

cargo test --locked --test main -- "torture::${1:-}" --test-threads=1
status=$?
document=docs/reliability.md
[ -z "${GOWARD_TORTURE:-}${GOWARD_TORTURE_ONLY:-}" ] || document=
python3 tests/torture/table.py "$lines" ${document:+"$document"} || status=1
exit $status
