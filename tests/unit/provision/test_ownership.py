"""A stack is worked on in its own accounts and region only."""

from __future__ import annotations

import pytest

from theia_sf.aws.session import CallerIdentity
from theia_sf.errors import UsageError
from theia_sf.provision.ownership import require_own
from theia_sf.provision.state import State

CALLER = CallerIdentity("123456789012", "arn:aws:iam::123456789012:user/me")
OUTPUTS = {
    "region": "eu-central-1",
    "sqs_queue_arn": "arn:aws:sqs:eu-central-1:123456789012:antrea-flows-x",
    "snowflake_account": "ACME-PROD",
}


def check(outputs: dict[str, str], region: str = "eu-central-1", account: str | None = "ACME-PROD") -> None:
    state = State(secrets=None, resources=[], pending=[], outputs=outputs)
    require_own(state, region=region, caller=CALLER, snowflake_account=account)


def test_its_own_pass_and_so_does_a_stack_that_says_nothing_yet() -> None:
    check(OUTPUTS)
    check(OUTPUTS, account=None)
    check({})


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"sqs_queue_arn": "arn:aws:sqs:eu-central-1:999999999999:q"}, "AWS account 999999999999"),
        ({"region": "us-east-1"}, "region us-east-1, not in eu-central-1"),
        ({"snowflake_account": "ACME-TEST"}, "Snowflake account ACME-TEST"),
    ],
)
def test_another_is_refused(changed: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError) as refused:
        check({**OUTPUTS, **changed})
    assert said in refused.value.message
    assert refused.value.hint
