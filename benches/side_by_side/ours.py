"""Our half of the Python rows of `make bench`; peer.py is the other."""

import sys

import midentity
import midentity.aio
from measure import main


class Ours:
    """How our package does what is measured."""

    def credential(self):
        return midentity.ManagedIdentityCredential()

    def async_credential(self):
        return midentity.aio.ManagedIdentityCredential()

    def fetch_with_own_cache(self, scope):
        return midentity.ManagedIdentityCredential(cache=midentity.TokenCache()).get_token(scope)

    def uncached_call(self, credential, scope):
        get_token = credential.get_token
        return lambda: get_token(scope, force_refresh=True)


if __name__ == "__main__":
    main(Ours(), sys.argv[1], int(sys.argv[2]))
