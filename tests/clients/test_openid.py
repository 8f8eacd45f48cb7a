"""The emulator's OpenID documents, as the libraries that check tokens read them."""

import json
import ssl
import urllib.request

import jwt
import msal
import pytest
import requests
from azure.identity import ManagedIdentityCredential
from contoso import ARM, SYSTEM, TENANT

RESOURCE = "https://management.azure.com"


@pytest.fixture
def read(emulator):
    trust = ssl.create_default_context(cafile=emulator.ca_file)

    def document(url):
        with urllib.request.urlopen(url, context=trust, timeout=10) as answer:
            return json.load(answer)

    return document


@pytest.mark.parametrize("version", ["", "/v2.0"])
def test_a_token_is_proven_from_the_document_alone(emulator, read, version):
    with ManagedIdentityCredential() as credential:
        token = credential.get_token(ARM).token
    configuration = read(f"{emulator.cloud}/{TENANT}{version}/.well-known/openid-configuration")
    keys = jwt.PyJWKClient(configuration["jwks_uri"], ssl_context=ssl.create_default_context(cafile=emulator.ca_file))
    key = keys.get_signing_key_from_jwt(token)
    claims = jwt.decode(token, key, configuration["id_token_signing_alg_values_supported"], audience=RESOURCE)
    assert claims["oid"] == SYSTEM.object_id
    # Managed identities get v1 tokens, whichever document was read.
    assert claims["ver"] == "1.0"
    assert claims["iss"] == f"{emulator.cloud}/{TENANT}/"
    assert configuration["issuer"] == f"{emulator.cloud}/{TENANT}{version or '/'}"
    assert [request["path"] for request in emulator.requests("login")] == [
        f"/{TENANT}{version}/.well-known/openid-configuration",
        f"/{TENANT}/discovery{version}/keys",
    ]


def test_a_token_that_was_changed_is_refused(emulator, entra):
    with ManagedIdentityCredential() as credential:
        token = credential.get_token(ARM).token
    assert entra.claims(token, RESOURCE)["oid"] == SYSTEM.object_id
    head, claims, signature = token.split(".")
    other = jwt.utils.base64url_decode(claims).replace(SYSTEM.object_id.encode(), b"0" * 36)
    forged = ".".join([head, jwt.utils.base64url_encode(other).decode(), signature])
    with pytest.raises(jwt.InvalidSignatureError):
        entra.claims(forged, RESOURCE)
    with pytest.raises(jwt.InvalidAudienceError):
        entra.claims(token, "https://vault.azure.net")


def test_keys_hold_nothing_private(emulator, read):
    for version in ("", "/v2.0"):
        (key,) = read(f"{emulator.cloud}/{TENANT}/discovery{version}/keys")["keys"]
        assert key["kty"] == "RSA"
        assert not {"d", "p", "q", "dp", "dq", "qi"} & set(key)


def test_an_expired_token_is_refused(emulator, entra):
    emulator.set_clock(-90_000)
    with ManagedIdentityCredential() as credential:
        token = credential.get_token(ARM).token
    with pytest.raises(jwt.ExpiredSignatureError):
        entra.claims(token, RESOURCE)


def test_msal_takes_the_tenant_for_an_authority(emulator):
    with requests.Session() as session:
        session.verify = emulator.ca_file
        app = msal.ConfidentialClientApplication(
            SYSTEM.client_id,
            client_credential="unused",
            authority=f"{emulator.cloud}/{TENANT}",
            instance_discovery=False,
            http_client=session,
        )
        assert app.authority.token_endpoint == f"{emulator.cloud}/{TENANT}/oauth2/v2.0/token"
