"""EXTERNALBROWSER: a person signs in at an identity provider, in a browser that then calls the client back.

The client asks for a page and a proof key, opens the page, and waits on a port of this machine for the token that the
page's redirect brings. The sandbox's identity provider asks no questions: whoever opens the page is the user whom the
client named, or the one in its parameter `user`.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from theia_sf.sandbox.snowflake.catalog import User, now
from theia_sf.sandbox.snowflake.sign_in.attempt import Attempt, expect_login_name, user_by_login
from theia_sf.sandbox.snowflake.sign_in.refusals import browser_token_wrong, browser_user_differs

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.account import Account

FACTOR = "SAML2_ASSERTION"
LIFE = timedelta(minutes=10)
CALLBACK_HOST = "localhost"  # where clients listen
HIGHEST_PORT = 65535


@dataclass
class BrowserSignIn:
    """A sign-in that waits for the browser. `user` is who signed in there, and `token` what the client was sent."""

    login_name: str
    port: int
    proof_key: str
    begun: datetime
    user: str = ""
    token: str = ""


class BrowserSignIns:
    """The sign-ins under way, by the id in their page's address."""

    def __init__(self) -> None:
        self._waiting: dict[str, BrowserSignIn] = {}
        self._lock = threading.Lock()

    def begin(self, login_name: str, port: str, proof_key: str | None = None) -> tuple[str, str] | None:
        """Starts a sign-in.

        Args:
            login_name: whom the client wants to sign in as.
            port: where the client listens.
            proof_key: the client's own, where it makes it itself.

        Returns:
            the id of the page and the proof key; None if the port is none.
        """
        if not port.isdigit() or not 0 < int(port) <= HIGHEST_PORT:
            return None
        page, key = secrets.token_urlsafe(24), proof_key or secrets.token_urlsafe(32)
        with self._lock:
            self._waiting = {p: s for p, s in self._waiting.items() if now() - s.begun < LIFE}
            self._waiting[page] = BrowserSignIn(login_name, int(port), key, now())
        return page, key

    def callback(self, page: str, user: str | None = None) -> str | None:
        """Where the page sends the browser: to the client, with a token; None if nobody waits for this page.

        Args:
            page: the id in its address.
            user: who signs in; by default the one whom the client named.
        """
        with self._lock:
            waiting = self._waiting.get(page)
            if waiting is None or now() - waiting.begun > LIFE or waiting.token:
                return None
            waiting.user, waiting.token = user or waiting.login_name, secrets.token_urlsafe(48)
            query = urlencode({"token": waiting.token})
            return f"http://{CALLBACK_HOST}:{waiting.port}/?{query}"

    def take(self, token: str) -> BrowserSignIn | None:
        """The sign-in that a token ends; a token is good once."""
        with self._lock:
            for page, waiting in list(self._waiting.items()):
                if waiting.token and hmac.compare_digest(waiting.token.encode(), token.encode()):
                    del self._waiting[page]
                    return waiting if now() - waiting.begun <= LIFE else None
        return None


def verify(account: Account, attempt: Attempt) -> User:
    """The user who signed in in the browser.

    Raises:
        SignInError: 390133 the token is none, 390178 the proof key is another request's, 390191 it is somebody else.
    """
    attempt.first_factor = FACTOR
    done = account.browser.take(attempt.text("TOKEN"))
    if done is None:
        raise browser_token_wrong()
    if not hmac.compare_digest(done.proof_key.encode(), attempt.text("PROOF_KEY").encode()):
        raise browser_token_wrong(390178, "SAML_RESPONSE_INVALID_PROOF_KEY_MISMATCH")
    user = attempt.user = user_by_login(account, done.user)
    if user is None or user.type == "SERVICE":
        raise browser_user_differs()
    expect_login_name(attempt, user, browser_user_differs())
    return user
