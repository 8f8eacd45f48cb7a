"""Tutorial 4: a machine reads its resource group with its system-assigned identity.

    python tutorial_4.py

on the machine. With the role not given yet, as a signed-in administrator first (`az login`, or a token in ARM_TOKEN):

    python tutorial_4.py grant <subscription id> <resource group> <machine>
"""

from __future__ import annotations

import os
import sys

import midentity
from midentity.arm import ArmClient, AzureCli, StaticToken


def grant(subscription: str, group: str, machine: str) -> None:
    """Enable the identity, and let it read the group."""
    token = os.environ.get("ARM_TOKEN")
    credential = StaticToken(token) if token else AzureCli()
    with ArmClient(credential, subscription=subscription, resource_group=group) as arm:
        identity = arm.vm_identity(machine).add("[system]").wait()
        here = arm.role_assignments(arm.resource_groups.get(group).id)
        assigned = here.assign("Reader", identity.system_assigned or "").wait()
        here.wait_until_visible(assigned)
        print(f"{assigned.principal_id} has the role Reader at {assigned.scope}")


def read() -> None:
    """Read the group that this machine is in."""
    place = midentity.instance_metadata("compute")
    credential = midentity.ManagedIdentityCredential(system_assigned=True)
    with ArmClient(credential, subscription=place["subscriptionId"]) as arm:
        group = arm.resource_groups.get(place["resourceGroupName"])
        print(f"{group.name} in {group.location}: {group.provisioning_state}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["grant"]:
        grant(*sys.argv[2:5])
    else:
        read()
