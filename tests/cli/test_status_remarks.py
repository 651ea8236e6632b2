"""`status` and `check` tell what operators said of alerts: acknowledged, and silenced."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace

import pytest

from redistui.cli import check, document
from redistui.cli.remarked import Said, said_now
from redistui.cli.status import text
from redistui.engine.remarks_file import Remark, said_of
from redistui.model import Alert, Finding, Fleet

TILT = Finding("tilt", "bad", "orders", "it only watches", "a:1")
LAG = Finding("lag", "warn", "orders", "behind", "b:1")
QUORUM = Finding("quorum", "bad", "shop", "lost")
HERE = frozenset({"x"})


def remark(kind, rule, group, node, **more):
    return Remark(HERE, (kind, rule, group, node), 1000.0, **more)


@pytest.mark.parametrize(
    ("remarks", "new"),
    [
        ([], ["tilt", "quorum", "lag"]),
        ([remark("acknowledged", "tilt", "orders", "a:1", level="bad")], ["quorum", "lag"]),
        ([remark("acknowledged", "tilt", "orders", "a:1", level="warn")], ["tilt", "quorum", "lag"]),
        ([remark("acknowledged", "*", "*", "*", level="bad")], ["tilt", "quorum", "lag"]),
        ([remark("acknowledged", "quorum", "shop", "", level="bad")], ["tilt", "lag"]),
        ([remark("silenced", "*", "ord*", "?:1", until=2000.0)], ["quorum"]),
        ([remark("silenced", "*", "*", "*", until=2000.0)], []),
    ],
)
def test_check_knows_what_was_acknowledged_and_silenced(remarks, new):
    said = {(one.rule, one.group, one.node): Said(*said_of(one, remarks)) for one in (TILT, QUORUM, LAG)}
    found = check.judged(Fleet(at=0.0, period=1.0, groups=(), findings=(TILT, QUORUM, LAG)), said)
    assert [one.finding.rule for one in found if one.said.new] == new


def test_check_says_who_is_silenced_and_until_when(capsys):
    fleet = Fleet(at=1500.0, period=1.0, groups=(), findings=(TILT, LAG))
    found = check.judged(fleet, {("lag", "orders", "b:1"): Said(None, 2000.0)})
    check.show_verdict(fleet, "BAD", found, as_json=False)
    head, _, lag = capsys.readouterr().out.splitlines()
    assert head == "BAD 0 groups, 0 of 0 nodes up, 1 bad, 1 warning, 1 of these acknowledged or silenced"
    assert lag.endswith("behind (lag) silenced until 1970-01-01T00:33:20.000Z")
    check.show_verdict(fleet, "BAD", found, as_json=True)
    said = [one["silenced_until"] for one in json.loads(capsys.readouterr().out)["findings"]]
    assert said == [None, "1970-01-01T00:33:20.000Z"]


def test_status_says_who_is_acknowledged_and_silenced_as_text_and_as_json():
    fleet = Fleet(at=1500.0, period=1.0, groups=(), findings=(TILT, QUORUM, LAG))
    said = {("tilt", "orders", "a:1"): Said(1200.0), ("lag", "orders", "b:1"): Said(1200.0, 2000.0)}
    tilt, quorum, lag, _ = text(fleet, said)
    assert tilt.endswith("(tilt) acknowledged 1970-01-01T00:20:00.000Z")
    assert quorum.endswith("lost (quorum)")
    assert lag.endswith("(lag) silenced until 1970-01-01T00:33:20.000Z")
    found = document.status(fleet, said)["findings"]
    assert [one["acknowledged_at"] is None for one in found] == [False, True, False]
    assert [one["silenced_until"] for one in found] == [None, None, "1970-01-01T00:33:20.000Z"]


def test_status_of_a_recording_says_what_was_acknowledged_then():
    alert = Alert("tilt", "bad", "orders", "a:1", "TILT", 1.0, 2.0, 2.0, acknowledged_at=3.0)
    over = replace(alert, rule="lag", node="b:1", ended_at=9.0)
    fleet = Fleet(at=10.0, period=1.0, groups=(), findings=(TILT, LAG), alerts=(alert, over))
    found = document.status(fleet)["findings"]
    assert [one["acknowledged_at"] for one in found] == ["1970-01-01T00:00:03.000Z", None]


def test_check_goes_on_without_a_file_of_remarks_that_is_broken(tmp_path, capsys, monkeypatch):
    (tmp_path / "x.json").write_text("dear diary")
    monkeypatch.setenv("REDISTUI_REMARKS", str(tmp_path / "x.json"))
    args = argparse.Namespace(config="/dev/null", targets=["redis://127.0.0.1:1"])
    assert said_now(args, Fleet(at=1.0, period=1.0, groups=())) == {}
    assert "is no file of redistui with what was said of alerts; it was left as it is" in capsys.readouterr().err
