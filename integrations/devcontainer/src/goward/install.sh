#!/bin/sh
# Runs as root while the image is built: puts goward into /usr/local, and its store into /opt/goward,
# which belongs to the container's user. Go itself comes with the first `goward install` or `go`.
set -eu

store=/opt/goward

has() { command -v "$1" >/dev/null 2>&1; }

# What the installer needs: something that downloads, and something that checks a signature.
prepare() {
    if has curl && { has minisign || has openssl; }; then
        return
    fi
    if has apt-get; then
        apt-get update && apt-get install -y --no-install-recommends ca-certificates curl openssl
    elif has apk; then
        apk add --no-cache ca-certificates curl openssl
    elif has dnf; then
        dnf install -y ca-certificates curl openssl
    else
        echo "goward's feature needs curl, and minisign or OpenSSL 3, in the image" >&2
        return 1
    fi
}

if [ -z "${RELEASES-}" ]; then
    echo "set the option \`releases\` of goward's feature to a mirror of its releases" >&2
    exit 1
fi
prepare
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
curl -fsSL -o "$work/install.sh" "${RELEASES%/}/latest/download/install.sh"
set -- --from "$RELEASES" --prefix /usr/local --no-modify-path
[ -z "${KEY-}" ] || set -- "$@" --key "$KEY"
[ -z "${VERSION-}" ] || set -- "$@" --version "$VERSION"
mkdir -p "$store"
GOWARD_HOME=$store sh "$work/install.sh" "$@"
# A store has one owner.
chown -R "${_REMOTE_USER:-root}" "$store"
