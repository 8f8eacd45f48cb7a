"""azure-identity's and azure-mgmt-msi's half of the Python rows of `make bench`; ours.py is the other."""

import os
import sys

import azure.identity
import azure.identity.aio
from measure import main


class Peer:
    """How azure-identity does what is measured."""

    def credential(self):
        return azure.identity.ManagedIdentityCredential()

    def async_credential(self):
        return azure.identity.aio.ManagedIdentityCredential()

    def fetch_with_own_cache(self, scope):
        return azure.identity.ManagedIdentityCredential().get_token(scope)

    def uncached_call(self, credential, scope):
        # The tokens live for less than the five minutes that MSAL wants to be left: each call asks again.
        get_token = credential.get_token
        return lambda: get_token(scope)

    def identities(self):
        # Here, because the rows about tokens need none of it.
        from azure.core.credentials import AccessToken
        from azure.mgmt.msi import ManagedServiceIdentityClient

        class Static:
            def get_token(self, *_scopes, **_options):
                return AccessToken(os.environ["BENCH_TOKEN"], int(os.environ["BENCH_TOKEN_EXPIRES"]))

        client = ManagedServiceIdentityClient(
            Static(),
            os.environ["BENCH_SUBSCRIPTION"],
            base_url=os.environ["MIDENTITY_CLOUD"],
            credential_scopes=[os.environ["MIDENTITY_CLOUD"] + "/.default"],
            connection_verify=os.environ["MIDENTITY_CA_FILE"],
        )
        of = client.user_assigned_identities
        return of.list_by_subscription, lambda name: of.get(os.environ["BENCH_GROUP"], name)


if __name__ == "__main__":
    main(Peer(), sys.argv[1], int(sys.argv[2]))
