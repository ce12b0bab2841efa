"""Every finding code with its title: the one list. A code is stable; docs/errors has an example of each.

One line a code, sorted within its room's block.
"""

CODES: dict[str, str] = {
    # site files as text
    "alias-bomb": "aliases expand to more nodes than a site can hold",
    "bad-encoding": "a site file is not UTF-8",
    "control-character": "a character that YAML does not allow",
    "duplicate-key": "a key stands twice in one mapping",
    "duplicate-name": "a name is defined twice",
    "empty-file": "a site file holds nothing",
    "multiple-documents": "a site file holds more than one YAML document",
    "not-a-file": "something else stands where a site file is expected",
    "not-a-mapping": "a site file's top level is not a mapping",
    "site-missing": "there is no site file",
    "too-deep": "the YAML is nested deeper than any site",
    "too-large": "the site files are larger than any site",
    "unreadable": "a site file cannot be read",
    "unsupported-yaml": "a YAML feature that site files do without",
    "yaml-syntax": "the file is not YAML",
    # site files against the schema
    "bad-name": "a name that cannot be one",
    "bad-range": "a name range that cannot be expanded",
    "bad-value": "a value that does not fit its key",
    "key-not-a-string": "a mapping's key is not a string",
    "missing-key": "a required key is missing",
    "out-of-range": "a number outside its range",
    "secret-in-clear": "a secret stands where a reference to one is expected",
    "unknown-key": "a key that the section does not have",
    "unknown-value": "a word that is not in the list of known ones",
    "wrong-type": "a value of the wrong type",
}
