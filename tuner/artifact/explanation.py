"""What a model's predictions hang on, for people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuner.artifact.card.figures import dependence_figure, importance_figure, words_figures
from tuner.artifact.card.page import answer_of, loss_of
from tuner.artifact.card.style import STYLE
from tuner.artifact.evaluation import Dependence, Importance, WordEffect
from tuner.artifact.manifest import ModelFacts
from tuner.data.profile import ColumnKind, did_you_mean
from tuner.errors import InvalidInput

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray
_NUM_DEPENDENCES = 4
_CELLS = {ColumnKind.TEXT: "texts", ColumnKind.IMAGE: "images", ColumnKind.SEQUENCE: "sequences"}


@dataclass(frozen=True)
class Explanation:
    """Importances of columns, and how predictions follow the values of some of them. Comes from ``SavedModel.explain``.

    A notebook shows it as pictures.

    Args:
        facts: The model that is explained.
        importances: Most important first.
        dependences: The most important columns, or those that were asked for.
        words: For each text column the words that move predictions most.

    Example:
        ```python
        explanation = model.explain(test_rows)
        explanation.to_pandas()
        explanation.dependence("fare").values
        ```
    """

    facts: ModelFacts
    importances: tuple[Importance, ...]
    dependences: tuple[Dependence, ...]
    words: tuple[WordEffect, ...] = ()

    def to_pandas(self) -> pd.DataFrame:
        """The importances: one row for each column, most important first."""
        import pandas as pd

        return pd.DataFrame(
            [(each.column, each.importance, each.standard_error) for each in self.importances],
            columns=["column", "importance", "standard_error"],
        )

    def dependence(self, column: str) -> Dependence:
        """How predictions follow one column.

        Raises:
            InvalidInput: It was not looked at.
        """
        for each in self.dependences:
            if each.column == column:
                return each
        known = [each.column for each in self.dependences]
        raise InvalidInput(
            f"How predictions depend on {column!r} was not looked at.",
            hint=f"Ask for it: model.explain(rows, columns=[{column!r}]). {did_you_mean(column, known)}",
        )

    def to_html(self) -> str:
        """The pictures as HTML without scripts, for a page or a notebook."""
        answer = answer_of(self.facts)
        shapes = "".join(dependence_figure(each, answer=answer) for each in self.dependences)
        parts = [
            f"<section>{importance_figure(self.importances, loss=loss_of(self.facts))}</section>"
            if self.importances
            else "",
            f'<section><div class="grid">{shapes}</div></section>' if shapes else "",
            f'<section><div class="grid">{words_figures(self.words, answer=answer)}</div></section>'
            if self.words
            else "",
        ]
        return f'<style>{STYLE}</style><div class="tuner"><main>{"".join(parts)}</main></div>'

    def _repr_html_(self) -> str:
        return self.to_html()


def explain_rows(
    facts: ModelFacts,
    predict: Callable[[pd.DataFrame], NDArray[np.float64]],
    rows: pd.DataFrame,
    columns: Sequence[str] | None,
    *,
    check: Callable[[pd.DataFrame], None],
    repeats: int,
    max_rows: int,
    seed: int,
) -> Explanation:
    """Find out what predictions for some rows hang on; see ``SavedModel.explain``.

    Args:
        facts: The model.
        predict: Predicts typed features.
        rows: Rows with the target.
        columns: For which columns to find out how predictions follow them.
        check: Refuses typed features that the model does not answer.
        repeats: How often each column's values are exchanged.
        max_rows: How many of the rows are used, at most.
        seed: Fixes which rows are used, and the exchanges.
    """
    import numpy as np

    from tuner.artifact.importance import Sample, partial_dependence, permutation_importances
    from tuner.artifact.words import telling_words
    from tuner.data.table import labelled_table

    known = {column.name: column for column in facts.columns}
    if (forecast := facts.target.forecast) is not None:
        known = {name: known[name] for name in known if name in forecast.known}
        _check_known_ahead(facts, columns or ())
    for name in columns or ():
        if name not in known:
            raise InvalidInput(f"The model knows no column {name!r}.", hint=did_you_mean(name, list(known)))
        if not known[name].kind.is_tabular:
            raise InvalidInput(
                f"How predictions follow column {name!r} cannot be drawn: its cells are {_CELLS[known[name].kind]}.",
                hint="Name columns of numbers, categories, dates or truth values.",
            )
    table = labelled_table(rows, facts.columns, facts.target)
    check(table.features)
    rng = np.random.default_rng(seed)
    table = table.take(np.sort(rng.permutation(table.num_rows)[:max_rows]))
    samples = [Sample(predict, table.features, table.target)]
    importances = permutation_importances(samples, list(known), facts.target, rng, repeats=repeats)
    followed = [each.column for each in importances if known[each.column].kind.is_tabular]
    shown = followed[:_NUM_DEPENDENCES] if columns is None else list(columns)
    dependences = tuple(partial_dependence(samples, known[name], facts.target) for name in shown)
    texts = [name for name, column in known.items() if column.kind is ColumnKind.TEXT]
    words = tuple(effect for name in texts for effect in telling_words(samples[0], name, facts.target))
    return Explanation(facts, importances, dependences, words)


def _check_known_ahead(facts: ModelFacts, columns: Sequence[str]) -> None:
    """Refuse to exchange what says which value of a series is asked for: another time is another question."""
    forecast = facts.target.forecast
    assert forecast is not None
    if not forecast.known:
        raise InvalidInput(
            f"The forecast of {facts.target.name!r} hangs on earlier values alone: no column is known in advance.",
            hint="model.card() shows how it did on times that were held out. To have columns explained, name them: "
            "tuner.Forecast(horizon, known=[...]).",
        )
    for name in columns:
        if name in forecast.keys:
            raise InvalidInput(
                f"Column {name!r} says which value of the series is asked for; its values are not exchanged.",
                hint=f"Name columns that are known in advance: {', '.join(forecast.known)}.",
            )
