"""Names (docs/log.md, *Names*), digests, and base64 in its one form."""

import base64
import re

_PACKAGE = re.compile(r"[A-Za-z][A-Za-z0-9_-]*:[A-Za-z][A-Za-z0-9_-]*", re.ASCII)
_FEATURE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_+.-]*", re.ASCII)
_ORIGIN = re.compile(r"[\x21-\x7e]+", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_DECIMAL = re.compile(r"0|[1-9][0-9]*", re.ASCII)

MAX_NUMBER = 2**63 - 1


def is_package(text: str) -> bool:
    return len(text) <= 128 and _PACKAGE.fullmatch(text) is not None


def is_feature(text: str) -> bool:
    """Exclusive resources have the same form."""
    return len(text) <= 255 and _FEATURE.fullmatch(text) is not None


def is_origin(text: str) -> bool:
    return (
        len(text) <= 255
        and _ORIGIN.fullmatch(text) is not None
        and not any(character in text for character in '+"\\')
        and all(part not in ("", ".", "..") for part in text.split("/"))
    )


def is_digest(text: str) -> bool:
    return _DIGEST.fullmatch(text) is not None


def decimal(text: str, highest: int) -> int | None:
    """The number, if it is written in its one form and not above `highest`."""
    if len(text) > len(str(highest)) or _DECIMAL.fullmatch(text) is None:
        return None
    number = int(text)
    return number if number <= highest else None


def decode_base64(text: str) -> bytes | None:
    """RFC 4648 section 4, padded, unused bits zero: what is decoded must encode to the same."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return data if encode_base64(data) == text else None


def encode_base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
