from __future__ import annotations

import json
import os
import socket
from datetime import UTC, datetime, timedelta

import pytest

from theia_sf.errors import TheiaError
from theia_sf.provision.locks import parse_lock
from theia_sf.provision.processes import started_at

KEY = "infra/.pulumi/locks/organization/theia-sf/default/1.json"


def lock(**changes):
    fields = {
        "pid": os.getpid(),
        "username": "ada",
        "hostname": socket.gethostname(),
        "timestamp": datetime.now(UTC).isoformat(),
        **changes,
    }
    return parse_lock(KEY, json.dumps(fields).encode())


def test_a_lock_tells_who_holds_it_since_when():
    # as Go writes it: nanoseconds and an offset
    found = lock(pid=42, hostname="build-1", timestamp="2026-11-21T04:33:14.153896611+01:00")
    assert found.since.astimezone(UTC) == datetime(2026, 11, 21, 3, 33, 14, 153896, tzinfo=UTC)
    assert str(found).startswith("ada@build-1 (pid 42) since 2026-11-2")
    assert not found.local


def test_a_lock_of_a_running_process_here_is_alive():
    assert lock().alive


def test_a_lock_of_another_host_is_not_known_to_be_alive():
    assert not lock(hostname="elsewhere").alive


def test_a_lock_older_than_the_process_that_has_its_number_now_is_not_alive():
    assert not lock(timestamp=(datetime.now(UTC) - timedelta(days=900)).isoformat()).alive


def test_a_lock_of_no_process_is_not_alive():
    assert not lock(pid=2**22 + 1).alive


@pytest.mark.parametrize("content", [b"", b"[]", b'{"pid": 1}', b"<html>"])
def test_what_is_no_lock_is_said_to_be_none(content):
    with pytest.raises(TheiaError, match=r"1\.json cannot be read"):
        parse_lock(KEY, content)


def test_a_process_began_before_now():
    begun = started_at(os.getpid())
    assert begun is not None
    assert begun <= datetime.now(UTC) + timedelta(seconds=1)
