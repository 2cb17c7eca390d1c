"""A partitioner: copies the source as often as the parameter num_replicas says, a chunk for each task."""

import json
import os
import shutil

params = json.loads(os.environ["PARTITIONER_PARAMS"])
source_dir, chunks_dir = os.environ["SOURCE_DIR"], os.environ["CHUNKS_DIR"]
source = os.path.join(source_dir, os.listdir(source_dir)[0])
replicas = int(params["num_replicas"])

for number in range(replicas):
    shutil.copyfile(source, os.path.join(chunks_dir, f"data_{number}.bin"))
print(f"{replicas} chunks of {os.path.basename(source)}")
