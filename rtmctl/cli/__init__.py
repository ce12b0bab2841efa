"""The command line: one module per noun; parse, call one function below, show, exit code. No logic."""

from rtmctl.cli.main import main as main
