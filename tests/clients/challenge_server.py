"""A blob and a secret behind the challenges of Azure Storage and Key Vault.

Who presents no token, or one that the emulated Entra did not sign for this service, is challenged in the service's own
words. The host asked for decides which service answers, as in Azure.
"""

import base64
import contextlib
import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
from contoso import STORAGE, TENANT, VAULT, Entra

BLOB = b"what the blob holds"
SECRET = "what the vault keeps"
LOGIN = f"https://login.microsoftonline.com/{TENANT}"
# What a service asks for after a token was revoked.
CLAIMS = '{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}'


@dataclass
class Asked:
    """One request, as the service saw it."""

    path: str
    token: str | None
    status: int = 0
    claims: dict = field(default_factory=dict)
    """Of the token, where it was taken."""


class Services:
    """The state behind the server."""

    def __init__(self, entra: Entra) -> None:
        self.entra = entra
        self.asked: list[Asked] = []
        self.revoked: set[str] = set()
        """Tokens that are answered with a claims challenge."""
        self.vault_resource = VAULT
        """What the vault's challenge names."""
        self.vault_extra = ""
        """Further parameters of the vault's challenge."""

    def answer(self, host: str, path: str, token: str | None) -> tuple[int, dict[str, str], bytes]:
        storage = host.partition(":")[0].endswith(".blob.core.windows.net")
        asked = Asked(path, token)
        self.asked.append(asked)
        try:
            asked.claims = self.entra.claims(token or "", STORAGE if storage else VAULT)
            good = token not in self.revoked
        except jwt.PyJWTError:
            good = False
        reply = (blob() if storage else secret(host)) if good else self.challenge(storage, token)
        asked.status = reply[0]
        return reply

    def challenge(self, storage: bool, token: str | None) -> tuple[int, dict[str, str], bytes]:
        if storage:
            words = f"Bearer authorization_uri={LOGIN}/oauth2/authorize resource_id={STORAGE}"
            body = b'<?xml version="1.0"?><Error><Code>NoAuthenticationInformation</Code><Message>no</Message></Error>'
            return 401, {"WWW-Authenticate": words, "Content-Type": "application/xml"}, body
        words = f'Bearer authorization="{LOGIN}", resource="{self.vault_resource}"{self.vault_extra}'
        if token in self.revoked:
            claims = base64.urlsafe_b64encode(CLAIMS.encode()).decode().rstrip("=")
            words = f'Bearer realm="", authorization_uri="{LOGIN}", error="insufficient_claims", claims="{claims}"'
        body = {"error": {"code": "Unauthorized", "message": "AKV10000: no or not this token"}}
        return 401, {"WWW-Authenticate": words, "Content-Type": "application/json"}, json.dumps(body).encode()


def blob() -> tuple[int, dict[str, str], bytes]:
    last = len(BLOB) - 1
    headers = {
        "Content-Type": "text/plain",
        "Content-Range": f"bytes 0-{last}/{len(BLOB)}",
        "ETag": '"0x1"',
        "Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT",
        "x-ms-blob-type": "BlockBlob",
    }
    return 206, headers, BLOB


def secret(host: str) -> tuple[int, dict[str, str], bytes]:
    body = {"value": SECRET, "id": f"https://{host}/secrets/s/1", "attributes": {"enabled": True}}
    return 200, {"Content-Type": "application/json"}, json.dumps(body).encode()


@contextlib.contextmanager
def serve(services: Services, tls: ssl.SSLContext) -> Iterator[int]:
    """Serves on a free port of this machine, and gives the port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # A client that leaves its connection open must not hold up the end of the test.
        timeout = 10

        def do_GET(self) -> None:
            token = self.headers.get("Authorization", "").removeprefix("Bearer ") or None
            status, headers, body = services.answer(self.headers["Host"], self.path, token)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Nothing: `Services.asked` is the log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
