"""The examples in the documentation run; they stand in the sources and, for what is native, in the stubs."""

import ast
import doctest
import importlib
from pathlib import Path

import midentity
import midentity.aio
import pytest

SOURCES = Path(midentity.__file__).parent
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def examples():
    for file in sorted([*SOURCES.glob("*.py"), *SOURCES.glob("*.pyi")]):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, DOCUMENTED) and ">>>" in (ast.get_docstring(node) or ""):
                name = f"{file.name}:{getattr(node, 'name', 'module')}"
                yield pytest.param(file, ast.get_docstring(node), id=name)


@pytest.mark.parametrize(("file", "text"), list(examples()))
def test_example(file, text, arm, emulator, tmp_path, monkeypatch):
    # Examples that start an emulator of their own keep its keys here.
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    module = "midentity" if file.stem == "__init__" else f"midentity.{file.stem}"
    names = {**vars(importlib.import_module("midentity")), **vars(importlib.import_module(module))}
    names |= {"midentity": midentity, "ManagedIdentityCredential": midentity.ManagedIdentityCredential}
    if file.stem == "aio":
        names["ManagedIdentityCredential"] = midentity.aio.ManagedIdentityCredential
    if file.suffix == ".pyi" or "arm" in file.stem:
        names["ArmClient"] = midentity.arm.ArmClient
        names["arm"] = arm
    test = doctest.DocTestParser().get_doctest(text, names, file.name, str(file), 0)
    said = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(test, out=said.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(said)
    assert not any("SKIP" in line for line in text.splitlines())
