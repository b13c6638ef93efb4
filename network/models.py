"""Advertisers and on what terms; their staff; the people who sign in.

Django looks for models here; each is defined in its room.
"""

from network.advertisers.models import MOST_NOTICE_DAYS as MOST_NOTICE_DAYS
from network.advertisers.models import Advertiser as Advertiser
from network.advertisers.models import AnsweredCall as AnsweredCall
from network.advertisers.models import ApiKey as ApiKey
from network.advertisers.models import AttributionTerms as AttributionTerms
from network.advertisers.models import CommissionGroup as CommissionGroup
from network.advertisers.models import CommissionRate as CommissionRate
from network.advertisers.models import SigningKey as SigningKey
from network.advertisers.models import SoftRuleChoice as SoftRuleChoice
from network.effective.models import PolicyVersion as PolicyVersion
from network.hosts.models import HostProof as HostProof
from network.hosts.models import TrackingHost as TrackingHost
from network.people.models import ADDRESS_TAKEN as ADDRESS_TAKEN
from network.people.models import NAME_TAKEN as NAME_TAKEN
from network.people.models import People as People
from network.people.models import StaffMembership as StaffMembership
from network.people.models import StaffRole as StaffRole
from network.people.models import User as User
from network.saved_reports.models import SavedReport as SavedReport
