"""Which reports of an order are kept, and when they date it."""

from datetime import timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from tests.tracking.evidence.test_joining import START, WITHOUT_SHRINKING, evidence, reports
from tracking.evidence.joining import Evidence, Joined, join
from tracking.evidence.keeping import kept

bare_reports = st.lists(
    st.builds(
        evidence,
        st.integers(11, 18),
        amount=st.sampled_from([100, 200]),
        at=st.integers(0, 9).map(lambda minute: START + timedelta(minutes=minute)),
    ),
    max_size=3,
    unique_by=lambda report: report.id,
)


def what_it_says(joined: Joined) -> tuple[object, ...]:
    """All but the bare reports themselves, which are kept or remembered."""
    return (
        joined.at,
        joined.figures,
        joined.rank,
        joined.clicks,
        joined.sessions,
        joined.uncounted,
        joined.conflict,
        joined.conflict_since,
        joined.claimant and joined.claimant.id,
        joined.rivals,
    )


@WITHOUT_SHRINKING
@given(reports, bare_reports, st.randoms())
def test_whether_bare_reports_arrive_first_or_last_changes_nothing(
    found: list[Evidence], bare: list[Evidence], random: object
) -> None:
    assume(any(report.presented for report in found))
    arriving = [*found, *bare]
    random.shuffle(arriving)  # type: ignore[attr-defined]
    assert what_it_says(join(kept([*bare, *found]))) == what_it_says(join(kept(arriving)))
