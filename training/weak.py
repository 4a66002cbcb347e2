#!/usr/bin/env python3
"""Texts of pages without gold text, as Trafilatura extracts them: one of the two teachers of weak labels.

usage: weak.py DATA OUT.jsonl

Reads DATA/multilang-dev/gold.jsonl and html/<id>.html.gz, writes `{"id","text"}` a line.
"""
import gzip
import json
import pathlib
import sys

import trafilatura

data, out = map(pathlib.Path, sys.argv[1:])
with (data / "multilang-dev/gold.jsonl").open() as gold, out.open("w") as texts:
    for line in gold:
        page = json.loads(line)["id"]
        html = gzip.open(data / f"multilang-dev/html/{page}.html.gz").read()
        text = trafilatura.extract(html, include_comments=False) or ""
        texts.write(json.dumps({"id": page, "text": text}) + "\n")
