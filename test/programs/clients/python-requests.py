"""Python with requests."""

import time

import requests

API = "https://api.bytenite.com/v1"
API_KEY = "c2VydmljZS1rZXk6bm90LWEtdGVzdC1rZXk="

session = requests.Session()


def call(method, path, body=None):
    response = session.request(method, API + path, json=body, timeout=30)
    response.raise_for_status()
    return response.json()


session.headers["Authorization"] = "Bearer " + call("POST", "/auth/access_token", {"apiKey": API_KEY})["token"]
job = call(
    "POST",
    "/customer/jobs",
    {
        "templateId": "hello-world-template",
        "name": "Python, requests",
        "dataSource": {
            "dataSourceDescriptor": "file",
            "params": {"@type": "type.googleapis.com/bytenite.data_source.LocalFileDataSource"},
        },
        "dataDestination": {"dataSourceDescriptor": "bucket"},
    },
)["job"]
upload = requests.put(
    job["dataSource"]["params"]["tempUrl"],
    data=b"hello, world",
    headers={"Content-Disposition": 'attachment; filename="hello.txt"'},
    timeout=30,
)
upload.raise_for_status()
path = f"/customer/jobs/{job['id']}"
call("PATCH", path + "/uploadcompleted")
call("POST", path + "/run", {})

state = call("GET", path)["job"]["state"]
while state != "JOB_STATE_COMPLETE":
    if state == "JOB_STATE_FAILED":
        raise SystemExit("the job failed")
    time.sleep(2)
    state = call("GET", path)["job"]["state"]
for result in call("GET", path + "/results")["results"]:
    print(f"{result['name']}: {requests.get(result['link'], timeout=30).text}")
