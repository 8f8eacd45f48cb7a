"""Tutorial 2: configure identities with commands, as a signed-in administrator.

Makes a virtual machine with a system-assigned identity that has a role, then a user-assigned identity, and assigns it.

    python tutorial_2.py <subscription id> <resource group> <machine> <identity>

Sign in with `az login` first; or give a token in ARM_TOKEN. The machine's body is read from MACHINE_BODY (a JSON file),
where it is to be made; without it, an existing machine is changed.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from midentity.arm import ArmClient, AzureCli, StaticToken


def main(subscription: str, group: str, machine: str, name: str) -> None:
    """Do what the tutorial does."""
    token = os.environ.get("ARM_TOKEN")
    credential = StaticToken(token) if token else AzureCli()
    with ArmClient(credential, subscription=subscription, resource_group=group) as arm:
        vm = arm.vm_identity(machine)
        body = os.environ.get("MACHINE_BODY")
        if body:
            # az vm create … --assign-identity --role contributor --scope …
            making = arm.virtual_machines.create(
                machine,
                json.loads(Path(body).read_text(encoding="utf-8")),
                identities=["[system]"],
                role="Contributor",
                scope=arm.resource_groups.get(group).id,
            )
            print(f"{machine} was made with {making.wait().kind}")
        else:
            # az vm identity assign
            print(f"{machine} has {vm.add('[system]').wait().kind}")

        # az identity create; the region is the group's
        identity = arm.user_identities.create(name)
        print(f"{identity.name} in {identity.location}, client id {identity.client_id}")

        # az vm identity assign --identities: what is there stays
        plan = vm.plan("add", identity)
        print(plan)
        changed = vm.apply(plan).on_progress(lambda progress: print(f"{progress.what}: {progress.status}")).wait()
        for warning in changed.warnings:
            print(f"warning: {warning}", file=sys.stderr)
        print(f"{machine} has {changed.kind}")


if __name__ == "__main__":
    main(*sys.argv[1:5])
