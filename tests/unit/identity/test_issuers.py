from __future__ import annotations

import pytest

from theia_sf.errors import UsageError
from theia_sf.identity.issuers import check_issuer

OWN = "https://0a1b2c3d-1111-2222-3333-444455556666.tokens.sts.global.api.aws"


def test_an_accounts_own() -> None:
    assert check_issuer(f" {OWN}/\n") == OWN


@pytest.mark.parametrize(
    "url",
    [
        "https://sts.amazonaws.com",
        "https://sts.amazonaws.com/",
        "https://STS.eu-west-1.amazonaws.com",
        "https://sts.cn-north-1.amazonaws.com.cn",
        "https://sts-fips.us-west-2.amazonaws.com",
    ],
)
def test_sts_itself_is_none(url: str) -> None:
    with pytest.raises(UsageError, match="address of AWS's STS") as refused:
        check_issuer(url)
    assert "tokens.sts.global.api.aws" in str(refused.value.hint)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x",
        "http://a.example",
        f"{OWN}/path",
        f"{OWN}?a=b",
        "https://me@a.example",
        "https://a.example:99999",
        "//[",
    ],
)
def test_no_url(url: str) -> None:
    with pytest.raises(UsageError, match="is not the URL of an issuer") as refused:
        check_issuer(url)
    assert refused.value.hint
