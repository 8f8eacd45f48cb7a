"""Signing the CLI in as each identity of its machine, and what it may then do."""

import base64
import json

import pytest
from cli import CommandError
from contents import NAMES
from likeness import filled


@pytest.fixture
def fresh(registered, emulator, tmp_path):
    """One that nobody has signed in with yet."""
    return registered.copied(tmp_path / "fresh")


def claims(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def asked(emulator):
    """The identity that each token was asked for by, and the resource."""
    requests = [request["query"] for request in emulator.requests("imds")]
    return [{name: value for name, (value,) in query.items() if name != "api-version"} for query in requests]


# The option, what the metadata service is asked with, and how the CLI remembers it.
IDENTITY = "<S>/resourcegroups/ops/<msi>/machines"
CHOSEN = {
    "none": ("", {}, "MSI"),
    "client": ("--client-id <machines.client>", {"client_id": "<machines.client>"}, "MSIClient-<machines.client>"),
    "object": (
        "--object-id <machines.principal>",
        {"object_id": "<machines.principal>"},
        "MSIObject-<machines.principal>",
    ),
    "resource": (f"--resource-id {IDENTITY}", {"msi_res_id": IDENTITY}, f"MSIResource-{IDENTITY}"),
}


@pytest.mark.parametrize("chosen", CHOSEN.values(), ids=CHOSEN)
def test_an_identity_signs_in(fresh, emulator, chosen):
    option, query, remembered = chosen
    (account,) = fresh(filled(f"login --identity {option}", NAMES))
    assert account["user"] == {
        "assignedIdentityInfo": filled(remembered, NAMES),
        "name": "userAssignedIdentity" if query else "systemAssignedIdentity",
        "type": "servicePrincipal",
    }
    assert (account["id"], account["tenantId"]) == (NAMES["subscription"], NAMES["tenant"])
    query = {name: filled(value, NAMES) for name, value in query.items()}
    for request in asked(emulator):
        # The audience that the cloud names, with its slash.
        assert request == {"resource": f"{emulator.cloud}/", **query}
    emulator.clear_requests()
    token = fresh("account get-access-token")["accessToken"]
    who = NAMES["machines.principal"] if query else NAMES["jump.principal"]
    assert (claims(token)["oid"], claims(token)["tid"]) == (who, NAMES["tenant"])
    assert len(asked(emulator)) == 1


def test_a_token_for_something_else(az, emulator):
    token = az("account get-access-token --resource https://vault.azure.net")["accessToken"]
    assert claims(token)["aud"].rstrip("/") == "https://vault.azure.net"
    assert asked(emulator)[-1] == {"resource": "https://vault.azure.net"}


def test_an_identity_without_any_role(fresh, emulator):
    login = f"login --identity --client-id {NAMES['nobody.client']}"
    with pytest.raises(CommandError, match="No access was configured for the managed identity, hence no subscriptions"):
        fresh(login)
    (account,) = fresh(f"{login} --allow-no-subscriptions")
    assert (account["id"], account["name"]) == (NAMES["tenant"], "N/A(tenant level account)")


def test_an_identity_that_is_not_the_machines(fresh, emulator):
    with pytest.raises(CommandError, match="Identity not found"):
        fresh(f"login --identity --client-id {NAMES['id1.client']}")
    assert emulator.requests("arm") == []


def test_what_a_virtual_machine_contributor_may(fresh, emulator):
    fresh(f"login --identity --client-id {NAMES['machines.client']}")
    assert fresh("vm identity assign -g rg1 -n plain")["userAssignedIdentities"] == {}
    with pytest.raises(CommandError, match="LinkedAuthorizationFailed") as caught:
        fresh("vm identity assign -g rg1 -n plain --identities id1")
    identity = filled("<S>/resourceGroups/rg1/<msi>/id1", NAMES)
    action = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"
    words = f"it does not have permission to perform action '{action}' on the linked scope(s) '{identity}'"
    assert words in str(caught.value)
    with pytest.raises(CommandError, match="AuthorizationFailed") as caught:
        fresh("identity create -g rg1 -n new -l eastus")
    words = f"with object id '{NAMES['machines.principal']}' does not have authorization to perform action"
    assert words in str(caught.value)
    writes = [(request["method"], request["status"]) for request in emulator.requests("arm")]
    assert [one for one in writes if one[0] != "GET"] == [("PATCH", 200), ("PATCH", 403), ("PUT", 403)]


def test_the_directory_does_not_know_the_machine_yet(az, emulator):
    emulator._control("PUT", "settings", {"replication_delay_seconds": 3})
    # No type is sent, so that the directory is asked; the CLI tries again every 5 seconds.
    scope = filled("<S>/resourceGroups/rg1", NAMES)
    given = az(f"vm identity assign -g rg1 -n plain --role Reader --scope {scope}")
    assert given["role"] == "Reader"
    tries = [request for request in emulator.requests("arm") if "/roleAssignments/" in request["path"]]
    assert [request["status"] for request in tries] == [400, 201]
    assert tries[0]["path"] == tries[1]["path"]
    assert tries[0]["body"]["properties"]["principalId"] == given["systemAssignedIdentity"]
