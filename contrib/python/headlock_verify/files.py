"""Reading what the user names."""

import os
import stat
from pathlib import Path

from .verdict import Malformed, Unchecked, Verdict


def read(path: Path, what: str, limit: int | None = None, missing: type[Verdict] = Malformed) -> bytes:
    """The file's bytes. More than `limit` of them make it malformed; `missing` is what its absence is."""
    try:
        # Without waiting: for a pipe, a device or a folder nobody waits.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise Unchecked(f"{what} is no regular file: {path}")
            data = file.read() if limit is None else file.read(limit + 1)
    except FileNotFoundError as error:
        raise missing(f"{what} is not there: {path}") from error
    except OSError as error:
        raise Unchecked(f"{what} cannot be read: {error}") from error
    except ValueError as error:
        raise Malformed(f"{what} has a path that is none: {error}") from error
    if limit is not None and len(data) > limit:
        raise Malformed(f"{what} has more than {limit} bytes")
    return data
