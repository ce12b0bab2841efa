"""The forms a result can take; each command names those that make sense for it."""

from enum import StrEnum


class Output(StrEnum):
    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"
    GITHUB = "github"
    SARIF = "sarif"
