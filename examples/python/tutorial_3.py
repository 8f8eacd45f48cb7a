"""Tutorial 3: a machine's identities, one after the other, as a signed-in administrator.

Enables the system-assigned identity, assigns two user-assigned ones, removes one, disables the system-assigned one
while the other stays, and in the end removes all.

    python tutorial_3.py <subscription id> <resource group> <machine> <identity> <other identity>

Sign in with `az login` first; or give a token in ARM_TOKEN.
"""

from __future__ import annotations

import os
import sys

from midentity.arm import ArmClient, AzureCli, StaticToken, VmIdentity


def show(what: str, identity: VmIdentity) -> None:
    """Say what the machine has."""
    names = [found.id.rpartition("/")[2] for found in identity.user_assigned]
    print(f"{what}: {identity.kind} {' '.join(sorted(names))}".rstrip())


def main(subscription: str, group: str, machine: str, first: str, second: str) -> None:
    """Do what the tutorial does."""
    token = os.environ.get("ARM_TOKEN")
    credential = StaticToken(token) if token else AzureCli()
    with ArmClient(credential, subscription=subscription, resource_group=group) as arm:
        vm = arm.vm_identity(machine)
        show("enabled", vm.add("[system]").wait())
        # The principal that a directory group would take in.
        print(f"principal: {arm.system_identity(vm.id).principal_id}")

        for name in (first, second):
            arm.user_identities.create(name)
        # With Update-AzVM those that are not listed again are lost; here they stay.
        show("assigned", vm.add(first).wait())
        show("assigned", vm.add(second).wait())
        show("removed", vm.remove(first).wait())
        show("disabled", vm.remove("[system]").wait())
        show("enabled", vm.add("[system]").wait())
        show("user-assigned ones removed", vm.remove_all_user().wait())
        show("all removed", vm.remove_all().wait())


if __name__ == "__main__":
    main(*sys.argv[1:6])
