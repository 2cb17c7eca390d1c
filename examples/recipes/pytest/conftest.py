"""An emulator for the whole run, and a world of its own for each test."""

import os
import re
import shlex
import subprocess

import pytest
import requests


class World:
    def __init__(self, url, name):
        self.url = url
        self.api_key = f"test_{name}"
        self.base = f"{url}/_emulator/worlds/{name}"

    def control(self, method, path, body=None):
        """One call of the control API, which docs/control-api.md lists."""
        response = requests.request(method, self.base + path, json=body, timeout=30)
        assert response.ok, response.text
        return response.json()

    def advance(self, seconds):
        """Moves the clock on. Passed to a client as its way of waiting, nothing waits."""
        return self.control("POST", "/clock/advance", {"by": f"{seconds}s"})


@pytest.fixture(scope="session")
def emulator():
    """The address of one that runs already, or of one started here."""
    running = os.environ.get("EMULATOR_URL")
    if running:
        yield running
        return
    command = shlex.split(os.environ.get("EMULATOR_COMMAND", "npx bytenite-emulator"))
    with subprocess.Popen(
        [*command, "--port", "0", "--in-memory", "--exit-with-parent"],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        # The one line that it prints, once it answers.
        yield process.stdout.readline().split()[-1]
        process.terminate()


@pytest.fixture
def world(emulator, request):
    return World(emulator, re.sub(r"\W+", "-", request.node.name)[:64])
