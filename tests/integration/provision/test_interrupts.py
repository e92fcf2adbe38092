"""What is left when an onboarding is stopped, gently or not, and that the next one gets to the same end."""

from __future__ import annotations

import os
import re
import signal

import pytest

from tests.integration.provision.cloud import alive, engines, wait_for

HELD = {"a": {}, "b": {"hold": True}, "c": {}}
LOCKS = ".pulumi/locks"
STOPPING = "Stopping: Pulumi finishes the resource at hand and saves the state (Ctrl-C again: at once)"


@pytest.fixture
def begun(cloud):
    """An onboarding whose thing b is being made, and its engine's id."""
    cloud.declare(HELD)
    running = cloud.start("onboard", "--bucket-name", cloud.bucket, "--key-id", cloud.key)
    wait_for((cloud.things / "b.begun").exists)
    (engine,) = engines(running.pid)
    yield running, engine
    cloud.go("b")
    running.finish()
    wait_for(lambda: not alive(engine))


def signalled(running, number=signal.SIGINT):
    """Sends a signal and waits until it is heard."""
    running.process.send_signal(number)
    wait_for(lambda: STOPPING in running.said())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_finishes_the_resource_at_hand_saves_and_unlocks(cloud, begun, number):
    running, engine = begun
    # of its own group, so a Ctrl-C on the terminal reaches the engine through theia-sf alone
    assert os.getpgid(engine) == engine != os.getpgid(running.pid)
    signalled(running, number)
    cloud.go("b")
    done = running.finish()
    assert done.returncode == 130
    assert not alive(engine)
    assert cloud.recorded() == ["a", "b"]
    assert "pending_operations" not in cloud.state()
    assert cloud.keys(LOCKS) == []
    assert [line for line in done.stderr.splitlines() if not re.match(r"created lab Thing [ab] ", line)] == [
        STOPPING,
        "Error: Interrupted: the state is saved and no lock is left.",
        "Hint: Run theia-sf onboard again to go on from here.",
    ]


def test_a_second_signal_is_immediate_and_says_what_may_be_left(cloud, begun):
    running, engine = begun
    signalled(running)
    running.process.send_signal(signal.SIGINT)
    done = running.finish()
    assert done.returncode == 130
    assert not alive(engine)
    assert "the state's lock may be left; not recorded, so perhaps done, perhaps not: b" in done.stderr
    assert "theia-sf unlock --bucket-name" in done.stderr
    assert "Warning" not in done.stderr
    assert "Traceback" not in done.stderr
    assert len(cloud.keys(LOCKS)) == 1


def test_the_engine_ends_gently_when_theia_sf_is_killed(cloud, begun):
    running, engine = begun
    refused = cloud.run("unlock", "--bucket-name", cloud.bucket, code=5)
    assert "still at work on this host" in refused.stderr
    waiting = cloud.onboard(code=5)
    assert f"Process {engine} is still at work on this host" in waiting.stderr

    running.process.kill()
    running.finish()
    cloud.go("b")
    wait_for(lambda: not alive(engine))
    assert cloud.keys(LOCKS) == []
    assert cloud.recorded() == ["a", "b"]
    assert "1 created; 2 as they should be" in cloud.onboard().stderr


@pytest.mark.parametrize("made", [True, False], ids=["made", "not made"])
def test_kill_both_then_the_lock_is_explained_released_and_onboard_converges(cloud, command, begun, made):
    running, engine = begun
    os.kill(engine, signal.SIGKILL)
    running.process.kill()
    running.finish()
    if made:
        cloud.go("b")  # the provider goes on, as a cloud does
        wait_for((cloud.things / "b.json").exists)
    assert cloud.state()["pending_operations"][0]["type"] == "creating"

    locked = command("onboard", "--bucket-name", cloud.bucket, "--key-id", cloud.key)
    assert locked.returncode == 5
    assert re.search(rf"is locked by \S+@\S+ \(pid {engine}\) since 20", locked.stderr)
    unlock = re.search(r"release the lock: theia-sf (unlock .*)", locked.stderr)
    assert unlock is not None
    if made:
        assert "as they should be" in cloud.run("plan", "--bucket-name", cloud.bucket, "--key-id", cloud.key).stderr

    assert f"(pid {engine})" in command(*unlock[1].split()).stderr
    assert cloud.keys(LOCKS) == []
    assert "is not locked" in command("unlock").stderr, "the context was left, so no flags are needed"
    cloud.go("b")
    cloud.onboard()
    assert sorted(cloud.recorded()) == cloud.there() == ["a", "b", "c"]
    assert "pending_operations" not in cloud.state()
