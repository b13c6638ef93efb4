"""What decides who is hard and who is soft: model types, defaults and assignments over time."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from network import dates
from network.effective.rows import (
    EffectiveDated,
    cancels_its_own,
    one_of,
    one_per_start,
    says_as,
)


class ModelType(models.TextChoices):
    """How a publisher promotes; one publisher id stands for one."""

    CONTENT = "content", _("Content")
    INFLUENCER = "influencer", _("Influencer")
    COMPARISON = "comparison", _("Comparison")
    CASHBACK = "cashback", _("Cashback")
    LOYALTY = "loyalty", _("Loyalty")
    VOUCHER = "voucher", _("Voucher")
    EMAIL = "email", _("Email")
    SEARCH = "search", _("Search")
    DISPLAY = "display", _("Display")
    RETARGETING = "retargeting", _("Retargeting")
    OVERLAY = "overlay", _("Overlay")
    EXTENSION = "extension", _("Extension")
    SUBNETWORK = "subnetwork", _("Subnetwork")
    OTHER = "other", _("Other")


class CookieTypeChoice(models.TextChoices):
    HARD = "hard", _("Hard")
    SOFT = "soft", _("Soft")


class AssignedType(models.TextChoices):
    """What a partnership's own assignment can say."""

    HARD = "hard", _("Hard")
    SOFT = "soft", _("Soft")
    INHERIT = "inherit", _("Model type's default")


class PublisherModelType(EffectiveDated):
    """A publisher's model type from a moment on; a change needs an operator."""

    publisher = models.ForeignKey(
        "publishers.Publisher",
        models.PROTECT,
        verbose_name=_("publisher"),
        related_name="model_types",
    )
    model_type = models.CharField(_("model type"), max_length=12, choices=ModelType)

    holds_for = ("publisher",)

    class Meta(EffectiveDated.Meta):
        verbose_name = _("model type of a publisher")
        verbose_name_plural = _("model types of publishers")
        triggers: ClassVar = [*EffectiveDated.Meta.triggers, cancels_its_own()]
        constraints: ClassVar = [
            *EffectiveDated.Meta.constraints,
            one_per_start("publisher", name="model_type_one_per_start"),
            one_of("model_type", ModelType, name="model_type_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_model_type_display()}, from {self.starts_at:%d %b %Y %H:%M:%S}"


class CookieTypeAssignment(EffectiveDated):
    """Hard or soft, for one partnership, from a moment on.

    ``reason`` is shown to the publisher, that of a cancelling row too.
    """

    advertiser = models.ForeignKey(
        "network.Advertiser", models.PROTECT, verbose_name=_("advertiser"), related_name="+"
    )
    publisher = models.ForeignKey(
        "publishers.Publisher", models.PROTECT, verbose_name=_("publisher"), related_name="+"
    )
    partnership = models.ForeignKey(
        "publishers.Partnership",
        models.PROTECT,
        verbose_name=_("partnership"),
        related_name="assignments",
    )
    cookie_type = models.CharField(_("cookie type"), max_length=7, choices=AssignedType)
    internal_note = models.CharField(_("internal note"), max_length=500, blank=True)

    holds_for = ("partnership",)

    class Meta(EffectiveDated.Meta):
        verbose_name = _("cookie type of a partner")
        verbose_name_plural = _("cookie types of partners")
        triggers: ClassVar = [
            *EffectiveDated.Meta.triggers,
            cancels_its_own(),
            says_as("publishers_partnership", "partnership_id", "advertiser_id", "publisher_id"),
        ]
        constraints: ClassVar = [
            *EffectiveDated.Meta.constraints,
            one_per_start("partnership", name="assignment_one_per_start"),
            one_of("cookie_type", AssignedType, name="assignment_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.cookie_type}, from {self.starts_at:%d %b %Y %H:%M:%S}"


class ModelTypeCookieType(EffectiveDated):
    """The default for a model type from a moment on: an advertiser's, or (without one) the
    network's own where it departs from the built-in table."""

    advertiser = models.ForeignKey(
        "network.Advertiser",
        models.PROTECT,
        verbose_name=_("advertiser"),
        null=True,
        blank=True,
        related_name="model_type_defaults",
    )
    model_type = models.CharField(_("model type"), max_length=12, choices=ModelType)
    cookie_type = models.CharField(_("cookie type"), max_length=7, choices=AssignedType)

    holds_for = ("advertiser", "model_type")

    class Meta(EffectiveDated.Meta):
        triggers: ClassVar = [
            *EffectiveDated.Meta.triggers,
            cancels_its_own(),
        ]
        verbose_name = _("model type default")
        verbose_name_plural = _("model type defaults")
        constraints: ClassVar = [
            *EffectiveDated.Meta.constraints,
            one_per_start("advertiser", "model_type", name="model_default_one_per_start"),
            one_of("model_type", ModelType, name="model_default_of_known_type"),
            one_of("cookie_type", AssignedType, name="model_default_is_known"),
        ]

    def __str__(self) -> str:
        return gettext("%(model_type)s: %(cookie_type)s, from %(start)s") % {
            "model_type": self.get_model_type_display(),
            "cookie_type": self.get_cookie_type_display(),
            "start": dates.moment(self.starts_at),
        }
