from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from theia_sf.report.shown import count, counted, iso, moment, safe, share, size, span


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1.00 kB"),
        (1_234, "1.23 kB"),
        (45_600, "45.6 kB"),
        (999_499, "999 kB"),
        (999_500, "1.00 MB"),
        (7_000_000_000, "7.00 GB"),
        (10**21, "1000 EB"),
    ],
)
def test_sizes_are_decimal_with_three_digits(octets, text):
    assert size(octets) == text


@given(st.integers(0, 10**20))
def test_a_size_is_its_number_but_for_what_three_digits_leave_out(octets):
    number, unit = size(octets).split()
    power = ("B", "kB", "MB", "GB", "TB", "PB", "EB").index(unit)
    assert abs(float(number) * 1000**power - octets) <= max(0.005 * octets, 1e-9)


def test_numbers():
    assert (count(1_234_567), count(13.0), counted(1, "flow"), counted(2_000, "flow")) == (
        "1,234,567",
        "13.0",
        "1 flow",
        "2,000 flows",
    )
    assert [share(part) for part in (0, 0.0004, 0.5, 1)] == ["0.0 %", "< 0.1 %", "50.0 %", "100.0 %"]


def test_times_are_utc_and_say_so():
    assert moment(1_782_900_060) == "2026-07-01 10:01:00 UTC"
    assert iso(1_782_900_060) == "2026-07-01T10:01:00Z"
    assert (moment(None), iso(None)) == ("", "")
    assert [span(seconds) for seconds in (60, 90, 3_600, 86_400 * 7)] == ["1 minute", "90 seconds", "1 hour", "7 days"]


def test_what_is_harmful_is_shown_as_an_escape():
    assert safe("a\u202eb\x00c\x1b[31m\ud83d\u2066") == "a\\u202eb\\u0000c\\u001b[31m\\ud83d\\u2066"
    assert safe("مرحبا 💥 <b>") == "مرحبا 💥 <b>"
    assert safe("x" * 300) == "x" * 199 + "…"


@given(st.text(st.characters(exclude_categories=())))
def test_a_shown_text_can_be_written_and_reorders_nothing(text):
    shown = safe(text)
    assert len(shown.encode()) >= 0
    assert not {unicodedata.bidirectional(one) for one in shown} & {
        "LRE",
        "RLE",
        "LRO",
        "RLO",
        "PDF",
        "LRI",
        "RLI",
        "FSI",
    }
    assert not any(unicodedata.category(one) in {"Cc", "Cs", "Zl", "Zp"} for one in shown)
