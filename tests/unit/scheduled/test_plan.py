"""Which jobs run when, from the command's flags."""

from __future__ import annotations

import json

import pytest

from theia_sf.errors import UsageError
from theia_sf.scheduled.jobs import Job
from theia_sf.scheduled.plan import ScheduledJob, plan_jobs


def test_every_analysis_daily_unless_said_otherwise():
    assert plan_jobs((), (), ()) == (
        ScheduledJob(Job.DROP_DETECTION, "rate(1 day)", {}),
        ScheduledJob(Job.POLICY_RECOMMENDATION, "rate(1 day)", {}),
    )


def test_a_schedule_for_each_job_and_options_where_they_belong():
    drops, policies = plan_jobs(
        (Job.DROP_DETECTION, Job.POLICY_RECOMMENDATION),
        ("rate(1 hour)", "cron(0 6 ? * MON *)"),
        ("start=now-30d", "--min-drops=20", "policy_type=k8s-np"),
    )
    assert (drops.expression, policies.expression) == ("rate(1 hour)", "cron(0 6 ? * MON *)")
    assert json.loads(drops.event_json) == {"job": "drop-detection", "start": "now-30d", "min_drops": "20"}
    assert json.loads(policies.event_json) == {
        "job": "policy-recommendation",
        "start": "now-30d",
        "policy_type": "k8s-np",
    }


@pytest.mark.parametrize(
    ("jobs", "schedules", "options", "sentence"),
    [
        ((), ("rate(1 day)",) * 3, (), "There are 3 schedules for 2 jobs."),
        ((), ("sometimes",), (), "'sometimes' is not a schedule."),
        ((), (), ("start",), "'start' is no option of drop-detection or policy-recommendation."),
        ((Job.DROP_DETECTION,), (), ("limit=3",), "'limit=3' is no option of drop-detection."),
        ((), (), ("start=soon",), "start: 'soon' is not a time."),
        ((), (), ("min_drops=none",), "min_drops: 'none' is not a whole number"),
    ],
)
def test_what_does_not_go_together(jobs, schedules, options, sentence):
    with pytest.raises(UsageError, match=sentence):
        plan_jobs(jobs, schedules, options)
