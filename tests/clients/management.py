"""The management clients of azure-mgmt-*, blocking or awaited, and who is who in `management.yaml`."""

import contextlib
import importlib
import json
from urllib.request import Request, urlopen

import pytest
from azure.core.credentials import AccessToken
from contoso import SUBSCRIPTION
from flavours import settled

WHOLE = f"/subscriptions/{SUBSCRIPTION}"
MSI = "providers/Microsoft.ManagedIdentity/userAssignedIdentities"
ROLES = f"{WHOLE}/providers/Microsoft.Authorization/roleDefinitions"
READER_ROLE = f"{ROLES}/acdd72a7-3385-48ef-bd42-f606fba81ae7"

# The client ids of the identities on the machine `jump`, by the role that they have in rg1.
CLIENT_IDS = {
    name: f"0c0ffee0-0000-4000-8000-0000000000a{number}"
    for number, name in enumerate(["reader", "machines", "operator", "identities", "contributor", "nobody"], 1)
}
NOBODY_PRINCIPAL = "0c0ffee0-0000-4000-8000-0000000000b6"
ID1 = {
    "clientId": "0c0ffee0-0000-4000-8000-00000000001a",
    "principalId": "0c0ffee0-0000-4000-8000-00000000001b",
}
ID2 = {
    "clientId": "0c0ffee0-0000-4000-8000-00000000002a",
    "principalId": "0c0ffee0-0000-4000-8000-00000000002b",
}
SYSTEM_PRINCIPAL = "0c0ffee0-0000-4000-8000-00000000003b"
BOTH_PRINCIPAL = "0c0ffee0-0000-4000-8000-00000000004b"


def group_id(name):
    """A group's id as Resource Manager answers it."""
    return f"{WHOLE}/resourceGroups/{name}"


def identity_id(name, group="rg1"):
    """An identity's id as its provider answers it: `resourcegroups` in lower case."""
    return f"{WHOLE}/resourcegroups/{group}/{MSI}/{name}"


def machine_id(name, kind="virtualMachines"):
    return f"{group_id('rg1')}/providers/Microsoft.Compute/{kind}/{name}"


class Administrator:
    """A static credential: a token that was issued once, for whoever asks."""

    def __init__(self, emulator):
        answer = control(emulator, "POST", "tokens/issue", {"principal": "admin", "resource": f"{emulator.cloud}/"})
        self.token = AccessToken(answer["access_token"], answer["expires_on"])

    def get_token(self, *scopes, **options):
        return self.token


class AwaitedAdministrator(Administrator):
    """The same for clients that await it."""

    async def get_token(self, *scopes, **options):
        return self.token

    async def close(self):
        pass

    async def __aexit__(self, *reason):
        pass


def control(emulator, method, path, body=None):
    """One request to the emulator's control interface."""
    origin = emulator.environment["MIDENTITY_EMULATOR"].rstrip("/")
    data = None if body is None else json.dumps(body).encode()
    request = Request(f"{origin}/_emulator/{path}", data, {"Midentity-Emulator": "true"}, method=method)
    with urlopen(request, timeout=30) as answer:
        content = answer.read()
    return json.loads(content) if content else None


class Management:
    """The clients of one who is signed in."""

    def __init__(self, flavour, emulator, credential):
        options = {
            "base_url": emulator.cloud,
            "credential_scopes": [f"{emulator.cloud}/.default"],
            "connection_verify": emulator.ca_file,
            # Used where the service says nothing; its Retry-After wins.
            "polling_interval": 0.05,
        }
        suffix = ".aio" if flavour.awaited else ""
        make = {
            "identities": ("msi", "ManagedServiceIdentityClient"),
            "compute": ("compute", "ComputeManagementClient"),
            "authorization": ("authorization", "AuthorizationManagementClient"),
        }
        for attribute, (package, name) in make.items():
            module = importlib.import_module(f"azure.mgmt.{package}{suffix}")
            setattr(self, attribute, getattr(module, name)(credential, SUBSCRIPTION, **options))
        self.resources = flavour.resources(credential, SUBSCRIPTION, **options)

    async def close(self):
        for client in (self.identities, self.compute, self.authorization, self.resources):
            await settled(client.close())


async def listed(pager):
    """All items of a pager of either form."""
    if hasattr(pager, "__aiter__"):
        return [item async for item in pager]
    return list(pager)


async def finished(begun):
    """The result of a long-running operation of either form."""
    return await settled((await settled(begun)).result())


def sent(emulator, method=None):
    """What Resource Manager received, in order."""
    found = emulator.requests("arm")
    return [request for request in found if method is None or request["method"] == method]


def bodies(emulator, method):
    return [request["body"] for request in sent(emulator, method)]


@contextlib.contextmanager
def refused(error, status, code):
    """Expects this answer of the service; gives what was raised, once it was."""
    caught = []
    with pytest.raises(error) as found:
        yield caught
    caught.append(found.value)
    assert (found.value.status_code, found.value.error.code) == (status, code), found.value.message
