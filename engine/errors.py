"""One error tree, branched by who must act; no third-party import."""


class FirelineError(Exception):
    """Anything Fireline raises on purpose; the message is one line that says what and where."""


class InvalidInput(FirelineError):
    """The author of a file, a command or a request must mend it; exit code 2."""

    def __init__(self, message: str, *, file: str = "", line: int = 0, column: int = 0) -> None:
        """Prefix `message` with `file:line:column` as far as the position is known (1-based)."""
        place = ":".join([file or "<input>", *(str(n) for n in (line, column) if n)]) if file or line else ""
        super().__init__(f"{place}: {message}" if place else message)
        self.file, self.line, self.column, self.message = file, line, column, message


class SecretAway(InvalidInput):
    """Where a secret is kept does not answer now, or gives no leave to read it; what needed it may pass later."""


class InvalidFile(InvalidInput):
    """Several things are wrong with one file; all of them are in `problems`."""

    def __init__(self, problems: "tuple[InvalidInput, ...]") -> None:
        """Join the problems' own lines; there is at least one."""
        first = problems[0]
        super().__init__(first.message, file=first.file, line=first.line, column=first.column)
        self.args = ("\n".join(str(problem) for problem in problems),)
        self.problems = problems


class Denied(FirelineError):
    """Policy, an approval or a permission says no; exit code 1."""


class NotFound(Denied):
    """What was named does not exist, or is not there any more."""


class GuardrailBreach(FirelineError):
    """Nobody may do this: a stale or forged token, an untouchable target, a real connector in an exercise."""


class TargetError(FirelineError):
    """The other system refused or failed."""


class TargetRefused(TargetError):
    """The other system said no for good; nothing was changed there."""


class TargetUnavailable(TargetError):
    """The other system did not answer in time; what it did is not known."""


class ProbeFailed(TargetError):
    """What a harm probe looks for was looked for, and is not so; any other error says that nobody could look."""


class ServiceAway(FirelineError):
    """A service Fireline itself needs (engine, Temporal, database) cannot be reached; exit code 3."""


class StoreUnavailable(ServiceAway):
    """The database cannot be written: full, read-only, locked or gone."""


class StoreTaken(StoreUnavailable):
    """Another engine had the database meanwhile; this one never writes again, and only a new start helps."""


class EngineBug(FirelineError):
    """Something that cannot happen did; report it."""


class IllegalTransition(EngineBug):
    """A state change that the table does not have."""


class StaleState(FirelineError):
    """A compare-and-set found another state than expected; the caller reads again."""
