"""URLs of registries, as a trust file has them (docs/manifest.md, *trust.toml*)."""

import ipaddress
import os
import re
from pathlib import Path
from urllib.parse import quote

MAX_BYTES = 2_048

_CHARACTERS = re.compile(r"(?:[!$&-;=@-\[\]_a-z~]|%(?!00|2f|5c)[0-9a-f]{2})*", re.IGNORECASE | re.ASCII)
_URL = re.compile(r"(?P<scheme>https?|file)://(?P<authority>[^/]*)(?P<path>(?:/.*)?)", re.ASCII | re.DOTALL)
_AUTHORITY = re.compile(r"(?:\[(?P<address>[^\[\]]*)\]|[\w-]+(?:\.[\w-]+)*)(?::(?P<port>[1-9][0-9]{0,4}))?", re.ASCII)


def is_place(url: str, folder: Path) -> bool:
    """Whether it can be where a log is served; `file:FOLDER` starts from this folder."""
    if url.startswith("file:") and not url.startswith("file:/"):
        path = os.path.abspath(os.path.join(os.path.abspath(folder), url.removeprefix("file:")))
        url = "file://" + ("" if path == "/" else quote(os.fsencode(path), safe="/-._~"))
    match = _URL.fullmatch(url)
    if match is None or len(url) > MAX_BYTES or _CHARACTERS.fullmatch(url) is None:
        return False
    path = match["path"]
    if match["scheme"] == "file":
        return match["authority"] == "" and path not in ("", "/") and _is_plain(path)
    return _is_server(match["authority"]) and _is_plain(path)


def _is_server(authority: str) -> bool:
    match = _AUTHORITY.fullmatch(authority)
    if match is None or int(match["port"] or 1) >= 2**16:
        return False
    if match["address"] is None:
        return True
    try:
        ipaddress.IPv6Address(match["address"])
    except ValueError:
        return False
    return "%" not in match["address"]


def _is_plain(path: str) -> bool:
    """Whether no other reader could take it for another path."""
    if path in ("", "/"):
        return True
    segments = path.removeprefix("/").removesuffix("/").lower().replace("%2e", ".").split("/")
    return all(segment and segment.split(";")[0] not in (".", "..") for segment in segments)
