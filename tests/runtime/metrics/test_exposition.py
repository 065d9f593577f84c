from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from vigiles.runtime.metrics.exposition import Histogram, Metric, exposition


def parsed(text: str) -> dict[str, list[tuple[str, dict[str, str], float]]]:
    return {
        family.name: [(sample.name, sample.labels, sample.value) for sample in family.samples]
        for family in text_string_to_metric_families(text)
    }


@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8", exclude_characters="\r\x85\u2028\u2029\x0b\x0c\x1c\x1d\x1e")),
        st.floats(0, 1e12),
        max_size=4,
    )
)
def test_the_official_parser_reads_what_was_meant(values: dict[str, float]) -> None:
    metric = Metric(
        "x_total", "counter", 'What \\ "is"\ncounted', {(("name", name),): value for name, value in values.items()}
    )
    read = parsed(exposition([metric]))
    assert {labels["name"]: value for _, labels, value in read["x"]} == values


def test_a_histogram_is_cumulative() -> None:
    text = exposition([Histogram("t_seconds", "Time.", (0.1, 1.0), {(("kind", "cut"),): ((2, 0, 3), 9.5)})])
    assert text.splitlines()[1:] == [
        "# TYPE t_seconds histogram",
        't_seconds_bucket{kind="cut",le="0.1"} 2',
        't_seconds_bucket{kind="cut",le="1"} 2',
        't_seconds_bucket{kind="cut",le="+Inf"} 5',
        't_seconds_sum{kind="cut"} 9.5',
        't_seconds_count{kind="cut"} 5',
    ]
    assert len(parsed(text)["t_seconds"]) == 5
