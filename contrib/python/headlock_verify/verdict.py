"""The ways in which a verification can end, other than well.

Each is an exception that carries headlock's exit code. Code raises the one that fits where it finds
out; nothing in between catches them, so the first finding is the verdict.
"""


class Verdict(Exception):
    """Why a lock is not verified, with the exit code that says of which kind the reason is."""

    exit_code: int


class No(Verdict):
    """The answer is no: the lock, or something it rests on, is false."""

    exit_code = 1


class Malformed(Verdict):
    """A lock, bundle, trust file or policy that is none."""

    exit_code = 2


class Unchecked(Verdict):
    """Could not check: a file is missing, a limit was reached, the solver failed."""

    exit_code = 4


class Refused(Verdict):
    """A key, quorum or solver that the verifier has not accepted."""

    exit_code = 5
