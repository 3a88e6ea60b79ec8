"""Statements for hot paths: written with SQLAlchemy Core, compiled once, then handed to the driver as text.

Building, hashing and interpreting a Core statement costs several times what a small SQLite query does (measured on one
query by key: 204 microseconds built anew, 49 as a constant, 7 through the driver). What runs once per ask, report or
result goes this way; everything else is plain Core.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, NoReturn

from sqlalchemy import (
    BindParameter,
    Connection,
    Delete,
    Dialect,
    Insert,
    Select,
    Table,
    TypeDecorator,
    Update,
    bindparam,
    insert,
)
from sqlalchemy.exc import DBAPIError

Statement = Select[Any] | Insert | Update | Delete
# Any: what a driver takes and gives has no narrower type.
Processor = Callable[[Any], Any]


class Prepared:
    """One statement with named parameters (``bindparam``), the same for every call.

    Values and columns go through the types of the tables, as with Core: instants are ``datetime``, JSON is Python data.

    Args:
        statement: What to run. For SQL that each database writes in its own way, a function of the dialect's name.
    """

    def __init__(self, statement: Statement | Callable[[str], Statement]) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def all(self, connection: Connection, **values: object) -> list[Any]:
        """All rows, as named tuples."""
        compiled = self._for(connection)
        cursor = compiled.execute(connection, compiled.bind(values))
        return [compiled.row(raw) for raw in cursor.fetchall()]

    def one_or_none(self, connection: Connection, **values: object) -> Any | None:
        """The first row, if there is one."""
        compiled = self._for(connection)
        raw = compiled.execute(connection, compiled.bind(values)).fetchone()
        return None if raw is None else compiled.row(raw)

    def run(self, connection: Connection, **values: object) -> int:
        """Run a change; the number of rows it changed."""
        compiled = self._for(connection)
        return int(compiled.execute(connection, compiled.bind(values)).rowcount)

    def run_each(self, connection: Connection, rows: Iterable[Mapping[str, object]]) -> int:
        """Run a change once for each set of values; the number of rows changed in all."""
        compiled = self._for(connection)
        return compiled.execute_many(connection, [compiled.bind(values) for values in rows])

    def _for(self, connection: Connection) -> _Compiled:
        name = connection.dialect.name
        if name not in self._compiled:
            statement = self._statement(name) if callable(self._statement) else self._statement
            self._compiled[name] = _Compiled(statement, connection.dialect)
        return self._compiled[name]


class PreparedIn:
    """A query for rows whose column is one of several values, prepared for 1, 2, 4, 8 ... of them.

    Args:
        make: Builds the statement, given the names of the parameters that stand for the values.
    """

    def __init__(self, make: Callable[[Sequence[str]], Select[Any]]) -> None:
        self._make = make
        self._by_size: dict[int, Prepared] = {}

    def all(self, connection: Connection, among: Sequence[object], **values: object) -> list[Any]:
        """All rows with one of the values ``among``, as named tuples."""
        if not among:
            return []
        size = 1 << (len(among) - 1).bit_length()
        names = [f"among_{position}" for position in range(size)]
        if size not in self._by_size:
            self._by_size[size] = Prepared(self._make(names))
        # The last value again for the places that are left over.
        padded = [*among, *[among[-1]] * (size - len(among))]
        return self._by_size[size].all(connection, **dict(zip(names, padded, strict=True)), **values)


class PreparedInsert:
    """Adds rows to a table: on PostgreSQL up to 32 with one statement, where each statement is a message.

    Args:
        table: Where to.
        names: Columns that every row gives.
    """

    _MOST = 32

    def __init__(self, table: Table, *names: str) -> None:
        self._table = table
        self._names = names
        self._one = Prepared(insert(table).values(parameters(*names)))
        self._by_size: dict[int, Prepared] = {}

    def run(self, connection: Connection, rows: Sequence[Mapping[str, object]]) -> None:
        """Add rows."""
        if connection.dialect.name == "sqlite" or len(rows) == 1:
            self._one.run_each(connection, rows)
            return
        for start in range(0, len(rows), self._MOST):
            some = rows[start : start + self._MOST]
            values = {f"{name}_{place}": row[name] for place, row in enumerate(some) for name in self._names}
            self._for_size(len(some)).run(connection, **values)

    def _for_size(self, size: int) -> Prepared:
        if size not in self._by_size:
            columns = self._table.c
            rows: list[dict[str, BindParameter[Any]]] = [
                {name: bindparam(f"{name}_{place}", type_=columns[name].type) for name in self._names}
                for place in range(size)
            ]
            self._by_size[size] = Prepared(insert(self._table).values(rows))
        return self._by_size[size]


def parameters(*names: str) -> dict[str, BindParameter[Any]]:
    """Parameters by name, to be given with each call."""
    return {name: bindparam(name) for name in names}


def run_script(connection: Connection, sql: str) -> None:
    """Run statements without parameters in one message to the database."""
    try:
        driver_of(connection).execute(sql)
    except connection.dialect.loaded_dbapi.Error as error:
        _raise(connection, sql, error)


def driver_of(connection: Connection) -> Any:
    """The driver's own connection. Any: each driver has its own class."""
    driver = connection.connection.driver_connection
    assert driver is not None
    return driver


