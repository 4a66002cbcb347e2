#!/bin/sh
# Trains the models and writes them, with their reports, to where they are compiled in.
#
# usage: training/train.sh DATA [WORK]
#
# DATA holds wcxb-dev/, text-dev/ and multilang-dev/ as described in training/src/data.rs; WORK (default:
# target/training) takes the matrices. The same data give the same files. THREADS=n grows trees with n threads.
set -eu
data=$1
here=$(dirname "$0")
work=${2:-$here/../target/training}
mkdir -p "$work" "$here/reports"

if [ ! -x "$here/.venv/bin/python" ]; then
    python3 -m venv "$here/.venv"
    "$here/.venv/bin/pip" install --quiet --requirement "$here/requirements.txt"
fi
# Only for the pages that the package brings: --no-deps, and nothing of it is run.
"$here/.venv/bin/pip" install --quiet --no-deps --upgrade --target "$work/packages" formasaurus==0.10.0
"$here/.venv/bin/python" "$here/pages.py" "$data" "$work/packages" "$work/data"
for model in "$here"/train-*.sh; do
    sh "$model" "$work/data" "$work/$(basename "$model" .sh)"
done
