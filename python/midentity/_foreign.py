"""Asking a credential that is not ours, as azure-core describes them."""

from __future__ import annotations

import inspect
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Awaitable
    from typing import Any, TypeVar

    _T = TypeVar("_T")


def ask(credential: Any, scope: str, claims: str | None, event_loop: AbstractEventLoop | None, reply: Any) -> None:
    """Start asking for a token; `reply.give` or `reply.fail` hears the outcome.

    On an event loop where the caller awaits, so that a credential of asyncio's is asked where it lives; else on a
    thread of its own, so that it may make whatever blocking calls it likes.
    """
    options = {"claims": claims} if claims else {}
    if event_loop is None:
        thread = threading.Thread(
            target=_ask, args=(credential, scope, options, reply), name="midentity-credential", daemon=True
        )
        thread.start()
        return
    import asyncio

    asyncio.run_coroutine_threadsafe(_ask_awaiting(credential, scope, options, reply), event_loop)


def _ask(credential: Any, scope: str, options: dict[str, str], reply: Any) -> None:
    try:
        token = credential.get_token(scope, **options)
        if inspect.isawaitable(token):
            _drop(token)
        else:
            reply.give(token.token, token.expires_on)
    except BaseException as error:  # noqa: BLE001  (it is raised where the caller waits)
        reply.fail(error)


async def _ask_awaiting(credential: Any, scope: str, options: dict[str, str], reply: Any) -> None:
    import asyncio

    try:
        if inspect.iscoroutinefunction(credential.get_token):
            token = await credential.get_token(scope, **options)
        else:
            token = await asyncio.to_thread(credential.get_token, scope, **options)
            if inspect.isawaitable(token):
                token = await token
        reply.give(token.token, token.expires_on)
    except BaseException as error:
        reply.fail(error)
        if isinstance(error, asyncio.CancelledError):
            raise


def _drop(token: Any) -> None:
    if inspect.iscoroutine(token):
        token.close()
    from ._arguments import invalid

    invalid("the credential is one for asyncio", "use midentity.aio.ArmClient")


async def coroutine(awaitable: Awaitable[_T]) -> _T:
    """What is awaited, as a coroutine."""
    return await awaitable
