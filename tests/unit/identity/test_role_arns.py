from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from theia_sf.errors import UsageError
from theia_sf.identity.role_arns import parse_role_arn

PATH_FREE = re.compile(r"arn:aws(-cn|-us-gov)?:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@-]{1,64}")
ROLE = "arn:aws:iam::123456789012:role/flow-reader"

_names = st.text("abcXYZ019_+=,.@-", min_size=1, max_size=64)
_paths = st.lists(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=12), max_size=4)
_pieces = st.sampled_from(
    [
        *(
            "arn:aws",
            "arn:aws-cn",
            "arn:aws-iso",
            ":",
            "::",
            "/",
            "//",
            "iam",
            ":iam::123456789012:",
            ":sts::123456789012:",
        ),
        *(
            "123456789012",
            "role/",
            "assumed-role/",
            "user/",
            "root",
            "service-role",
            "NAME",
            "a b",
            "\n",
            "\x7f",
            "٣",
            "é",
        ),
    ]
)
_alike = st.one_of(
    st.text(max_size=80),
    st.lists(_pieces, max_size=12).map("".join),
    st.builds(
        "arn:{}:{}::{}:{}{}".format,
        st.sampled_from(["aws", "aws-cn", "aws-us-gov", "aws-iso-b", "gcp"]),
        st.sampled_from(["iam", "sts", "s3"]),
        st.sampled_from(["123456789012", "", "1"]),
        st.sampled_from(["role/", "role/service-role/", "assumed-role/", "user/", "root", "role//"]),
        st.text(max_size=90),
    ),
)


def never_fails(text: str) -> None:
    try:
        role = parse_role_arn(text)
    except UsageError:
        return
    assert PATH_FREE.fullmatch(role.arn)
    again = parse_role_arn(role.arn)
    assert (again.arn, again.notes) == (role.arn, ())
    assert bool(role.notes) == (role.arn != text.strip())


@settings(max_examples=200, deadline=None)
@given(_alike)
@example("arn:aws:iam::123456789012:role/")
@example("arn:aws:iam::123456789012:role//NAME")
def test_anything(text: str) -> None:
    never_fails(text)


@pytest.mark.soak
@settings(max_examples=10_000, deadline=None)
@given(_alike)
def test_anything_much(text: str) -> None:
    never_fails(text)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["aws", "aws-cn", "aws-us-gov"]), _paths, _names)
def test_paths(partition: str, path: list[str], name: str) -> None:
    plain = f"arn:{partition}:iam::123456789012:role/{name}"
    role = parse_role_arn(f"arn:{partition}:iam::123456789012:role/{''.join(part + '/' for part in path)}{name}")
    assert (role.arn, role.name, role.account, role.partition) == (plain, name, "123456789012", partition)
    assert len(role.notes) == bool(path)


def test_path_is_named() -> None:
    role = parse_role_arn(" arn:aws:iam::123456789012:role/service-role/flow-reader\n")
    assert role.arn == ROLE
    assert role.given == "arn:aws:iam::123456789012:role/service-role/flow-reader"
    (note,) = role.notes
    assert "service-role/" in note
    assert ROLE in note


def test_session() -> None:
    role = parse_role_arn("arn:aws:sts::123456789012:assumed-role/flow-reader/i-0abc")
    assert role.arn == ROLE
    (note,) = role.notes
    assert "session i-0abc" in note


def test_longest() -> None:
    start, name = "arn:aws:iam::123456789012:role/", "n" * 64
    assert parse_role_arn(start + name).name == name
    assert parse_role_arn(start + "p" * 510 + "/" + name).name == name  # a path of 512 with its slashes
    for much in (start + name + "n", start + "p" * 511 + "/" + name):
        with pytest.raises(UsageError, match="not the ARN"):
            parse_role_arn(much)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("arn:aws:iam::123456789012:user/team/anna", "is an IAM user"),
        ("arn:aws:iam::123456789012:root", "the root user"),
        ("arn:aws:sts::123456789012:federated-user/anna", "a federated user"),
        ("arn:aws:iam::123456789012:instance-profile/web", "an instance profile"),
        ("arn:aws:iam::123456789012:group/all", "an IAM group"),
        ("arn:aws-iso:iam::123456789012:role/r", "partition aws-iso"),
        ("arn:aws:iam::12345678901:role/r", "not the ARN of an IAM role"),
        ("arn:aws:iam:us-west-2:123456789012:role/r", "not the ARN of an IAM role"),
        ("arn:aws:sts::123456789012:assumed-role/r", "not the ARN of an IAM role"),
        ("arn:aws:sts::123456789012:role/r", "not the ARN of an IAM role"),
        ("arn:aws:s3:::bucket", "not the ARN of an IAM role"),
        ("flow-reader", "not the ARN of an IAM role"),
        ("", "not the ARN of an IAM role"),
    ],
)
def test_refused(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        parse_role_arn(text)
    assert caught.value.hint
