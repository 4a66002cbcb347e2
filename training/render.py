#!/usr/bin/env python3
"""Flattens the pages of multilang-dev to text as the renderings of text-dev were made.

usage: render.py DATA OUT

Writes OUT/<renderer>.jsonl.gz, `{"id","text"}` a line, by inscriptis, html-text and resiliparse's plain text, all with
their defaults.
"""
import gzip
import json
import pathlib
import sys

import html_text
from inscriptis import get_text
from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.encoding import bytes_to_str, detect_encoding

RENDERERS = {"inscriptis": get_text, "htmltext": html_text.extract_text, "resiliparse": extract_plain_text}

data, out = map(pathlib.Path, sys.argv[1:])
out.mkdir(parents=True, exist_ok=True)
pages = {}
for line in (data / "multilang-dev/gold.jsonl").open():
    page = json.loads(line)["id"]
    html = gzip.open(data / f"multilang-dev/html/{page}.html.gz").read()
    pages[page] = bytes_to_str(html, detect_encoding(html))
for name, render in RENDERERS.items():
    with gzip.open(out / f"{name}.jsonl.gz", "wt", encoding="utf-8") as texts:
        for page, html in pages.items():
            texts.write(json.dumps({"id": page, "text": render(html)}) + "\n")
