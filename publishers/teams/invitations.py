"""Inviting people by mail: to an advertiser's staff, to a publisher's team, among the operators.

The link's token is in the mail alone; here is its hash. Whoever opens the link reads the mails of
the address that was invited.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from celery import current_app
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from kombu.exceptions import OperationalError

from network.models import Advertiser, StaffMembership, User
from publishers.teams.models import (
    Invitation,
    Invitations,
    InvitationSending,
    Team,
    TeamMembership,
)

SEND = "publishers.tasks.send_invitation"
GOOD_FOR = timedelta(days=7)
WITHIN = timedelta(hours=1)
MOST_BY_PERSON, MOST_TO_PLACE = 20, 40
"""Emails within that time, those that are sent again included: enough for a whole department, and
too few to be of use for unwanted mail."""
Place = Advertiser | Team | None
"""What somebody is invited to; None: to the operators."""
Membership = StaffMembership | TeamMembership
RANKS = ("", "viewer", "member", "manager", "owner")
"""Roles of one place, each with all rights of those before it."""


class NotOpen(ValueError):
    """An invitation that cannot be accepted any more; the words say why and what to do."""


class TooMany(ValueError):
    """So many emails were sent that another one has to wait; the words say how long."""


class LastOwner(ValueError):
    """There would be nobody left who decides who else gets in."""


class Gone(ValueError):
    """Somebody who does not belong to the place any more."""


def of_place(place: Place) -> Invitations:
    """The invitations to a place."""
    if place is None:
        return Invitation.objects.filter(advertiser=None, team=None)
    if isinstance(place, Team):
        return Invitation.objects.filter(team=place)
    return Invitation.objects.filter(advertiser=place)


def members(place: Advertiser | Team) -> models.QuerySet[Membership]:
    """Who belongs to a place, with their users, by name."""
    rows: models.QuerySet[Membership]
    if isinstance(place, Team):
        rows = TeamMembership.objects.filter(team=place)
    else:
        rows = StaffMembership.objects.filter(advertiser=place)
    return rows.select_related("user").order_by("user__username")


@transaction.atomic
def invite(place: Place, email: str, role: str, now: datetime, *, invited_by: User) -> Invitation:
    """Invite an address; the mail leaves after the commit. Raises ValidationError for an address
    that is none, that belongs already, or that was invited already, and for one too many."""
    email = User.objects.normalize_email(email)
    _check(place, email, now)
    try:
        _check_number(place, invited_by, now)
    except TooMany as error:
        raise ValidationError({"email": str(error)}) from error
    of_place(place).waiting().filter(email=email).update(withdrawn_at=now)  # expired
    token = secrets.token_urlsafe(32)
    row = Invitation(
        email=email,
        advertiser=place if isinstance(place, Advertiser) else None,
        team=place if isinstance(place, Team) else None,
        role=role,
        token_hash=hash_of(token),
        invited_by=invited_by,
        created_at=now,
        expires_at=now + GOOD_FOR,
    )
    row.full_clean()
    _insert(row)
    _log(
        invited_by,
        row,
        _("Invited %(email)s as %(role)s") % {"email": email, "role": row.get_role_display()},
    )
    _send(row, token, now)
    return row


@transaction.atomic
def send_again(invitation: Invitation, now: datetime, *, asked_by: User) -> None:
    """Another mail, with a new link that is good for seven days from now; the old one is good no
    longer. Whoever asks for it is who invites from now on. Raises NotOpen when it was accepted or
    withdrawn in the meantime, and TooMany."""
    row = _locked(invitation)
    _check_number(row.advertiser or row.team, asked_by, now)
    token = secrets.token_urlsafe(32)
    row.token_hash, row.expires_at, row.invited_by = hash_of(token), now + GOOD_FOR, asked_by
    row.mail_sent_at, row.mail_error = None, ""
    row.save(update_fields=["token_hash", "expires_at", "invited_by", "mail_sent_at", "mail_error"])
    _log(asked_by, row, _("Sent the invitation of %(email)s again") % {"email": row.email})
    _send(row, token, now)


@transaction.atomic
def withdraw(invitation: Invitation, now: datetime, *, withdrawn_by: User) -> None:
    """Make the link invalid. Raises NotOpen when it was accepted or withdrawn before."""
    _withdraw(_locked(invitation), now, withdrawn_by)


@transaction.atomic
def withdraw_unvouched(now: datetime, *, withdrawn_by: User) -> list[Invitation]:
    """Withdraw what was left by those who decide no longer, and say which; to be called, in its
    transaction, by whatever makes somebody decide no longer."""
    return _withdraw_all(Invitation.objects.unvouched(), now, withdrawn_by)


@transaction.atomic
def end_with(membership: Membership, now: datetime, withdrawn_by: User) -> list[Invitation]:
    """Withdraw those that somebody made who was removed or has fewer rights now, and those that
    would give the rights back; say which."""
    here = of_place(_place_of(membership))
    ended = Q(pk__in=here.unvouched()) | Q(email=membership.user.email)
    return _withdraw_all(here.waiting().filter(ended), now, withdrawn_by)


def find(token: str, now: datetime) -> Invitation:
    """The open invitation that a link stands for. Raises NotOpen."""
    rows = Invitation.objects.select_related("advertiser", "team", "invited_by")
    row = rows.filter(token_hash=hash_of(token)).first()
    if row is None:
        raise NotOpen(
            _("There is no such invitation. A later email may have brought a newer link.")
        )
    _check_open(row, now)
    return row


@transaction.atomic
def accept(token: str, user: User, now: datetime) -> Invitation:
    """Give somebody what they were invited to; never less than they have already. Raises NotOpen,
    also when the address is not theirs: forwarding an email invites nobody."""
    row = find(token, now)
    _one_at_a_time(row.advertiser or row.team)
    Invitation.objects.select_for_update().get(pk=row.pk)
    row = find(token, now)
    if user.email != row.email:
        raise NotOpen(
            _("This invitation is for %(email)s, and your account has another address.")
            % {"email": row.email}
        )
    held = _join(row, user)
    row.accepted_at, row.accepted_by = now, user
    row.save(update_fields=["accepted_at", "accepted_by"])
    told = (
        _("Accepted the invitation as %(role)s")
        if held == row.role
        else _("Accepted the invitation as %(role)s, and stays %(held)s")
    )
    _log(user, row, told % {"role": row.get_role_display(), "held": Invitation.Role(held).label})
    return row


@transaction.atomic
def change_role(
    membership: Membership, role: str, now: datetime, *, changed_by: User
) -> list[Invitation]:
    """Who loses rights loses their open invitations, too: says which. Raises LastOwner, Gone, and
    ValidationError for a role that there is not."""
    _keep_an_owner(membership, role)
    before, held = membership.get_role_display(), membership.role
    membership.role = role
    membership.full_clean()
    membership.save(update_fields=["role"])
    told = _("%(person)s: %(before)s is now %(after)s") % {
        "person": membership.user,
        "before": before,
        "after": membership.get_role_display(),
    }
    _log_at(changed_by, _place_of(membership), told)
    return end_with(membership, now, changed_by) if _rank(role) < _rank(held) else []


@transaction.atomic
def remove(membership: Membership, now: datetime, *, removed_by: User) -> list[Invitation]:
    """With their open invitations: says which. Raises LastOwner and Gone."""
    _keep_an_owner(membership, "")
    told = _("Removed %(person)s") % {"person": membership.user}
    _log_at(removed_by, _place_of(membership), told)
    membership.delete()
    return end_with(membership, now, removed_by)


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _check(place: Place, email: str, now: datetime) -> None:
    try:
        validate_email(email)
    except ValidationError as error:
        raise ValidationError({"email": _("Write it as name@example.com.")}) from error
    if place is None:
        belongs = User.objects.filter(email=email, is_superuser=True).exists()
    else:
        belongs = members(place).filter(user__email=email).exists()
    if belongs:
        raise ValidationError({"email": _("%(email)s belongs here already.") % {"email": email}})
    if of_place(place).waiting().filter(email=email, expires_at__gt=now).exists():
        raise ValidationError({"email": _invited_already(email)})


def _check_number(place: Place, person: User, now: datetime) -> None:
    """Raises TooMany where one more email would be beyond the limits."""
    User.objects.select_for_update(no_key=True).get(pk=person.pk)  # one after the other
    lately = InvitationSending.objects.filter(at__gt=now - WITHIN).order_by("-at")
    of_person = lately.filter(asked_by=person)
    to_place = lately.filter(invitation__in=of_place(place))
    for sent, most in ((of_person, MOST_BY_PERSON), (to_place, MOST_TO_PLACE)):
        counting = sent[:most].values_list("at", flat=True)
        if len(counting) == most:
            raise TooMany(_too_many(most, counting[most - 1] + WITHIN - now))


def _too_many(most: int, wait: timedelta) -> str:
    minutes = -(-wait // timedelta(minutes=1))
    return ngettext(
        "%(most)s invitations were sent within an hour, and more have to wait. Try again in "
        "%(minutes)s minute.",
        "%(most)s invitations were sent within an hour, and more have to wait. Try again in "
        "%(minutes)s minutes.",
        minutes,
    ) % {"most": most, "minutes": minutes}


def _invited_already(email: str) -> str:
    return _("%(email)s is invited already. Send that invitation again, or withdraw it.") % {
        "email": email
    }


def _check_open(row: Invitation, now: datetime) -> None:
    if row.accepted_at:
        raise NotOpen(_("This invitation has been accepted already. Sign in to continue."))
    if row.withdrawn_at:
        raise NotOpen(_("This invitation was withdrawn. Ask the person who invited you."))
    if row.expires_at <= now:
        raise NotOpen(
            _("This invitation has expired. Ask the person who invited you to send it again.")
        )
    if Invitation.objects.unvouched().filter(pk=row.pk).exists():
        raise NotOpen(
            _("%(person)s can no longer invite people there. Ask somebody else.")
            % {"person": row.invited_by}
        )


def _locked(invitation: Invitation) -> Invitation:
    row = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if row.accepted_at or row.withdrawn_at:
        raise NotOpen(
            _("%(email)s has accepted in the meantime, or the invitation was withdrawn.")
            % {"email": row.email}
        )
    return row


def _insert(row: Invitation) -> None:
    """Raises ValidationError when somebody else has invited the address at the same moment."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise ValidationError({"email": _invited_already(row.email)}) from error


