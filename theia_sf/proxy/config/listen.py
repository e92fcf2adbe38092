"""Where the proxy listens, for clients and for those who watch it."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from theia_sf.proxy.config.base import FilePath, Port, Section
from theia_sf.proxy.loopback import is_loopback


class CertificateFiles(Section):
    """PEM files; the certificate with those between it and the CA."""

    certificate: FilePath
    key: FilePath


class Tls(CertificateFiles):
    """The certificate that clients see.

    Attributes:
        certificate, key: see above; all files are read again when they change.
        others: for other host names: the client gets the first one that is valid for the name it asks for.
        client_ca: PEM file of the CAs that client certificates are checked against; without it, none is asked for.
        client_certificate_required: refuse connections without one.
    """

    others: tuple[CertificateFiles, ...] = ()
    client_ca: FilePath | None = None
    client_certificate_required: bool = False

    @model_validator(mode="after")
    def _checkable(self) -> Self:
        if self.client_certificate_required and self.client_ca is None:
            message = "`client_certificate_required` needs `client_ca`, to check the certificates against"
            raise ValueError(message)
        return self


class Listen(Section):
    """For clients. Without `tls` on loopback only.

    Attributes:
        host: address or name to listen on.
        port: TCP port; 0 takes a free one.
        tls: certificate and key.
        connect_port: where to listen as an HTTP proxy for clients that know nothing but `https_proxy`.
        public_url: how clients reach it, where that is not host and port.
    """

    host: str = "127.0.0.1"
    port: Port = 8443
    tls: Tls | None = None
    connect_port: Port | None = None
    public_url: Annotated[str | None, Field(pattern=r"^https?://[^/\s]+$")] = None

    @model_validator(mode="after")
    def _protected(self) -> Self:
        if self.tls is None and not is_loopback(self.host):
            message = (
                f"{self.host} is reached by other machines, so it needs `tls` with a certificate and a key; "
                "without, the proxy listens on 127.0.0.1 only"
            )
            raise ValueError(message)
        if self.tls is None and self.connect_port is not None:
            message = "`connect_port` needs `tls`: what comes through the tunnel speaks TLS"
            raise ValueError(message)
        return self


class Health(Section):
    """For probes and metrics; answers nothing about users, and is plain HTTP."""

    host: str = "127.0.0.1"
    port: Port = 8444
