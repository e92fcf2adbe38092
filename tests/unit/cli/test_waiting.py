from __future__ import annotations

import os
import sys
import time

import pytest

from theia_sf.cli.waiting import sleep_while_read


def test_it_waits_as_long_as_somebody_reads(monkeypatch):
    read, write = os.pipe()
    with os.fdopen(read), os.fdopen(write, "w") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        begun = time.monotonic()
        sleep_while_read(0.05)
        assert time.monotonic() - begun >= 0.049


def test_a_reader_that_has_gone_ends_it_at_once(monkeypatch):
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        begun = time.monotonic()
        with pytest.raises(BrokenPipeError):
            sleep_while_read(60)
        assert time.monotonic() - begun < 10


def test_a_stdout_without_a_descriptor(capsys):
    sleep_while_read(0.001)
