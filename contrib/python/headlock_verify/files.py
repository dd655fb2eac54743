"""Reading what the user names."""

from pathlib import Path

from .verdict import Malformed, Unchecked, Verdict


def read(path: Path, what: str, limit: int | None = None, missing: type[Verdict] = Malformed) -> bytes:
    """The file's bytes. More than `limit` of them make it malformed; `missing` is what its absence is."""
    try:
        with path.open("rb") as file:
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
