"""Calls that wait at the same time are answered together: most of what one unit takes, several take only once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from threading import Lock
from typing import Generic, TypeVar

Job = TypeVar("Job")
Answer = TypeVar("Answer")


class _Ticket(Generic[Job, Answer]):
    """A job and what becomes of it."""

    def __init__(self, kind: Hashable, job: Job) -> None:
        self.kind, self.job = kind, job
        self.answers: Sequence[Answer] = ()
        """Its one answer, when it has one."""
        self.error: BaseException | None = None
        self.ended = False
        self.turn = Lock()
        """Free once the job has ended, or its thread is to work."""
        self.turn.acquire()

    def outcome(self) -> Answer:
        """The answer; raises the error. To be asked once."""
        error, self.error = self.error, None
        try:
            if error is not None:
                raise error
        finally:
            del error  # its traceback has this frame, which would be a circle
        return self.answers[0]


class Together(Generic[Job, Answer]):
    """Jobs of many threads, of which one works while the others wait: more would only wait for the interpreter.

    It takes all jobs that wait and are of a kind with its own. Nobody waits for jobs to come.

    Args:
        answer: answers jobs of one kind, each or none; must not hang, as all would.
    """

    def __init__(self, answer: Callable[[Sequence[Job]], Sequence[Answer]]) -> None:
        self._answer = answer
        self._lock = Lock()
        self._waiting: list[_Ticket[Job, Answer]] = []
        self._at_work = False

    def answer(self, kind: Hashable, job: Job) -> Answer:
        """The answer to a job; what it raises is what this job raises by itself, whatever became of the others."""
        ticket = _Ticket[Job, Answer](kind, job)
        with self._lock:
            self._waiting.append(ticket)
            waits, self._at_work = self._at_work, True
        if waits:
            ticket.turn.acquire()
        if not ticket.ended:
            self._work_for(ticket)
        return ticket.outcome()

    def _work_for(self, own: _Ticket[Job, Answer]) -> None:
        """Answers a job and those that are like it, and lets their threads go on; then it is another one's turn."""
        with self._lock:
            alike = [ticket for ticket in self._waiting if ticket.kind == own.kind]
            self._waiting = [ticket for ticket in self._waiting if ticket.kind != own.kind]
        try:
            _try(self._answer, alike)
        finally:
            for ticket in alike:
                ticket.ended = True
                if ticket is not own:
                    ticket.turn.release()
            with self._lock:
                self._at_work = bool(self._waiting)
                if self._waiting:
                    self._waiting[0].turn.release()


def _try(answer: Callable[[Sequence[Job]], Sequence[Answer]], tickets: Sequence[_Ticket[Job, Answer]]) -> None:
    """Answers all together; where that fails, each by itself, so that what is wrong with one is not the others'."""
    try:
        answers = answer([ticket.job for ticket in tickets])
    except BaseException as error:  # which belongs to the thread of the job
        if len(tickets) == 1:
            tickets[0].error = error
            return
        for ticket in tickets:
            _try(answer, [ticket])
        return
    for at, ticket in enumerate(tickets):
        ticket.answers = answers[at : at + 1]
