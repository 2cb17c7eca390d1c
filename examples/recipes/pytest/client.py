"""The code under test: submits a job and waits for its end. Its way of waiting can be passed in."""

import time

import requests

POLL_EVERY = 1


class JobFailed(Exception):
    pass


class Client:
    def __init__(self, url, api_key, sleep=time.sleep):
        self.url = url
        self.sleep = sleep
        self.session = requests.Session()
        self.session.headers["Authorization"] = api_key

    def call(self, method, path, body=None):
        response = self.session.request(method, self.url + path, json=body, timeout=30)
        while response.status_code == 503:
            self.sleep(float(response.headers.get("Retry-After", 1)))
            response = self.session.request(method, self.url + path, json=body, timeout=30)
        response.raise_for_status()
        return response.json()

    def render(self, prompt):
        """Returns the names of the results."""
        template_id = "img-gen-diffusers-flux-gpu-template"
        request = {"templateId": template_id, "name": "picture", "params": {"app": {"prompt": prompt}}}
        job = self.call("POST", "/v1/customer/jobs", request)["job"]
        path = f"/v1/customer/jobs/{job['id']}"
        self.call("POST", f"{path}/run")
        while job["state"] != "JOB_STATE_COMPLETE":
            job = self.call("GET", path)["job"]
            if job["state"] == "JOB_STATE_FAILED":
                raise JobFailed(job["errorMessage"])
            self.sleep(POLL_EVERY)
        return [result["name"] for result in self.call("GET", f"{path}/results")["results"]]