def _withdraw(row: Invitation, now: datetime, person: User) -> None:
    row.withdrawn_at = now
    row.save(update_fields=["withdrawn_at"])
    _log(person, row, _("Withdrew the invitation of %(email)s") % {"email": row.email})


def _withdraw_all(found: Invitations, now: datetime, person: User) -> list[Invitation]:
    rows = list(found.select_for_update(of=("self",)).order_by("pk"))
    for row in rows:
        _withdraw(row, now, person)
    return rows


def _join(row: Invitation, user: User) -> str:
    """Says which role they have then."""
    if row.advertiser is None and row.team is None:
        user.is_superuser = user.is_staff = True
        user.save(update_fields=["is_superuser", "is_staff"])
        return row.role
    membership = _membership(row, user)
    if _rank(row.role) > _rank(membership.role):
        membership.role = row.role
        membership.save()
    return membership.role


def _membership(row: Invitation, user: User) -> Membership:
    """That of somebody who belongs there already, or a new one without a role."""
    if row.team:
        held = TeamMembership.objects.filter(user=user, team=row.team).first()
        return held or TeamMembership(user=user, team=row.team)
    found = StaffMembership.objects.filter(user=user, advertiser=row.advertiser).first()
    return found or StaffMembership(user=user, advertiser=row.advertiser)


