"""azure-mgmt-authorization, over TLS: role definitions and role assignments."""

import uuid

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.mgmt.authorization.models import RoleAssignmentCreateParameters
from contoso import TENANT
from flavours import settled
from management import (
    ID1,
    NOBODY_PRINCIPAL,
    READER_ROLE,
    ROLES,
    WHOLE,
    bodies,
    control,
    group_id,
    identity_id,
    listed,
    refused,
    sent,
)

SCOPE = group_id("rg1")
OTHER = "0c0ffee0-0000-4000-8000-0000000000ff"
BUILT_IN = {
    "Owner": "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    "contributor": "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "READER": "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    "User Access Administrator": "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
    "Role Based Access Control Administrator": "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
    "Virtual Machine Contributor": "9980e02c-c2be-4d73-94e8-173b1dc7cf3c",
    "Managed Identity Operator": "f1a07417-d97a-45cb-824c-7a7467783830",
    "Managed Identity Contributor": "e40ec5ca-96e0-45a2-b4ff-59039f2c2b59",
    "Storage Blob Data Reader": "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
    "Storage Blob Data Contributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "Key Vault Secrets User": "4633458b-17de-408a-b874-0445c86b69e6",
    "AcrPull": "7f951dda-4ed3-4680-a7ca-43fe172d538d",
}


def parameters(principal=NOBODY_PRINCIPAL, kind="ServicePrincipal", role=READER_ROLE, **more):
    return RoleAssignmentCreateParameters(role_definition_id=role, principal_id=principal, principal_type=kind, **more)


@pytest.fixture
def assignments(managed):
    """An administrator's role assignments."""
    return managed().authorization.role_assignments


async def test_roles_by_name(managed, emulator):
    definitions = managed().authorization.role_definitions
    for name, guid in BUILT_IN.items():
        (role,) = await listed(definitions.list(SCOPE.lstrip("/"), filter=f"roleName eq '{name}'"))
        assert (role.name, role.role_name.lower(), role.role_type) == (guid, name.lower(), "BuiltInRole")
        assert role.id.endswith(f"/providers/Microsoft.Authorization/roleDefinitions/{guid}")
        assert (role.type, role.assignable_scopes) == ("Microsoft.Authorization/roleDefinitions", ["/"])
    assert await listed(definitions.list(SCOPE.lstrip("/"), filter="roleName eq 'No Such Role'")) == []
    assert {request["query"]["api-version"][0] for request in sent(emulator)} == {"2022-04-01"}


async def test_what_roles_allow(managed):
    definitions = managed().authorization.role_definitions
    reader = await settled(definitions.get(WHOLE.lstrip("/"), BUILT_IN["READER"]))
    assert [(one.actions, one.not_actions) for one in reader.permissions] == [(["*/read"], [])]
    contributor = await settled(definitions.get(WHOLE.lstrip("/"), BUILT_IN["contributor"]))
    assert contributor.permissions[0].actions == ["*"]
    assert "Microsoft.Authorization/*/Write" in contributor.permissions[0].not_actions
    assert len(await listed(definitions.list(WHOLE.lstrip("/"), filter="type eq 'BuiltInRole'"))) >= len(BUILT_IN)


async def test_an_assignment_comes_and_goes(assignments, emulator):
    name = str(uuid.uuid4())
    made = await settled(assignments.create(SCOPE.lstrip("/"), name, parameters(description="reads")))
    assert made.id == f"{SCOPE}/providers/Microsoft.Authorization/roleAssignments/{name}"
    assert (made.name, made.scope, made.principal_id) == (name, SCOPE, NOBODY_PRINCIPAL)
    assert (made.principal_type, made.description) == ("ServicePrincipal", "reads")
    assert made.role_definition_id == READER_ROLE
    # The first answer shows a moment between two writes.
    assert made.created_by is None
    assert made.updated_by is not None
    assert made.created_on != made.updated_on
    found = await settled(assignments.get(SCOPE.lstrip("/"), name))
    assert (found.created_by, found.created_on) == (made.updated_by, found.updated_on)
    gone = await settled(assignments.delete(SCOPE.lstrip("/"), name))
    assert (gone.id, gone.principal_id) == (made.id, NOBODY_PRINCIPAL)
    assert await settled(assignments.delete(SCOPE.lstrip("/"), name)) is None
    with refused(ResourceNotFoundError, 404, "RoleAssignmentNotFound"):
        await settled(assignments.get(SCOPE.lstrip("/"), name))
    assert [request["status"] for request in sent(emulator)] == [201, 200, 200, 204, 404]
    properties = {"roleDefinitionId": READER_ROLE, "principalId": NOBODY_PRINCIPAL}
    properties |= {"principalType": "ServicePrincipal", "description": "reads"}
    assert bodies(emulator, "PUT") == [{"properties": properties}]


