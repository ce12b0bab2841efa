"""The JSON Schema agrees with the loader on what it can know: the examples fit it, misspelt keys do not."""

from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from rtmctl.intent import EDITOR_HINT, SCHEMA_FILE, json_schema, new_site

INVENTORIES = Path(__file__).parents[3] / "inventories"
VALIDATOR = Draft202012Validator(json_schema())
FILES = sorted(INVENTORIES.glob("**/site.yaml")) + sorted(INVENTORIES.glob("**/site.d/**/*.yaml"))


def mistakes(text: str) -> list[str]:
    # the base loader leaves scalars as text but for what the schema needs as numbers, so resolve those as YAML 1.2 does
    return [error.message for error in VALIDATOR.iter_errors(yaml.load(text, Loader=_Core))]


class _Core(yaml.SafeLoader):
    """Safe, less the YAML 1.1 timestamps that site files do not have."""


_Core.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":timestamp", ":float"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(INVENTORIES)))
def test_examples_fit(path: Path) -> None:
    assert mistakes(path.read_text("utf-8")) == []


def test_a_new_site_fits_and_names_the_schema_in_its_first_line() -> None:
    text = new_site("x", 2, 4)
    assert mistakes(text) == []
    assert text.splitlines()[0] == EDITOR_HINT == f"# yaml-language-server: $schema={SCHEMA_FILE}"


@pytest.mark.parametrize(
    "text",
    [
        "sites: x",
        "switches: {leaf1: {rol: leaf}}",
        "switches: {Leaf1: {role: leaf}}",
        "switches: {leaf1: {role: leef}}",
        "segments: {web: {tenant: a, vlan: 4095, subnets: [10.0.0.0/24]}}",
        "segments: {web: {tenant: a, vlan: 10}}",
        "flows: [{source: a, to: b}]",
        "management: {key: hunter2}",
        "roles: {leef: {}}",
    ],
)
def test_mistakes_do_not_fit(text: str) -> None:
    assert len(mistakes(text)) == 1


@pytest.mark.parametrize("text", ["hosts:", "tenants: {blue: }", "switches: {'leaf[01-12]': {role: leaf, rack: r1}}"])
def test_what_the_loader_takes_fits(text: str) -> None:
    assert mistakes(text) == []
