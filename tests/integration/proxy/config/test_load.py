"""proxy.yaml: what it may say, and what is said of a wrong one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from theia_sf.errors import UsageError
from theia_sf.proxy.access.load import load_policy
from theia_sf.proxy.config.load import load

MINIMAL: dict[str, Any] = {
    "upstreams": {"production": {"account": "ORG-ACC", "identities": {"reader": {"private_key_path": "keys/r.p8"}}}},
    "users": "users.yaml",
    "store": {"sqlite": "sessions.db", "key_file": "key"},
    "audit": {"path": "/var/log/theia"},
}


def written(tmp_path: Path, document: Any) -> Path:
    path = tmp_path / "proxy.yaml"
    path.write_text(document if isinstance(document, str) else yaml.safe_dump(document))
    return path


def changed(**changes: Any) -> dict[str, Any]:
    return {**MINIMAL, **changes}


def test_paths_are_relative_to_the_file_and_the_rest_has_defaults(tmp_path: Path) -> None:
    config = load(written(tmp_path, MINIMAL))
    assert config.users == tmp_path / "users.yaml"
    assert config.store.sqlite == tmp_path / "sessions.db"
    assert config.audit.path == Path("/var/log/theia")
    assert config.upstreams["production"].identity("reader").private_key_path == tmp_path / "keys" / "r.p8"
    assert (config.listen.host, config.tokens.prefix, config.audit.mode) == ("127.0.0.1", "Theia:", "strict")


def test_an_identity_is_completed_with_what_is_said_of_its_account(tmp_path: Path) -> None:
    accounts = {
        "production": {
            "account": "ORG-ACC",
            "host": "h.example.com",
            "port": 444,
            "identities": {"a": {}, "b": {"account": "ORG-OTHER", "host": "x.example.com"}},
        }
    }
    upstream = load(written(tmp_path, changed(upstreams=accounts))).upstreams["production"]
    first, second = upstream.identity("a"), upstream.identity("b")
    assert (first.account, first.host, first.port) == ("ORG-ACC", "h.example.com", 444)
    assert (second.account, second.host, second.port) == ("ORG-OTHER", "x.example.com", None)


def test_what_is_merged_in_is_not_there_twice(tmp_path: Path) -> None:
    text = yaml.safe_dump(MINIMAL) + "limits: {<<: &more {connections: 5, body_bytes: 7}, connections: 6}\nlisten: {}\n"
    limits = load(written(tmp_path, text)).limits
    assert (limits.connections, limits.body_bytes) == (6, 7)


def test_a_policy_with_two_lists_of_rules_is_refused(tmp_path: Path) -> None:
    """YAML's readers take the last one: the first, which keeps somebody out, would count for nothing."""
    path = tmp_path / "policy.yaml"
    path.write_text("rules: [{name: out, users: [eve], effect: deny}]\nrules: [{name: all, users: ['*']}]\n")
    with pytest.raises(UsageError, match=r"policy .* has the key `rules` twice"):
        load_policy(path, tmp_path / "proxy.yaml")


def test_inline_policies_and_no_policy(tmp_path: Path) -> None:
    assert load(written(tmp_path, MINIMAL)).policy is None
    assert load(written(tmp_path, changed(policy="policy.yaml"))).policy == tmp_path / "policy.yaml"


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (changed(listen={"host": "0.0.0.0"}), "reached by other machines, so it needs `tls`"),
        (changed(lissten={}), "`lissten` is not a setting"),
        (changed(limits={"body_bytes": 0}), "`limits.body_bytes` is not right"),
        (changed(audit={"path": "a", "mode": "sometimes"}), "`audit.mode` is not right"),
        (changed(store={"key_file": "k"}), "either `sqlite` .* or `redis`"),
        (changed(upstreams={}), "`upstreams` is not right"),
        (changed(upstreams={"A B": {"identities": {"r": {}}}}), "`upstreams.A B"),
        (changed(upstreams={"a": {"identities": {"r": {"password": "x"}}}}), "identities.r.password` is not a setting"),
        (changed(upstreams={"a": {"identities": {"r": {"connection": "c", "secret_id": "s"}}}}), "keep one"),
        (
            changed(upstreams={n: {"hosts": ["h"], "identities": {"r": {}}} for n in ("a", "b")}),
            "accounts a and b of `upstreams` both have the host h",
        ),
        ({key: value for key, value in MINIMAL.items() if key != "users"}, "`users` is missing"),
        ("- a list", "holds no settings"),
        ("", "holds no settings"),
        ("users: [", r"not valid YAML at line \d"),
        ("a: \x00", "not valid YAML"),
        ("users: a\nstore: {}\nusers: b", "has the key `users` twice in one place; the second is in line 3"),
        ("a: &a [*a, {b: 1, c: {x: 1, 'x': 2}}]", "has the key `x` twice"),
        (changed(users="~nobody-of-this-name/users.yaml"), "`users`: begins with `~`"),
        (changed(upstreams={"a": {"port": 70000, "identities": {"r": {}}}}), "`upstreams.a.port` is not right"),
        (changed(upstreams={"a": {"identities": {"r": {"port": 0}}}}), "identities.r.port` is not right"),
    ],
)
def test_what_is_wrong_is_named_in_one_sentence(tmp_path: Path, document: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        load(written(tmp_path, document))
    assert "\n" not in caught.value.message
    assert caught.value.hint


def test_a_secret_in_the_wrong_place_is_not_repeated(tmp_path: Path) -> None:
    accounts = {"a": {"identities": {"r": {"private_key_passphrase": "hunter2", "port": "hunter3"}}}}
    with pytest.raises(UsageError) as caught:
        load(written(tmp_path, changed(upstreams=accounts)))
    assert "hunter" not in caught.value.message + str(caught.value.hint)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no configuration file"):
        load(tmp_path / "none.yaml")
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        load(tmp_path)
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="not UTF-8"):
        load(tmp_path / "binary")
