"""Which conditions of a policy hold for a request on loopback."""

from __future__ import annotations

import logging

import pytest

from theia_sf.sandbox.aws.conditions import condition_holds


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (None, True),
        ({}, True),
        ({"Bool": {"aws:SecureTransport": "false"}}, False),
        ({"Bool": {"aws:SecureTransport": False}}, False),
        ({"Bool": {"aws:SecureTransport": "true"}}, True),
        ({"Bool": {"AWS:SECURETRANSPORT": "true"}}, True),
        ({"BoolIfExists": {"aws:SecureTransport": "false"}}, False),
        ({"NumericLessThan": {"s3:TlsVersion": "1.2"}}, False),
        ({"NumericGreaterThanEquals": {"s3:TlsVersion": ["1.2"]}}, True),
        ({"StringEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}, False),
        ({"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}, True),
        ({"StringEqualsIfExists": {"s3:x-amz-server-side-encryption": "aws:kms"}}, True),
        ({"Null": {"s3:x-amz-server-side-encryption": "true"}}, True),
        ({"Null": {"aws:SecureTransport": "true"}}, False),
        ({"Bool": {"aws:SecureTransport": "true"}, "Null": {"aws:SecureTransport": "true"}}, False),
        ({"StringLike": {"aws:securetransport": ["nothing", "tr*"]}}, True),
        ({"StringNotLike": {"aws:securetransport": ["nothing", "tr*"]}}, False),
    ],
)
def test_condition(condition: dict[str, dict[str, object]] | None, holds: bool) -> None:
    assert condition_holds(condition) is holds


def test_an_operator_that_is_not_known_does_not_apply_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert condition_holds({"IpAddress": {"aws:SecureTransport": "10.0.0.0/8"}}) is False
    assert "IpAddress" in caplog.text
