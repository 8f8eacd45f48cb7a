"""`fork`: parent and child both go on, and neither gets the other's tokens."""

import os
import signal

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")

# Both sides ask for resources of their own on the connections that were open before.
BOTH_SIDES = """
    import base64, json, os, sys, warnings
    warnings.simplefilter("ignore", DeprecationWarning)
    import midentity
    {prepare}
    def audience(token):
        part = token.split(".")[1]
        return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))["aud"]
    def ask(resource):
        token = credential.get_token(resource, force_refresh=True, timeout=10)
        assert audience(token.token) == resource, (audience(token.token), resource)
    credential = midentity.ManagedIdentityCredential()
    {before}
    pid = os.fork()
    mine = "https://storage.azure.com/" if pid == 0 else "https://vault.azure.net"
    for _ in range({times}):
        ask(mine)
    if pid == 0:
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    assert status == 0, status
    ask("https://graph.microsoft.com/")
    print("both")
"""


def both_sides(python, prepare="", before="credential.get_token('arm')", times=300):
    code = BOTH_SIDES.format(prepare=prepare, before=before, times=times)
    assert python(code, timeout=110).stdout == "both\n"


def test_with_a_live_connection_300_times(python, emulator):
    both_sides(python)


def test_before_the_first_call(python, emulator):
    both_sides(python, before="pass", times=20)


def test_after_asyncio(python, emulator):
    prepare = "import asyncio, midentity.aio"
    before = "asyncio.run(midentity.aio.ManagedIdentityCredential().get_token('arm'))"
    both_sides(python, prepare, before, times=20)


def test_with_threads_that_are_busy_asking(python, emulator):
    prepare = """
    import threading
    stop = threading.Event()
    def busy():
        other = midentity.ManagedIdentityCredential()
        while not stop.is_set():
            other.get_token("arm", force_refresh=True)
    """
    before = """
    for _ in range(3):
        threading.Thread(target=busy, daemon=True).start()
    """
    both_sides(python, prepare, before, times=50)


def test_the_child_uses_asyncio_too(python, emulator):
    done = python("""
        import asyncio, os, sys, warnings
        warnings.simplefilter("ignore", DeprecationWarning)
        import midentity, midentity.aio
        async def ask(*names):
            async with midentity.aio.ManagedIdentityCredential() as credential:
                await asyncio.gather(*(credential.get_token(name, force_refresh=True) for name in names))
        asyncio.run(ask("arm", "keyvault"))
        for _ in range(20):
            pid = os.fork()
            if pid == 0:
                asyncio.run(ask("storage", "graph"))
                os._exit(0)
            asyncio.run(ask("arm", "keyvault"))
            _, status = os.waitpid(pid, 0)
            assert status == 0, status
        print("lives")
    """)
    assert done.stdout == "lives\n"


def test_the_child_has_the_parents_cache(python, emulator):
    python("""
        import os, warnings
        warnings.simplefilter("ignore", DeprecationWarning)
        import midentity
        token = midentity.get_token("arm")
        pid = os.fork()
        if pid == 0:
            os._exit(0 if midentity.get_token("arm") == token else 1)
        assert os.waitpid(pid, 0)[1] == 0
    """)
    assert len(emulator.requests()) == 1


def test_multiprocessing(python, emulator, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        "import multiprocessing, warnings\n"
        "warnings.simplefilter('ignore', DeprecationWarning)\n"
        "import midentity\n"
        "def ask(name):\n"
        "    return midentity.get_token(name, force_refresh=True).expires_on\n"
        "if __name__ == '__main__':\n"
        "    midentity.get_token('arm')\n"
        "    with multiprocessing.get_context('fork').Pool(4) as pool:\n"
        "        print(len(pool.map(ask, ['arm', 'keyvault', 'storage', 'graph'] * 5)))\n"
        "    midentity.get_token('arm', force_refresh=True)\n"
    )
    done = python(f"import runpy; runpy.run_path({str(program)!r}, run_name='__main__')")
    assert done.stdout == "20\n"


def test_resource_manager_in_parent_and_child(python, emulator):
    python("""
        import os, warnings
        warnings.simplefilter("ignore", DeprecationWarning)
        import midentity.arm
        client = midentity.arm.ArmClient()
        client.get("/subscriptions", "2022-12-01")
        for _ in range(5):
            pid = os.fork()
            client.get("/subscriptions", "2022-12-01")
            if pid == 0:
                os._exit(0)
            assert os.waitpid(pid, 0)[1] == 0
    """)


def test_workers_that_a_server_forked_beforehand(python, emulator):
    """As gunicorn does: the parent asks once, its workers serve, one is killed and another takes its place."""
    python(f"""
        import os, signal, warnings
        warnings.simplefilter("ignore", DeprecationWarning)
        import midentity
        credential = midentity.ManagedIdentityCredential()
        credential.get_token("arm")
        def worker():
            pid = os.fork()
            if pid == 0:
                for name in ("keyvault", "storage", "graph"):
                    credential.get_token(name, force_refresh=True)
                os._exit(0)
            return pid
        workers = [worker() for _ in range(4)]
        os.kill(workers[0], signal.{signal.SIGKILL.name})
        workers.append(worker())
        statuses = [os.waitpid(pid, 0)[1] for pid in workers]
        assert all(status in (0, {int(signal.SIGKILL)}) for status in statuses), statuses
        credential.get_token("keyvault", force_refresh=True)
    """)
