"""What counts as a change, and what replaces."""

from __future__ import annotations

from typing import Any

from google.protobuf import struct_pb2

from theia_sf.sandbox.providers.aws.bucket import Bucket
from theia_sf.sandbox.providers.aws.bucket_settings import BucketPolicy
from theia_sf.sandbox.providers.differences import difference
from theia_sf.sandbox.providers.properties import UNKNOWN, decode
from theia_sf.sandbox.providers.resource import planned, snake_case
from theia_sf.sandbox.providers.snowflake.ingestion import Pipe
from theia_sf.sandbox.providers.snowflake.warehouse import Warehouse

NOBODY: Any = None


def test_equal_inputs_make_no_difference() -> None:
    result = difference(Bucket(NOBODY), {"bucket": "b", "tags": {"a": "1"}}, {"bucket": "b", "tags": {"a": "1"}}, set())
    assert (result.kinds, result.replaces, result.delete_before_replace) == ({}, set(), False)


def test_kinds_of_change() -> None:
    olds, news = {"bucket": "b", "tags": {}, "x": 1}, {"bucket": "c", "tags": {"a": "1"}, "y": 2}
    result = difference(Bucket(NOBODY), olds, news, set())
    assert result.kinds == {"bucket": "UPDATE_REPLACE", "tags": "UPDATE", "x": "DELETE", "y": "ADD"}
    assert result.replaces == {"bucket"}


def test_the_old_one_goes_first_if_the_new_one_has_the_same_name() -> None:
    kept = {"name": "P", "database": "D", "schema": "S"}
    same_name = difference(Pipe(NOBODY), {**kept, "copyStatement": "a"}, {**kept, "copyStatement": "b"}, set())
    assert same_name.delete_before_replace
    renamed = difference(Pipe(NOBODY), kept, {**kept, "name": "Q"}, set())
    assert renamed.replaces == {"name"}
    assert not renamed.delete_before_replace


def test_an_unknown_value_counts_as_changed() -> None:
    assert difference(Bucket(NOBODY), {"bucket": "b"}, {"bucket": UNKNOWN}, set()).replaces == {"bucket"}


def test_ignored_changes_are_ignored() -> None:
    assert difference(Bucket(NOBODY), {"bucket": "b"}, {"bucket": "c"}, {"bucket"}).kinds == {}


def test_spellings_that_mean_the_same_are_no_change() -> None:
    policy = difference(BucketPolicy(NOBODY), {"policy": '{"a": [1]}'}, {"policy": '{"a":[1]}'}, set())
    copy = difference(Pipe(NOBODY), {"copyStatement": "COPY\r\nX;"}, {"copyStatement": " COPY\nX"}, set())
    size = difference(Warehouse(NOBODY), {"warehouseSize": "X-Small"}, {"warehouseSize": "XSMALL"}, set())
    assert (policy.kinds, copy.kinds, size.kinds) == ({}, {}, {})


def test_a_preview_knows_the_inputs_only() -> None:
    outputs = planned(Pipe, {"name": "P"})
    assert outputs == {"name": "P", "notificationChannel": UNKNOWN, "owner": UNKNOWN, "fullyQualifiedName": UNKNOWN}


def test_snake_case() -> None:
    assert snake_case("storageAwsRoleArn") == "storage_aws_role_arn"


def test_an_object_that_the_published_provider_made_is_the_same() -> None:
    wire = struct_pb2.Struct()
    wire.update({"bucket": "b", "tags": {"a": "1", "__defaults": []}, "__defaults": ["forceDestroy"]})
    result = difference(Bucket(NOBODY), decode(wire), {"bucket": "b", "tags": {"a": "1"}, "forceDestroy": False}, set())
    assert result.kinds == {}
