"""First inputs for the fuzz targets, taken from the cases in tests/vectors and from what services really send."""

import hashlib
import json
import pathlib
import struct
from collections.abc import Iterator
from typing import Any

FUZZ = pathlib.Path(__file__).parent
VECTORS = FUZZ.parent / "tests" / "vectors"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJ0aWQiOiJ4Iiwib2lkIjoieSIsInhtc19taXJpZCI6Ii9zL3ZtIn0.c2lnbmF0dXJl"
CONTENT_TYPES = ["application/json; charset=utf-8", "text/plain", "text/html", ""]


def cases() -> Iterator[dict[str, Any]]:
    """All cases of all files that have some."""
    for file in sorted(VECTORS.glob("*.json")):
        yield from json.loads(file.read_text(encoding="utf-8")).get("cases", [])


def text(body: object) -> str:
    """A body as a case writes it, as it is sent."""
    return body if isinstance(body, str) else json.dumps(body)


def answers() -> Iterator[tuple[int, str, str, str]]:
    """Status, content type, Retry-After and body of everything that a case answers."""
    for case in cases():
        for fault in case.get("faults", []) + case.get("answers", []):
            headers = {name.lower(): value for name, value in fault.get("headers", {}).items()}
            yield (
                fault.get("status", 200),
                fault.get("content_type", CONTENT_TYPES[0]),
                str(headers.get("retry-after", "")),
                text(fault.get("body", {})),
            )
        if "fields" in case:
            yield 200, CONTENT_TYPES[0], "", json.dumps({"access_token": JWT, **case["fields"]})


def seeds() -> Iterator[tuple[str, str | bytes]]:
    """Target and input."""
    for case in cases():
        fields = case.get("fields", {})
        if "expires_on" in fields or "expires_in" in fields:
            yield "expiry", json.dumps(fields)
            yield "expiry", str(fields.get("expires_on", fields.get("expires_in")))
        for scope in case.get("scopes", []):
            yield "scope", str(scope)
    for status, content_type, retry_after, body in answers():
        if status == 200:
            kind = CONTENT_TYPES.index(content_type) if content_type in CONTENT_TYPES else 3
            yield "token_answer", bytes([kind]) + body.encode()
        else:
            # As error_answer reads it: the status above 100, flags, the body.
            yield "error_answer", struct.pack("<HB", status - 100, 1) + body.encode()
        if retry_after:
            yield "retry_after", retry_after
        yield "redaction", body
    genuine = {
        "access_token": JWT,
        "expires_in": "86399",
        "expires_on": "1732500000",
        "resource": "https://vault.azure.net",
    }
    genuine |= {"token_type": "Bearer", "client_id": "6f9a2c1e-0d5b-4c0e-9a55-0c1d2e3f4a5b", "msi_res_id": "/s/r"}
    yield "token_answer", b"\0" + json.dumps(genuine).encode()
    for date in ("1/16/2020 5:24:12 AM +00:00", "06/20/2019 02:57:58 +00:00", "2024-10-18T19:51:37.0000000+00:00"):
        yield "expiry", date
        yield "expiry", json.dumps({"expires_on": date, "expires_in": 0})
    yield "redaction", f"Authorization: Bearer {JWT}"
    yield "redaction", f'{{"access_token": "{JWT}", "refresh_token": ""}} https://host/op?sig={JWT}'
    yield "retry_after", "Wed, 21 Oct 2015 07:28:00 GMT"
    yield "retry_after", "1.5"
    yield "claims", JWT
    yield "claims", "e30.e30.x"
    for address in (
        "127.0.0.1:8080/vm/a/",
        "[::1]:5",
        "management.azure.com",
        "MANAGEMENT.AZURE.COM:443",
        "u:p@a",
        "AzureCloud",
    ):
        yield "addresses", address
        yield "addresses", f"https://{address}"
    group = "/subscriptions/8d1c0000-0000-0000-0000-000000000000/resourceGroups/rg1"
    yield "resource_id", group
    yield "resource_id", f"{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id1"
    yield "resource_id", f"{group}/providers/Microsoft.Compute/virtualMachineScaleSets/a/virtualMachines/0"
    yield "instance", "compute/name"
    for file in [
        *FUZZ.parent.glob("emulator/src/*.yaml"),
        *FUZZ.parent.glob("emulator/*.yaml"),
        *VECTORS.glob("*.yaml"),
    ]:
        yield "emulator_state", file.read_text(encoding="utf-8")


def main() -> None:
    """Write those that are not there."""
    for target, content in seeds():
        data = content if isinstance(content, bytes) else content.encode()
        folder = FUZZ / "corpus" / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"seed-{hashlib.sha256(data).hexdigest()[:16]}").write_bytes(data)


if __name__ == "__main__":
    main()
