"""From what a user's code passes to what may go out: requests, numbers, spaces. Faults are told with their place."""

from __future__ import annotations

import math
import operator
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeAlias, TypeVar

from pydantic import ValidationError

from tuner.errors import InvalidInput, InvalidSearchSpace, Place
from tuner.space import Constant, Constraint, Parameter, Scalar, SearchSpace
from tuner.wire import Forecast
from tuner.wire.base import Request
from tuner.wire.models import ModelColumn


class HasJSON(Protocol):
    """An object with one JSON form, such as a network made of ``tuner.layers``."""

    def to_json(self) -> dict[str, Any]:
        """That form."""


Architecture: TypeAlias = HasJSON | Mapping[str, Any]
Space = SearchSpace | Mapping[str, Parameter | Scalar]

_Body = TypeVar("_Body", bound=Request)


def request(kind: type[_Body], fields: Mapping[str, Any]) -> _Body:
    """A request body from those of ``fields`` that are not None.

    Raises:
        InvalidInput: A field breaks the body's rules; each is told with its JSON pointer.
    """
    try:
        return kind.model_validate({name: value for name, value in fields.items() if value is not None})
    except ValidationError as error:
        places = [
            Place("#" + "".join(f"/{_escape(step)}" for step in fault["loc"]), _reason(fault["msg"], fault["input"]))
            for fault in error.errors(include_url=False)
        ]
        raise InvalidInput("The request is not valid.", places=places) from None


def plain_rows(rows: object) -> list[dict[str, Any]]:
    """Rows as JSON takes them: from dicts, or from a DataFrame, whose missing cells become None and arrays lists.

    Raises:
        InvalidInput: They are something else.
    """
    if hasattr(rows, "to_dict") and hasattr(rows, "columns"):
        rows = rows.to_dict("records")
    if isinstance(rows, Mapping) or not isinstance(rows, Sequence) or not all(isinstance(row, Mapping) for row in rows):
        raise InvalidInput(
            f"Rows to predict must be a list of dicts or a DataFrame, not {type(rows).__name__}.",
            hint='For one row, give a list of one dict: [{"age": 41, "sex": "female"}].',
        )
    return [{str(name): _plain_cell(cell) for name, cell in row.items()} for row in rows]


def array_rows(arrays: Any, columns: Sequence[ModelColumn]) -> list[dict[str, Any]]:
    """Rows for a model that knows nothing but pictures or sequences, from an array of them or a list of arrays.

    Args:
        arrays: Along its first axis the rows. Any: an array of any library.
        columns: What the model knows.

    Raises:
        InvalidInput: It knows something else.
    """
    if len(columns) != 1 or columns[0].kind not in ("image", "sequence") or not hasattr(arrays, "__len__"):
        raise InvalidInput(
            f"Rows to predict must be a list of dicts or a DataFrame, not {type(arrays).__name__}.",
            hint=f"The model needs the columns {', '.join(column.name for column in columns[:5])}.",
        )
    return [{columns[0].name: array} for array in arrays]


def _plain_cell(cell: Any) -> Any:  # Any: a cell may be any object
    if cell is None or isinstance(cell, str | bool | int):
        return cell
    if getattr(cell, "ndim", 0):
        cell = cell.tolist()
    if isinstance(cell, list | tuple):
        return [_plain_cell(item) for item in cell]
    value = cell.item() if hasattr(cell, "item") else cell
    if isinstance(value, float):
        return value if math.isfinite(value) else _not_finite(value)
    if isinstance(value, str | bool | int):
        return value
    # Missing cells of pandas differ from themselves, or refuse to say.
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _not_finite(value: float) -> None:
    if math.isnan(value):
        return None
    raise InvalidInput("A row holds an infinite number.", hint="Use None if the value is not known.")


