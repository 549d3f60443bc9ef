#!/usr/bin/env bash
# Go's own tests of the go command, through goward and without it.
#
#   tests/hermetic/go-own-tests.sh TREE [SHIMS]
#
# TREE   a Go tree that may be written to, in a directory whose goward.lock has that toolchain
# SHIMS  the store's `shims` directory; without it, only the run without goward
#
# Runs the scripts of cmd/go that are about the environment, modules, workspaces, builds, tests, runs, versions and
# toolchains, once with the tree's own go and once with goward's as the only `go` on PATH, prints how each
# ended, and fails when one ended otherwise. GOWARD_TEST_SCRIPTS replaces the choice of scripts,
# GOWARD_TEST_FULL=1 leaves out -short. Needs gcc and git, and takes minutes.

set -euo pipefail

if [ $# -lt 1 ] || [ $# -gt 2 ]; then
    sed -n '2,13s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
tree=$(cd "$1" && pwd)
shims=${2:+$(cd "$2" && pwd)}
scripts=${GOWARD_TEST_SCRIPTS:-'^(env_|mod_|work_|build_|test_|run_|version|gotoolchain_)'}
short=-short
[ "${GOWARD_TEST_FULL:-}" != 1 ] || short=
results=$(mktemp -d)
trap 'chmod -R u+w "$results" && rm -rf "$results"' EXIT

# Runs the scripts with the `go` of a directory; leaves the end of each, sorted, in a file.
run() {
    local name=$1 bin=$2
    shift 2
    # In the tree: that is what cmd/go names there. A home of its own, and nothing of the caller's.
    (cd "$tree/src" && env -i "$@" HOME="$results/home" PATH="$bin:/usr/bin:/bin" GOCACHE="$results/cache" \
        GOPROXY=off GOFLAGS= go test $short -v -count=1 -vet=off -timeout=60m -run "^TestScript\$/$scripts" cmd/go) \
        >"$results/$name.log" 2>&1 || true
    sed -nE 's/^ +--- (PASS|SKIP|FAIL): TestScript\/([^ ]+).*/\2 \1/p' "$results/$name.log" | sort >"$results/$name"
    if [ ! -s "$results/$name" ]; then
        echo "$name: no script ran:" >&2
        tail -n 20 "$results/$name.log" >&2
        exit 1
    fi
    echo "$name: $(cut -d' ' -f2 "$results/$name" | sort | uniq -c | awk '{ printf "%s%s %s", sep, $1, $2; sep = ", " }')"
}

mkdir "$results/home"
run plain "$tree/bin"
[ -n "$shims" ] || exit 0
run goward "$shims" GOWARD_HOME="$(dirname "$shims")"
if diff "$results/plain" "$results/goward" >"$results/diff"; then
    echo "every script ends as it does without goward"
else
    cat "$results/diff"
    grep -a -A 40 -- '--- FAIL: TestScript/' "$results/goward.log" | head -n 400
    exit 1
fi
