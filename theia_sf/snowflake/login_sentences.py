"""What is said of each refused sign-in: numbers and words of Snowflake and the connector, to a sentence and what to do.

The numbers are those of snowflake-connector-python (its modules errorcode and network) and of Snowflake's answers:
https://docs.snowflake.com/en/user-guide/key-pair-auth-troubleshooting,
https://docs.snowflake.com/en/user-guide/errors-saml. What stands in braces `theia_sf.snowflake.login_errors` fills in.
"""

from __future__ import annotations

from typing import Final

from theia_sf.snowflake.accounts import FORMS

_CLOCK: Final = "Check this machine's clock: a JWT is good for one minute."
_KEY: Final = (
    "{fingerprint} must be RSA_PUBLIC_KEY_FP or RSA_PUBLIC_KEY_2_FP in DESC USER {user}; check the account, the user "
    "and this machine's clock too."
)
_POLICY: Final = "Ask an administrator which ways the authentication policy of the account or the user allows."
_NETWORK_POLICY: Final = "Ask an administrator to add this address to the network policy of the account or the user."
_RENEW: Final = "Make a new token, and put it where the old one was ({source})."
_MFA: Final = (
    "Give the passcode in SNOWFLAKE_PASSCODE, or sign in with a key pair (SNOWFLAKE_PRIVATE_KEY_PATH) or a "
    "programmatic access token (SNOWFLAKE_TOKEN) instead."
)
_ROLE: Final = "Check --role and SNOWFLAKE_ROLE, or ask for GRANT ROLE {granted} TO USER {grantee}."

