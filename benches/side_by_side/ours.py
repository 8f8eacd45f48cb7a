"""Our half of the Python rows of `make bench`; peer.py is the other."""

import os
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

    def identities(self):
        # Here, because the rows about tokens need none of it.
        from midentity.arm import ArmClient, StaticToken

        token = StaticToken(os.environ["BENCH_TOKEN"], int(os.environ["BENCH_TOKEN_EXPIRES"]))
        arm, subscription = ArmClient(token), os.environ["BENCH_SUBSCRIPTION"]
        of = arm.user_identities
        return of(subscription).list, of(subscription, os.environ["BENCH_GROUP"]).get


if __name__ == "__main__":
    main(Ours(), sys.argv[1], int(sys.argv[2]))
