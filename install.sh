#!/bin/sh
# Installs goward: from a checkout by building it, or, run by itself, from a release archive.
#
# Touches nothing but <prefix>/bin, <prefix>/lib/goward and a temporary directory; start-up files are
# edited by `goward setup`, which can be undone. Everything is in functions and `main` is called on the last
# line, so that a download that was cut short does nothing.

set -eu

# Programs that others could write to would run as whoever calls them.
umask go-w

# In zsh, behave like sh.
if [ -n "${ZSH_VERSION-}" ]; then emulate sh; fi

# Where releases are, and the public key by which their lists are signed. Both are empty until the
# first release: goward has none yet, and so there is no key.
releases=
release_key=
# Inside functions zsh has another $0.
script=$0
work=

usage() {
    cat <<'EOF'
Usage: install.sh [options]

Installs goward and goward-shim in <prefix>/bin and runs `goward setup`. In a checkout, they are built
with cargo; otherwise a release is downloaded, its signature and its checksum are checked.

Options:
  --prefix DIR       install below DIR (default: $HOME/.local)
  --no-modify-path   leave the start-up files of your shells alone
  --from URL         download a release from this mirror instead of building, by https: it has
                     latest/download/SHA256SUMS and download/vVERSION/. The variable
                     GOWARD_RELEASES says the same where there is no checkout. There is no
                     default: goward has no published releases yet
  --key KEY          the public key of minisign by which the mirror's releases are signed; the
                     variable GOWARD_RELEASES_KEY says the same
  --version VERSION  the release to download (default: the newest)
  --target TARGET    the platform to download for, as Rust calls it (default: this one)
  --uninstall        run `goward setup --undo` and remove both programs
  --purge            with --uninstall: run `goward self uninstall` instead, which removes the
                     store too, with every toolchain, and goward's settings
  --help             show this text
EOF
}

say() {
    printf '%s\n' "$*"
}

# die MESSAGE [HINT]...: every further argument is a line to act on.
die() {
    printf 'install.sh: %s\n' "$1" >&2
    shift
    for hint in "$@"; do
        printf 'hint: %s\n' "$hint" >&2
    done
    exit 1
}

usage_error() {
    printf 'install.sh: %s\nhint: ./install.sh --help\n' "$1" >&2
    exit 2
}

has() {
    command -v "$1" >/dev/null 2>&1
}

# Runs however the script ends: nothing half done stays behind.
clean_up() {
    [ -z "$work" ] || rm -rf "$work"
    [ -z "${bin-}" ] || rm -f "$bin/.goward.$$" "$bin/.goward-shim.$$"
    [ -z "${prefix-}" ] || rm -f "$prefix/lib/goward/.installed-by.$$"
}

make_work_directory() {
    work=$(mktemp -d "${TMPDIR:-/tmp}/goward-install.XXXXXX") ||
        die "cannot make a temporary directory in \`${TMPDIR:-/tmp}\`; nothing was installed" \
            "TMPDIR=/another/directory ./install.sh"
}

# --- Arguments --------------------------------------------------------------------------------

parse_arguments() {
    prefix=
    modify_path=yes
    from=
    key=
    version=
    target=
    uninstall=no
    purge=no
    while [ $# -gt 0 ]; do
        case $1 in
            --prefix | --from | --key | --version | --target)
                if [ $# -lt 2 ] || [ -z "$2" ]; then usage_error "\`$1\` needs a value"; fi
                set_option "$1" "$2"
                shift
                ;;
            --prefix=?* | --from=?* | --key=?* | --version=?* | --target=?*) set_option "${1%%=*}" "${1#*=}" ;;
            --no-modify-path) modify_path=no ;;
            --uninstall) uninstall=yes ;;
            --purge) purge=yes ;;
            -h | --help)
                usage
                exit 0
                ;;
            *) usage_error "unknown argument \`$1\`" ;;
        esac
        shift
    done
    [ "$purge" = no ] || [ "$uninstall" = yes ] || usage_error "\`--purge\` goes with \`--uninstall\`"
    # Both become parts of a URL and of file names.
    case $version$target in
        *[!A-Za-z0-9._+-]*) usage_error "\`--version\` and \`--target\` hold letters, digits and \`._+-\` only" ;;
    esac
}

