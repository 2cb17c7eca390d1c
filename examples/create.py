"""Creates a job, changes its name, reads it back, prints its id and state. Needs Python 3 and requests."""

import os
import sys

import requests

URL = os.environ.get("BYTENITE_API_URL") or "http://127.0.0.1:2983"
KEY = os.environ.get("BYTENITE_API_KEY") or "test_default"
session = requests.Session()


def call(method, path, body=None):
    """Sends one request and returns the parsed answer; exits unless the status is 200."""
    try:
        response = session.request(method, URL + path, json=body, timeout=30)
    except requests.RequestException as error:
        sys.exit(f"create.py: no answer to {method} {URL}{path}: {error}")
    if response.status_code != 200:
        sys.exit(f"create.py: {method} {path} answered {response.status_code}: {response.text}")
    return response.json()


def main():
    answer = call("POST", "/v1/auth/access_token", {"apiKey": KEY})
    session.headers["Authorization"] = answer["token"]

    request = {"templateId": "hello-world-template", "name": "first name"}
    job = call("POST", "/v1/customer/jobs", request)["job"]
    call("POST", "/v1/customer/jobs", {**request, "jobId": job["id"], "name": "second name"})

    read = call("GET", f"/v1/customer/jobs/{job['id']}")["job"]
    if read["name"] != "second name":
        sys.exit(f"create.py: job {job['id']} is called {read['name']}, not second name")
    print(read["id"], read["state"])


main()
