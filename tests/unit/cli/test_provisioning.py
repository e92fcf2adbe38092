from __future__ import annotations

import pytest

from theia_sf.aws import session
from theia_sf.aws.session import CallerIdentity
from theia_sf.cli.progress import ProgressDisplay
from theia_sf.cli.provisioning import StackFlags, find_target, remembered
from theia_sf.errors import UsageError
from theia_sf.provision import context
from theia_sf.provision.context import Context, Identity
from theia_sf.provision.progress import Note, ResourceEvent

HERE = Identity("123456789012", "http://aws", "ORG-ACCOUNT", "https://x:443")
STACK = Context("prod", "state", "infra", "us-east-1", "eu-west-1", "key", "eu-west-1", "ANTREA_1", HERE)
NOTHING = StackFlags(None, None, None, None, None)


@pytest.fixture(autouse=True)
def known(monkeypatch, tmp_path):
    monkeypatch.setenv("THEIA_SF_CONTEXT_FILE", str(tmp_path / "context.json"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://aws")
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    monkeypatch.setattr(
        session, "caller_identity", lambda _region: CallerIdentity("123456789012", "arn:aws:iam::1:root")
    )


def test_without_context_flags_are_completed_by_the_originals_defaults():
    target = find_target(StackFlags(None, None, "bucket", None, None), None)
    request = target.request
    assert (request.stack_name, request.bucket_prefix, request.region) == ("default", "antrea-flows-infra", "us-west-2")
    assert request.key_id is None
    assert not target.from_context


def test_the_context_names_what_the_flags_do_not():
    context.save(STACK)
    target = find_target(NOTHING, None)
    request = target.request
    assert (request.stack_name, request.bucket_name, request.bucket_prefix) == ("prod", "state", "infra")
    assert (request.region, request.bucket_region, request.key_id) == ("eu-west-1", "us-east-1", "key")
    assert target.from_context


def test_a_stack_that_is_not_the_contexts_needs_a_bucket():
    context.save(STACK)
    with pytest.raises(
        UsageError, match="No bucket was named, and the current context is another stack, prod"
    ) as wrong:
        find_target(StackFlags(None, "dev", None, None, None), None)
    assert "--bucket-name state" in str(wrong.value.hint)


def test_flags_win_over_the_context():
    context.save(STACK)
    request = find_target(StackFlags("us-west-1", "prod", "state", "/infra/", None, "other"), None).request
    assert (request.region, request.key_id, request.key_region) == ("us-west-1", "other", None)
    assert request.bucket_region == "us-east-1"


@pytest.mark.parametrize(
    "flags", [StackFlags(None, "dev", "state", None, None), StackFlags(None, None, "b", None, None)]
)
def test_flags_that_name_another_stack_take_nothing_from_the_context(flags):
    context.save(STACK)
    request = find_target(flags, None).request
    assert (request.region, request.key_id, request.bucket_prefix) == ("us-west-2", None, "antrea-flows-infra")


def test_neither_flags_nor_context():
    with pytest.raises(UsageError, match="No bucket was named"):
        find_target(NOTHING, None)


def test_what_is_remembered_leads_back_to_the_same_stack():
    first = find_target(StackFlags("eu-west-1", "dev", "bucket", "x/y", None, "key"), None)
    context.save(remembered(first, "ANTREA_2"))
    assert find_target(NOTHING, None).request.key_region == "eu-west-1"
    again = find_target(NOTHING, None).request
    assert (again.stack_name, again.bucket_name, again.bucket_prefix) == ("dev", "bucket", "x/y")


def test_progress_is_a_line_for_each_change_where_there_is_no_terminal(capsys):
    role = "aws:iam/role:Role"
    with ProgressDisplay() as show:
        show(ResourceEvent("urn::a", role, "refresh", "started", 0))
        show(ResourceEvent("urn::a", role, "refresh", "done", 0.2))
        show(ResourceEvent("urn::b", role, "create", "started", 0))
        show(ResourceEvent("urn::b", role, "create", "done", 1.26))
        show(ResourceEvent("urn::c", role, "create-replacement", "done", 1))
        show(ResourceEvent("urn::d", role, "delete", "failed", 2))
        show(Note("Beware", "warning"))
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        "created aws Role b (1.3 s)",
        "made a new aws Role c (1.0 s)",
        "failed: deleting aws Role d (2.0 s)",
        "Warning: Beware",
    ]
