#!/bin/sh
# Every benchmark, one after the other; figures go to the directory in the first argument.
#
#   benches/run.sh [DIRECTORY]

set -eu
cd "$(dirname "$0")/.."
results=${1:-target/bench-results}
mkdir -p "$results"
results=$(cd "$results" && pwd)
cargo bench --bench shim -- --json "$results/shim.json" --svg "$results/shim.svg"
cargo bench --bench commands -- --json "$results/commands.json" --svg "$results/commands.svg"
cargo bench --bench growth -- --json "$results/growth.json" --svg "$results/growth.svg"
cargo bench --bench install -- --json "$results/install.json" --svg "$results/install.svg"
cargo bench --bench upgrade -- --json "$results/upgrade.json" --svg "$results/upgrade.svg"
printf 'results are in %s\n' "$results"
