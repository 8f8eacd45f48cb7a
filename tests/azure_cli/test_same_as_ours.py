"""The same object as the CLI shows it and as `midentity.arm` gives it, field by field."""

import pytest
from contents import NAMES, SUBSCRIPTION
from likeness import filled
from midentity.arm import ArmClient, StaticToken


@pytest.fixture
def arm(emulator):
    """Our client, signed in as the one that the CLI is signed in as."""
    asked = {"principal": "ops/jump", "resource": f"{emulator.cloud}/"}
    token = emulator._control("POST", "tokens/issue", asked)["access_token"]
    where = {"cloud": emulator.cloud, "ca_file": emulator.ca_file}
    with ArmClient(StaticToken(token), subscription=SUBSCRIPTION, resource_group="rg1", **where) as client:
        yield client


def assert_same(theirs, ours, **renamed):
    """Each of our fields is the CLI's: of the same name in its spelling, or of the name that is given."""
    compared = 0
    for name, value in ours.to_dict().items():
        first, *rest = name.split("_")
        spelled = renamed.get(name, first + "".join(word.capitalize() for word in rest))
        if spelled is None:
            continue
        found = theirs
        for part in spelled.split("."):
            found = found[part]
        assert found == value, name
        compared += 1
    return compared


def test_a_subscription(az, arm):
    (ours,) = arm.subscriptions.list()
    (theirs,) = az("rest --method get --url /subscriptions?api-version=2022-12-01")["value"]
    assert assert_same(theirs, ours) == 5
    shown = az("account show")
    assert (shown["id"], shown["name"], shown["tenantId"], shown["state"]) == (
        ours.subscription_id,
        ours.display_name,
        ours.tenant_id,
        ours.state,
    )


def test_groups(az, arm):
    theirs, ours = az("group list"), list(arm.resource_groups.list())
    assert [one["name"] for one in theirs] == [one.name for one in ours] == ["rg1", "ops"]
    for their, our in zip(theirs, ours, strict=True):
        # A group without tags has none in the answer; ours are then empty.
        their["tags"] = their["tags"] or {}
        assert assert_same(their, our, provisioning_state="properties.provisioningState") == 5


def test_user_assigned_identities(az, arm):
    theirs, ours = az("identity list -g rg1"), list(arm.user_identities.list())
    assert len(theirs) == 2
    for their, our in zip(theirs, ours, strict=True):
        assert assert_same(their, our, client_secret_url=None) == 8
    assert assert_same(az("identity show -g rg1 -n id1"), arm.user_identities.get("id1"), client_secret_url=None) == 8


def test_what_the_cli_made(az, arm):
    theirs = az("identity create -g rg1 -n new --tags a=1 b=2")
    assert assert_same(theirs, arm.user_identities.get("new"), client_secret_url=None) == 8


def test_what_we_made(az, arm):
    ours = arm.user_identities.create("new", tags={"a": "1"})
    assert assert_same(az("identity show -g rg1 -n new"), ours, client_secret_url=None) == 8


def test_federated_credentials(az, arm):
    line = "identity federated-credential create -g rg1 --identity-name id1 -n github --issuer <github> --subject me"
    theirs = az(filled(line, NAMES))
    (ours,) = arm.user_identities.federated_credentials("id1").list()
    assert assert_same(theirs, ours) == 5


@pytest.mark.parametrize("machine", ["plain", "users", "both"])
def test_a_machines_identity(az, arm, machine):
    theirs, ours = az(f"vm identity show -g rg1 -n {machine}"), arm.vm_identity(machine).show()
    theirs = theirs or {"type": "None"}
    assert theirs["type"] == ours.kind
    assert theirs.get("principalId") == ours.system_assigned
    assert theirs.get("tenantId") == ours.tenant_id
    users = {one.id: {"clientId": one.client_id, "principalId": one.principal_id} for one in ours.user_assigned}
    assert theirs.get("userAssignedIdentities", {}) == users


def test_a_machines_identity_after_a_change(az, arm):
    line = "vm identity assign -g rg1 -n plain --identities [system] id1"
    assigned = az(line)
    ours = arm.vm_identity("plain").show()
    assert ours.system_assigned == assigned["systemAssignedIdentity"]
    assert [one.id for one in ours.user_assigned] == list(assigned["userAssignedIdentities"])
    emptied = arm.vm_identity("plain").remove_all().wait()
    assert (emptied.kind, az("vm identity show -g rg1 -n plain")) == ("None", None)


def test_roles(az, arm):
    theirs = {one["name"]: one for one in az("role definition list")}
    ours = list(arm.role_definitions().list())
    assert {one.guid for one in ours} == set(theirs)
    assert len(ours) >= 12
    for our in ours:
        their = theirs[our.guid]
        assert (their["id"], their["roleName"], their["description"]) == (our.id, our.role_name, our.description)
        assert [action for one in their["permissions"] for action in one["actions"]] == our.actions
        assert (their["roleType"] == "CustomRole") == our.is_custom


def test_role_assignments(az, arm):
    scope = filled("<S>/resourceGroups/rg1", NAMES)
    made = arm.role_assignments(scope).assign("Reader", NAMES["nobody.principal"]).wait()
    theirs = az(f"role assignment list --scope {scope} --fill-principal-name false --include-inherited")
    ours = {one.id: one for one in arm.role_assignments(scope).list(at_scope=True)}
    assert made.id in ours
    assert {one["id"] for one in theirs} == set(ours)
    for their in theirs:
        our = ours[their["id"]]
        # The CLI's list leaves out what is null.
        whole = {"description": None, "condition": None, "conditionVersion": None, **their}
        assert assert_same(whole, our, role_guid=None) == 9
        assert their["roleDefinitionId"].endswith(our.role_guid)
