"""Which statements of a bucket policy take part."""

from __future__ import annotations

import json

from theia_sf.sandbox.aws.patches import applicable_policy

DENY = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}


def test_a_tls_only_statement_takes_no_part_in_a_request_that_counts_as_tls() -> None:
    policy = {"Statement": [{**DENY, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}
    assert json.loads(applicable_policy(json.dumps(policy)))["Statement"] == []


def test_a_statement_without_condition_stays() -> None:
    assert json.loads(applicable_policy(json.dumps({"Statement": DENY})))["Statement"] == [DENY]


def test_a_condition_that_holds_is_taken_off_as_moto_would_not_read_it() -> None:
    policy = {"Statement": [{**DENY, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}]}
    assert json.loads(applicable_policy(json.dumps(policy)))["Statement"] == [DENY]
