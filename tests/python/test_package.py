"""The package: what importing it brings along, its names, its stubs."""

import inspect
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import midentity
import pytest

THIRD_PARTY_OR_SLOW = ("azure", "requests", "typing", "asyncio", "enum", "dataclasses", "logging", "json", "ssl", "re")


def test_importing_brings_next_to_nothing_along(python):
    done = python("""
        import sys
        before = set(sys.modules)
        import midentity
        print(*sorted(set(sys.modules) - before))
    """)
    assert done.stdout.split() == ["__future__", "midentity"]


def test_using_it_brings_nothing_slow_along(python, emulator):
    done = python("""
        import sys
        before = set(sys.modules)
        import midentity
        midentity.get_token("arm")
        midentity.ManagedIdentityCredential().get_token_info("arm")
        print(*sorted(set(sys.modules) - before))
    """)
    names = done.stdout.split()
    assert [n for n in names if n.partition(".")[0] in THIRD_PARTY_OR_SLOW] == []
    assert [n for n in names if not n.startswith(("midentity", "__future__"))] == []


def test_every_name_is_there():
    assert set(midentity.__all__) <= set(dir(midentity))
    for name in midentity.__all__:
        assert getattr(midentity, name) is not None
    for name in ("aio", "arm", "errors", "testing"):
        assert inspect.ismodule(getattr(midentity, name))
    with pytest.raises(AttributeError, match="no attribute 'bogus'"):
        midentity.bogus  # noqa: B018


def test_star_import():
    names = {}
    exec("from midentity import *", names)
    assert names["ManagedIdentityCredential"] is midentity.ManagedIdentityCredential


def test_every_module_imports(python):
    names = [m.name for m in pkgutil.iter_modules(midentity.__path__, "midentity.")]
    assert "midentity._native" in names
    for name in names:
        python(f"import {name}")


def test_the_two_constructors_are_alike():
    import midentity.aio

    plain = inspect.signature(midentity.ManagedIdentityCredential)
    assert inspect.signature(midentity.aio.ManagedIdentityCredential) == plain
    from midentity.credential import _DEFAULTS

    assert {n: p.default for n, p in plain.parameters.items() if n != "unknown"} == _DEFAULTS


def test_types_are_delivered():
    from importlib.resources import files

    names = {f.name for f in files(midentity).iterdir()}
    assert {"py.typed", "_native.pyi"} <= names


def test_one_version():
    import midentity._native

    assert midentity._native.__version__ == midentity.__version__


def test_type_checkers_take_our_credentials_for_azure_cores():
    pytest.importorskip("mypy")
    program = Path(__file__).with_name("typing_azure_core.py")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", os.devnull, "--config-file", os.devnull]
    done = subprocess.run([*command, str(program)], capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stdout
