"""What is left when an onboarding is stopped, gently or not, and that the next one gets to the same end."""

from __future__ import annotations

import os
import re
import signal

import pytest
from conftest import alive, engines, interrupt, wait_for

SLOW = {"a": {}, "b": {"seconds": 2.5}, "c": {}}
LOCKS = ".pulumi/locks"


def begin(cloud):
    """Starts an onboarding and returns it with its engine's id, as soon as thing b is being made."""
    cloud.declare(SLOW)
    process = cloud.start("onboard", "--bucket-name", cloud.bucket, "--key-id", cloud.key)
    wait_for(lambda: (cloud.things / "b.begun").exists())
    (engine,) = engines(process.pid)
    return process, engine


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_finishes_the_resource_at_hand_saves_and_unlocks(cloud, number):
    process, engine = begin(cloud)
    _, stderr = interrupt(process, number=number)
    assert process.returncode == 130
    assert not alive(engine)
    assert cloud.recorded() == ["a", "b"]
    assert "pending_operations" not in cloud.state()
    assert cloud.keys(LOCKS) == []
    assert [line for line in stderr.splitlines() if not re.match(r"created lab Thing [ab] ", line)] == [
        "Stopping: Pulumi finishes the resource at hand and saves the state (Ctrl-C again: at once)",
        "Error: Interrupted: the state is saved and no lock is left.",
        "Hint: Run theia-sf onboard again to go on from here.",
    ]
    assert "1 created; 2 as they should be" in cloud.onboard().stderr


def test_a_ctrl_c_on_the_terminal_reaches_the_engine_once(cloud):
    process, engine = begin(cloud)
    assert os.getpgid(engine) == engine != os.getpgid(process.pid)
    interrupt(process)
    assert cloud.recorded() == ["a", "b"]


def test_a_second_signal_is_immediate_and_says_what_may_be_left(cloud):
    process, engine = begin(cloud)
    _, stderr = interrupt(process, times=2)
    assert process.returncode == 130
    assert not alive(engine)
    assert "the state's lock may be left; not recorded, so perhaps done, perhaps not: b" in stderr
    assert "theia-sf unlock --bucket-name" in stderr
    assert "Warning" not in stderr
    assert "Traceback" not in stderr
    assert len(cloud.keys(LOCKS)) == 1


def test_the_engine_ends_gently_when_theia_sf_is_killed(cloud):
    process, engine = begin(cloud)
    process.kill()
    process.communicate()
    wait_for(lambda: not alive(engine))
    wait_for(lambda: cloud.keys(LOCKS) == [])
    assert cloud.recorded() == ["a", "b"]
    assert "1 created; 2 as they should be" in cloud.onboard().stderr


@pytest.mark.parametrize("made", [True, False], ids=["made", "not made"])
def test_kill_both_then_the_lock_is_explained_released_and_onboard_converges(cloud, made):
    process, engine = begin(cloud)
    os.kill(engine, signal.SIGKILL)
    process.kill()
    process.communicate()
    wait_for(lambda: (cloud.things / "b.json").exists())  # the provider went on, as a cloud does
    if not made:
        (cloud.things / "b.json").unlink()
    assert cloud.state()["pending_operations"][0]["type"] == "creating"

    locked = cloud.onboard(code=5)
    assert f"is locked by {os.environ.get('USER', 'root')}@" in locked.stderr
    assert f"(pid {engine}) since 20" in locked.stderr
    command = re.search(r"release the lock: theia-sf (unlock .*)", locked.stderr)
    assert command is not None
    assert "as they should be" in cloud.run("plan", "--bucket-name", cloud.bucket, "--key-id", cloud.key).stderr

    released = cloud.run(*command[1].split())
    assert f"Released the lock of root@" in released.stderr
    assert cloud.keys(LOCKS) == []
    assert "is not locked" in cloud.run(*command[1].split()).stderr
    cloud.onboard()
    assert sorted(cloud.recorded()) == cloud.there() == ["a", "b", "c"]
    assert "pending_operations" not in cloud.state()
    assert "nothing changed; 3 as they should be" in cloud.onboard().stderr


def test_unlock_refuses_while_the_process_is_at_work(cloud):
    process, engine = begin(cloud)
    refused = cloud.run("unlock", "--bucket-name", cloud.bucket, code=5)
    assert "still at work on this host" in refused.stderr
    waiting = cloud.onboard(code=5)
    assert f"Process {engine} is still at work on this host" in waiting.stderr
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert cloud.there() == ["a", "b", "c"]
