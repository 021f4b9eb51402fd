"""Each layer blocks by itself, and each probe can tell."""

from __future__ import annotations

import os
import time

import pytest

from architect.gate.sandbox import Limits, Sandbox, Worker, landlock, proof
from core.errors import SandboxUnavailable

ABI = landlock.version()
PAIRS = proof.probes_of(ABI)
# Stopped with no layer too: by what the zygote itself is, or by this machine's kernel.
STOPPED_ANYWAY = {"environment", "second_table"}


@pytest.mark.parametrize(("layer", "probe"), PAIRS, ids="-".join)
def test_a_layer_alone_stops(sandbox: Sandbox, layer: str, probe: str) -> None:
    with Worker(sandbox.zygote, Limits(), proof.WORN[layer], probe) as worker:
        assert worker.probe() is not None


@pytest.mark.parametrize(
    "probe", sorted({probe for _, probe in PAIRS} - STOPPED_ANYWAY)
)
def test_without_layers_nothing_stops(sandbox: Sandbox, probe: str) -> None:
    if probe in ("be_root", "hold_capabilities") and os.geteuid() != 0:
        pytest.skip("a normal user is never root")
    with Worker(sandbox.zygote, Limits(), (), probe) as worker:
        assert worker.probe() is None


@pytest.mark.parametrize("missing", ["landlock", "seccomp", "rlimits", "uid"])
def test_a_layer_that_does_not_block_is_refused_by_name(
    sandbox: Sandbox, missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if missing == "uid" and os.geteuid() != 0:
        pytest.skip("a normal user is never root")
    monkeypatch.setattr(proof, "_proved", set())
    monkeypatch.setitem(proof.WORN, missing, ("process",))
    with pytest.raises(
        SandboxUnavailable, match=f"{missing} layer does not hold"
    ) as caught:
        proof.prove(sandbox.zygote, ABI)
    assert caught.value.hint


def test_a_kernel_without_landlock_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxUnavailable, match="landlock") as caught:
        proof.prove(sandbox.zygote, 0)
    assert "lsm=" in str(caught.value.hint)


def test_a_layer_that_cannot_be_put_on_is_refused(sandbox: Sandbox) -> None:
    with (
        sandbox.worker(Limits(open_files=1 << 40)) as worker,
        pytest.raises(SandboxUnavailable, match="rlimits"),
    ):
        worker.wait_ready()


@pytest.mark.alone
def test_a_proof_is_kept_for_the_next_start(sandbox: Sandbox) -> None:
    started = time.perf_counter()
    proof.prove(sandbox.zygote, ABI)
    assert time.perf_counter() - started < 0.05
