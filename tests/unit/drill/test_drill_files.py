"""Drill files: what they hold, and what is said of one that is wrong; the ready ones, and what a command means."""

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from rtmctl.base import PermanentError, SiteInvalid
from rtmctl.base.data import data_folder
from rtmctl.drill.catalogue import FOLDER, Source, catalogue, find_drill
from rtmctl.drill.faults import FAULTS
from rtmctl.drill.file import read_drill_text
from rtmctl.drill.schema import drill_schema
from rtmctl.drill.types import Abort, Drill, Hypothesis, Load
from rtmctl.show.findings import render_findings

WHOLE = """\
drill: lossy
title: a tenth of the packets
fault: loss
target: spine1:leaf1
options: {percent: 10, direction: out}
load: {pairs: [[h1, h2], [h3, h4]], per_pair: 2, rate_pps: 500, size: 256}
hypothesis: {local_ms: 4, stranded: true}
abort: {spared_ms: 500, telemetry_s: 2}
before_s: 1
hold_s: 4.5
after_s: 1
lease_s: 6
"""


def test_every_key_reaches_the_drill() -> None:
    drill, findings = read_drill_text(WHOLE)
    assert findings == ()
    assert drill == Drill(
        name="lossy",
        title="a tenth of the packets",
        fault="loss",
        target="spine1:leaf1",
        options={"percent": 10, "direction": "out"},
        load=Load((("h1", "h2"), ("h3", "h4")), 2, 500, 256),
        hypothesis=Hypothesis(local_ms=4, stranded=True),
        abort=Abort(spared_ms=500, telemetry_s=2),
        before_s=1,
        hold_s=4.5,
        after_s=1,
        lease_s=6,
    )


def test_what_is_left_out_is_as_the_types_have_it() -> None:
    drill, _ = read_drill_text("drill: x\nfault: link-down\nhypothesis: derived\n")
    assert drill == Drill("x", "", "link-down", "")


MISTAKES = {
    "a misspelt key": ("drill: a\nfault: loss\nhold: 3\n", "3:1", "unknown-key", "did you mean 'hold_s'?"),
    "a misspelt fault": ("drill: a\nfault: silent-lnk\n", "2:8", "unknown-name", "did you mean 'silent-link'?"),
    "an option the fault has not": ("drill: a\nfault: loss\noptions: {part: 1}\n", "3:17", "unknown-key", "percent"),
    "an option out of its limits": ("drill: a\nfault: loss\noptions: {percent: 300}\n", "3:20", "bad-value", "lost"),
    "a required option": ("drill: a\nfault: process-kill\n", "1:1", "missing-key", ""),
    "no fault": ("drill: a\n", "1:1", "missing-key", "rtmctl drill list"),
    "a text for a number": ("drill: a\nfault: loss\nhold_s: '3'\n", "3:9", "wrong-type", "without quotes: 3"),
    "a lease too short to renew": ("drill: a\nfault: loss\nlease_s: 1\n", "3:10", "out-of-range", ""),
    "half a pair": ("drill: a\nfault: loss\nload: {pairs: [[h1]]}\n", "3:16", "bad-value", ""),
    "a list": ("- a\n", "1:1", "not-a-mapping", "drill: NAME"),
    "nothing": ("", "1:1", "empty-file", "drill: NAME"),
}


@pytest.mark.parametrize(("text", "place", "code", "hint"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_with_its_place(text: str, place: str, code: str, hint: str) -> None:
    drill, findings = read_drill_text(text)
    assert drill is None
    assert [(str(f.where), f.code) for f in findings] == [(f"drill.yaml:{place}", code)]
    assert hint in findings[0].hint
    assert "error" in render_findings(findings, sources={"drill.yaml": text})


def test_all_mistakes_of_a_file_are_named_at_once() -> None:
    _, findings = read_drill_text("drill: A b\nfault: 3\nload: {per_pair: 0}\nabort: {loss: 1}\n")
    assert [(f.where.line if f.where else 0, f.code) for f in findings] == [
        (1, "bad-name"),
        (2, "wrong-type"),
        (3, "out-of-range"),
        (4, "unknown-key"),
    ]


def test_the_schema_for_editors_takes_what_the_reader_takes() -> None:
    schema = drill_schema()
    Draft202012Validator.check_schema(schema)
    check = Draft202012Validator(schema)
    shipped = [path.read_text("utf-8") for path in data_folder(FOLDER).glob("*.yaml")]
    for text in (WHOLE, *shipped):
        assert not list(check.iter_errors(yaml.safe_load(text)))
    for wrong in ("{drill: a}", "{drill: a, fault: nothing}", "{drill: a, fault: loss, hypothesis: guessed}"):
        assert list(check.iter_errors(yaml.safe_load(wrong)))
    json.dumps(schema)


def test_the_ready_ones_are_whole_and_the_sites_own_come_first(tmp_path: Path) -> None:
    ready = catalogue(tmp_path)
    assert {entry.drill.fault for entry in ready if entry.drill} <= set(FAULTS)
    assert all(entry.source is Source.SHIPPED and not entry.findings and entry.needs for entry in ready)
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "mine.yaml").write_text("drill: drain\nfault: link-down\ntarget: spine1:leaf1\n")
    (tmp_path / FOLDER / "broken.yaml").write_text("drill: broken\n")
    mine = {entry.name: entry for entry in catalogue(tmp_path)}
    assert len(mine) == len(ready) + 1
    assert (mine["drain"].source, mine["drain"].needs) == (Source.SITE, "")
    assert mine["broken"].findings


def test_what_a_command_means(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    path = tmp_path / FOLDER / "mine.yaml"
    path.write_text(WHOLE)
    assert find_drill(tmp_path, "lossy") == read_drill_text(WHOLE)[0]
    assert find_drill(tmp_path, str(path)) == read_drill_text(WHOLE)[0]
    other = find_drill(tmp_path, "lossy", "spine2:leaf1", {"percent": "20"})
    assert (other.target, other.options) == ("spine2:leaf1", {"percent": "20", "direction": "out"})
    assert find_drill(tmp_path, "daemon-freeze", "leaf1").fault == "daemon-freeze"
    with pytest.raises(PermanentError, match="needs a target") as needs:
        find_drill(tmp_path, "silent-link")
    assert needs.value.hint == "rtmctl drill run silent-link LINK"
    with pytest.raises(PermanentError, match="no drill or fault 'silent-lnk'") as unknown:
        find_drill(tmp_path, "silent-lnk", "spine1:leaf1")
    assert unknown.value.hint == "did you mean 'silent-link'?"
    path.write_text("drill: lossy\nfault: loss\nhold: 1\n")
    with pytest.raises(SiteInvalid):
        find_drill(tmp_path, str(path))
