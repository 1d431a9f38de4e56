"""What a worker does with its lease, where that needs no driver."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from cog._worker.devices import Devices, Lease

OWN = Lease({"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": "3"}, ("GPU 3",), "early", True)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", dict(os.environ))
    for name in OWN.environment:
        os.environ.pop(name, None)


def nobody(text: str) -> None:
    raise AssertionError(text)


def test_a_lease_that_comes_after_the_import_is_put_into_effect(capsys: pytest.CaptureFixture[str]) -> None:
    Devices(nobody).take(OWN)
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "3"
    assert os.environ["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID"
    assert capsys.readouterr().err == ""


def test_a_model_that_changes_the_variable_is_told_and_gets_its_own_part(capsys: pytest.CaptureFixture[str]) -> None:
    devices = Devices(nobody)
    os.environ["CUDA_VISIBLE_DEVICES"] = "0"
    devices.take(OWN)
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "3"
    assert "the model has set CUDA_VISIBLE_DEVICES=0" in capsys.readouterr().err


def test_a_worker_that_sees_all_leaves_the_choice_to_the_model(capsys: pytest.CaptureFixture[str]) -> None:
    devices = Devices(nobody)
    os.environ["CUDA_VISIBLE_DEVICES"] = "1"
    devices.take(Lease({}, ("GPU 0", "GPU 1"), "off", False))
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "1"
    assert capsys.readouterr().err == ""


def test_nothing_is_loaded_where_there_is_no_device() -> None:
    code = """
import sys
import cog._worker
before = set(sys.modules)
from cog._worker.devices import Devices, Lease
devices = Devices(print)
devices.take(Lease({}, (), "early", True))
devices.before_setup()
devices.after_setup()
assert devices.find_poison() == ""
devices.close()
assert set(sys.modules) - before <= {"cog._worker.devices"}, set(sys.modules) - before
"""
    subprocess.run([sys.executable, "-c", code], check=True)
