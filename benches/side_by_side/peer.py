"""azure-identity's half of the Python rows of `make bench`; ours.py is the other."""

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


if __name__ == "__main__":
    main(Peer(), sys.argv[1], int(sys.argv[2]))
