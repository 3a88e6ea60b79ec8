"""What a network of somebody's own reads: the inputs of a table by the names that its document uses for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tuner.architecture import DataInput
from tuner.data.profile import ColumnKind, DatasetProfile, TargetProfile
from tuner.models.base import TABULAR_KINDS, has_categories
from tuner.models.cost import num_texts
from tuner.models.networks.image_inputs import ImageInputs
from tuner.models.networks.inputs import InputPart, Inputs
from tuner.models.networks.sequence_inputs import SequenceInputs
from tuner.models.networks.tabular_inputs import TabularInputs
from tuner.models.networks.text_inputs import TextInputs
from tuner.space import Categorical, Int, Parameter, Params

TABULAR = "tabular"
"""The name of all plain columns together."""

PARTS: tuple[type[InputPart], ...] = (TabularInputs, TextInputs, ImageInputs, SequenceInputs)
"""The parts of inputs that such a network can read."""

READS = frozenset(kind for part in PARTS for kind in part.kinds)

EMBEDDING_SIZE, VOCABULARY, WORDS = "embedding_size", "vocabulary", "words"
_MAX_EMBEDDING_SIZE = 32
# A date in parts, with a flag for gaps; numbers and truth values take less.
_MAX_WIDTH = 8
_VOCABULARIES, _WORDS = (2_000, 5_000, 10_000, 20_000), (64, 128, 256, 512)
# As ``TextInputs`` makes them: texts have at least so many places, and two codes are no words.
_FEWEST_WORDS, _SPARE_CODES = 16, 2


def source_parameters(profile: DatasetProfile, target: TargetProfile) -> dict[str, Parameter]:
    """What may be tuned about the inputs."""
    parameters: dict[str, Parameter] = {}
    if has_categories(profile, target):
        parameters[EMBEDDING_SIZE] = Int(2, _MAX_EMBEDDING_SIZE, log=True)
    if num_texts(profile, target):
        parameters[VOCABULARY] = Categorical(list(_VOCABULARIES), ordered=True)
        parameters[WORDS] = Categorical(list(_WORDS), ordered=True)
    return parameters


def source_defaults(profile: DatasetProfile, target: TargetProfile) -> Params:
    """Strong values of these."""
    defaults: Params = {EMBEDDING_SIZE: 8, VOCABULARY: 10_000, WORDS: 256}
    return {name: defaults[name] for name in source_parameters(profile, target)}


def expected_sources(profile: DatasetProfile, target: TargetProfile) -> dict[str, DataInput]:
    """The inputs, as far as a profile tells what they will be.

    A text, a picture or a sequence is called like its column; where that is the name of the plain columns, these have
    none.
    """
    sources: dict[str, DataInput] = {}
    plain = [column for column in profile.features(target.name) if column.kind in TABULAR_KINDS]
    if plain:
        widths = [_MAX_EMBEDDING_SIZE if column.kind is ColumnKind.CATEGORY else _MAX_WIDTH for column in plain]
        sources[TABULAR] = DataInput.vector(1, sum(widths))
    for column in profile.features(target.name):
        if column.kind.is_array and column.shape is not None:
            sources[column.name] = DataInput.of(*column.shape)
        elif column.kind is ColumnKind.TEXT:
            sources[column.name] = DataInput.text(_FEWEST_WORDS, _WORDS[-1], _VOCABULARIES[-1] + _SPARE_CODES)
    return sources


# Any: Keras ships without type information, and parameters have values of different types.
def source_tensors(
    keras: Any, inputs: Inputs, entries: Mapping[str, Any], seeds: Iterator[int], params: Mapping[str, Any]
) -> dict[str, tuple[Any, DataInput]]:
    """The inputs as tensors, each with its exact shape."""
    tensors: dict[str, tuple[Any, DataInput]] = {}
    if (tabular := inputs.part(TabularInputs)) is not None:
        vector = tabular.vector(keras, entries, seeds, params.get(EMBEDDING_SIZE, 0))
        tensors[TABULAR] = vector, DataInput.of(*vector.shape[1:])
    if (text := inputs.part(TextInputs)) is not None:
        for name, words in text.names().items():
            tensors[words.column] = entries[name], DataInput.of(words.length, num_words=words.num_codes)
    for part in (inputs.part(ImageInputs), inputs.part(SequenceInputs)):
        for column, entry in ({} if part is None else part.entries).items():
            tensors[column] = entries[entry], DataInput.of(*entries[entry].shape[1:])
    return tensors
