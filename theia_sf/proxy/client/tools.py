"""What tools are told that take a URL, a data source or a file: JDBC, DBeaver, DataGrip, ODBC, Grafana."""

from __future__ import annotations

from urllib.parse import urlencode

from theia_sf.credentials import grafana_source
from theia_sf.proxy.client.environment import AUTHENTICATOR, CONNECTION
from theia_sf.proxy.client.shown import Request, Shown
from theia_sf.proxy.client.target import Target


def _jdbc_url(target: Target) -> str:
    parameters = {"account": target.account, **({"ssl": "off"} if target.protocol == "http" else {})}
    return f"jdbc:snowflake://{target.netloc}/?{urlencode(parameters)}"


def _java(asked: Request, where: str) -> tuple[str, ...]:
    return asked.trust(
        "Java trusts the certificates of a key store: keytool -importcert -noprompt -alias theia-sf -file {ca} "
        "-keystore COPY, where COPY is a copy of $JAVA_HOME/lib/security/cacerts; then -Djavax.net.ssl.trustStore=COPY "
        f"{where}."
    )


def jdbc(asked: Request) -> Shown:
    """Settings of the JDBC driver."""
    values: dict[str, str | int] = {
        "url": _jdbc_url(asked.target),
        **asked.user("user"),
        "authenticator": AUTHENTICATOR,
        "token": asked.shown_token,
    }
    text = "\n".join(f"{key}={value}" for key, value in values.items())
    notes = ("All but the URL are properties of the connection.", *_java(asked, "on the command line"))
    return Shown(values, text, notes)


def _gui(asked: Request, where: str, advice: str) -> Shown:
    values: dict[str, str | int] = {
        "URL": _jdbc_url(asked.target),
        **asked.user("User"),
        "Password": asked.shown_token,
    }
    text = "\n".join(f"{key}: {value}" for key, value in values.items())
    return Shown(values, text, (advice, *_java(asked, where)))


def dbeaver(asked: Request) -> Shown:
    """Settings of DBeaver."""
    return _gui(asked, "in dbeaver.ini, after -vmargs", "Choose Snowflake, and to connect by URL.")


def datagrip(asked: Request) -> Shown:
    """Settings of DataGrip."""
    return _gui(asked, "under VM options, on the tab Advanced", "Choose Snowflake, and the connection type URL only.")


def odbc(asked: Request) -> Shown:
    """Settings of the ODBC driver."""
    target = asked.target
    values: dict[str, str | int] = {
        "Driver": "SnowflakeDSIIDriver",
        "Server": target.host,
        "Port": target.port,
        "Account": target.account,
        **asked.user("UID"),
    }
    secret = {"PWD": asked.token} if asked.token else {}
    values |= secret
    text = "\n".join([f"[{CONNECTION}]", *(f"{key} = {value}" for key, value in values.items())])
    notes = ["It is a data source for odbc.ini."]
    if not secret:
        notes.append("The password is the access token: PWD, as a parameter of the connection.")
    if target.protocol == "http":
        notes.append("The driver speaks TLS only: this proxy is reached by plain HTTP.")
    notes += asked.trust("In simba.snowflake.ini: CABundleFile={bundle}")
    return Shown(values, text, tuple(notes))


def grafana(asked: Request) -> Shown:
    """A data source of Grafana."""
    import yaml  # noqa: PLC0415 (where it is needed only)

    target = asked.target
    connection = grafana_source.connection(target.account, target.host, target.port, target.protocol)
    values = {**connection, **asked.user("username")}
    secret = grafana_source.literal(asked.token) if asked.token else "$__file{/etc/grafana/theia-sf-token}"
    source = grafana_source.data_source(values, "password", secret)
    text = yaml.safe_dump(source, sort_keys=False, allow_unicode=True, width=1000).rstrip("\n")
    notes = (
        f"It is a file for provisioning/datasources of Grafana, with the plugin {grafana_source.PLUGIN}.",
        *(() if asked.token else ("Mount the file with the access token as /etc/grafana/theia-sf-token.",)),
        *asked.trust("Mount {bundle} as well, and set SSL_CERT_FILE to its path in Grafana's environment."),
    )
    return Shown({**values, "password": secret}, text, notes)
