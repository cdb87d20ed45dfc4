"""The one error tree; a class of its own only where a caller acts differently.

::

    BridgeError                 one clear sentence for a person; never a traceback
    ├── ConfigError             wrong or missing settings: exit 2
    ├── Unreadable              a stored row was written by another version, and means nothing here
    ├── StoreError              the database cannot be used (newer, changed, locked, full)
    └── ApiError                a call to Slack or Crisp failed; says if it *certainly* did nothing
        ├── RateLimited         certain; not before ``retry_after`` seconds, for the whole bucket
        ├── Unreachable         certain; the request never left, try again
        ├── Refused             certain; the same request will be refused again
        │   └── Unauthorized    certain; the credentials are refused: every call will be
        └── Ambiguous           the request left and no usable answer came: it may have acted
"""

from __future__ import annotations

from bot.domain import Source


class BridgeError(Exception):
    """A failure that is told to a person in one sentence: what is wrong, and what to do."""


class ConfigError(BridgeError):
    """The settings are wrong or incomplete: one sentence for each that is.

    ``problems`` holds the sentences one by one; as a string they stand one to a line.
    """

    def __init__(self, *problems: str) -> None:
        """Take one sentence per wrong setting."""
        super().__init__("\n".join(problems))
        self.problems = problems


class Unreadable(BridgeError, ValueError):
    """What is stored was written by another version, and this one cannot read it."""


class StoreError(BridgeError):
    """The database cannot be used as it is."""


class ApiError(BridgeError):
    """A call to one of the platforms failed.

    ``certain`` is True when the call certainly had no effect. ``code`` is the platform's own word
    (Slack's ``error``, Crisp's ``reason``), ``status`` the HTTP status where there was one.
    The message never holds message text, tokens or e-mail addresses.
    """

    certain = True

    def __init__(self, source: Source, call: str, code: str, *, status: int | None = None) -> None:
        """Name the platform, the call (``chat.postMessage``, ``POST message``) and the reason."""
        super().__init__(f"{source.value.capitalize()} {call}: {code}")
        self.source = source
        self.call = call
        self.code = code
        self.status = status


class RateLimited(ApiError):
    """Too many calls: nothing was done; ask again after ``retry_after`` seconds."""

    def __init__(
        self,
        source: Source,
        call: str,
        code: str,
        *,
        retry_after: float | None = None,
        status: int | None = None,
    ) -> None:
        """``retry_after`` is None when the platform did not say."""
        super().__init__(source, call, code, status=status)
        self.retry_after = retry_after


class Unreachable(ApiError):
    """The request never left this machine: nothing was done."""


class Refused(ApiError):
    """The platform refused the request, and would refuse it again."""


class Unauthorized(Refused):
    """The credentials are refused."""


class Ambiguous(ApiError):
    """The request may or may not have acted: look before sending it again."""

    certain = False


def place_of(err: Exception) -> str:
    """Name an exception and where it was raised, without its text, which may quote a customer."""
    frame = err.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    if frame is None:
        return type(err).__name__
    module = frame.tb_frame.f_globals.get("__name__", "")
    return f"{type(err).__name__} at {module}.{frame.tb_frame.f_code.co_name}:{frame.tb_lineno}"