set_option() {
    case $1 in
        --prefix) prefix=$2 ;;
        --from) from=$2 ;;
        --key) key=$2 ;;
        --version) version=${2#v} ;;
        --target) target=$2 ;;
    esac
}

# Sets `bin`.
choose_prefix() {
    if [ -z "$prefix" ]; then
        case ${HOME-} in
            /*) prefix=$HOME/.local ;;
            *)
                die "there is no default place: HOME is unset or not absolute" \
                    "choose one: ./install.sh --prefix /absolute/directory"
                ;;
        esac
    fi
    case $prefix in
        /*) ;;
        *) prefix=$(pwd)/$prefix ;;
    esac
    prefix=${prefix%/}
    bin=$prefix/bin
}

# Sets `checkout` to the directory of this script when goward's sources are there.
find_checkout() {
    checkout=
    # Read from a pipe, $0 is the shell, and the working directory may be anybody's.
    case ${script##*/} in
        install.sh) ;;
        *) return 0 ;;
    esac
    directory=$(CDPATH='' cd -- "$(dirname -- "$script")" 2>/dev/null && pwd) || return 0
    if grep -q '^name = "goward"$' "$directory/Cargo.toml" 2>/dev/null; then
        checkout=$directory
    fi
}

# --- Building ---------------------------------------------------------------------------------

# Sets `cargo`.
find_cargo() {
    for cargo in cargo "${CARGO_HOME:-${HOME-}/.cargo}/bin/cargo"; do
        if has "$cargo"; then return 0; fi
    done
    die "building goward needs cargo, which is missing; nothing was installed" \
        "install Rust $rust or newer, for example from https://rustup.rs, and run this again"
}

# Debian 12 has cargo 1.63, whose own message about a newer Cargo.toml says little.
check_cargo_version() {
    have=$("$cargo" --version) ||
        die "\`cargo --version\` failed; nothing was installed" "repair it: rustup default stable"
    number=${have#cargo }
    major=${number%%.*}
    minor=${number#*.}
    minor=${minor%%.*}
    case $major.$minor in
        *[!0-9.]* | .* | *.) return 0 ;;
    esac
    if [ "$major" -eq "${rust%%.*}" ] && [ "$minor" -lt "${rust#*.}" ]; then
        die "building goward needs Rust $rust or newer, and this is \`$have\`; nothing was installed" \
            "rustup update stable" \
            "without rustup: install Rust from https://rustup.rs"
    fi
}

check_compiler() {
    # rustc links with `cc`; CC names the compiler of the C parts only.
    has cc || die "building goward needs a C compiler called \`cc\`, which is missing; nothing was installed" \
        "Debian, Ubuntu: apt-get install build-essential" \
        "Fedora: dnf install gcc    Alpine: apk add build-base    macOS: xcode-select --install"
}

# build: sets `new_goward` and `new_shim`.
build() {
    rust=$(sed -n 's/^rust-version = "\([0-9]*\.[0-9]*\).*"$/\1/p' "$checkout/Cargo.toml")
    find_cargo
    check_cargo_version
    check_compiler
    make_work_directory
    say "building goward in $checkout: a few minutes the first time"
    # cargo itself says where the programs are: CARGO_TARGET_DIR and its configuration may move them.
    build_program goward-shim shim release
    build_program goward goward checkout
    new_goward=$(built goward)
    new_shim=$(built shim)
}

# build_program PACKAGE PROGRAM PROFILE: builds in the checkout, for the sake of cargo's configuration there.
build_program() {
    (cd "$checkout" && "$cargo" build --profile "$3" --locked --package "$1" --bin "$2" \
        --message-format json-render-diagnostics) >>"$work/messages" ||
        die "the build failed; nothing was installed" "the messages above say why"
}

# built NAME: prints where cargo put the program.
built() {
    path=$(sed -n "s|.*\"executable\":\"\\([^\"]*/$1\\)\".*|\\1|p" "$work/messages" | tail -n 1)
    [ -f "$path" ] || die "cargo did not say where it put \`$1\`; nothing was installed"
    printf '%s\n' "$path"
}

# --- Downloading ------------------------------------------------------------------------------

check_url() {
    case $1 in
        https://?*) scheme=https ;;
        http://?*) scheme=http ;;
        *) die "\`$1\` is not an https URL; nothing was downloaded" ;;
    esac
    authority=${1#*://}
    authority=${authority%%[/?#]*}
    case $authority in
        *@*) die "a URL with a user name or password is not accepted; nothing was downloaded" ;;
    esac
    [ "$scheme" = http ] || return 0
    case $authority in
        127.0.0.1 | 127.0.0.1:* | localhost | localhost:*) ;;
        *)
            die "refusing to download over plain http: \`$1\`; nothing was downloaded" \
                "plain http is accepted from this machine itself only"
            ;;
    esac
}

