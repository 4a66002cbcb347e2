#!/bin/sh
# Makes crates/strip/models/text.bin anew. Called by train.sh.
# usage: train-text.sh DATA WORK
set -eu
data=$1
work=$2
here=$(dirname "$0")
text="cargo run --release --quiet --package dechaff-training --bin text --"

grow() {
    "$here/.venv/bin/python" "$here/gbdt.py" "$work/$1" "$work/$1" "$here/parameters/text-$1.json" --threads "${THREADS:-1}"
}

labels="$here/labels"
"$here/.venv/bin/python" "$here/render.py" "$data" "$work/rendered"
$text first "$data" "$labels" "$work"
grow first
$text second "$data" "$labels" "$work"
grow second
$text pack "$work"
{
    $text report "$data" "$labels" "$work"
    printf '\n## The held-out tenth of the sites\n\n'
    $text held-out "$data" "$work"
    printf '\n'
    cat "$here/notes-text.md"
} > "$work/text.md"
cp "$work/text.bin" "$here/../crates/strip/models/text.bin"
cp "$work/text.md" "$here/reports/text.md"
