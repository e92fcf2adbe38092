from __future__ import annotations

import pytest

from theia_sf.errors import UsageError
from theia_sf.provision.backend import backend_url, secrets_url
from theia_sf.provision.request import StackRequest, parse_tags


@pytest.mark.parametrize(
    ("prefix", "url"),
    [
        ("antrea-flows-infra", "s3://my-bucket/antrea-flows-infra?region=eu-west-1"),
        ("a/b", "s3://my-bucket/a/b?region=eu-west-1"),
        ("", "s3://my-bucket?region=eu-west-1"),
    ],
)
def test_the_backend_url_names_folder_and_region(prefix, url):
    assert backend_url("my-bucket", prefix, "eu-west-1") == url


@pytest.mark.parametrize(
    ("key", "url"),
    [
        ("1234abcd-12ab", "awskms://1234abcd-12ab?region=us-west-2"),
        ("alias/flows", "awskms://alias/flows?region=us-west-2"),
        (
            "arn:aws:kms:us-west-2:123456789012:key/1234abcd",
            "awskms:///arn:aws:kms:us-west-2:123456789012:key/1234abcd?region=us-west-2",
        ),
    ],
)
def test_the_secrets_url_takes_id_alias_and_arn(key, url):
    assert secrets_url(key, "us-west-2") == url


def test_a_request_has_the_originals_default_prefix_and_takes_slashes_around_one():
    assert StackRequest("default", "bucket", "us-west-2").bucket_prefix == "antrea-flows-infra"
    assert StackRequest("default", "bucket", "us-west-2", "/a/b/").bucket_prefix == "a/b"


@pytest.mark.parametrize(
    ("stack", "prefix"), [("a b", "x"), ("", "x"), ("a/b", "x"), ("a", "x?y"), ("a", "x//y"), ("a", "ü")]
)
def test_names_that_cannot_stand_in_a_url_are_refused(stack, prefix):
    with pytest.raises(UsageError):
        StackRequest(stack, "bucket", "us-west-2", prefix)


def test_tags():
    assert parse_tags(["a=1", "b=x=y", "c="]) == {"a": "1", "b": "x=y", "c": ""}


@pytest.mark.parametrize("tag", ["", "a", "=x", "aws:a=1", "a" * 129 + "=1", "a=" + "x" * 257])
def test_tags_that_aws_refuses_are_refused(tag):
    with pytest.raises(UsageError):
        parse_tags([tag])
