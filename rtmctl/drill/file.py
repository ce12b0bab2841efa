"""Drill files: YAML in, a `Drill` or every finding out."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from rtmctl.base import Finding, PermanentError
from rtmctl.device.injection import Argument
from rtmctl.drill.faults import FAULTS
from rtmctl.drill.faults.options import choose
from rtmctl.drill.schema import DRILL_FILE, DrillFile
from rtmctl.drill.types import Abort, Drill, Hypothesis, Load
from rtmctl.intent.document import Document, read_document, read_document_text
from rtmctl.intent.names import suggest


def read_drill(path: Path) -> tuple[Drill | None, tuple[Finding, ...]]:
    """The drill in a file, or None when there are errors; its target is empty where the file names none.

    Positions name the whole path: the file need not stand in the site's folder.
    """
    return _judged(read_document(path.absolute(), DRILL_FILE))


def read_drill_text(text: str, name: str = "drill.yaml") -> tuple[Drill | None, tuple[Finding, ...]]:
    """As `read_drill`, for a text that need not stand in a file."""
    return _judged(read_document_text(name, text, DRILL_FILE))


def _judged(document: Document[DrillFile]) -> tuple[Drill | None, tuple[Finding, ...]]:
    model = document.model
    if model is None:
        return None, document.findings
    if model.fault not in FAULTS:
        hint = suggest(model.fault, FAULTS, limit=len(FAULTS))
        where = document.where("fault")
        return None, (Finding("unknown-name", f"there is no fault {model.fault!r}", where, hint),)
    if found := tuple(_wrong_options(document, model)):
        return None, tuple(sorted(found, key=Finding.sort_key))
    return _drill(model), ()


def _wrong_options(document: Document[DrillFile], model: DrillFile) -> Iterator[Finding]:
    """Each by itself, so that one mistake hides no other."""
    options = FAULTS[model.fault].options
    required = {option.name for option in options if option.required}
    for name in sorted({*model.options, *required}):
        given = {name: model.options[name]} if name in model.options else {}
        alone = tuple(option for option in options if option.name == name)
        try:
            choose(model.fault, alone or tuple(o for o in options if not o.required), given)
        except PermanentError as error:
            code = "bad-value" if alone and given else "unknown-key" if given else "missing-key"
            yield Finding(code, error.message, document.where("options", name), error.hint)


def _drill(model: DrillFile) -> Drill:
    options: dict[str, Argument] = dict(model.options)
    return Drill(
        name=model.drill,
        title=model.title,
        fault=model.fault,
        target=model.target or "",
        options=options,
        load=replace(Load(**model.load.model_dump()), pairs=tuple((a, b) for a, b in model.load.pairs)),
        hypothesis=Hypothesis(**model.hypothesis.model_dump()),
        abort=Abort(**model.abort.model_dump()),
        before_s=model.before_s,
        hold_s=model.hold_s,
        after_s=model.after_s,
        lease_s=model.lease_s,
    )
