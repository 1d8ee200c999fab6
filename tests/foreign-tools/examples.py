"""Checks the schemas and the examples with Python's jsonschema; says how many were accepted."""

import json
import pathlib
import sys

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[2] / "schemas"
# Debian's version may know no draft newer than this one; what the schemas use is in both.
VALIDATOR = getattr(jsonschema, "Draft202012Validator", jsonschema.Draft7Validator)

accepted = refused = 0
for path in sorted(ROOT.glob("json/*/*.schema.json")):
    schema = json.loads(path.read_text("utf-8"))
    VALIDATOR.check_schema(schema)
    message = path.name.removesuffix(".schema.json")
    example = json.loads((ROOT / "examples/json" / f"{message}.json").read_text("utf-8"))
    validator = VALIDATOR(schema)
    faults = [f"{path}: {fault.json_path}: {fault.message}" for fault in validator.iter_errors(example)]
    # What is no object must not pass, or the schema says nothing.
    if validator.is_valid([example]):
        faults.append(f"{path}: accepts an array")
    print("\n".join(faults), end="\n" if faults else "", file=sys.stderr)
    accepted, refused = accepted + (not faults), refused + bool(faults)
print(f"{accepted} examples against {VALIDATOR.__name__.removesuffix('Validator')} schemas")
sys.exit(1 if refused or not accepted else 0)
