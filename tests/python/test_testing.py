"""The emulator as Python programs start it."""

import os

import midentity
import pytest
from midentity.testing import Emulator, EmulatorError, find_program


def test_the_environment_is_set_and_put_back(tmp_path, monkeypatch, emulator_process):
    monkeypatch.setenv("MIDENTITY_CLOUD", "AzureChinaCloud")
    with Emulator(state_dir=tmp_path) as emulator:
        assert os.environ["MIDENTITY_CLOUD"] == emulator.cloud
        assert midentity.get_token("arm").token
        pid = emulator.pid
        with pytest.raises(EmulatorError, match="already"):
            emulator.start()
    assert os.environ["MIDENTITY_CLOUD"] == "AzureChinaCloud"
    assert "AZURE_POD_IDENTITY_AUTHORITY_HOST" not in os.environ
    assert emulator.pid is None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    emulator.stop()


def test_a_state_of_ones_own(tmp_path, emulator_process):
    config = tmp_path / "state.yaml"
    config.write_text(
        "schema: 1\n"
        "tenants: [{name: t}]\n"
        "subscriptions:\n"
        "  - name: s\n"
        "    tenant: t\n"
        "    resource_groups:\n"
        "      - {name: g, location: westeurope, vms: [{name: one}, {name: two, system_identity: true}]}\n"
    )
    with Emulator(config=config, vm="one", state_dir=tmp_path / "keys"):
        assert midentity.instance_metadata("compute/name") == "one"
        with pytest.raises(midentity.CredentialUnavailableError) as caught:
            midentity.get_token("arm")
        assert caught.value.id == "imds.no_identity"
    with Emulator(config=config, vm="two", state_dir=tmp_path / "keys") as emulator:
        assert midentity.get_token("arm").token
        assert emulator.facts()["vm"] == "two"


def test_what_is_wrong_with_it_is_said(tmp_path, monkeypatch, emulator, capfd):
    config = tmp_path / "state.yaml"
    config.write_text("schema: 1\nbogus: 1\n")
    with pytest.raises(EmulatorError, match="exit code 2"):
        Emulator(config=config, state_dir=tmp_path).start()
    assert "bogus" in capfd.readouterr().err
    with pytest.raises(EmulatorError, match="bad fault"):
        emulator.add_fault(bogus=1)
    with pytest.raises(EmulatorError, match="not started"):
        Emulator().facts()
    monkeypatch.setenv("MIDENTITY_EMULATOR_BIN", str(tmp_path / "nothing"))
    with pytest.raises(EmulatorError, match="MIDENTITY_EMULATOR_BIN"):
        find_program()
    monkeypatch.delenv("MIDENTITY_EMULATOR_BIN")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path))
    with pytest.raises(EmulatorError, match="install the package midentity-emulator"):
        find_program()


def test_the_control_calls(emulator):
    midentity.get_token("https://vault.azure.net")
    assert [r["door"] for r in emulator.requests()] == ["imds"]
    assert emulator.requests("arm") == []
    emulator.clear_requests()
    assert emulator.requests() == []
    emulator.add_faults([{"status": 500}, {"status": 503}])
    emulator.clear_faults()
    emulator.set_clock(60)
    emulator.set_state(emulator.state())
    midentity.get_token("https://vault.azure.net", force_refresh=True)
    emulator.reset()
    assert emulator.requests() == []


def test_the_fixture(python, tmp_path, emulator):
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["midentity.pytest_plugin"]\n')
    (tmp_path / "test_it.py").write_text(
        "import midentity\n"
        "def test_it(midentity_emulator):\n"
        "    assert midentity.get_token('arm').token\n"
        "    assert len(midentity_emulator.requests()) == 1\n"
        "def test_it_again(midentity_emulator):\n"
        "    assert midentity_emulator.requests() == []\n"
    )
    done = python(
        f"import pytest, sys; sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', {str(tmp_path)!r}]))",
        XDG_STATE_HOME=str(tmp_path / "state"),
        check=False,
    )
    assert "2 passed" in done.stdout, done.stdout
