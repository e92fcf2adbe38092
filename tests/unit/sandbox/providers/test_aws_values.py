"""The values of the aws provider: spellings, documents, tags and checks, without any request."""

from __future__ import annotations

import json
from typing import Any

import pytest

from theia_sf.sandbox.providers.aws.iam_documents import policy_document
from theia_sf.sandbox.providers.aws.iam_policy import RolePolicyAttachment
from theia_sf.sandbox.providers.aws.provider import AwsProvider
from theia_sf.sandbox.providers.aws.queue import Queue
from theia_sf.sandbox.providers.aws.session import AwsSession, check_document, kept, same_document
from theia_sf.sandbox.providers.aws.shapes import from_aws, to_aws
from theia_sf.sandbox.providers.aws.topic import TopicSubscription
from theia_sf.sandbox.providers.properties import UNKNOWN

NOBODY: Any = None


def test_nested_settings_change_their_spelling_and_back() -> None:
    ours = {"id": "flows", "filter": {"prefix": "flows/"}, "expiration": {"days": 7}}
    theirs = {"ID": "flows", "Filter": {"Prefix": "flows/"}, "Expiration": {"Days": 7}}
    assert to_aws(ours) == theirs
    assert from_aws(theirs) == ours
    assert to_aws({"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "k", "empty": {}}) == {
        "SSEAlgorithm": "aws:kms",
        "KMSMasterKeyID": "k",
    }


def test_documents_are_compared_by_content() -> None:
    assert same_document('{"a":1,"b":2}', '{"b": 2, "a": 1}')
    assert not same_document('{"a":1}', '{"a":2}')
    assert not same_document(None, '{"a":2}')
    assert kept({"policy": '{"a": 1}'}, "policy", '{"a":1}') == '{"a": 1}'
    assert kept({"policy": '{"a": 2}'}, "policy", '{"a":1}') == '{"a":1}'


@pytest.mark.parametrize("policy", ["not json", "[]", ""])
def test_a_policy_that_is_not_a_json_object_is_refused(policy: str) -> None:
    assert check_document({"policy": policy}, "policy") == [("policy", '"policy" contains an invalid JSON policy')]


def test_an_unknown_policy_is_not_judged() -> None:
    assert check_document({"policy": UNKNOWN}, "policy") == []


def test_the_providers_own_tags_are_not_the_resources() -> None:
    session = AwsSession(NOBODY, "us-west-2", {"team": "net"})
    assert session.all_tags({"tags": {"a": "1"}}) == {"team": "net", "a": "1"}
    live = {"team": "net", "a": "1"}
    assert session.tag_outputs(live, {"tags": {"a": "1"}}) == {"tags": {"a": "1"}, "tagsAll": live}
    assert session.tag_outputs({"team": "other"}, {})["tags"] == {"team": "other"}


def test_queue_limits() -> None:
    failures = Queue(NOBODY).check({"messageRetentionSeconds": 59, "visibilityTimeoutSeconds": 30})
    assert [name for name, _ in failures] == ["messageRetentionSeconds"]
    assert Queue(NOBODY).check({"kmsMasterKeyId": "k", "sqsManagedSseEnabled": True})[0][0] == "kmsMasterKeyId"


def test_arn_and_protocol_are_checked() -> None:
    assert RolePolicyAttachment(NOBODY).check({"policyArn": "policy"})
    assert not RolePolicyAttachment(NOBODY).check({"policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"})
    assert TopicSubscription(NOBODY).check({"protocol": "pigeon"})
    assert not TopicSubscription(NOBODY).check({"protocol": UNKNOWN})


def test_policy_document() -> None:
    result = policy_document(
        {
            "statements": [
                {
                    "sid": "Assume",
                    "actions": ["sts:AssumeRole"],
                    "principals": [{"type": "AWS", "identifiers": ["arn:aws:iam::1:user/a"]}],
                    "conditions": [{"test": "StringEquals", "variable": "sts:ExternalId", "values": ["x"]}],
                },
                {"effect": "Deny", "actions": ["b", "a"], "resources": ["*"], "principals": [{"type": "*"}]},
            ]
        }
    )
    assert (
        json.loads(result["json"])
        == json.loads(result["minifiedJson"])
        == {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "Assume",
                    "Effect": "Allow",
                    "Action": "sts:AssumeRole",
                    "Principal": {"AWS": "arn:aws:iam::1:user/a"},
                    "Condition": {"StringEquals": {"sts:ExternalId": "x"}},
                },
                {"Effect": "Deny", "Action": ["a", "b"], "Resource": "*", "Principal": "*"},
            ],
        }
    )


def test_a_region_that_does_not_exist_fails_before_anything_is_touched() -> None:
    provider = AwsProvider(NOBODY)
    assert provider.check_config({"region": "us-west-2"}) == []
    assert provider.check_config({"region": UNKNOWN}) == []
    assert provider.check_config({"region": "us-west-9"}) == [("region", "Invalid AWS Region: us-west-9")]
