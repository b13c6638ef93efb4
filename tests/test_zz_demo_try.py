import time
from collections import Counter
import pytest
from network.demo import seed
from tests.makers import NOW
from tracking.models import *
from tracking.verification import verify, Broken
from network.clock import now as clock_now

@pytest.mark.django_db
def test_x():
    t=time.monotonic()
    assert seed.is_empty()
    seed.seed(NOW)
    print("seed", time.monotonic()-t)
    print(Click.objects.count(), Counter(Click.objects.values_list("publisher_id","cookie_type","reason")))
    print(Counter(Commission.objects.values_list("advertiser_id","publisher_id","status")))
    print(Conversion.objects.count(), Report.objects.count(), UnattributedSales.objects.count())
    print(Counter((v["verdict"]) for d in Decision.objects.filter(conversion__isnull=False) for v in d.verdicts))
    print([str(f) for f in verify()])
