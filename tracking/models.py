"""What happened: clicks, reports of sales, conversions with their decisions, commissions.

Django looks for models here; each is defined in its room.
"""

from tracking.clicks.models import Click as Click
from tracking.commissions.models import Commission as Commission
from tracking.commissions.models import Decision as Decision
from tracking.conversions.models import Conversion as Conversion
from tracking.conversions.models import ConversionJourney as ConversionJourney
from tracking.conversions.models import OrderSeen as OrderSeen
from tracking.conversions.models import Report as Report
from tracking.conversions.models import UnattributedSales as UnattributedSales
from tracking.corrections.models import Correction as Correction
from tracking.landings.models import Landing as Landing
from tracking.lifecycle.models import Validation as Validation
from tracking.rollups.models import Rollup as Rollup
from tracking.spool.models import SetAside as SetAside
from tracking.spool.models import SpoolHost as SpoolHost
from tracking.spool.models import SpoolPosition as SpoolPosition
from tracking.whatif.models import WhatIfRun as WhatIfRun
