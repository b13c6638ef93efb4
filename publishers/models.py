"""Publishers, their programmes and on what terms; and the ledger of what they are owed.

Django looks for models here; each is defined in its room.
"""

from publishers.cookie_types.models import AssignedType as AssignedType
from publishers.cookie_types.models import CookieTypeAssignment as CookieTypeAssignment
from publishers.cookie_types.models import CookieTypeChoice as CookieTypeChoice
from publishers.cookie_types.models import ModelType as ModelType
from publishers.cookie_types.models import ModelTypeCookieType as ModelTypeCookieType
from publishers.cookie_types.models import PublisherModelType as PublisherModelType
from publishers.ledger.models import LedgerAccount as LedgerAccount
from publishers.ledger.models import LedgerEntry as LedgerEntry
from publishers.ledger.models import LedgerSum as LedgerSum
from publishers.ledger.models import LedgerTransaction as LedgerTransaction
from publishers.notices.models import EmailOff as EmailOff
from publishers.notices.models import Notice as Notice
from publishers.notices.models import NoticeMail as NoticeMail
from publishers.notices.models import NoticesRead as NoticesRead
from publishers.partnerships.models import PartnerNote as PartnerNote
from publishers.partnerships.models import Partnership as Partnership
from publishers.partnerships.models import PartnershipStatus as PartnershipStatus
from publishers.partnerships.models import PartnershipTerms as PartnershipTerms
from publishers.partnerships.models import Publisher as Publisher
from publishers.teams.models import Invitation as Invitation
from publishers.teams.models import InvitationSending as InvitationSending
from publishers.teams.models import Team as Team
from publishers.teams.models import TeamMembership as TeamMembership
