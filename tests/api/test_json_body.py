import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.json_body import read_json
from tuner.errors import InvalidInput

FINITE_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(FINITE_JSON)
def test_whatever_is_allowed_is_read_as_it_was_written(value: object) -> None:
    assert read_json(json.dumps(value).encode(), 64) == value
    assert read_json(json.dumps(value, ensure_ascii=False).encode(), 64) == value


@pytest.mark.parametrize(
    ("text", "pointer", "words"),
    [
        ('{"a": {"b": NaN}}', "#/a/b", "finite"),
        ('{"a": [1, -Infinity]}', "#/a/1", "finite"),
        ('{"a": 1e999}', "#/a", "finite"),
        ('{"a": 9223372036854775808}', "#/a", "64 bits"),
        ('{"a": -9223372036854775809}', "#/a", "64 bits"),
        ('{"a": ' + "1" * 5000 + "}", "#/a", "64 bits"),
        ('{"a": 1, "b/c": 2, "b/c": 3}', "#/b~1c", "twice"),
        ('{"a": "\\ud800"}', "#/a", "surrogate"),
        ('{"\\udfff": 1}', r"#/\udfff", "surrogate"),
        ('{"a": "x\\u0000y"}', "#/a", "NUL"),
        ("[" * 70 + "]" * 70, "#" + "/0" * 64, "64 levels"),
        ("[" * 50_000 + "]" * 50_000, "#", "64 levels"),
        ('{"a": }', "#", "line 1, column 7"),
        ("", "#", "line 1"),
    ],
)
def test_what_is_refused_is_told_with_its_place(text: str, pointer: str, words: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_json(text.encode("utf-8", "surrogatepass"), 64)
    assert caught.value.places[0].pointer == pointer
    assert words in caught.value.places[0].detail
    assert caught.value.hint


def test_a_body_in_another_encoding_is_refused() -> None:
    with pytest.raises(InvalidInput, match="byte 6 is not UTF-8"):
        read_json('{"a":"ü"}'.encode("latin-1"), 64)


def test_paired_surrogate_escapes_are_one_character() -> None:
    assert read_json(b'{"a": "\\ud83d\\ude00"}', 64) == {"a": "\U0001f600"}


def test_a_flood_of_faults_is_cut_short() -> None:
    with pytest.raises(InvalidInput) as caught:
        read_json(json.dumps([float("nan")] * 10_000).encode(), 64)
    assert len(caught.value.places) == 20
