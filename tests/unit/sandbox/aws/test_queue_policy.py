"""A queue's policy outlives a change of its other attributes."""

from __future__ import annotations

import json

from moto import mock_aws
from moto.sqs.models import sqs_backends

from theia_sf.sandbox.aws.patches import moto_patched

POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "sqs:*", "Principal": "*"}]})


def test_setting_another_attribute_keeps_the_policy() -> None:
    with mock_aws(), moto_patched():
        backend = sqs_backends["123456789012"]["us-west-2"]
        queue = backend.create_queue("errors", Policy=POLICY)
        backend.set_queue_attributes("errors", {"MessageRetentionPeriod": "604800"})
        assert json.loads(queue.policy) == json.loads(POLICY)
        backend.set_queue_attributes("errors", {"Policy": ""})
        assert not queue.policy
