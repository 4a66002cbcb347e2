#!/usr/bin/env python3
"""Puts the pages that models are trained on side by side in one folder.

usage: pages.py DATA PACKAGES OUT

OUT gets links to all sets of DATA, and `forms/`: the 954 pages that the package Formasaurus (MIT; installed into
PACKAGES) learned from, laid out like the others. They are home pages, shops, lists and contact pages of 2014 to 2016 in
many languages: the kinds of page of which DATA holds fewest.
"""
import gzip
import json
import pathlib
import sys

data, packages, out = map(pathlib.Path, sys.argv[1:])
out.mkdir(parents=True, exist_ok=True)
for folder in data.iterdir():
    link = out / folder.name
    if not link.exists():
        link.symlink_to(folder.resolve())

source = packages / "formasaurus/data"
(out / "forms/html").mkdir(parents=True, exist_ok=True)
with (out / "forms/gold.jsonl").open("w") as listing:
    for path, page in sorted(json.loads((source / "index.json").read_text()).items()):
        name = f"f{int(pathlib.Path(path).stem):04}"
        listing.write(json.dumps({"id": name, "url": page["url"]}) + "\n")
        (out / f"forms/html/{name}.html.gz").write_bytes(gzip.compress((source / path).read_bytes(), 6, mtime=0))