def space_form(space: object) -> dict[str, Any]:
    """The JSON form of a space, given as a ``SearchSpace``, as parameters by name, or as that form itself.

    Among parameters a plain value stands for a constant. The form may hold parameters and constraints as objects.
    Whether these fit each other is for the engine to say: for a study over a dataset the names refer to parameters
    that only it knows.

    Raises:
        InvalidSearchSpace: An entry is no parameter.
    """
    if isinstance(space, SearchSpace):
        return space.to_json()
    if not isinstance(space, Mapping):
        raise InvalidSearchSpace(
            f"A space maps names to parameters, got {type(space).__name__}.",
            hint='Write space={"lr": tuner.Float(1e-5, 1e-1, log=True)}.',
            places=[Place("#/space", "must map names to parameters")],
        )
    if "parameters" not in space or isinstance(space["parameters"], Parameter | Scalar):
        return {"version": 1, "parameters": _parameter_forms(space)}
    form = {"version": 1, **space}
    if isinstance(form["parameters"], Mapping):
        form["parameters"] = _parameter_forms(form["parameters"])
    if isinstance(form.get("constraints"), list | tuple):
        form["constraints"] = [
            constraint.to_json() if isinstance(constraint, Constraint) else constraint
            for constraint in form["constraints"]
        ]
    return form


def forecast_form(forecast: Forecast | int) -> dict[str, Any]:
    """The body of a forecast, of which often only the number of rows to predict is given."""
    known = forecast if isinstance(forecast, Forecast) else Forecast(as_whole(forecast, "forecast"))
    return known.to_json()


def architecture_form(architecture: Architecture) -> dict[str, Any]:
    """The JSON form of a network; what is wrong with it is for the engine to say."""
    return dict(architecture) if isinstance(architecture, Mapping) else architecture.to_json()


def _parameter_forms(parameters: Mapping[str, object]) -> dict[str, Any]:
    forms: dict[str, Any] = {}
    for name, given in parameters.items():
        if isinstance(given, Mapping):
            forms[str(name)] = dict(given)
        elif isinstance(given, Parameter):
            forms[str(name)] = given.to_json()
        elif isinstance(given, Scalar):
            # The engine reads it again, and tells what is wrong with it together with its place.
            forms[str(name)] = {"type": Constant.kind, "value": given}
        else:
            raise InvalidSearchSpace(
                f"{name}: must be Float, Int, Categorical or a plain value, got {given!r:.80}.",
                hint="Write tuner.Float(low, high), tuner.Int(low, high) or tuner.Categorical([...]).",
                places=[Place(f"#/space/parameters/{_escape(name)}", "is not a parameter")],
            )
    return forms


def as_number(value: object, what: str) -> float:
    """A float from any kind of number: Python's, NumPy's, a tensor with one element.

    Raises:
        InvalidInput: It is not a number.
    """
    if not isinstance(value, str | bytes | bytearray):
        try:
            return float(value)  # type: ignore[arg-type]  # whatever cannot be converted raises
        except (TypeError, ValueError, OverflowError):
            pass
    raise InvalidInput(
        f"{what} must be a number, got {value!r:.80} ({type(value).__name__}).",
        hint="Pass one float, not text or a list.",
    )


def as_whole(value: object, what: str) -> int:
    """An int from any kind of whole number.

    Raises:
        InvalidInput: It is not a whole number.
    """
    try:
        return operator.index(value)  # type: ignore[arg-type]  # whatever cannot be converted raises
    except TypeError:
        raise InvalidInput(f"{what} must be a whole number, got {value!r:.80} ({type(value).__name__}).") from None


def plain_params(params: object) -> dict[str, Any]:
    """Parameter values with NumPy's scalars turned into Python's.

    Raises:
        InvalidInput: It is not a mapping.
    """
    if not isinstance(params, Mapping):
        raise InvalidInput(
            f"Parameter values must be a mapping from names to values, got {type(params).__name__}.",
            hint='Write {"lr": 0.01, "layers": 2}.',
        )
    return {str(name): _plain(value) for name, value in params.items()}


def new_key() -> str:
    """An idempotency key: one per call, the same over its repetitions."""
    return uuid.uuid4().hex


def is_id(text: str) -> bool:
    """Whether a text has the form of an id."""
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def _plain(value: Any) -> Any:
    # NumPy's scalars have `item`, and knowing them by that spares an import of NumPy.
    item = getattr(value, "item", None)
    return item() if callable(item) else value


def _reason(message: str, given: object) -> str:
    message = message.removeprefix("Value error, ")
    if isinstance(given, str | int | float | bool | None):
        return f"{message}, got {given!r:.80}"
    return message


def _escape(step: object) -> str:
    return str(step).replace("~", "~0").replace("/", "~1")
