"""The whole life of a job: uploads a file, runs the job, waits for its end, downloads the results.

Prints what came out, then the job's id and state; where the job failed, its logs. `--legacy` takes the paths of 2023.
Needs Python 3 and requests.
"""

import os
import sys
import time

import requests

URL = os.environ.get("BYTENITE_API_URL") or "http://127.0.0.1:2983"
KEY = os.environ.get("BYTENITE_API_KEY") or "test_default"
TEMPLATE_ID = os.environ.get("TEMPLATE_ID") or "hello-world-template"
LEGACY = "--legacy" in sys.argv
POLL_EVERY = 1.0
session = requests.Session()


def send(method, url, **options):
    """Sends one request and returns the answer; exits unless the status is 200."""
    try:
        response = requests.request(method, url, timeout=30, **options)
    except requests.RequestException as error:
        sys.exit(f"flow.py: no answer to {method} {url}: {error}")
    if response.status_code != 200:
        sys.exit(f"flow.py: {method} {url} answered {response.status_code}: {response.text}")
    return response


def call(method, path, body=None):
    return send(method, URL + path, json=body, headers=dict(session.headers)).json()


def main():
    answer = call("POST", "/v1/auth/access_token", {"apiKey": KEY})
    session.headers["Authorization"] = answer["token"]

    job = call(
        "POST",
        "/v1/customer/jobs",
        {
            "templateId": TEMPLATE_ID,
            "name": "the whole flow",
            "dataSource": {
                "dataSourceDescriptor": "file",
                "params": {"@type": "type.googleapis.com/bytenite.data_source.LocalFileDataSource"},
            },
            "dataDestination": {"dataSourceDescriptor": "bucket"},
        },
    )["job"]
    job_id = job["id"]
    path = f"/v1/customer/jobs/{job_id}"

    # The link itself is the permission, so no token goes with it.
    send(
        "PUT",
        job["dataSource"]["params"]["tempUrl"],
        data=b"hello, world",
        headers={"Content-Disposition": 'attachment; filename="hello.txt"'},
    )
    if LEGACY:
        call("POST", f"/v1/customer/jobs/uploadcompleted/{job_id}", {})
        call("POST", f"/v1/customer/jobs/params/{job_id}", {"app": {"case": "upper"}})
        call("POST", f"/v1/customer/jobs/run/{job_id}")
    else:
        call("PATCH", f"{path}/uploadcompleted")
        call("PATCH", f"{path}/params", {"app": {"case": "upper"}})
        call("POST", f"{path}/run")

    job = call("GET", path)["job"]
    while job["state"] not in ("JOB_STATE_COMPLETE", "JOB_STATE_FAILED"):
        time.sleep(POLL_EVERY)
        job = call("GET", path)["job"]

    if job["state"] == "JOB_STATE_FAILED":
        logs = call("POST", "/v1/customer/logs", {"jobId": job_id})
        for task in logs["taskrunner"].values():
            for entry in task["logs"]:
                print(entry["level"], entry["log"])
        print(job["id"], job["state"])
        sys.exit(f"flow.py: job {job_id} failed: {job['errorMessage']}")

    for result in call("GET", f"{path}/results")["results"]:
        print(f"{result['name']}: {send('GET', result['link']).text}")
    print(job["id"], job["state"])


main()