# Sets `target`.
detect_target() {
    [ -z "$target" ] || return 0
    system=$(uname -s)
    machine=$(uname -m)
    # To a shell that is translated, a Mac with an Apple processor says that it has Intel's.
    if [ "$system" = Darwin ] && [ "$(sysctl -n sysctl.proc_translated 2>/dev/null)" = 1 ]; then
        machine=arm64
    fi
    case $system/$machine in
        Linux/x86_64 | Linux/amd64) target=x86_64-unknown-linux-musl ;;
        Linux/aarch64 | Linux/arm64) target=aarch64-unknown-linux-musl ;;
        Linux/i[3-6]86) target=i686-unknown-linux-musl ;;
        Linux/armv7*) target=armv7-unknown-linux-gnueabihf ;;
        Linux/riscv64) target=riscv64gc-unknown-linux-gnu ;;
        Linux/s390x) target=s390x-unknown-linux-gnu ;;
        Linux/ppc64le) target=powerpc64le-unknown-linux-gnu ;;
        Darwin/arm64) target=aarch64-apple-darwin ;;
        Darwin/x86_64) target=x86_64-apple-darwin ;;
        *)
            die "there are no release archives for $system on $machine; nothing was downloaded" \
                "build goward: run install.sh in a checkout of its repository"
            ;;
    esac
}

# fetch URL FILE
fetch() {
    if has curl; then
        case $scheme in
            https) curl --proto '=https' --tlsv1.2 -fsSL --retry 3 --connect-timeout 30 -o "$2" "$1" ;;
            # No redirects: one could lead off this machine.
            *) curl --proto '=http' -fsS --connect-timeout 30 -o "$2" "$1" ;;
        esac
    else
        # wget cannot be told to follow redirects to https only.
        wget -q --max-redirect=0 --tries=3 --timeout=30 -O "$2" "$1"
    fi
}

check_download_tools() {
    # Of the programs called wget, only GNU's is known to check certificates.
    if ! has curl && ! { has wget && wget --version 2>/dev/null | grep -q '^GNU Wget'; }; then
        die "downloading needs curl or GNU wget, and both are missing; nothing was downloaded" \
            "Debian, Ubuntu: apt-get install curl    Alpine: apk add curl    Fedora: dnf install curl"
    fi
    for tool in tar gzip; do
        has "$tool" || die "unpacking needs $tool, which is missing; nothing was downloaded"
    done
    has sha256sum || has shasum || has openssl ||
        die "checking the download needs sha256sum, shasum or openssl, and all are missing; nothing was downloaded"
    has minisign || has_openssl || die "checking the signature needs minisign or OpenSSL 3, and both are missing; nothing was downloaded" \
        "Debian, Ubuntu, Alpine, Fedora: install the package openssl    macOS: brew install minisign"
}

# Older ones, and LibreSSL, cannot check Ed25519.
has_openssl() {
    case $(openssl version 2>/dev/null) in
        'OpenSSL '[3-9].*) ;;
        *) return 1 ;;
    esac
}