# Number -> (sentence, hint).
SENTENCES: Final[dict[int, tuple[str, str]]] = {
    390100: (
        "Snowflake refused the user name or password of {user} at {account}.",
        "Check SNOWFLAKE_USER and SNOWFLAKE_PASSWORD; a few more wrong attempts lock the user.",
    ),
    390101: (
        "The Snowflake user {user} is disabled.",
        "Ask an administrator to enable it (ALTER USER {grantee} SET DISABLED = FALSE).",
    ),
    390102: (
        "The Snowflake user {user} is locked after too many wrong attempts.",
        "Wait for 15 minutes, or ask an administrator (ALTER USER {grantee} SET MINS_TO_UNLOCK = 0).",
    ),
    390133: ("Snowflake refused what the browser brought for {user}.", "Sign in again, and finish within a minute."),
    390139: ("Snowflake does not let {user} sign in by {title}.", _POLICY),
    390144: ("Snowflake refused the key pair of {user} at {account}.", _KEY),
    390178: ("Snowflake refused what the browser brought for {user}.", "Sign in again, and finish within a minute."),
    390186: ("The role {role} is not granted to {user}.", _ROLE),
    390189: ("The role {role} does not exist, or is not granted to {user}.", _ROLE),
    390190: (
        "Snowflake at {account} has no identity provider for sign-in by web browser.",
        "Sign in another way: a key pair, or a programmatic access token.",
    ),
    390191: (
        "The browser is signed in at the identity provider as somebody else than {user}.",
        "Sign out there, or set SNOWFLAKE_USER to the user that the browser is signed in as.",
    ),
    390197: ("Snowflake wants multi-factor authentication for {user}.", _MFA),
    390201: ("Snowflake does not let {user} sign in by {title}.", _POLICY),
    390303: ("Snowflake refused the OAuth token of {user} at {account}: it is invalid.", _RENEW),
    390304: (
        "The OAuth token is for nobody whom Snowflake knows at {account}.",
        "See the user mapping of the security integration, and the LOGIN_NAME of the user.",
    ),
    390309: (
        "The OAuth token is for another user than {user}.",
        "Leave SNOWFLAKE_USER unset, or set it to the user that the token is for.",
    ),
    390317: (
        "The OAuth token does not allow the role {role}.",
        "Ask the issuer for the scope session:role:ROLE (SNOWFLAKE_OAUTH_SCOPE), or name another role.",
    ),
    390318: ("The OAuth token of {user} has expired.", _RENEW),
    390420: ("A network policy keeps this machine from {account}.", _NETWORK_POLICY),
    390422: ("A network policy keeps this machine from {account}.", _NETWORK_POLICY),
    394300: ("Snowflake refused the key pair of {user} at {account}: there is no such user, or it has no key.", _KEY),
    394301: ("Snowflake refused the key pair of {user}: the JWT had expired when it arrived.", _CLOCK),
    394302: ("Snowflake refused the key pair of {user}: the JWT is from the future.", _CLOCK),
    394303: (
        "Snowflake refused the key pair of {user}: the JWT was made for too long a time.",
        "Unset JWT_LIFETIME_IN_SECONDS; an hour is the most that Snowflake takes.",
    ),
    394304: ("Snowflake does not have the public key of this private key for {user}.", _KEY),
    394305: ("Snowflake does not take the algorithm of {user}'s key.", "Use an RSA key of 2048 bits or more."),
    394306: ("Snowflake refused the key pair of {user} at {account}.", _KEY),
    394307: (
        "Snowflake refused the key pair of {user}: it is meant for another account than {account}.",
        "The account must be the one at the host ({host}). " + FORMS,
    ),
    394400: (
        "Snowflake refused the access token of {user} at {account}: invalid, expired, revoked, disabled or another's.",
        "SHOW USER PROGRAMMATIC ACCESS TOKENS tells its state. "
        + _RENEW
        + " An OAuth token takes SNOWFLAKE_AUTHENTICATOR=OAUTH.",
    ),
    394401: ("The access token of {user} has expired.", _RENEW),
    394507: (
        "Snowflake refused the passcode of {user}: it is wrong, or was used before.",
        "Take the next one that the app shows: each is good for one sign-in, within half a minute.",
    ),
    394508: ("Snowflake wants multi-factor authentication for {user}.", _MFA),
}
# Snowflake's words -> the number whose sentence fits: for the connector's catch-all 250001 and unknown numbers.
TEXTS: Final[tuple[tuple[str, int], ...]] = (
    (r"incorrect username or password", 390100),
    (r"user access disabled|user.*disabled", 390101),
    (r"temporarily locked|locked out", 390102),
    (r"oauth.*expired", 390318),
    (r"invalid oauth|oauth.*invalid", 390303),
    (r"jwt token.*fingerprint", 394304),
    (r"jwt token", 390144),
    (r"role .*(does not exist|not authorized)", 390189),
    (r"totp invalid", 394507),
    (r"multi-factor authentication|\bmfa\b|passcode", 390197),
    (r"saml identity provider", 390190),
    (r"programmatic access token.*expired", 394401),
    (r"programmatic access token", 394400),
    (r"ip.*not allowed to access|network policy", 390422),
    (r"authenticat\w+ .*(not supported|not allowed|rejected|not accepted)", 390139),
)
# By provider, where Snowflake does not believe the proof.
WORKLOAD_HINTS: Final = {
    "AWS": "Check that the AWS credentials are whole and have not expired, and this machine's clock.",
    "OIDC": "The platform must issue the token anew when it ends; its issuer, subject and audience must be those that "
    "DESC USER shows.",
}
# What the connector says about the workload before it asks Snowflake -> (sentence, hint).
WORKLOAD_TEXTS: Final[tuple[tuple[str, tuple[str, str]], ...]] = (
    (
        r"no aws region",
        (
            "There is no AWS region to prove this workload's identity in.",
            "Set AWS_REGION to the region that the workload runs in.",
        ),
    ),
    (
        r"no aws credentials",
        (
            "There are no AWS credentials to prove this workload's identity with.",
            "Run it with a role (of Lambda, ECS, EKS, EC2), or set AWS_PROFILE; users' keys will not do.",
        ),
    ),
    (
        r"invalid jwt|'iss' or 'sub'|token must be provided",
        (
            "The workload's OIDC token is not one.",
            "SNOWFLAKE_TOKEN_FILE_PATH must name the file in which the platform keeps the identity token.",
        ),
    ),
)
