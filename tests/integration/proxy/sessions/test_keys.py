"""Key files: plain ones, and data keys that KMS encrypted."""

from __future__ import annotations

import base64
import sys
from pathlib import Path

import pytest

from tests.integration.conftest import Sandbox
from tests.integration.proxy.sessions.conftest import Clock, RedisServer, make_record, run
from theia_sf.aws.errors import AwsError
from theia_sf.aws.kms_values import KmsValues
from theia_sf.aws.session import client
from theia_sf.errors import TheiaError, UsageError
from theia_sf.proxy.config.store import Store
from theia_sf.proxy.sessions import keys
from theia_sf.proxy.sessions.opening import open_store


def test_a_new_key_is_for_its_owner_alone_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "store.key"
    made = keys.new_key_file(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert keys.read_keys(path) == (made,)
    assert len(made.id) == keys.KEY_ID_BYTES
    assert made.id not in made.secret
    assert repr(made) == "SealingKey()"


def test_a_key_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "store.key"
    keys.new_key_file(path)
    before = path.read_bytes()
    with pytest.raises(UsageError, match="is there already"):
        keys.new_key_file(path)
    with pytest.raises(UsageError, match="is there already"):
        keys.new_kms_key_file(path, "alias/any")
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"secret", base64.b64encode(b"k" * 31), base64.b64encode(b"k" * 33), b"\xff" * 44, b"kms:", b"kms: "],
)
def test_a_file_without_a_key(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "store.key"
    path.touch(0o600)
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        keys.read_keys(path)
    assert "holds no key" in caught.value.message
    assert caught.value.hint


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.key"
    keys.new_key_file(path)
    path.chmod(0o644)
    with pytest.raises(UsageError, match="mode 0644"):
        keys.read_keys(path)
    with pytest.raises(UsageError, match="There is no key file"):
        keys.read_keys(tmp_path / "other.key")


def test_a_data_key_of_kms(sandbox_env: Sandbox, tmp_path: Path) -> None:
    kms = client("kms", None)
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    path = tmp_path / "store.key"
    made = keys.new_kms_key_file(path, arn)
    content = path.read_text()
    assert content.startswith(f"kms:{arn} ")
    assert base64.b64encode(made.secret).decode() not in content
    assert path.stat().st_mode & 0o777 == 0o600
    assert keys.read_keys(path) == (made,)

    encrypted = base64.b64decode(content.split()[1])
    with pytest.raises(TheiaError):  # bound to what it is for
        KmsValues(arn, kms.meta.region_name).decrypt(encrypted, {"theia-sf": "something else"})
    path.write_text(f"kms:{arn} {base64.b64encode(encrypted[:-1] + b'x').decode()}\n")
    with pytest.raises(UsageError, match="KMS does not decrypt the key file"):
        keys.read_keys(path)
    path.write_text(content)
    kms.disable_key(KeyId=arn)
    with pytest.raises(AwsError, match="is disabled"):
        keys.read_keys(path)


async def keeps_a_session(config: Store, clock: Clock) -> None:
    store = open_store(config)
    await store.check()
    await store.add(make_record(clock))
    assert len(await store.all()) == 1
    await store.close()


class TestOpening:
    def test_sqlite_by_the_configuration(self, tmp_path: Path, clock: Clock) -> None:
        keys.new_key_file(tmp_path / "store.key")
        config = Store(sqlite=tmp_path / "sessions.db", key_file=tmp_path / "store.key")

        async def work() -> None:
            for number in range(2):
                store = open_store(config)
                await store.add(make_record(clock, number))
                assert len(await store.all()) == number + 1
                await store.close()

        run(work)

    def test_redis_by_the_configuration_with_a_password_from_a_file(self, tmp_path: Path, clock: Clock) -> None:
        keys.new_key_file(tmp_path / "store.key")
        password = tmp_path / "redis.password"
        password.touch(0o600)
        password.write_text("a-password-of-redis\n")
        server = RedisServer(tmp_path, "--requirepass", "a-password-of-redis")
        config = Store(redis=server.url, redis_password_file=password, key_file=tmp_path / "store.key")

        run(lambda: keeps_a_session(config, clock))
        server.stop()

    def test_a_user_of_redis_is_named_in_the_url(self, tmp_path: Path, clock: Clock) -> None:
        keys.new_key_file(tmp_path / "store.key")
        password = tmp_path / "redis.password"
        password.touch(0o600)
        password.write_text("a-password-of-redis")
        rules = ["--user", "proxy", "on", ">a-password-of-redis", "~theia-sf:*", "+@all", "--user", "default", "off"]
        server = RedisServer(tmp_path, *rules)
        config = Store(
            redis=f"{server.url}?username=proxy", redis_password_file=password, key_file=tmp_path / "store.key"
        )

        run(lambda: keeps_a_session(config, clock))
        server.stop()

    @pytest.mark.parametrize(
        ("content", "words"), [("", "is empty"), ("\n \n", "is empty"), ("one\ntwo\n", "has more than one line")]
    )
    def test_a_password_file_without_one_password(self, tmp_path: Path, content: str, words: str) -> None:
        keys.new_key_file(tmp_path / "store.key")
        password = tmp_path / "redis.password"
        password.touch(0o600)
        password.write_text(content)
        config = Store(redis="redis://localhost", redis_password_file=password, key_file=tmp_path / "store.key")
        with pytest.raises(UsageError, match=words):
            open_store(config)

    @pytest.mark.parametrize(
        ("url", "reason"),
        [
            ("redis://localhost:port/x", "Port could not be cast to integer value as 'port'."),
            ("redis://localhost?db=first", "Invalid value for 'db' in connection URL."),
            ("redis://localhost?user=proxy", "got an unexpected keyword argument 'user'."),
        ],
    )
    def test_a_url_that_is_none(self, tmp_path: Path, url: str, reason: str) -> None:
        keys.new_key_file(tmp_path / "store.key")
        with pytest.raises(UsageError) as caught:
            open_store(Store(redis=url, key_file=tmp_path / "store.key"))
        assert caught.value.message == f"`store.redis` is not the URL of a Redis server: {reason}"

    def test_redis_without_its_extra(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        keys.new_key_file(tmp_path / "store.key")
        monkeypatch.delitem(sys.modules, "theia_sf.proxy.sessions.redis")
        for module in ("redis", "redis.asyncio", "redis.commands.core", "redis.exceptions"):
            monkeypatch.setitem(sys.modules, module, None)
        with pytest.raises(UsageError, match="need the extra `redis`") as caught:
            open_store(Store(redis="redis://localhost", key_file=tmp_path / "store.key"))
        assert caught.value.hint == 'Run: pip install "theia-sf[redis]"'
