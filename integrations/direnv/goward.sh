# shellcheck shell=bash
# Copy this file to ~/.config/direnv/lib/; then `use goward` in an .envrc is the Go of goward.lock.
use_goward() {
    watch_file goward.lock goward.toml
    eval "$(goward env --shell bash)"
}
