"""An assembler: puts the results of all tasks into results.zip."""

import os
import zipfile

results_dir, output_dir = os.environ["TASK_RESULTS_DIR"], os.environ["OUTPUT_DIR"]
names = sorted(name for name in os.listdir(results_dir) if os.path.isfile(os.path.join(results_dir, name)))

with zipfile.ZipFile(os.path.join(output_dir, "results.zip"), "w") as archive:
    for name in names:
        archive.write(os.path.join(results_dir, name), name)
print(f"{len(names)} files in results.zip")
