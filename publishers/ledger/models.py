"""What publishers are owed: accounts, and entries that sum to zero."""

from typing import ClassVar

import pgtrigger
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from network.effective.guards import append_only

_ADDED = pgtrigger.Referencing(new="added")  # type: ignore[no-untyped-call]
"""What a trigger calls the rows that a statement adds."""


class LedgerAccount(models.Model):
    """What somebody owes or is owed in one currency. Its balance is the sum of its entries."""

    class Kind(models.TextChoices):
        ADVERTISER_RECEIVABLE = "advertiser_receivable", _("Owed by an advertiser")
        PUBLISHER_PAYABLE = "publisher_payable", _("Owed to a publisher")
        NETWORK_FEES = "network_fees", _("Earned by the network")

    kind = models.CharField(_("kind"), max_length=25, choices=Kind)
    advertiser = models.ForeignKey(
        "network.Advertiser",
        models.PROTECT,
        verbose_name=_("advertiser"),
        null=True,
        related_name="+",
    )
    publisher = models.ForeignKey(
        "publishers.Publisher",
        models.PROTECT,
        verbose_name=_("publisher"),
        null=True,
        related_name="+",
    )
    currency = models.CharField(
        _("currency"), max_length=3, validators=[RegexValidator("^[A-Z]{3}$")]
    )

    class Meta:
        verbose_name = _("ledger account")
        verbose_name_plural = _("ledger accounts")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("kind", "advertiser", "publisher", "currency"),
                name="ledger_account_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(
                    kind="advertiser_receivable",
                    advertiser__isnull=False,
                    publisher__isnull=True,
                )
                | Q(kind="publisher_payable", advertiser__isnull=True, publisher__isnull=False)
                | Q(kind="network_fees", advertiser__isnull=True, publisher__isnull=True),
                name="ledger_account_owner",
            ),
        ]
        triggers: ClassVar = [append_only()]

    def __str__(self) -> str:
        whose = self.advertiser or self.publisher or gettext("the network")
        return f"{self.get_kind_display()}, {whose}, {self.currency}"


class LedgerTransaction(models.Model):
    """Entries that belong together and sum to zero per currency. Only ever added."""

    class Kind(models.TextChoices):
        COMMISSION_FINAL = "commission_final", _("Commission became final")

    key = models.CharField(
        _("key"), max_length=100, unique=True, help_text=_("The idempotency key.")
    )
    kind = models.CharField(_("kind"), max_length=25, choices=Kind)
    at = models.DateTimeField(_("time"))
    advertiser = models.ForeignKey(
        "network.Advertiser",
        models.PROTECT,
        verbose_name=_("advertiser"),
        null=True,
        related_name="+",
    )
    publisher = models.ForeignKey(
        "publishers.Publisher",
        models.PROTECT,
        verbose_name=_("publisher"),
        null=True,
        related_name="+",
    )
    corrects = models.ForeignKey(
        "self", models.PROTECT, verbose_name=_("corrects"), null=True, related_name="corrections"
    )

    class Meta:
        verbose_name = _("ledger transaction")
        verbose_name_plural = _("ledger transactions")
        triggers: ClassVar = [append_only()]

    def __str__(self) -> str:
        return self.key


class LedgerEntry(models.Model):
    """An amount on one account: positive debits it, negative credits it."""

    transaction = models.ForeignKey(LedgerTransaction, models.PROTECT, related_name="entries")
    account = models.ForeignKey(
        LedgerAccount, models.PROTECT, db_index=False, related_name="entries"
    )
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)

    class Meta:
        verbose_name_plural = _("ledger entries")
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(amount_minor=0), name="ledger_entry_not_zero")
        ]
        indexes: ClassVar = [models.Index(fields=("account", "id"), name="ledger_entry_account")]
        triggers: ClassVar = [
            append_only(),
            pgtrigger.Trigger(
                name="same_currency",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=_ADDED,
                declare=[("wrong", "RECORD")],
                func="""
                    SELECT e.currency, a.currency AS of_account INTO wrong
                    FROM added e JOIN publishers_ledgeraccount a ON a.id = e.account_id
                    WHERE a.currency <> e.currency LIMIT 1;
                    IF FOUND THEN
                        RAISE EXCEPTION 'ledger entry in % on an account in %',
                            wrong.currency, wrong.of_account USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
            # What one statement adds to a transaction sums to zero: so all of it does, whatever
            # was there before, and nothing stored has to be read.
            pgtrigger.Trigger(
                name="sums_to_zero",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=_ADDED,
                declare=[("wrong", "BIGINT")],
                func="""
                    SELECT transaction_id INTO wrong FROM added
                    GROUP BY transaction_id, currency HAVING SUM(amount_minor) <> 0 LIMIT 1;
                    IF FOUND THEN
                        RAISE EXCEPTION 'ledger transaction % does not sum to zero',
                            wrong USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_minor} {self.currency} on {self.account}"


class LedgerSum(models.Model):
    """What the entries of an account come to, up to one of them: whoever asks for its balance need
    not read them. Kept by :mod:`publishers.ledger.sums`; entries never change, so it stays true."""

    account = models.OneToOneField(
        LedgerAccount, models.PROTECT, primary_key=True, related_name="summed"
    )
    up_to = models.BigIntegerField(help_text=_("The id of the last entry in it."))
    amount_minor = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.amount_minor} up to {self.up_to}"
