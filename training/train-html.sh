#!/bin/sh
# Makes crates/strip/models/html.bin anew. Called by train.sh.
# usage: train-html.sh DATA WORK
set -eu
data=$1
work=$2
here=$(dirname "$0")
run="cargo run --release --quiet --package dechaff-training --bin"

mkdir -p "$work"
$run html-features -- "$data" "$here/labels" "$work/matrix"
"$here/.venv/bin/python" "$here/gbdt.py" "$work/matrix" "$work/grown" "$here/parameters/html.json" --threads "${THREADS:-1}"
$run html-model -- "$work/matrix" "$work/grown" "$work/models"

report=$work/html.md
{
    cat "$here/notes-html.md"
    printf '\n## Out of fold, by site, through the production code\n\n'
    $run html-score -- "$data" "$work/models" "$work/out-of-fold.jsonl"
    printf '\nPages of multilang-dev that are not held out, scored by fold models: '
    $run html-score -- "$data" "$work/models" "$work/multilang.jsonl" --multilang
    printf '\nThe same for the whole program: rules, titles and what pages state beside the model.\n\n'
    $run html-score -- "$data" "$work/models" "$work/whole.jsonl" --whole
    printf '\n'
    $run html-score -- "$data" "$work/models" "$work/whole-multilang.jsonl" --whole --multilang
    printf '\n## The held-out tenth of the sites\n\n'
    $run html-score -- "$data" "$work/models" "$work/held-out.jsonl" --held-out
    printf '\n## Features by gain\n\n'
    "$here/.venv/bin/python" -c 'import json, sys
for name, share in json.load(open(sys.argv[1]))[:40]:
    print(f"- {name}: {share:.3f}")' "$work/grown/importance.json"
    printf '\nModel file: %s bytes.\n' "$(wc -c < "$work/models/html.bin")"
} > "$report"
cp "$work/models/html.bin" "$here/../crates/strip/models/html.bin"
cp "$report" "$here/reports/html.md"
