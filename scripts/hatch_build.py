"""Puts a list of the wheel's parts into it: .dist-info/sboms/chessa.cdx.json (PEP 770, CycloneDX).

It is made from pyproject.toml alone, at every build: no date, no place, always the same bytes. The
packages that a user's environment has in the end are for a tool in that environment to list.
"""

import json
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.requirements import Requirement

if TYPE_CHECKING:
    from hatchling.metadata.core import ProjectMetadata

NAME: Final = "chessa.cdx.json"


def parts(metadata: "ProjectMetadata[Any]") -> dict[str, Any]:
    """Return the list: the package, and what it asks for with and without extras."""
    core = metadata.core
    purl = f"pkg:pypi/{core.name}@{metadata.version}"
    extras = {line: extra for extra, lines in core.optional_dependencies.items() for line in lines}
    asked = [Requirement(line) for line in [*core.dependencies, *extras]]
    components = [
        {
            "type": "library",
            "bom-ref": f"pkg:pypi/{each.name.lower()}",
            "name": each.name,
            "purl": f"pkg:pypi/{each.name.lower()}",
            "scope": "required" if at < len(core.dependencies) else "optional",
            "properties": [{"name": "chessa:requirement", "value": str(each)}],
        }
        for at, each in enumerate(asked)
    ]
    components.sort(key=lambda each: str(each["bom-ref"]))
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": uuid.uuid5(uuid.NAMESPACE_URL, purl).urn,
        "version": 1,
        "metadata": {
            "component": {
                "type": "library",
                "bom-ref": purl,
                "name": core.name,
                "version": metadata.version,
                "purl": purl,
                "licenses": [{"license": {"id": core.license_expression}}],
            }
        },
        "components": components,
        "dependencies": [
            {"ref": purl, "dependsOn": [each["bom-ref"] for each in components]},
            *({"ref": each["bom-ref"]} for each in components),
        ],
    }


class SbomHook(BuildHookInterface[Any]):
    """Adds the list to a wheel, and to no editable install."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the list, and name it to the builder."""
        if version == "standard":
            path = Path(self.directory) / NAME
            path.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps(parts(self.metadata), indent=1, sort_keys=True) + "\n"
            path.write_text(text, encoding="utf-8")
            build_data["sbom_files"].append(str(path))

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the file that was written."""
        (Path(self.directory) / NAME).unlink(missing_ok=True)


def get_build_hook() -> type[SbomHook]:
    """Return the hook: hatchling finds it by this name."""
    return SbomHook
