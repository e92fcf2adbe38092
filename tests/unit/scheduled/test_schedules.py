"""Schedule expressions, by the rules of EventBridge Scheduler."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from theia_sf.errors import UsageError
from theia_sf.scheduled.schedules import check_schedule


@pytest.mark.parametrize(
    "expression",
    [
        "rate(1 day)",
        "rate(15 minutes)",
        "rate(1 hours)",
        "cron(0 6 * * ? *)",
        "cron(15 10 ? * 6L 2026-2030)",
        "cron(0/5 8-17 ? * MON-FRI *)",
        "cron(0 18 1,15 JAN,JUL ? *)",
        "cron(0 9 L * ? *)",
        "cron(0 9 3W * ? *)",
        "cron(0 9 ? * TUE#2 *)",
        "cron(0 9 ? * 3#2 *)",
        "cron(0 */6 * * ? *)",
        "at(2027-01-31T06:00:00)",
    ],
)
def test_what_aws_takes(expression):
    assert check_schedule(expression) == expression


def test_the_spelling_is_made_even():
    assert check_schedule("  cron( 0   6 ? * mon-fri * ) ") == "cron(0 6 ? * MON-FRI *)"
    assert check_schedule("rate( 2  days )") == "rate(2 days)"


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "daily",
        "rate(1day)",
        "rate(0 days)",
        "rate(-1 days)",
        "rate(1.5 hours)",
        "rate(1 week)",
        "rate(30 seconds)",
        "cron(0 6 * * *)",
        "cron(0 6 * * * *)",
        "cron(0 6 ? * ? *)",
        "cron(0 6 1 * MON *)",
        "cron(60 6 * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 6 0 * ? *)",
        "cron(0 6 32 * ? *)",
        "cron(0 6 * 13 ? *)",
        "cron(0 6 * * ? 1969)",
        "cron(0 6 * * ? 2200)",
        "cron(? 6 * * ? *)",
        "cron(0 6 ? * 0 *)",
        "cron(0 6 ? * 8 *)",
        "cron(0 6 ? * SUNDAY *)",
        "cron(0 6 ? * 3#6 *)",
        "cron(0 6 ? * 3#1,6#3 *)",
        "cron(0 6 ? * FRI-MON *)",
        "cron(30-10 6 * * ? *)",
        "cron(0/0 6 * * ? *)",
        "cron(,0 6 * * ? *)",
        "cron(0 6W * * ? *)",
        "cron(0 6 32W * ? *)",
        "at(2027-02-30T06:00:00)",
        "at(tomorrow)",
        "rate(1 day) rate(1 day)",
    ],
)
def test_what_aws_refuses(expression):
    with pytest.raises(UsageError) as caught:
        check_schedule(expression)
    assert caught.value.hint


@given(st.text(alphabet="rateconl0123456789 ()*?,-/#LWMONday", max_size=40))
def test_any_text_is_taken_or_refused_and_what_is_taken_stays(text):
    try:
        checked = check_schedule(text)
    except UsageError:
        return
    assert check_schedule(checked) == checked
