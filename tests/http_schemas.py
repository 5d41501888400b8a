"""The documented form of what the service answers over HTTP."""

import json
from typing import Any

from jsonschema import Draft202012Validator

from tests.documents import ROOT

SCHEMAS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "docs" / "schemas").glob("*.json")
}


def problems(name: str, document: Any) -> list[str]:
    """Where the document is not of the documented form."""
    return [
        f"{error.json_path}: {error.message}" for error in Draft202012Validator(SCHEMAS[name]).iter_errors(document)
    ]
