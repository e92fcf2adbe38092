"""The certificates that clients see, read anew when their files change."""

from __future__ import annotations

import asyncio
import logging
import os
import ssl
from pathlib import Path
from typing import Final

from theia_sf.errors import UsageError
from theia_sf.proxy import guarded_files
from theia_sf.proxy.config.listen import Tls
from theia_sf.proxy.metrics import Metrics
from theia_sf.proxy.serve.certificate import read_certificate

WATCH_EVERY: Final = 5.0
"""Seconds between two looks at the files."""
# Forward secrecy and authenticated encryption only (RFC 9325, section 4.2); TLS 1.3 has no others.
_CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
_log = logging.getLogger(__name__)

Stamp = tuple[tuple[int, int, int], ...]


class Certificates:
    """The certificates of the configuration.

    Args:
        config: where they are.
        metrics: where their end is told.

    Raises:
        UsageError: a file cannot be used.
    """

    def __init__(self, config: Tls, metrics: Metrics | None = None) -> None:
        self._config = config
        self._metrics = metrics
        self._pairs = [(config.certificate, config.key), *((one.certificate, one.key) for one in config.others)]
        self._stamp = self._seen()
        self._load()

    @property
    def context(self) -> ssl.SSLContext:
        """What a connection that begins now is to use."""
        return self._context

    def cover(self, host: str) -> bool:
        """Tell whether one of the certificates is valid for a host name."""
        return any(certificate.covers(host) for certificate, _ in self._served)

    def refresh(self) -> bool:
        """Read the files if they have changed; tell whether there is a new context.

        Files that cannot be used, such as a certificate whose key is not there yet, change nothing.
        """
        stamp = self._seen()
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        try:
            self._load()
        except UsageError as error:
            _log.warning("The certificate stays as it is: %s", error.message)
            self._told("failed")
            return False
        _log.info("The certificate was read anew; it is valid until %s.", self._served[0][0].expires.isoformat())
        self._told("success")
        return True

    async def watch(self, every: float = WATCH_EVERY) -> None:
        """Go on reading changed files."""
        while True:
            await asyncio.sleep(every)
            self.refresh()

    def _load(self) -> None:
        served = [(read_certificate(path), self._context_of(path, key)) for path, key in self._pairs]
        self._served, self._context = served, served[0][1]
        self._context.sni_callback = self._choose
        if self._metrics is not None:
            self._metrics.certificate_expires.set(min(one.expires.timestamp() for one, _ in served))

    def _choose(self, connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, _context: ssl.SSLContext) -> None:
        """Take the first certificate that is valid for the name that the client asks for; else the first."""
        if name is not None:
            for certificate, context in self._served:
                if certificate.covers(name):
                    connection.context = context
                    return

    def _context_of(self, certificate: Path, key: Path) -> ssl.SSLContext:
        guarded_files.read(key, "private key")  # refuses one that others can read
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(_CIPHERS)
        context.set_alpn_protocols(["http/1.1"])
        context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION | ssl.OP_CIPHER_SERVER_PREFERENCE
        try:
            context.load_cert_chain(certificate, key, password=lambda: "")  # never asks at a terminal
        except (ssl.SSLError, OSError) as error:
            message = f"The private key {key} is not that of the certificate {certificate}, or is encrypted."
            raise UsageError(message, hint="Both must be PEM files, the key without a passphrase.") from error
        if self._config.client_ca is not None:
            self._trust(context, self._config.client_ca)
        return context

    def _trust(self, context: ssl.SSLContext, path: Path) -> None:
        try:
            context.load_verify_locations(path)
        except (ssl.SSLError, OSError) as error:
            message = f"The file {path} holds no CA that client certificates could be checked against."
            raise UsageError(message, hint="It must be a PEM file that this user may read.") from error
        required = self._config.client_certificate_required
        context.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL

    def _seen(self) -> Stamp:
        paths = [path for pair in self._pairs for path in pair]
        if self._config.client_ca is not None:
            paths.append(self._config.client_ca)
        return tuple(_stamp_of(path) for path in paths)

    def _told(self, outcome: str) -> None:
        if self._metrics is not None:
            self._metrics.certificate_reloads.labels(outcome).inc()


def _stamp_of(path: Path) -> tuple[int, int, int]:
    try:
        found = os.stat(path)  # noqa: PTH116 (through links: Kubernetes swaps them)
    except OSError:
        return (0, 0, 0)
    return (found.st_ino, found.st_mtime_ns, found.st_size)
