"""An app: reads its chunk, and writes it in another case. Parameter: case, one of upper, lower and title."""

import json
import os
import sys

params = json.loads(os.environ["APP_PARAMS"])
change = {"upper": str.upper, "lower": str.lower, "title": str.title}.get(params.get("case", "upper"))
if change is None:
    print(f"case {params['case']!r}: expected upper, lower or title", file=sys.stderr)
    sys.exit(1)

with open(os.path.join(os.environ["TASK_DIR"], "data.bin"), encoding="utf-8") as source:
    text = source.read()

print(f"chunk {os.environ['CHUNK_NUMBER']}: {len(text)} characters")
with open(os.path.join(os.environ["TASK_RESULTS_DIR"], "hello_world_processed.txt"), "w", encoding="utf-8") as result:
    result.write(change(text))
