"""The exceptions: one model, and azure-core's classes where azure-core is."""

import copy
import pickle

import azure.core.exceptions
import midentity
import pytest
from midentity import errors
from midentity.errors import ErrorKind, MidentityError

CLASSES = {
    1: "InvalidArgumentError",
    2: "CredentialUnavailableError",
    3: "AuthenticationError",
    4: "IdentityNotFoundError",
    5: "ForbiddenError",
    6: "NotFoundError",
    7: "ConflictError",
    8: "ThrottledError",
    9: "ServiceError",
    10: "TransportError",
    11: "RequestTimeoutError",
    12: "ProtocolError",
    14: "ClosedError",
    99: "InternalError",
}
FIELDS = {
    "id": "x.y",
    "hint": "do this",
    "http_status": 429,
    "service_code": "code",
    "request_id": "r",
    "correlation_id": "c",
    "retry_after": 1.5,
    "source": "Imds",
    "attempts": 3,
}


@pytest.mark.parametrize(("number", "name"), CLASSES.items())
def test_every_kind_has_its_class(number, name):
    error = errors._make(number, "what happened", **FIELDS)
    assert isinstance(error, getattr(midentity, name))
    assert isinstance(error, MidentityError)
    assert type(error).__name__ == name
    assert error.kind == number
    assert error.message == "what happened"
    assert str(error) == "what happened (hint: do this)"
    assert {field: getattr(error, field) for field in FIELDS} == FIELDS
    assert error.status_code == 429
    assert error.response is None


def test_kinds_without_a_class_of_their_own_are_still_errors():
    # Cancelled ends calls as KeyboardInterrupt and CancelledError; the C interface is not Python's.
    assert {int(kind) for kind in ErrorKind} - set(CLASSES) == {13, 15}
    assert isinstance(errors._make(13, "x", id="cancelled"), MidentityError)


def test_without_a_hint_only_the_message_is_shown():
    assert str(MidentityError("what happened", id="x")) == "what happened"
    assert repr(MidentityError("what happened", id="x")) == "MidentityError('x', 'what happened')"


def test_bases_that_callers_may_catch():
    assert issubclass(midentity.InvalidArgumentError, ValueError)
    assert issubclass(midentity.RequestTimeoutError, TimeoutError)


@pytest.mark.parametrize("number", [2, 3, 4, 8, 9, 10, 11, 12])
def test_a_missing_token_is_azure_cores_error_too(number):
    error = errors._make(number, "what happened", **FIELDS)
    assert isinstance(error, azure.core.exceptions.ClientAuthenticationError)
    assert error.message == "what happened"
    assert error.status_code == 429
    assert str(error) == "what happened (hint: do this)"
    assert type(error) is type(errors._make(number, "again", **FIELDS)), "one class, not one for each error"


@pytest.mark.parametrize("number", [1, 5, 6, 7, 14, 99])
def test_other_failures_are_not_azure_cores(number):
    assert not isinstance(errors._make(number, "m", **FIELDS), azure.core.exceptions.AzureError)


def test_resource_managers_failures_are_not_azure_cores():
    assert not isinstance(errors._make(8, "m", id="arm.throttled"), azure.core.exceptions.AzureError)


def test_without_azure_core_the_classes_are_plain(python):
    python("""
        import sys
        from midentity import errors
        error = errors._make(3, "m", id="x")
        assert type(error) is errors.AuthenticationError
        assert not any(name.partition(".")[0] == "azure" for name in sys.modules)
        import azure.core.exceptions
        error = errors._make(3, "m", id="x")
        assert isinstance(error, errors.AuthenticationError)
        assert isinstance(error, azure.core.exceptions.ClientAuthenticationError)
    """)


def test_unavailable_is_azure_identitys_class_too(python):
    # A module in the place of azure-identity, which these tests don't install.
    python("""
        import sys, types
        import azure.core.exceptions as core
        identity = types.ModuleType("azure.identity")
        identity.CredentialUnavailableError = type("CredentialUnavailableError", (core.ClientAuthenticationError,), {})
        sys.modules["azure.identity"] = identity
        from midentity import errors
        assert isinstance(errors._make(2, "m", id="x"), identity.CredentialUnavailableError)
        assert not isinstance(errors._make(4, "m", id="x"), identity.CredentialUnavailableError)
        assert isinstance(errors._make(4, "m", id="x"), core.ClientAuthenticationError)
    """)


@pytest.mark.parametrize("number", CLASSES)
def test_errors_can_be_pickled_and_copied(number):
    error = errors._make(number, "what happened", **FIELDS)
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(again) is type(error)
        assert str(again) == str(error)
        assert {field: getattr(again, field) for field in FIELDS} == FIELDS


def test_a_pickled_error_is_read_where_azure_core_is_not(python):
    data = pickle.dumps(errors._make(3, "what happened", **FIELDS))
    assert b"azure" not in data
    python(f"""
        import pickle, sys
        error = pickle.loads({data!r})
        from midentity import errors
        assert type(error) is errors.AuthenticationError
        assert error.attempts == 3
        assert "azure.core" not in sys.modules
    """)