# sha256 FILE: prints 64 hexadecimal digits.
sha256() {
    if has sha256sum; then
        sha256sum <"$1" | cut -d ' ' -f 1
    elif has shasum; then
        shasum -a 256 <"$1" | cut -d ' ' -f 1
    else
        openssl dgst -sha256 -r <"$1" | cut -d ' ' -f 1
    fi
}

# bytes FIRST COUNT FILE: prints a part of a file, which starts at 0.
bytes() {
    dd if="$3" bs=1 skip="$1" count="$2" 2>/dev/null
}

# decode TEXT FILE: base64.
decode() {
    printf '%s\n' "$1" | openssl base64 -d -A >"$2" 2>/dev/null
}

# check_signature FILE: checks that `key` signed the file, whose signature is FILE.minisig.
check_signature() {
    if has minisign; then
        minisign -Vqm "$1" -x "$1.minisig" -P "$key" >/dev/null 2>&1
    else
        check_signature_with_openssl "$1"
    fi
}

# A key is `Ed`, 8 bytes that name it, and 32 bytes. A signature is `ED`, the name of the key, and 64
# bytes that sign the BLAKE2b of the file.
check_signature_with_openssl() {
    decode "$key" "$work/key" || return 1
    decode "$(sed -n 2p "$1.minisig")" "$work/signature" || return 1
    [ "$(wc -c <"$work/key")" -eq 42 ] && [ "$(wc -c <"$work/signature")" -eq 74 ] || return 1
    [ "$(bytes 0 2 "$work/key")$(bytes 0 2 "$work/signature")" = EdED ] || return 1
    bytes 2 8 "$work/key" >"$work/key-name"
    bytes 2 8 "$work/signature" | cmp -s - "$work/key-name" || return 1
    # What DER has before the 32 bytes of such a key.
    {
        printf '\060\052\060\005\006\003\053\145\160\003\041\000'
        bytes 10 32 "$work/key"
    } >"$work/key.der"
    bytes 10 64 "$work/signature" >"$work/signature.raw"
    openssl dgst -blake2b512 -binary "$1" >"$work/hashed" || return 1
    openssl pkeyutl -verify -pubin -keyform DER -inkey "$work/key.der" -rawin -in "$work/hashed" \
        -sigfile "$work/signature.raw" >/dev/null 2>&1
}

# Sets `from` and `key`.
choose_releases() {
    from=${from:-${GOWARD_RELEASES:-$releases}}
    key=${key:-${GOWARD_RELEASES_KEY:-$release_key}}
    if [ -z "$from" ]; then
        die "nothing to download from: goward has no published releases yet" \
            "clone its repository and run ./install.sh there, or name a mirror with releases: --from URL --key KEY"
    fi
    check_url "$from"
    from=${from%/}
    if [ -z "$key" ]; then
        die "there is no key to check the signature of \`$from\` by; nothing was downloaded" \
            "name the public key of whoever signs its releases: --key KEY"
    fi
    case $key in
        *[!A-Za-z0-9+/=]*) usage_error "\`--key\` is the second line of a public key of minisign" ;;
    esac
}