def _rank(role: str) -> int:
    return RANKS.index(role)


def _one_at_a_time(place: Place) -> None:
    """Until the transaction ends, nobody else changes who belongs there."""
    if place is not None:
        type(place)._default_manager.select_for_update(no_key=True).get(pk=place.pk)


def _keep_an_owner(membership: Membership, role: str) -> None:
    """Reads the role again, which somebody may have changed since the page was shown."""
    place = _place_of(membership)
    _one_at_a_time(place)
    try:
        membership.refresh_from_db(fields=["role"])
    except ObjectDoesNotExist as error:
        raise Gone(
            _("%(person)s was removed in the meantime.") % {"person": membership.user}
        ) from error
    others = members(place).filter(role="owner").exclude(pk=membership.pk)
    if membership.role == "owner" and role != "owner" and not others.exists():
        raise LastOwner(
            _("%(person)s is the last owner. Make somebody else an owner first.")
            % {"person": membership.user}
        )


def _place_of(membership: Membership) -> Advertiser | Team:
    if isinstance(membership, TeamMembership):
        return membership.team
    return membership.advertiser


def _send(row: Invitation, token: str, now: datetime) -> None:
    """``invited_by`` has asked for it."""
    InvitationSending.objects.create(invitation=row, asked_by=row.invited_by, at=now)

    def send() -> None:
        try:
            current_app.send_task(SEND, [row.pk, token], retry=False)
        except OperationalError as error:
            told = _("The worker could not be reached to send it: %(error)s") % {"error": error}
            Invitation.objects.filter(pk=row.pk).update(mail_error=told[:200])

    transaction.on_commit(send)


def _log(person: User, row: Invitation, words: str) -> None:
    _log_at(person, row.advertiser or row.team or row, words)


def _log_at(person: User, at: Advertiser | Team | Invitation, words: str) -> None:
    LogEntry.objects.log_actions(person.pk, [at], CHANGE, words, single_object=True)
