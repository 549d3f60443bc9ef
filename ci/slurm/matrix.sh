#!/bin/sh
# Slurm: each cell of the matrix `ci` of goward.toml is a task of an array, in the project's directory,
# which all nodes see. A second job judges them all when every task has ended, however it did.
#
#   ci/slurm/matrix.sh [OPTION OF sbatch]...
set -eu

last=$(($(goward matrix ci --plan count) - 1))
cells=$(sbatch --parsable --array="0-$last" "$@" --wrap 'goward matrix ci --cell auto')
exec sbatch --wait --dependency="afterany:$cells" "$@" --wrap \
    'goward matrix ci --merge goward-results --junit junit.xml --html report.html'
