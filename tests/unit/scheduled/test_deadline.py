"""The end before Lambda's own."""

from __future__ import annotations

import signal
import threading
import time

import pytest

from theia_sf.scheduled.deadline import DeadlineReachedError, deadline


class Context:
    aws_request_id = "12345678-aaaa"

    def __init__(self, seconds):
        self._end = time.monotonic() + seconds

    def get_remaining_time_in_millis(self):
        return int((self._end - time.monotonic()) * 1000)


def wait_as_a_library_does():
    with deadline(Context(0.4)) as limit:
        limit.doing = "waiting for Godot"
        try:
            time.sleep(30)
        except Exception:
            pytest.fail("a library could have swallowed it")


def test_what_takes_too_long_is_broken_off_and_named():
    begun = time.monotonic()
    with pytest.raises(DeadlineReachedError) as caught:
        wait_as_a_library_does()
    assert time.monotonic() - begun < 5
    assert caught.value.message == "The function's time limit of 0 seconds was too short: it was waiting for Godot."
    assert "timeout" in (caught.value.hint or "")


def test_what_ends_in_time_leaves_no_alarm_behind():
    before, timer = signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)[0]
    with deadline(Context(60)) as limit:
        assert 50 < (limit.left() or 0) <= 60
        assert 50 < signal.getitimer(signal.ITIMER_REAL)[0] < 60
    assert signal.getitimer(signal.ITIMER_REAL)[0] == pytest.approx(timer, abs=5)  # pytest's own time limit
    assert signal.getsignal(signal.SIGALRM) is before


def test_a_statement_gets_what_leaves_time_for_its_rows():
    with deadline(Context(30)) as limit:
        assert limit.for_statement(10) == 10
        assert 23 < limit.for_statement(300) < 25.5
    with deadline(Context(5)) as limit, pytest.raises(DeadlineReachedError):
        limit.for_statement(300)


@pytest.mark.parametrize("context", [None, object()])
def test_without_a_limit(context):
    with deadline(context) as limit:
        assert (limit.left(), limit.for_statement(300)) == (None, 300)


def test_in_another_thread_there_is_a_limit_but_no_alarm():
    found = []

    def run():
        with deadline(Context(30)) as limit:
            found.append((limit.left(), signal.getsignal(signal.SIGALRM)))

    before = signal.getsignal(signal.SIGALRM)
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert found[0][0] > 25
    assert found[0][1] is before
