#!/bin/sh
# Builds and runs two projects through the same `go`, and checks that each saw the toolchain, the
# experiments and the debug settings of its own lock.
#
# The first run installs both toolchains, about 70 MB each. It asks for them with `goward install`, because
# both have known flaws, and `go` alone does not install those for a lock.

set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
work=
failures=0

die() {
    printf 'run.sh: %s\nhint: %s\n' "$1" "$2" >&2
    exit 1
}

clean_up() {
    [ -z "$work" ] || rm -rf "$work"
}

# Puts goward's `go` first on PATH, as a new shell would have it after `goward setup`.
find_go() {
    store=${GOWARD_HOME:-${XDG_DATA_HOME:-${HOME-}/.local/share}/goward}
    store=${store%/}
    is_shim && return 0
    if [ -r "$store/env" ]; then
        # shellcheck source=/dev/null
        . "$store/env"
        is_shim && return 0
    fi
    for goward in goward "${HOME-}/.local/bin/goward"; do
        if command -v "$goward" >/dev/null; then
            die "\`go\` is not goward's: there is no working \`$store/env\`" "$goward setup"
        fi
    done
    die "goward is not installed" "./install.sh, in the directory above examples"
}

is_shim() {
    [ "$(command -v go || :)" = "$store/shims/go" ]
}

# install PROJECT: installs what its lock names, known flaws or not.
install() {
    goward=$(command -v goward || printf '%s' "${HOME-}/.local/bin/goward")
    (cd "$here/$1" && "$goward" install) || die "cannot install the toolchain of $here/$1" 'goward doctor'
}

# build_and_run PROJECT: leaves the program's facts in a file. `go run` and not the program itself,
# because the shim's settings are for go and what it starts.
build_and_run() {
    printf '%s: go build, go run\n' "$1"
    (
        cd "$here/$1" &&
            go build -o "$work/$1.program" . &&
            go run . >"$work/$1"
    ) || die "\`go\` failed in $here/$1" "the messages above say why; then: goward which"
}

# locked PROJECT KEY: prints a value of the lock.
locked() {
    sed -n "s/^$2 = \"\\(.*\\)\"\$/\\1/p" "$here/$1/goward.lock"
}

# seen PROJECT FACT: prints what the program said.
seen() {
    awk -F '\t' -v fact="$2" '$1 == fact { print $2 }' "$work/$1"
}

# expect PROJECT FACT VALUE
expect() {
    value=$(seen "$1" "$2")
    [ "$value" = "$3" ] || complain "$1: $2 should be \`$3\`, and is \`$value\`"
}

complain() {
    printf 'run.sh: %s\n' "$1" >&2
    failures=$((failures + 1))
}

check() {
    version=$(locked "$1" version)
    case $(seen "$1" 'runtime.Version()') in
        # Go adds the experiments that are not its default.
        "$version" | "$version"-X:* | "$version X:"*) ;;
        *) expect "$1" 'runtime.Version()' "$version" ;;
    esac
    tags=" $(seen "$1" 'goexperiment tags') "
    for name in $(locked "$1" GOEXPERIMENT | tr , ' '); do
        case $name/$tags in
            no*/*" ${name#no} "*) complain "$1: the experiment ${name#no} should be off" ;;
            no*/* | */*" $name "*) ;;
            *) complain "$1: the experiment $name should be on" ;;
        esac
    done
    expect "$1" GODEBUG "$(locked "$1" GODEBUG)"
    case $(seen "$1" 'runtime.GOROOT()') in
        "$store/tree/$version"-*) ;;
        *) expect "$1" 'runtime.GOROOT()' "$store/tree/$version-..." ;;
    esac
    # A program gets what plain Go gives it: go finds its own GOROOT, and exports none.
    expect "$1" GOROOT ''
}

# Facts down, projects across.
table() {
    awk -F '\t' -v store="$store/" '
        FNR == 1 { column++; cell[0, column] = FILENAME; sub(".*/", "", cell[0, column]) }
        {
            cell[FNR, 0] = $1
            cell[FNR, column] = index($2, store) == 1 ? "STORE/" substr($2, length(store) + 1) : $2
            rows = FNR
        }
        END {
            for (i in cell) {
                split(i, at, SUBSEP)
                if (length(cell[i]) > width[at[2]]) width[at[2]] = length(cell[i])
            }
            for (row = 0; row <= rows; row++)
                printf("%-" width[0] "s  %-" width[1] "s  %s\n", cell[row, 0], cell[row, 1], cell[row, 2])
        }' "$work/alpha" "$work/beta"
}

main() {
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    find_go
    work=$(mktemp -d "${TMPDIR:-/tmp}/goward-example.XXXXXX")
    printf 'go is %s\n' "$(command -v go)"
    for project in alpha beta; do
        install "$project"
        build_and_run "$project"
    done
    printf '\n'
    table
    printf '\nSTORE is %s\n' "$store"
    for project in alpha beta; do
        check "$project"
    done
    [ "$failures" -eq 0 ] || exit 1
    printf 'Each project saw what its lock says.\n'
}

main "$@"
