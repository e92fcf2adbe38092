from __future__ import annotations

import pytest

from theia_sf.aws.arns import Arn, parse_arn
from theia_sf.errors import UsageError


def test_parts() -> None:
    assert parse_arn(" arn:aws:sqs:eu-west-1:123456789012:q ", "sqs") == Arn(
        "aws", "sqs", "eu-west-1", "123456789012", "q"
    )
    assert parse_arn("arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/1-2", "kms").resource == "key/1-2"


@pytest.mark.parametrize(
    "text", ["", "q", "arn:aws:sqs", "arn:aws:sqs:us-west-2:12:q", "arn:aws:sns:us-west-2:123456789012:t"]
)
def test_others(text: str) -> None:
    with pytest.raises(UsageError):
        parse_arn(text, "sqs")