class _Compiled:
    """A statement in one dialect's words, and how values and columns are translated."""

    def __init__(self, statement: Statement, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self._dialect = dialect
        self._sql = str(compiled)
        names: Sequence[str] | None = getattr(compiled, "positiontup", None)
        self._is_positional = names is not None
        self._names = list(names if names is not None else compiled.binds)
        self._parameters = [
            (name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect), _constant(compiled, name))
            for name in self._names
        ]
        columns = list(statement.selected_columns) if isinstance(statement, Select) else []
        self._make = _row_class([column.name for column in columns])
        # Only our own types need translating; drivers give numbers and text as they are.
        self._processors: list[tuple[int, Processor]] = [
            (position, processor)
            for position, column in enumerate(columns)
            if isinstance(column.type, TypeDecorator)
            and (processor := column.type.result_processor(dialect, None)) is not None
        ]

    def bind(self, values: Mapping[str, object]) -> Sequence[object] | Mapping[str, object]:
        """The driver's parameters."""
        bound = [
            constant.value if constant else processor(values[name]) if processor else values[name]
            for name, processor, constant in self._parameters
        ]
        return bound if self._is_positional else dict(zip(self._names, bound, strict=True))

    def row(self, raw: Sequence[Any]) -> Any:
        """A row as it came, with names and in Python's types."""
        if self._processors:
            values = list(raw)
            for position, processor in self._processors:
                values[position] = processor(values[position])
            return self._make(values)
        return self._make(raw)

    def execute(self, connection: Connection, values: Any) -> Any:
        """The driver's cursor after the statement."""
        try:
            return driver_of(connection).execute(self._sql, values)
        except self._dialect.loaded_dbapi.Error as error:
            _raise(connection, self._sql, error)

    def execute_many(self, connection: Connection, rows: Sequence[Any]) -> int:
        """Number of rows changed by all sets of values together."""
        try:
            if len(rows) == 1:
                return int(driver_of(connection).execute(self._sql, rows[0]).rowcount)
            cursor = driver_of(connection).cursor()
            cursor.executemany(self._sql, rows)
            return int(cursor.rowcount)
        except self._dialect.loaded_dbapi.Error as error:
            _raise(connection, self._sql, error)


class _Constant(NamedTuple):
    value: object


def _constant(compiled: Any, name: str) -> _Constant | None:
    """A value that the statement itself brings, in place of a parameter."""
    bind = compiled.binds[name]
    if bind.required:
        return None
    processor = bind.type.dialect_impl(compiled.dialect).bind_processor(compiled.dialect)
    value = bind.effective_value
    # Enumerations are text; drivers know plain text only.
    value = str(value) if isinstance(value, str) else value
    return _Constant(processor(value) if processor else value)


def _row_class(names: list[str]) -> Callable[[Iterable[Any]], Any]:
    # Any, and ignored by the type checker: only here are the names known.
    row: Any = namedtuple("Row", names)  # type: ignore[misc]
    make: Callable[[Iterable[Any]], Any] = row._make
    return make


def _raise(connection: Connection, sql: str, error: Exception) -> NoReturn:
    """Tell of a driver's error as SQLAlchemy does, which everything above understands."""
    dialect = connection.dialect
    # Ignored: it is declared for the drivers' common base, which has no class.
    is_disconnect = dialect.is_disconnect(error, connection.connection.driver_connection, None)  # type: ignore[arg-type]
    told = DBAPIError.instance(
        sql, None, error, dialect.loaded_dbapi.Error, connection_invalidated=is_disconnect, dialect=dialect
    )
    if is_disconnect:
        connection.invalidate(error)
    raise told from error
