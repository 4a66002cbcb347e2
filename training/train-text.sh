#!/bin/sh
# Makes the models for plain text anew: crates/segment/models/breaks.bin, crates/strip/models/text.bin and names.bin.
# Called by train.sh.
# usage: train-text.sh DATA WORK
set -eu
data=$1
work=$2
here=$(dirname "$0")
run="cargo run --release --quiet --package dechaff-training --bin"
labels="$here/labels"
models="$here/../crates/strip/models"

grow() {
    "$here/.venv/bin/python" "$here/gbdt.py" "$work/$1" "$work/$1" "$here/parameters/text-$1.json" --threads "${THREADS:-1}"
}

"$here/.venv/bin/python" "$here/render.py" "$data" "$work/rendered"
# First where lines ended, since it decides what a line is; every program after it is built with it.
$run breaks -- "$data" "$labels" "$work/rendered" "$here/../crates/segment/models/breaks.bin" > "$work/breaks.txt"
for pass in first second headline; do
    $run text -- $pass "$data" "$labels" "$work"
    grow $pass
done
$run text -- pack "$work"
cp "$work/text.bin" "$models/text.bin"
# Last what is dropped is called, since the model says what is dropped.
$run names -- "$labels" "$models/names.bin" > "$work/names.txt"
{
    $run text -- report "$data" "$labels" "$work"
    printf '\n## The held-out tenth of the sites\n\n'
    $run text -- held-out "$data" "$work"
    printf '\n## Line ends that were lost\n\nOn a fifth of the sites and dumps, by a model of the others:\n\n```\n'
    cat "$work/breaks.txt"
    printf '```\n\n## Names of dropped lines\n\nOn a fifth of the dumps, by a model of the others:\n\n```\n'
    cat "$work/names.txt"
    printf '```\n\n'
    cat "$here/notes-text.md"
} > "$work/text.md"
cp "$work/text.md" "$here/reports/text.md"
