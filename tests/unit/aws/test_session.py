from __future__ import annotations

import os

import pytest

from theia_sf.aws.session import _known_regions, client, resolve_region
from theia_sf.errors import ConnectionFailedError, UsageError


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)


def test_the_order_of_regions(monkeypatch: pytest.MonkeyPatch) -> None:
    assert resolve_region(None) == "us-west-2"
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert resolve_region(None) == "eu-west-1"
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    assert resolve_region(None) == "eu-central-1"
    assert resolve_region("us-gov-west-1") == "us-gov-west-1"
    assert client("s3", None).meta.region_name == "eu-central-1"


def test_the_profiles_region(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    config = f"{tmp_path}/config"
    with open(config, "w", encoding="utf-8") as file:  # noqa: PTH123 (two lines are enough)
        file.write("[profile p]\nregion = ap-south-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", config)
    monkeypatch.setenv("AWS_PROFILE", "p")
    assert resolve_region(None) == "ap-south-1"
    monkeypatch.setenv("AWS_PROFILE", "gone")
    with pytest.raises(ConnectionFailedError, match="gone"):
        resolve_region(None)


@pytest.mark.parametrize("region", ["us-wst-2", "mars-1", "US-WEST-2", "us-west-2 ", "'; --"])
def test_unknown_regions(region: str) -> None:
    with pytest.raises(UsageError, match="There is no AWS region"):
        resolve_region(region)


def test_a_typo_gets_a_suggestion() -> None:
    with pytest.raises(UsageError) as refused:
        resolve_region("us-wst-2")
    assert "us-west-2" in str(refused.value.hint)


@pytest.mark.parametrize("region", [None, "us-west-2"])
def test_a_profile_that_does_not_exist(monkeypatch: pytest.MonkeyPatch, region: str | None) -> None:
    _known_regions.cache_clear()
    monkeypatch.setenv("AWS_PROFILE", "gone")
    with pytest.raises(ConnectionFailedError, match="The config profile"):
        resolve_region(region)
    with pytest.raises(ConnectionFailedError, match="The config profile"):
        client("s3", region)


def test_an_endpoint_that_is_no_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nonsense")
    with pytest.raises(UsageError, match="Invalid endpoint: nonsense"):
        client("s3", None)
