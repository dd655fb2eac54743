"""Says `accepted: N components` of a CycloneDX 1.6 bill of materials, or `refused: WHY`.

Accepted is what CycloneDX's own schema accepts, whose references lead somewhere and whose package URLs are canonical.
"""
import importlib.util
import json
import pathlib
import sys

from jsonschema import Draft7Validator
from packageurl import PackageURL
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7


def schemas():
    """The schema, and what it refers to: files of a package, which is not imported."""
    package = pathlib.Path(importlib.util.find_spec("cyclonedx").origin).parent / "schema" / "_res"
    names = {"bom-1.6": "bom-1.6", "spdx": "spdx", "jsf-0.82": "jsf-0.82"}
    read = {name: json.loads((package / f"{file}.SNAPSHOT.schema.json").read_text()) for name, file in names.items()}
    registry = Registry()
    for name, schema in read.items():
        resource = Resource.from_contents(schema, default_specification=DRAFT7)
        registry = registry.with_resources(
            [(schema["$id"], resource), (f"http://cyclonedx.org/schema/{name}.SNAPSHOT.schema.json", resource)]
        )
    return read["bom-1.6"], registry


def refusals(bom):
    schema, registry = schemas()
    for error in Draft7Validator(schema, registry=registry).iter_errors(bom):
        yield f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
    references = [bom["metadata"]["component"]["bom-ref"], *(one["bom-ref"] for one in bom["components"])]
    if len(set(references)) != len(references):
        yield "a bom-ref stands twice"
    if [one["ref"] for one in bom["dependencies"]] != references:
        yield "not every component has its dependencies, once, in order"
    for one in bom["dependencies"]:
        for reference in one.get("dependsOn", []):
            if reference not in references:
                yield f"{one['ref']} depends on {reference}, which is not there"
    for one in bom["components"]:
        purl = PackageURL.from_string(one["purl"])
        if purl.to_string() != one["purl"]:
            yield f"{one['purl']} is written {purl.to_string()}"
        if purl.qualifiers["checksum"] != f"sha256:{one['hashes'][0]['content']}":
            yield f"{one['purl']} names another content than its hash"


def main():
    bom = json.loads(pathlib.Path(sys.argv[1]).read_text())
    refused = next(refusals(bom), None)
    print(f"refused: {refused}" if refused else f"accepted: {len(bom['components'])} components")
    return 1 if refused else 0


sys.exit(main())
