"""What is in `state.yaml`, by the names that the walks use for it."""

SUBSCRIPTION = "0c0ffee0-0000-4000-8000-000000000002"

NAMES = {
    "tenant": "0c0ffee0-0000-4000-8000-000000000001",
    "subscription": SUBSCRIPTION,
    "S": f"/subscriptions/{SUBSCRIPTION}",
    "msi": "providers/Microsoft.ManagedIdentity/userAssignedIdentities",
    "compute": "providers/Microsoft.Compute",
    "roles": "providers/Microsoft.Authorization",
    "id1.client": "0c0ffee0-0000-4000-8000-00000000001a",
    "id1.principal": "0c0ffee0-0000-4000-8000-00000000001b",
    "id2.client": "0c0ffee0-0000-4000-8000-00000000002a",
    "id2.principal": "0c0ffee0-0000-4000-8000-00000000002b",
    "both.principal": "0c0ffee0-0000-4000-8000-00000000003b",
    "machines.client": "0c0ffee0-0000-4000-8000-0000000000a1",
    "machines.principal": "0c0ffee0-0000-4000-8000-0000000000b1",
    "nobody.client": "0c0ffee0-0000-4000-8000-0000000000a2",
    "nobody.principal": "0c0ffee0-0000-4000-8000-0000000000b2",
    "jump.principal": "0c0ffee0-0000-4000-8000-0000000000b3",
    "Reader": "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    "github": "https://token.actions.githubusercontent.com",
}
