"""Tutorial 5: a machine reads its resource group with a user-assigned identity.

As a signed-in administrator (`az login`, or a token in ARM_TOKEN), make the identity, assign it, let it read the group:

    python tutorial_5.py prepare <subscription id> <resource group> <machine> <identity>

which prints its client id. Then, on the machine:

    python tutorial_5.py <client id>
"""

from __future__ import annotations

import os
import sys

import midentity
from midentity.arm import ArmClient, AzureCli, StaticToken

READ = "Microsoft.Resources/subscriptions/resourceGroups/read"


def prepare(subscription: str, group: str, machine: str, name: str) -> None:
    """Make the identity, assign it, let it read the group."""
    token = os.environ.get("ARM_TOKEN")
    credential = StaticToken(token) if token else AzureCli()
    with ArmClient(credential, subscription=subscription, resource_group=group) as arm:
        identity = arm.user_identities.create(name)
        for field, value in identity.to_dict().items():
            print(f"{field}: {value}")
        arm.vm_identity(machine).add(identity).wait()
        arm.role_assignments(arm.resource_groups.get(group).id).assign("Reader", identity).wait()


def read(client_id: str) -> None:
    """Read the group that this machine is in, as soon as the role works."""
    place = midentity.instance_metadata("compute")
    credential = midentity.ManagedIdentityCredential(client_id=client_id)
    with ArmClient(credential, subscription=place["subscriptionId"], resource_group=place["resourceGroupName"]) as arm:
        arm.role_assignments().wait_until_allowed(READ)
        group = arm.resource_groups.get(place["resourceGroupName"])
        print(f"{group.name} in {group.location}: {group.provisioning_state}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["prepare"]:
        prepare(*sys.argv[2:6])
    else:
        read(*sys.argv[1:2])
