"""The constructor's arguments: what goes together, and why the rest is refused."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

_IDS = ("client_id", "object_id", "resource_id")

# What azure-identity's constructor takes and this one can't honour; to swallow it would be to promise it.
_REFUSED = {
    "transport": "midentity sends its requests itself, never through a proxy",
    "raw_request_hook": "there is no pipeline to hook into; logging_enable=True tells what is sent",
    "raw_response_hook": "there is no pipeline to hook into; logging_enable=True tells what is sent",
    "proxies": "the metadata service must not be asked through a proxy",
    "policies": "there is no pipeline of policies",
    "per_call_policies": "there is no pipeline of policies",
    "per_retry_policies": "there is no pipeline of policies",
    "read_timeout": "use timeout, which bounds the whole call",
    "retry_policy": "use retry_total and timeout",
    "connection_verify": "the metadata service is not asked over TLS; for Resource Manager use ca_file",
    "tenant_id": "a managed identity lives in one tenant; get_token takes tenant_id and ignores it",
    "authority": "use cloud",
}


def refuse_unknown(names: dict[str, Any]) -> NoReturn:
    """Say why a keyword is not taken."""
    name = next(iter(names))
    why = _REFUSED.get(name)
    if why is None and name.startswith("retry_"):
        why = "use retry_total and timeout; the waits between tries are the service's own"
    reason = f": {why}" if why else ""
    raise TypeError(f"ManagedIdentityCredential does not take {name!r}{reason}")


def invalid(message: str, hint: str, id: str = "argument.option") -> NoReturn:  # noqa: A002
    """Refuse an argument."""
    from .errors import InvalidArgumentError

    raise InvalidArgumentError(message, id=id, hint=hint)


def check_texts(given: dict[str, Any], names: tuple[str, ...]) -> None:
    """Refuse what is there and no text."""
    for name in names:
        value = given[name]
        if value is not None and not isinstance(value, str):
            invalid(f"{name} is a str, not {type(value).__name__}", f"give str({name})")


def check_numbers(given: dict[str, Any], names: tuple[str, ...]) -> None:
    """Refuse what is no number; whether it is in range, the core says."""
    for name in names:
        value = given[name]
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            invalid(f"{name} is a number of seconds, not {type(value).__name__}", "give seconds, such as 30 or 0.5")


def settings(given: dict[str, Any]) -> dict[str, Any]:
    """Turn the constructor's arguments into the core's settings."""
    extra, configured = _read_config(given["identity_config"])
    arguments = {name: given[name] for name in _IDS if given[name] is not None}
    named = [*arguments, *(f"identity_config[{name!r}]" for name in configured)]
    if given["system_assigned"]:
        named.append("system_assigned")
    if len(named) > 1:
        hint = "name exactly one identity, or none for the machine's default one"
        invalid(f"two identities were named: {named[0]} and {named[1]}", hint, "argument.identity")
    result = dict(given, client_id=None, object_id=None, resource_id=None)
    result.update(arguments or configured)
    check_texts(result, (*_IDS, "imds_endpoint", "cloud"))
    check_numbers(result, ("timeout", "connection_timeout"))
    retries = given["retry_total"]
    if isinstance(retries, bool) or not isinstance(retries, int) or not 0 <= retries <= 1000:
        invalid(f"retry_total is {retries!r}", "give how often to try again, from 0 to 1000")
    _check_cache(given["cache"])
    result["system_assigned"] = bool(given["system_assigned"])
    result["probe"] = bool(given["probe"])
    result["extra"] = extra
    return result


def _read_config(config: Any) -> tuple[dict[str, str], dict[str, str]]:
    """Split azure-identity's dictionary into further query parameters and the identity."""
    extra: dict[str, str] = {}
    chosen: dict[str, str] = {}
    if config is None:
        return extra, chosen
    if not hasattr(config, "items"):
        hint = 'give a dictionary, such as {"object_id": "…"}'
        invalid(f"identity_config is a mapping, not {type(config).__name__}", hint, "argument.identity")
    for name, value in config.items():
        if not isinstance(name, str) or not (value is None or isinstance(value, str)):
            invalid(f"identity_config[{name!r}] is not a text", "names and values are str", "argument.identity")
        if value is not None:
            (chosen if name in _IDS else extra)[name] = value
    return extra, chosen


def _check_cache(cache: Any) -> None:
    if cache is not None:
        from ._native import TokenCache

        if not isinstance(cache, TokenCache):
            invalid(f"cache is a TokenCache, not {type(cache).__name__}", "give midentity.TokenCache() or None")
