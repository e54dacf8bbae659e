"""The error tree. The class of an error decides what happens next; its message never does.

CircletakeError                  one line for a person, and an exit code
├── UsageError                   exit 2: what was asked cannot be meant
│   ├── BriefError               back to the author of the brief
│   ├── PlanError                an edited plan that does not hold together
│   ├── SettingsError            an unknown or unreadable setting
│   └── UnknownId                no such production, slate, take or clip
├── HomeError                    the studio's home cannot be used: not writable, full, of another version
│   ├── WrongSpace               vectors of another embedder; `catalog reembed` makes them anew
│   └── DatabaseLost             its database server cannot be reached, or the connection was lost; retried
├── LeaseHeld                    another process drives this production; says who
├── LeaseLost                    this process lost its production; its late writes are refused
├── JournalConflict              the same operation key with another request
├── HandoffInvalid               a step returned what the next step may not be given; retried
├── StepTimedOut                 a step went past its deadline; retried
├── WorkerLost                   a media worker died or was killed at its deadline; retried
├── Cancelled                    the production was cancelled; nothing more is begun
├── MediaError                   a file that cannot be decoded, encoded or trusted
├── ProvenanceError              a signature that cannot be made or does not verify
├── RightsError                  exit 4: a licence does not allow it; no override
├── Shortfall                    exit 4: too little that may be used; says what is missing
├── BudgetRefused                exit 4: the quote is above what may be spent
├── GeneratorError               what a provider or generator answered
│   ├── RateLimited              a definite refusal to accept; goes back to planned, not before `delay_s`
│   │   └── Unreachable          there is no connection to the provider
│   ├── QuotaExhausted           stop and tell a person
│   ├── Retryable                a passing fault of a call that is safe to repeat
│   ├── SubmitUnknown            may have been paid for: reconcile, never submit again
│   ├── RejectedByPolicy         refused by the provider's policy, with reasons
│   ├── InvalidRequest           the provider says that the request is wrong
│   ├── Incomplete               an answer that was cut off
│   └── Fatal                    no key, no access, a retired model
└── WaitingForPerson             exit 3: not a failure; a person decides here
"""

from __future__ import annotations


class CircletakeError(Exception):
    """Say in one line what is wrong, where, and what to do."""

    exit_code = 1


class UsageError(CircletakeError):
    """What was asked cannot be meant."""

    exit_code = 2


class BriefError(UsageError):
    """The brief goes back to its author."""


class PlanError(UsageError):
    """A plan does not hold together."""


class SettingsError(UsageError):
    """A setting is unknown or unreadable."""


class UnknownId(UsageError):
    """There is no such production, slate, take or clip."""


class HomeError(CircletakeError):
    """The studio's home cannot be used."""


class WrongSpace(HomeError):
    """What is asked and what the index holds are vectors of different embedders."""


class DatabaseLost(HomeError):
    """The database server cannot be reached now, or the connection to it was lost."""


class LeaseHeld(CircletakeError):
    """Another process drives this production."""


class LeaseLost(CircletakeError):
    """This process no longer drives its production, so what it writes now is refused."""


class JournalConflict(CircletakeError):
    """An operation key was planned before with another request."""


class HandoffInvalid(CircletakeError):
    """A step returned what the next step may not be given."""


class StepTimedOut(CircletakeError):
    """A step went past its deadline."""


class WorkerLost(CircletakeError):
    """A media worker died, or was killed at its deadline."""


class Cancelled(CircletakeError):
    """A person cancelled the production: nothing more is begun, what was paid for is collected."""


class MediaError(CircletakeError):
    """A media file cannot be decoded, encoded or trusted."""


class ProvenanceError(CircletakeError):
    """A signature cannot be made, or does not verify."""


class RightsError(CircletakeError):
    """A licence does not allow this use. There is no override."""

    exit_code = 4


class Shortfall(CircletakeError):
    """There is too little that may be used; the message says what is missing."""

    exit_code = 4


class BudgetRefused(CircletakeError):
    """The quote is above what may be spent."""

    exit_code = 4


class GeneratorError(CircletakeError):
    """A generator or its provider did not do what was asked."""


class RateLimited(GeneratorError):
    """The provider definitely did not accept; it may be asked again after `delay_s` seconds."""

    def __init__(self, message: str, *, delay_s: float = 1.0) -> None:
        super().__init__(message)
        self.delay_s = delay_s


class Unreachable(RateLimited):
    """There is no connection to the provider, so nothing has reached it."""


class QuotaExhausted(GeneratorError):
    """The provider's quota is used up: stop, and tell a person."""


class Retryable(GeneratorError):
    """A passing fault of a call that is safe to repeat."""


class SubmitUnknown(GeneratorError):
    """A submit that may have been accepted and paid for: reconcile, never submit again."""


class RejectedByPolicy(GeneratorError):
    """The provider's policy refused the request."""

    def __init__(self, message: str, *, reasons: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.reasons = reasons


class InvalidRequest(GeneratorError):
    """The provider says that the request is wrong."""


class Incomplete(GeneratorError):
    """The answer was cut off."""


class Fatal(GeneratorError):
    """No key, no access, or a model that is no longer offered."""


class WaitingForPerson(CircletakeError):
    """Pause here: a person decides.

    Args:
        point: which of the three human points: `plan`, `takes` or `film`.
        round: the round that the decision belongs to.
        message: what is waited for, and what to type.
    """

    exit_code = 3

    def __init__(self, point: str, round: int, message: str) -> None:
        super().__init__(message)
        self.point = point
        self.round = round
