"""What the agent refuses or fails with, as the operator is told it."""

from __future__ import annotations

from typing import Any


class AgentError(Exception):
    """What the operator is told: `code` is for programs; `permanent`: retrying is no use."""

    def __init__(self, code: str, step: str, message: str, permanent: bool = True, **more: Any) -> None:
        super().__init__(message)
        self.code, self.step, self.message, self.permanent, self.more = code, step, message, permanent, more

    def to_json(self) -> dict[str, Any]:
        body = {"error": self.message, "code": self.code, "step": self.step, "permanent": self.permanent}
        return {**body, **self.more}


def disk_failure(step: str, error: OSError) -> AgentError:
    where = error.filename or "state directory"
    text = f"cannot keep what a revert needs ({error.strerror}: {where}); nothing was changed"
    return AgentError("disk", step, text)