# Sets `wanted` to the sha256 of the archive, and `version`, by the signed list of the release.
read_list() {
    if [ -n "$version" ]; then list=$from/download/v$version/SHA256SUMS; else list=$from/latest/download/SHA256SUMS; fi
    for end in '' .minisig; do
        fetch "$list$end" "$work/SHA256SUMS$end" || die "cannot download \`$list$end\`; nothing was installed"
    done
    check_signature "$work/SHA256SUMS" ||
        die "the signature of \`$list\` is not by the key $key; nothing was installed" \
            "if it stays so, tell whoever publishes it"
    row=$(sed -n "s/^\([0-9a-f]\{64\}\)  goward-\([0-9][A-Za-z0-9._+-]*\)-$target\.tar\.gz\$/\1 \2/p" "$work/SHA256SUMS" |
        head -n 1)
    if [ -z "$row" ] || { [ -n "$version" ] && [ "$version" != "${row#* }" ]; }; then
        die "\`$list\` has no archive ${version:+of goward $version }for $target; nothing was installed" \
            "build goward: run install.sh in a checkout of its repository"
    fi
    wanted=${row%% *}
    version=${row#* }
}

# Sets `new_goward` and `new_shim`.
download() {
    choose_releases
    detect_target
    check_download_tools
    make_work_directory
    read_list
    name=goward-$version-$target
    url=$from/download/v$version/$name.tar.gz
    say "downloading $url"
    fetch "$url" "$work/archive" || die "cannot download \`$url\`; nothing was installed"
    got=$(sha256 "$work/archive")
    [ "$got" = "$wanted" ] ||
        die "the sha256 of \`$url\` is wrong; nothing was installed
  wanted $wanted
  got    $got" \
            "try again; if it stays wrong, tell whoever publishes it"
    # Only these two names are unpacked, whatever else the archive holds.
    mkdir "$work/unpacked"
    tar -xzf "$work/archive" -C "$work/unpacked" "$name/goward" "$name/goward-shim" ||
        die "\`$url\` does not hold \`$name/goward\` and \`$name/goward-shim\`; nothing was installed"
    new_goward=$work/unpacked/$name/goward
    new_shim=$work/unpacked/$name/goward-shim
    for program in "$new_goward" "$new_shim"; do
        if [ -L "$program" ] || [ ! -f "$program" ]; then
            die "\`${program##*/}\` in \`$url\` is not a regular file; nothing was installed"
        fi
    done
}

# --- Installing -------------------------------------------------------------------------------

# install_programs OWNER
install_programs() {
    note_directories "$1"
    mkdir -p "$bin" "$prefix/lib/goward" || die "cannot make \`$bin\`; nothing was installed" \
        "choose another place: ./install.sh --prefix /absolute/directory"
    for program in goward goward-shim; do
        [ ! -d "$bin/$program" ] || die "\`$bin/$program\` is a directory; nothing was installed"
    done
    # Copies first, so that a full disk leaves the old pair in place; renames cannot be half done,
    # and programs that are running keep their file.
    copy "$new_goward" "$bin/.goward.$$"
    copy "$new_shim" "$bin/.goward-shim.$$"
    mv -f "$bin/.goward-shim.$$" "$bin/goward-shim"
    mv -f "$bin/.goward.$$" "$bin/goward"
    printf '%s\n' "$notes" >"$prefix/lib/goward/.installed-by.$$"
    mv -f "$prefix/lib/goward/.installed-by.$$" "$prefix/lib/goward/installed-by"
    say "installed $bin/goward and $bin/goward-shim"
}

# Sets `notes`: who installed this, for `goward self update`, and what goes when it is uninstalled: the
# directories that are made now, or were at the first time.
note_directories() {
    notes=$1
    if [ -f "$prefix/lib/goward/installed-by" ]; then
        made=$(sed -n '/^made /p' "$prefix/lib/goward/installed-by")
        notes=$notes${made:+
$made}
        return 0
    fi
    find_store
    note_missing "$bin"
    note_missing "$prefix/lib"
    [ -z "$store" ] || note_missing "$(dirname "$store")"
    case ${HOME-} in
        /*)
            note_missing "${XDG_STATE_HOME:-$HOME/.local/state}"
            note_missing "${XDG_CACHE_HOME:-$HOME/.cache}"
            # Where `goward setup` writes for fish.
            note_missing "${XDG_CONFIG_HOME:-$HOME/.config}/fish/conf.d"
            ;;
    esac
}

# note_missing DIRECTORY: adds it and those above it that are not there, the deepest first.
note_missing() {
    directory=$1
    while [ "${directory#/}" != "$directory" ] && [ ! -d "$directory" ]; do
        case "$notes
" in
            *"
made $directory
"*) ;;
            *) notes="$notes
made $directory" ;;
        esac
        directory=$(dirname "$directory")
    done
}

copy() {
    if ! cp "$1" "$2" || ! chmod 755 "$2"; then
        die "cannot write to \`$bin\`; nothing was installed" \
            "choose another place: ./install.sh --prefix /absolute/directory"
    fi
}

# Sets `store` by goward's own rule; empty when there is none.
find_store() {
    store=
    case ${GOWARD_HOME-} in
        /*)
            store=$GOWARD_HOME
            return 0
            ;;
    esac
    case ${XDG_DATA_HOME-} in
        /*)
            store=$XDG_DATA_HOME/goward
            return 0
            ;;
    esac
    case ${HOME-} in
        /*) store=$HOME/.local/share/goward ;;
    esac
}

set_up() {
    find_store
    if [ -z "$store" ]; then
        say "not set up: there is no place for toolchains, as HOME, XDG_DATA_HOME and GOWARD_HOME are unset"
        say "next: GOWARD_HOME=/absolute/directory $bin/goward setup"
        return 0
    fi
    if [ "$modify_path" = yes ]; then
        "$bin/goward" setup || setup_failed "$bin/goward setup"
        say "next: open a new shell, or: . \"$store/env\""
    else
        "$bin/goward" setup --no-modify-path || setup_failed "$bin/goward setup --no-modify-path"
        say "next: . \"$store/env\" wherever you want goward's go to be first"
    fi
}

setup_failed() {
    die "goward is installed, but \`goward setup\` failed" "when that is solved: $1"
}

# --- Uninstalling -----------------------------------------------------------------------------

remove() {
    if [ ! -x "$bin/goward" ]; then
        find_store
        if [ "$purge" = yes ] && [ -n "$store" ] && [ -e "$store" ]; then
            die "goward is not installed in $bin, and it is what purges $store; nothing was removed" \
                "install it again, and then: ./install.sh --uninstall --purge"
        elif [ ! -e "$bin/goward-shim" ]; then
            say "goward is not installed in $bin; nothing to do"
            return 0
        fi
    fi
    read_notes
    take_back
    rm -f "$bin/goward" "$bin/goward-shim" || die "cannot remove goward from \`$bin\`"
    say "removed goward and goward-shim from $bin"
    remove_notes
    if [ "$purge" = no ] && [ -n "${store-}" ] && [ -d "$store" ]; then
        say "toolchains stay in $store; --purge removes them"
    fi
    remove_directories
}

# Has goward take back what it did, while it is there. Sets `store` where there is one.
take_back() {
    [ -x "$bin/goward" ] || return 0
    find_store
    [ -n "$store" ] || return 0
    if [ "$purge" = yes ]; then
        "$bin/goward" self uninstall --yes ||
            die "\`goward self uninstall\` failed" "when that is solved: ./install.sh --uninstall --purge"
    else
        "$bin/goward" setup --undo ||
            die "\`goward setup --undo\` failed; nothing was removed" \
                "to remove the programs anyway: rm \"$bin/goward\" \"$bin/goward-shim\""
    fi
}

# Sets `made` to the directories that this installation made.
read_notes() {
    note=$prefix/lib/goward/installed-by
    made=
    [ ! -f "$note" ] || made=$(sed -n 's/^made //p' "$note")
}

# Removes the note about this installation.
remove_notes() {
    rm -f "$note"
    rmdir "$prefix/lib/goward" 2>/dev/null || :
}

# Removes the directories that the installation made, where they are empty now: the deepest first.
remove_directories() {
    printf '%s\n' "$made" | LC_ALL=C sort -r | while IFS= read -r directory; do
        case $directory in
            /*) rmdir "$directory" 2>/dev/null || : ;;
        esac
    done
}

main() {
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    parse_arguments "$@"
    choose_prefix
    if [ "$uninstall" = yes ]; then
        remove
        return 0
    fi
    find_checkout
    if [ -n "$checkout" ] && [ -z "$from" ]; then
        build
        install_programs checkout
    else
        download
        install_programs install.sh
    fi
    set_up
}

main "$@"
