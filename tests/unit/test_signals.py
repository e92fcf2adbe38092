"""Signals are handled otherwise for a while, and then as before."""

from __future__ import annotations

import signal

import pytest

from theia_sf.signals import handled


def _raise_and_fail() -> None:
    signal.raise_signal(signal.SIGUSR1)
    raise ZeroDivisionError


def test_they_are_handled_as_before_whatever_happens() -> None:
    seen: list[int] = []
    before = signal.getsignal(signal.SIGUSR1), signal.getsignal(signal.SIGUSR2)
    handlers = dict.fromkeys((signal.SIGUSR1, signal.SIGUSR2), lambda number, _: seen.append(number))
    with pytest.raises(ZeroDivisionError), handled(handlers):
        _raise_and_fail()
    assert seen == [signal.SIGUSR1]
    assert (signal.getsignal(signal.SIGUSR1), signal.getsignal(signal.SIGUSR2)) == before


def test_what_was_set_before_a_fault_is_set_back() -> None:
    before = signal.getsignal(signal.SIGUSR1)
    handlers = {signal.SIGUSR1: signal.SIG_IGN, signal.SIGKILL: signal.SIG_IGN}  # the second of which nobody can handle
    with pytest.raises(OSError, match="Invalid argument"), handled(handlers):
        pytest.fail("entered")
    assert signal.getsignal(signal.SIGUSR1) == before
