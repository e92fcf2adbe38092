"""Who gets in, by what drivers send, and what the others hear."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.integration.proxy.users.conftest import ADDRESS, EC_KEY, PASSWORD, RSA_KEY, Place, fingerprint
from theia_sf.proxy.errors import RefusalError
from theia_sf.proxy.users import changes, failures, verified
from theia_sf.proxy.users.hashing import Kind
from theia_sf.proxy.users.model import Peer, ProxyUser
from theia_sf.proxy.users.refusals import BUSY
from theia_sf.secret import Secret

ALICE = frozenset({"analysts", "ops"})
CERTIFICATE = Peer(ADDRESS, ("alice.example.com", "Alice"))


@pytest.mark.parametrize("name", ["alice", "ALICE", "", None])
@pytest.mark.parametrize(
    ("authenticator", "field"),
    [
        ("SNOWFLAKE", "PASSWORD"),
        ("snowflake", "PASSWORD"),
        (None, "PASSWORD"),
        ("USERNAME_PASSWORD_MFA", "PASSWORD"),
        ("PROGRAMMATIC_ACCESS_TOKEN", "TOKEN"),
        ("OAUTH", "TOKEN"),
    ],
)
def test_an_access_token_is_taken_wherever_a_driver_can_put_it(
    place: Place, authenticator: str | None, field: str, name: str | None
) -> None:
    login = {"AUTHENTICATOR": authenticator, field: place.tokens["alice"], "LOGIN_NAME": name}
    alice = ProxyUser("alice", ALICE, "token", place.tokens["alice"].split("_")[1])
    assert place.sign_in(login) == alice
    assert place.sign_in(login) == alice  # checked a moment ago


def test_a_password(place: Place) -> None:
    login = {"AUTHENTICATOR": "SNOWFLAKE", "LOGIN_NAME": "Alice", "PASSWORD": PASSWORD, "CLIENT_APP_VERSION": 4}
    alice = place.sign_in(login)
    assert (alice.name, alice.groups, alice.method) == ("alice", ALICE, "password")
    assert alice.credential.startswith("password:")


@pytest.mark.parametrize(
    "login",
    [
        {},
        {"LOGIN_NAME": "alice"},
        {"LOGIN_NAME": "alice", "PASSWORD": ""},
        {"LOGIN_NAME": "alice", "PASSWORD": None},
        {"LOGIN_NAME": "alice", "PASSWORD": PASSWORD + "!"},
        {"LOGIN_NAME": "alice", "PASSWORD": PASSWORD.upper()},
        {"LOGIN_NAME": "alice", "PASSWORD": [PASSWORD]},
        {"LOGIN_NAME": "alice", "PASSWORD": 5},
        {"LOGIN_NAME": ["alice"], "PASSWORD": PASSWORD},
        {"LOGIN_NAME": "alice", "PASSWORD": "\ud800"},
        {"LOGIN_NAME": "alice", "PASSWORD": "x" * 1_000_000},
        {"LOGIN_NAME": "alice", "TOKEN": PASSWORD},
        {"LOGIN_NAME": "", "PASSWORD": PASSWORD},
        {"LOGIN_NAME": "bob", "PASSWORD": PASSWORD},
        {"LOGIN_NAME": "nobody", "PASSWORD": PASSWORD},
        {"LOGIN_NAME": "carol", "PASSWORD": PASSWORD},
    ],
)
def test_every_wrong_password_is_answered_alike(place: Place, login: dict[str, Any]) -> None:
    refusal = place.refused(login)
    assert (refusal.code, refusal.message) == ("390100", "Incorrect username or password was specified.")
    assert refusal.body()["success"] is False


@pytest.mark.parametrize(
    ("authenticator", "code", "message"),
    [
        ("SNOWFLAKE", "390100", "Incorrect username or password was specified."),
        ("PROGRAMMATIC_ACCESS_TOKEN", "394400", "Programmatic access token is invalid."),
        ("OAUTH", "390303", "Invalid OAuth access token."),
    ],
)
def test_every_wrong_token_is_answered_alike(place: Place, authenticator: str, code: str, message: str) -> None:
    token = place.tokens["alice"]
    other = place.tokens["bob"]
    mangled = [
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        other[:19] + token[19:],  # bob's ID, alice's secret
        token.upper(),
        token + "A",
        " " + token,
        token[:-1],
        "theia_" + "a" * 12 + "_" + "A" * 43,
    ]
    field = "PASSWORD" if authenticator == "SNOWFLAKE" else "TOKEN"
    logins = [{field: text, "LOGIN_NAME": "alice"} for text in mangled]
    logins += [{field: token, "LOGIN_NAME": "bob"}, {field: token, "LOGIN_NAME": "nobody"}]
    for login in logins:
        refusal = place.refused({"AUTHENTICATOR": authenticator, **login})
        assert (refusal.code, refusal.message) == (code, message)


@pytest.mark.parametrize(
    "authenticator",
    ["EXTERNALBROWSER", "https://idp.okta.com", "WORKLOAD_IDENTITY", "ID_TOKEN", "OAUTH_CLIENT_CREDENTIALS"],
)
def test_other_authenticators_are_refused_with_what_there_is(place: Place, authenticator: str) -> None:
    login = {"AUTHENTICATOR": authenticator, "PASSWORD": place.tokens["alice"], "TOKEN": place.tokens["alice"]}
    refusal = place.refused(login)
    assert refusal.code == "390201"
    assert "access token" in refusal.message
    assert authenticator not in refusal.message


class TestCertificates:
    @pytest.mark.parametrize("name", ["alice", "ALICE", ""])
    @pytest.mark.parametrize("password", ["", "whatever the tool insists on"])
    def test_its_user_gets_in_with_any_password(self, place: Place, name: str, password: str) -> None:
        login = {"LOGIN_NAME": name, "PASSWORD": password}
        alice = ProxyUser("alice", ALICE, "certificate", "alice.example.com")
        assert place.sign_in(login, peer=CERTIFICATE) == alice

    def test_nobody_else_does(self, place: Place) -> None:
        assert place.refused({"LOGIN_NAME": "bob", "PASSWORD": "x"}, peer=CERTIFICATE).code == "390100"
        stranger = Peer(ADDRESS, ("mallory.example.com", "alice.example.com.evil", "alice"))
        assert place.refused({"LOGIN_NAME": "alice", "PASSWORD": "x"}, peer=stranger).code == "390100"

    def test_a_token_that_comes_with_it_counts_and_not_the_certificate(self, place: Place) -> None:
        assert place.sign_in({"PASSWORD": place.tokens["bob"]}, peer=CERTIFICATE).name == "bob"
        wrong = place.tokens["alice"][:-3] + "AAA"
        assert place.refused({"LOGIN_NAME": "alice", "PASSWORD": wrong}, peer=CERTIFICATE).code == "390100"

    def test_one_with_the_names_of_two_users_is_nobodys(self, place: Place) -> None:
        changes.add(place.path, "bob", changes.NewCredentials(certificate_names=("bob.example.com",)))
        both = Peer(ADDRESS, ("alice.example.com", "BOB.example.com"))
        assert place.refused({"LOGIN_NAME": "alice"}, peer=both).code == "390100"
        assert place.sign_in({}, peer=Peer(ADDRESS, ("Bob.Example.Com",))).name == "bob"


class TestChanges:
    def test_a_revoked_user_is_out_at_once_and_so_are_their_sessions(self, place: Place) -> None:
        login = {"PASSWORD": place.tokens["alice"]}
        alice = place.sign_in(login)
        assert place.goes_on(alice)
        changes.revoke(place.path, "ALICE")
        assert not place.goes_on(alice)
        assert place.refused(login).code == "390100"
        assert place.sign_in({"PASSWORD": place.tokens["bob"]}).name == "bob"

    def test_a_revoked_token_is_out_at_once_and_the_user_stays(self, place: Place) -> None:
        by_token = place.sign_in({"PASSWORD": place.tokens["alice"]})
        token = place.tokens["alice"]
        changes.revoke(place.path, "alice", token.split("_")[1])
        assert place.refused({"PASSWORD": token}).code == "390100"
        by_password = place.sign_in({"LOGIN_NAME": "alice", "PASSWORD": PASSWORD})
        assert by_password.method == "password"
        assert place.goes_on(by_password)
        assert not place.goes_on(by_token)

    def test_each_credential_takes_its_own_sessions_with_it(self, place: Place) -> None:
        password = {"LOGIN_NAME": "alice", "PASSWORD": PASSWORD}
        begun = {
            place.tokens["alice"].split("_")[1]: place.sign_in({"PASSWORD": place.tokens["alice"]}),
            fingerprint(RSA_KEY): place.sign_in(place.signed(RSA_KEY)),
            fingerprint(EC_KEY): place.sign_in(place.signed(EC_KEY)),
            "alice.example.com": place.sign_in({}, peer=CERTIFICATE),
            "password": place.sign_in(password),
        }
        assert [user.method for user in begun.values()] == ["token", "jwt", "jwt", "certificate", "password"]
        for credential in list(begun):
            changes.revoke(place.path, "alice", credential)
            assert not place.goes_on(begun.pop(credential))
            assert all(place.goes_on(user) for user in begun.values())

    def test_the_sessions_of_a_password_end_when_another_takes_its_place(self, place: Place) -> None:
        before = place.sign_in({"LOGIN_NAME": "alice", "PASSWORD": PASSWORD})
        changes.add(place.path, "alice", changes.NewCredentials(password=Secret("another, after a leak", mask=False)))
        assert not place.goes_on(before)
        assert place.goes_on(place.sign_in({"LOGIN_NAME": "alice", "PASSWORD": "another, after a leak"}))

    def test_the_sessions_of_who_was_taken_away_do_not_come_back_with_the_name(self, place: Place) -> None:
        before = place.sign_in({"PASSWORD": place.tokens["alice"]})
        changes.revoke(place.path, "alice")
        changes.add(place.path, "alice", changes.NewCredentials(token=True))
        assert not place.goes_on(before)

    def test_groups_are_those_of_now(self, place: Place) -> None:
        alice = place.sign_in({"PASSWORD": place.tokens["alice"]})
        assert place.users.groups("ALICE", alice.credential) == ("analysts", "ops")
        changes.add(place.path, "alice", changes.NewCredentials(groups=("admins",)))
        assert place.users.groups("alice", alice.credential) == ("admins", "analysts", "ops")
        place.path.write_text(place.path.read_text().replace("    - ops\n", ""))
        assert place.users.groups("alice", alice.credential) == ("admins", "analysts")

    def test_a_credential_that_is_revoked_while_it_is_checked_opens_nothing(
        self, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = verified.verify

        def slow(encoded: str | None, text: str, kind: Any) -> bool:
            changes.revoke(place.path, "alice", place.tokens["alice"].split("_")[1])
            return real(encoded, text, kind)

        monkeypatch.setattr(verified, "verify", slow)
        assert place.refused({"PASSWORD": place.tokens["alice"]}).code == "390100"

    def test_a_disabled_user_is_out(self, place: Place) -> None:
        login = {"LOGIN_NAME": "alice", "PASSWORD": PASSWORD}
        alice = place.sign_in(login)
        place.path.write_text(place.path.read_text().replace("  alice:\n", "  alice:\n    disabled: true\n"))
        assert place.refused(login).code == "390100"
        assert place.refused({"PASSWORD": place.tokens["alice"]}).code == "390100"
        assert place.refused({}, peer=CERTIFICATE).code == "390100"
        assert not place.goes_on(alice)

    def test_a_token_ends_at_its_time_and_a_cached_one_and_its_sessions_too(self, place: Place) -> None:
        ends = datetime.fromtimestamp(place.now, UTC) + timedelta(seconds=30)
        added = changes.add(place.path, "dave", changes.NewCredentials(token=True, expires=ends))
        assert added.token is not None
        login = {"AUTHENTICATOR": "PROGRAMMATIC_ACCESS_TOKEN", "TOKEN": added.token.reveal()}
        dave = place.sign_in(login)
        assert (dave.name, place.goes_on(dave)) == ("dave", True)
        place.now += 31
        assert not place.goes_on(dave)
        assert place.refused(login).code == "394400"

    def test_a_file_that_makes_no_sense_leaves_users_as_they_were(
        self, place: Place, caplog: pytest.LogCaptureFixture
    ) -> None:
        good = place.path.read_text()
        place.path.write_text("users: [broken")
        with caplog.at_level(logging.ERROR):
            bob = place.sign_in({"PASSWORD": place.tokens["bob"]})
            assert (bob.name, place.goes_on(bob)) == ("bob", True)
        assert caplog.text.count("is not valid YAML") == 1
        place.path.write_text(good.replace("  bob:", "  robert:"))
        assert place.sign_in({"PASSWORD": place.tokens["bob"]}).name == "robert"


class TestFailures:
    def test_after_ten_wrong_passwords_nobody_of_this_name_gets_in_from_there(self, place: Place) -> None:
        wrong = {"LOGIN_NAME": "alice", "PASSWORD": "wrong"}
        right = {"LOGIN_NAME": "Alice", "PASSWORD": PASSWORD}

        async def attempts() -> list[str]:
            heard: list[str] = []
            for login in [wrong] * 10 + [right]:
                try:
                    await place.users.authenticate(login, "flows", Peer(ADDRESS))
                except RefusalError as refusal:
                    heard.append(str(refusal.code))
            return heard

        assert asyncio.run(attempts()) == ["390100"] * 10 + ["390102"]
        # others there, the same name elsewhere, and tokens of the same user are not held up
        assert place.sign_in({"LOGIN_NAME": "carol", "PASSWORD": "carol's own password"}).name == "carol"
        assert place.sign_in(right, peer=Peer("198.51.100.9")).name == "alice"
        assert place.sign_in({"PASSWORD": place.tokens["alice"], "LOGIN_NAME": "alice"}).name == "alice"

    def test_a_name_that_there_is_not_is_held_up_alike(self, place: Place) -> None:
        codes = [place.refused({"LOGIN_NAME": "nobody", "PASSWORD": "wrong"}).code for _ in range(11)]
        assert codes == ["390100"] * 10 + ["390102"]

    def test_who_gets_in_starts_anew(self, place: Place) -> None:
        for _ in range(3):
            for _ in range(9):
                assert place.refused({"LOGIN_NAME": "alice", "PASSWORD": "wrong"}).code == "390100"
            assert place.sign_in({"LOGIN_NAME": "alice", "PASSWORD": PASSWORD}).name == "alice"

    def test_the_name_counts_over_all_addresses(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(failures, "OF_NAME", "5 per 15 minutes")
        peers = [Peer(f"198.51.100.{number}") for number in range(6)]
        codes = [place.refused({"LOGIN_NAME": "alice", "PASSWORD": "wrong"}, peer=peer).code for peer in peers]
        assert codes == ["390100"] * 5 + ["390102"]

    def test_an_address_that_tries_everything_is_held_up_but_not_a_program_at_work_there(
        self, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(failures, "OF_ADDRESS", "5 per 5 minutes")
        at_work = {"PASSWORD": place.tokens["bob"]}
        place.sign_in(at_work)
        logins = [{"LOGIN_NAME": f"user{number}", "PASSWORD": "x"} for number in range(3)]
        logins += [{"AUTHENTICATOR": "SNOWFLAKE_JWT", "TOKEN": "x"}, {"AUTHENTICATOR": "OAUTH", "TOKEN": "x"}]
        for login in logins:
            assert place.refused(login).code != "390102"
        assert place.refused({"LOGIN_NAME": "carol", "PASSWORD": "carol's own password"}).code == "390102"
        assert place.sign_in(at_work).name == "bob"

    def test_strangers_lock_nobody_out_who_has_a_certificate(
        self, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(failures, "OF_NAME", "5 per 15 minutes")
        wrong = {"LOGIN_NAME": "alice", "PASSWORD": "wrong"}
        for number in range(6):
            place.refused(wrong, peer=Peer(f"198.51.100.{number}"))
        assert place.refused({**wrong, "PASSWORD": PASSWORD}).code == "390102"
        assert place.sign_in(wrong, peer=CERTIFICATE).method == "certificate"
        assert place.refused({**wrong, "LOGIN_NAME": "ALICE", "PASSWORD": PASSWORD}).code == "390102"  # nor lets it in

    def test_guesses_at_one_moment_are_looked_at_as_often_as_those_one_after_the_other(
        self, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        looked_at: list[str] = []

        def slow(_: str | None, text: str, __: Any) -> bool:
            looked_at.append(text)
            time.sleep(0.01)
            return False

        monkeypatch.setattr(verified, "verify", slow)

        async def crowd() -> list[Any]:
            guesses = ({"LOGIN_NAME": "alice", "PASSWORD": f"guess {number}"} for number in range(100))
            attempts = (place.users.authenticate(guess, "flows", Peer(ADDRESS)) for guess in guesses)
            return await asyncio.gather(*attempts, return_exceptions=True)

        codes = [refusal.code for refusal in asyncio.run(crowd())]
        assert len(looked_at) == 10
        assert (codes.count("390100"), codes.count("390102")) == (10, 90)

    def test_many_connections_with_one_right_password_all_get_in(self, place: Place) -> None:
        login = {"LOGIN_NAME": "alice", "PASSWORD": PASSWORD}

        async def crowd() -> list[ProxyUser]:
            return await asyncio.gather(*(place.users.authenticate(login, "flows", Peer(ADDRESS)) for _ in range(64)))

        assert {user.name for user in asyncio.run(crowd())} == {"alice"}

    def test_failures_are_forgotten_in_time(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(failures, "OF_NAME_AT_ADDRESS", "1 per 1 second")
        login = {"LOGIN_NAME": "alice", "PASSWORD": PASSWORD}

        async def attempts() -> ProxyUser:
            with pytest.raises(RefusalError):
                await place.users.authenticate({**login, "PASSWORD": "wrong"}, "flows", Peer(ADDRESS))
            await asyncio.sleep(1.1)
            return await place.users.authenticate(login, "flows", Peer(ADDRESS))

        assert asyncio.run(attempts()).name == "alice"


class TestWork:
    """How often a hash is computed. It is what costs time, so it tells who is there, too."""

    @pytest.fixture
    def computed(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
        seen: list[tuple[str, bool]] = []
        real = verified.verify

        def counting(encoded: str | None, text: str, kind: Any) -> bool:
            seen.append((kind.value, encoded is not None))
            return real(encoded, text, kind)

        monkeypatch.setattr(verified, "verify", counting)
        return seen

    def test_as_much_for_nobody_as_for_somebody(self, place: Place, computed: list[tuple[str, bool]]) -> None:
        for name in ("alice", "bob", "nobody"):  # who has a password, who has none, who is not there
            place.refused({"LOGIN_NAME": name, "PASSWORD": "wrong"})
        assert [kind for kind, _ in computed] == ["password"] * 3
        computed.clear()
        place.refused({"PASSWORD": place.tokens["alice"][:-3] + "AAA"})
        place.refused({"PASSWORD": "theia_" + "a" * 12 + "_" + "A" * 43})
        assert computed == [("token", True), ("token", False)]

    def test_many_programs_with_one_token_at_once_cost_one_hash(
        self, place: Place, computed: list[tuple[str, bool]]
    ) -> None:
        login = {"PASSWORD": place.tokens["bob"]}

        async def crowd() -> list[ProxyUser]:
            attempts = (place.users.authenticate(login, "flows", Peer(ADDRESS)) for _ in range(64))
            return await asyncio.gather(*attempts)

        assert {user.name for user in asyncio.run(crowd())} == {"bob"}
        assert len(computed) == 1
        place.now += verified.SECONDS + 1
        place.sign_in(login)
        assert len(computed) == 2

    def test_more_than_can_be_checked_are_told_to_come_again(
        self, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(verified, "_MOST_WAITING", 4)

        async def crowd() -> list[Any]:
            logins = [{"LOGIN_NAME": f"user{number}", "PASSWORD": f"{number}"} for number in range(12)]
            attempts = (place.users.authenticate(login, "flows", Peer(ADDRESS)) for login in logins)
            return await asyncio.gather(*attempts, return_exceptions=True)

        codes = [str(refusal.code) for refusal in asyncio.run(crowd())]
        assert sorted(set(codes)) == ["390100", BUSY]
        assert codes.count("390100") == 4

    def test_who_guesses_passwords_keeps_no_token_waiting(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        real, over = verified.verify, threading.Event()

        def slow(encoded: str | None, text: str, kind: Any) -> bool:
            if kind is Kind.PASSWORD:
                over.wait(30)
            return real(encoded, text, kind)

        monkeypatch.setattr(verified, "verify", slow)

        async def work() -> ProxyUser:
            guesses = ({"LOGIN_NAME": f"user{number}", "PASSWORD": "x"} for number in range(20))
            crowd = [
                asyncio.create_task(place.users.authenticate(guess, "flows", Peer("198.51.100.9"))) for guess in guesses
            ]
            try:
                await asyncio.sleep(0.05)
                async with asyncio.timeout(10):
                    return await place.users.authenticate({"PASSWORD": place.tokens["bob"]}, "flows", Peer(ADDRESS))
            finally:
                over.set()
                await asyncio.gather(*crowd, return_exceptions=True)

        assert asyncio.run(work()).name == "bob"

    def test_a_client_that_hangs_up_takes_nothing_from_others(self, place: Place) -> None:
        login = {"PASSWORD": place.tokens["bob"]}

        async def two() -> ProxyUser:
            first = asyncio.create_task(place.users.authenticate(login, "flows", Peer(ADDRESS)))
            second = asyncio.create_task(place.users.authenticate(login, "flows", Peer(ADDRESS)))
            await asyncio.sleep(0)
            first.cancel()
            return await second

        assert asyncio.run(two()).name == "bob"


def test_no_secret_is_in_the_file_or_in_a_refusal(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    content = place.path.read_text()
    secrets = [*place.tokens.values(), PASSWORD, *(token[19:] for token in place.tokens.values())]
    assert not [secret for secret in secrets if secret in content]
    assert place.path.stat().st_mode & 0o777 == 0o600
    for login in ({"LOGIN_NAME": "carol", "PASSWORD": secret} for secret in secrets):
        refusal = place.refused(login)
        assert not [secret for secret in secrets if secret in repr(refusal.body())]
    assert not [secret for secret in secrets if secret in caplog.text]
