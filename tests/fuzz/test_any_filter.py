"""Whatever stands behind ``--filter``, it chooses records or is refused in one line, at once."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from donkey_activations.formatting import one_line
from donkey_activations.recorded.record_filter import FilterError, record_filter

KEYS = ("user/angle", "user/mode", "_index", "a", "", "ü/№", "_key_0", "not", "a b", "\udcff")
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=3,
)
records = st.dictionaries(st.sampled_from(KEYS), values, max_size=4)
words = "and or not ( ) < == != + - * / // % ** 'a' \" 1 0 1e999 True None [ ] . , := lambda #"
pieces = st.sampled_from([*KEYS, *words.split(), "9" * 50, "\n"])
expressions = st.lists(pieces, max_size=12).map(" ".join) | st.text(max_size=40)


@given(expressions, st.lists(records, max_size=3))
def test_any_expression_over_any_records_answers_or_is_refused(
    text: str, rows: list[dict[str, Any]]
) -> None:
    try:
        wanted = record_filter(text, {key for row in rows for key in row})
        answers = [wanted(row) for row in rows]
    except FilterError as error:
        assert one_line(str(error)).isprintable()
        return
    assert all(isinstance(answer, bool) for answer in answers)
