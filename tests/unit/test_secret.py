from __future__ import annotations

import logging
import pickle
import traceback

import pytest

from theia_sf import logs
from theia_sf.secret import Secret, redact


def test_a_secret_shows_only_stars() -> None:
    secret = Secret("correct horse")
    assert {str(secret), repr(secret), f"{secret}", f"{secret:>3}", f"{[secret]}"} == {"***", "[***]"}
    assert secret.reveal() == "correct horse"
    assert secret == Secret("correct horse")
    assert not Secret("")
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def test_redact_masks_what_has_been_seen() -> None:
    Secret("s3cr3t-value")
    assert redact("login failed for s3cr3t-value!") == "login failed for ***!"


def test_short_values_do_not_garble_text() -> None:
    Secret("a")
    assert redact("a cat") == "a cat"


def test_log_records_are_masked(capsys: pytest.CaptureFixture[str]) -> None:
    Secret("tok-12345")
    logs.configure(4)
    log = logging.getLogger("theia_sf.test")
    log.info("using %s", "tok-12345")
    log.debug("detail tok-12345")
    try:
        raise ValueError("tok-12345")
    except ValueError:
        log.exception("failed")
        assert "tok-12345" in traceback.format_exc()
    err = capsys.readouterr().err
    assert "using ***" in err
    assert "tok-12345" not in err


def test_libraries_are_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(0)
    logging.getLogger("snowflake.connector.network").error("traceback with a body")
    logging.getLogger("botocore.hooks").warning("noise")
    logging.getLogger("theia_sf.x").info("progress")
    assert capsys.readouterr().err == "progress\n"
    assert logs.verbosity() == 0
