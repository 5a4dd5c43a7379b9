"""The options of `kt-migrate sandbox` reach the service, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from asking import KIND, logged_in, organization, signed
from kt_migrate.config import find_workspace, load_environment
from kt_migrate.kt2.keys import load_key

pytestmark = pytest.mark.integration


def test_the_limit_and_the_lie_come_from_the_command_line(workspace: Path) -> None:
    """Three of five are given, and the count says seven."""
    options = ["--search-limit", "3", "--count-off", "2"]
    arguments = [sys.executable, "-m", "kt_migrate", "sandbox", *options]
    with subprocess.Popen(arguments, cwd=workspace, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert "klaar" in process.stdout.readline()
            page, count = searched(workspace)
        finally:
            process.terminate()

    assert (len(page["entry"]), page["total"], "link" in page) == (3, 3, False)
    assert count["total"] == 7


def searched(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Write five organisations to a working folder's sandbox; return a page and the count."""
    found = find_workspace(folder)
    environment = load_environment(found, "local")
    endpoint = environment.base.removesuffix("/fhir/r4") + "/oauth2/token"
    key = load_key(found.path(environment.key.file))
    form = signed(key, environment.key.kid, environment.client_id, endpoint)
    with logged_in(environment.base, endpoint, form) as http:
        for number in range(5):
            http.post("/Organization", json=organization(str(number)), headers=KIND)
        page = http.get("/Organization").json()
        return page, http.get("/Organization", params={"_summary": "count"}).json()
