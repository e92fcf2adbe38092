"""Which GetCallerIdentity requests prove a caller."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from theia_sf.sandbox.snowflake.sign_in import caller_identity
from theia_sf.sandbox.snowflake.sign_in.refusals import SignInError

ARN = "arn:aws:sts::123456789012:assumed-role/reader/fn"
URL = "https://sts.us-west-2.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15"
HEADERS = {"X-Snowflake-Audience": "snowflakecomputing.com"}


@dataclass
class Key:
    secret: str = "s" * 40
    session_token: str | None = "session"
    arn: str = ARN
    expired: bool = False

    def is_expired(self, now: datetime) -> bool:
        del now
        return self.expired


class Aws:
    def __init__(self, key: Key | None = None) -> None:
        self.key = key or Key()

    def find(self, access_key_id: str) -> Any:
        return self.key if access_key_id == "ASIAKEY" else None

    def jwks(self) -> dict[str, Any]:
        return {}


def signed(
    url: str = URL,
    *,
    headers: dict[str, str] | None = None,
    method: str = "POST",
    key: str = "ASIAKEY",
    secret: str = "s" * 40,
    token: str | None = "session",
    region: str = "us-west-2",
    service: str = "sts",
) -> dict[str, Any]:
    host = url.split("/")[2]
    request = AWSRequest(method=method, url=url, headers={"Host": host, **(HEADERS if headers is None else headers)})
    SigV4Auth(Credentials(key, secret, token), service, region).add_auth(request)
    return {"url": request.url, "method": request.method, "headers": dict(request.headers.items())}


def token_of(content: Any) -> str:
    return base64.b64encode(json.dumps(content).encode()).decode()


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"method": "GET"},
        {"url": URL.replace("sts.us-west-2.", "sts."), "region": "us-east-1"},
        {"url": URL.replace("https://sts.us-west-2.amazonaws.com", "http://127.0.0.1:5566")},
    ],
)
def test_a_signed_request_proves_its_signer(changes: dict[str, Any]):
    assert caller_identity.verify(Aws(), token_of(signed(**changes))).arn == ARN


def test_a_users_key_has_no_session_token():
    aws = Aws(Key(session_token=None))
    assert caller_identity.verify(aws, token_of(signed(token=None))).arn == ARN


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"url": URL.replace("amazonaws.com", "amazonaws.com.evil.example")}, "does not go to AWS STS"),
        ({"url": URL.replace("https://sts", "https://me@sts")}, "does not go to AWS STS"),
        ({"url": URL.replace("https:", "http:")}, "does not go to AWS STS"),
        ({"url": URL.replace("us-west-2", "us-east-2")}, "signed for another region"),
        ({"url": URL.replace("GetCallerIdentity", "GetSessionToken")}, "is not GetCallerIdentity"),
        ({"url": URL + "&More=1"}, "is not GetCallerIdentity"),
        ({"method": "PUT"}, "is not GetCallerIdentity"),
        ({"headers": {}}, "does not cover"),
        ({"headers": {"X-Snowflake-Audience": "other.example"}}, "Audience is not snowflakecomputing.com"),
        ({"service": "iam"}, "does not cover"),
        ({"key": "ASIAOTHER"}, "security token included in the request is invalid"),
        ({"token": "stolen"}, "security token included in the request is invalid"),
        ({"token": None}, "security token included in the request is invalid"),
        ({"secret": "wrong"}, "signature does not match"),
    ],
)
def test_what_proves_nothing(changes: dict[str, Any], fault: str):
    with pytest.raises(SignInError, match=fault):
        caller_identity.verify(Aws(), token_of(signed(**changes)))


@pytest.mark.parametrize(
    "text", ["", "not base64!", token_of([]), token_of({"url": URL}), token_of({**signed(), "headers": {}})]
)
def test_what_cannot_be_read(text: str):
    with pytest.raises(SignInError, match=r"cannot be read|is not signed"):
        caller_identity.verify(Aws(), text)


@pytest.mark.parametrize("name", ["X-Snowflake-Audience", "X-Amz-Date", "Host"])
def test_a_signed_header_cannot_be_changed(name: str):
    request = signed()
    request["headers"][name] = {"X-Amz-Date": f"{datetime.now(UTC):%Y%m%dT000000Z}"}.get(name, "x.example")
    with pytest.raises(SignInError):
        caller_identity.verify(Aws(), token_of(request))


TEXTS = st.text(max_size=40) | st.sampled_from([URL, "https://[", "http://127.0.0.1:x/", "AWS4-HMAC-SHA256", "POST"])


@given(
    content=st.recursive(TEXTS | st.integers() | st.none(), lambda inner: st.dictionaries(TEXTS, inner, max_size=4)),
    field=st.sampled_from(["url", "method", "Host", "X-Amz-Date", "X-Amz-Security-Token", "Authorization", "all"]),
    value=TEXTS,
)
@settings(max_examples=200, deadline=None)
def test_whatever_is_sent_is_refused_and_nothing_breaks(content: Any, field: str, value: str):
    request = signed()
    if field == "all":
        request = content
    elif field in request:
        request[field] = value
    else:
        request["headers"][field] = value
    if (field == "method" and value == "POST") or (field == "url" and value == URL):
        return  # as it was
    with pytest.raises(SignInError):
        caller_identity.verify(Aws(), token_of(request))


def test_a_header_that_was_signed_must_be_there():
    request = signed()
    del request["headers"]["X-Snowflake-Audience"]
    with pytest.raises(SignInError, match="signature does not match"):
        caller_identity.verify(Aws(), token_of(request))


def test_a_request_is_good_for_fifteen_minutes(monkeypatch: pytest.MonkeyPatch):
    request = token_of(signed())
    for minutes, good in ((14, True), (16, False), (-16, False)):
        moment = datetime.now(UTC) + timedelta(minutes=minutes)
        monkeypatch.setattr(caller_identity, "now", lambda moment=moment: moment)
        if good:
            caller_identity.verify(Aws(), request)
        else:
            with pytest.raises(SignInError, match="has expired"):
                caller_identity.verify(Aws(), request)


def test_credentials_that_have_ended():
    with pytest.raises(SignInError, match="is expired"):
        caller_identity.verify(Aws(Key(expired=True)), token_of(signed()))
