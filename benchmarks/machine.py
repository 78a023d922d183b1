"""What kind of machine this is, and whose versions were measured: no name of it, and no path.

Out: a few words for each, to stand beside the figures.
"""

import os
import platform
import re
from pathlib import Path
from typing import Final

_PIN: Final = re.compile(r"^([a-z0-9-]+)==([^ ;\\]+)", re.MULTILINE)
_NAMED: Final = (
    "aiohttp",
    "attrs",
    "httpcore",
    "httpx",
    "openapi-generator-cli",
    "openapi-python-client",
    "pydantic",
    "urllib3",
)


def kind(lock: str) -> dict[str, object]:
    """The kind of machine, and the peers' versions by their lock."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count() or 0,
        "os": f"{_system()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "versions": pinned(lock),
    }


def pinned(lock: str) -> dict[str, str]:
    """The versions of the peers that a lock pins."""
    found = dict(_PIN.findall(lock))
    return {name: found[name] for name in _NAMED if name in found}


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text("utf-8", "replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.system()
