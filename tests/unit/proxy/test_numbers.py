"""The numbers of the proxy's own refusals: each stands for one thing, and for none that Snowflake means by it."""

from __future__ import annotations

from theia_sf.proxy import errors
from theia_sf.proxy.audit import model as audit
from theia_sf.proxy.serve import rates
from theia_sf.proxy.sessions import errors as store
from theia_sf.proxy.upstream import errors as upstream
from theia_sf.proxy.users import refusals
from theia_sf.snowflake.login_sentences import SENTENCES

OWN = [
    errors.INTERNAL,
    audit.UNAVAILABLE,
    rates.TOO_MANY,
    refusals.BUSY,
    store.STORE_UNAVAILABLE,
    upstream.NOT_SIGNED_IN,
    upstream.UNREACHABLE,
    upstream.NO_ANSWER,
    upstream.WRONG_ANSWER,
]
# of the Python connector 4.8 and snowflake-sdk 3.3: what they do something about
OF_DRIVERS = {
    390100, 390104, 390110, 390111, 390112, 390113, 390114, 390115, 390144, 390195, 390303, 390318, 390400,
}  # fmt: skip


def test_each_is_one_thing() -> None:
    assert len(set(OWN)) == len(OWN)


def test_none_is_snowflakes() -> None:
    assert not {int(number) for number in OWN} & (OF_DRIVERS | set(SENTENCES))
