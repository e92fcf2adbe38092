from __future__ import annotations

import pytest

from theia_sf.aws.buckets import check_name
from theia_sf.errors import UsageError
from theia_sf.petnames import pet_name


@pytest.mark.parametrize("name", ["abc", "a-b.c-d", "x" * 63, "antrea-flows-0"])
def test_names_that_s3_allows(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize(
    "name", ["", "ab", "x" * 64, "Upper", "under_score", "-a-b", "a-b-", "a..b", "192.168.0.1", "xn--abc", "a b", "a/b"]
)
def test_names_that_s3_refuses(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name"):
        check_name(name)


def test_random_names_fit() -> None:
    for _ in range(200):
        name = f"antrea-{pet_name(4, '-')}"
        check_name(name)
        assert len(name.split("-")) == 5
