# python3 -m pytest
import pytest

from client import Client, JobFailed


@pytest.fixture
def client(world):
    return Client(world.url, world.api_key, sleep=world.advance)


def test_renders_a_picture(client):
    assert client.render("a lighthouse") == ["results_archive.zip"]


def test_says_why_a_job_failed(world, client):
    world.control("POST", "/scenarios", {"failIn": "JOB_STATE_MERGING", "errorMessage": "zip: no space left"})
    with pytest.raises(JobFailed, match="zip: no space left"):
        client.render("a lighthouse")


def test_tries_again_while_the_service_is_down(world, client):
    fault = {"operation": "GET /v1/customer/jobs/{jobId}", "status": 503, "retryAfter": 30, "times": 2}
    world.control("POST", "/faults", fault)
    client.render("a lighthouse")
    assert [fault["used"] for fault in world.control("GET", "/faults")["faults"]] == [2]
    assert world.control("POST", "/journal/verify", {"operation": "POST /v1/customer/jobs", "count": 1})["ok"]
