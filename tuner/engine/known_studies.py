"""What never changes about a study, remembered so that reports need not read it."""

from __future__ import annotations

from collections import OrderedDict

from sqlalchemy import Connection

from tuner.records import StudySpec
from tuner.storage import study_rows

_MAX_STUDIES = 4_096


class KnownStudies:
    """Keys and specifications by study id. For one thread, the writer's.

    A study that is deleted does no harm here: its key is never given again, so no trial will be found under it.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[int, StudySpec]] = OrderedDict()

    def of(self, connection: Connection, study_id: str) -> tuple[int, StudySpec]:
        """The study's key, and its specification without the budget.

        Raises:
            NotFound: There is no such study.
        """
        facts = self._known.get(study_id)
        if facts is None:
            facts = self._known[study_id] = study_rows.fixed_facts(connection, study_id)
            if len(self._known) > _MAX_STUDIES:
                self._known.popitem(last=False)
        return facts