async def test_lists_of_assignments(assignments):
    at_identity = identity_id("id1")
    await settled(assignments.create(WHOLE.lstrip("/"), str(uuid.uuid4()), parameters()))
    await settled(assignments.create(at_identity.lstrip("/"), str(uuid.uuid4()), parameters()))

    async def scopes(text):
        found = await listed(assignments.list_for_scope(SCOPE.lstrip("/"), filter=text))
        return sorted(one.scope for one in found if one.principal_id == NOBODY_PRINCIPAL)

    # atScope() shows the scope and what is above it; a principal's are those at, above and below it.
    assert await scopes("atScope()") == [WHOLE]
    assert await scopes(f"principalId eq '{NOBODY_PRINCIPAL}'") == [WHOLE, at_identity]
    assert await scopes(f"assignedTo('{NOBODY_PRINCIPAL}')") == [WHOLE, at_identity]
    assert await scopes(f"atScope() and assignedTo('{NOBODY_PRINCIPAL}')") == [WHOLE]
    inherited = await listed(assignments.list_for_resource_group("rg1"))
    assert {"/", WHOLE, SCOPE} <= {one.scope for one in inherited}
    with refused(HttpResponseError, 400, "UnsupportedQuery"):
        await scopes(f"atScope() and principalId eq '{NOBODY_PRINCIPAL}'")


async def test_the_same_again(assignments):
    name, again = str(uuid.uuid4()), str(uuid.uuid4())
    await settled(assignments.create(SCOPE.lstrip("/"), name, parameters()))
    # By another name it exists already, whatever the scope's casing and the trailing slash.
    for scope in (SCOPE, SCOPE.upper(), f"{SCOPE}/"):
        with refused(ResourceExistsError, 409, "RoleAssignmentExists") as caught:
            await settled(assignments.create(scope.lstrip("/"), again, parameters()))
        assert "The role assignment already exists." in caught[0].message
    # By the same name it is an update, which may change the description and nothing else.
    changed = await settled(assignments.create(SCOPE.lstrip("/"), name, parameters(description="why")))
    assert (changed.name, changed.description) == (name, "why")
    for other in (parameters(ID1["principalId"]), parameters(role=f"{ROLES}/{BUILT_IN['Owner']}")):
        with refused(HttpResponseError, 400, "RoleAssignmentUpdateNotPermitted"):
            await settled(assignments.create(SCOPE.lstrip("/"), name, other))


async def test_the_models_own_default_is_a_user(assignments, emulator):
    wrong = RoleAssignmentCreateParameters(role_definition_id=READER_ROLE, principal_id=NOBODY_PRINCIPAL)
    with refused(HttpResponseError, 400, "UnmatchedPrincipalType"):
        await settled(assignments.create(SCOPE.lstrip("/"), str(uuid.uuid4()), wrong))
    assert bodies(emulator, "PUT")[0]["properties"]["principalType"] == "User"


async def test_a_principal_that_is_not_there_yet(managed, emulator):
    control(emulator, "PUT", "settings", {"replication_delay_seconds": 3600})
    client = managed()
    identities, assignments = client.identities.user_assigned_identities, client.authorization.role_assignments
    made = await settled(identities.create_or_update("rg1", "new", {"location": "eastus"}))
    untyped = parameters(made.principal_id, None)
    with refused(HttpResponseError, 400, "PrincipalNotFound") as caught:
        await settled(assignments.create(SCOPE.lstrip("/"), str(uuid.uuid4()), untyped))
    directory = f"Principal {uuid.UUID(made.principal_id).hex} does not exist in the directory {TENANT}."
    assert directory in caught[0].message
    # With its type no look into the directory is needed.
    typed = await settled(assignments.create(SCOPE.lstrip("/"), str(uuid.uuid4()), parameters(made.principal_id)))
    assert typed.principal_type == "ServicePrincipal"


async def test_a_role_has_its_effect(managed):
    administrators, own = managed().authorization.role_assignments, managed("nobody")
    with refused(HttpResponseError, 403, "AuthorizationFailed"):
        await settled(own.resources.resource_groups.get("rg1"))
    made = await settled(administrators.create(SCOPE.lstrip("/"), str(uuid.uuid4()), parameters()))
    assert (await settled(own.resources.resource_groups.get("rg1"))).name == "rg1"
    await settled(administrators.delete_by_id(made.id.lstrip("/")))
    with refused(HttpResponseError, 403, "AuthorizationFailed"):
        await settled(own.resources.resource_groups.get("rg1"))


async def test_a_contributor_grants_nothing(managed, emulator):
    client = managed("contributor")
    with refused(HttpResponseError, 403, "AuthorizationFailed") as caught:
        await settled(client.authorization.role_assignments.create(SCOPE.lstrip("/"), OTHER, parameters()))
    assert "perform action 'Microsoft.Authorization/roleAssignments/write' over scope" in caught[0].message
    assert "If access was recently granted, please refresh your credentials." in caught[0].message
    # All else in the group is the contributor's, reading who has which role too.
    assert len(await listed(client.authorization.role_assignments.list_for_resource_group("rg1"))) >= 7
    assert (await settled(client.resources.resource_groups.update("rg1", {"tags": {}}))).name == "rg1"
    assert [request["status"] for request in sent(emulator)] == [403, 200, 200]
