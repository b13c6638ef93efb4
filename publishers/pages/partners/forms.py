"""What staff and operators fill in about publishers and partnerships."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network.models import Advertiser
from network.pages.site.searching import found_by_name
from network.pages.site.terms_form import TermsChangeForm
from publishers.models import ModelType, Partnership, PartnershipTerms, Publisher
from publishers.policy.asking import MAX_QUESTION

REASON_SHOWN = gettext_lazy("Reason, shown to the partner")


class PublisherForm(forms.ModelForm[Publisher]):
    website = forms.URLField(
        label=gettext_lazy("Website"), max_length=500, required=False, assume_scheme="https"
    )

    class Meta:
        model = Publisher
        fields: ClassVar = ["name", "website", "promotion", "team", "status"]
        help_texts: ClassVar = {
            "team": gettext_lazy(
                "Who works for it. A company with several publisher ids has one team."
            )
        }


class NewPublisherForm(PublisherForm):
    model_type = forms.ChoiceField(
        label=gettext_lazy("Model type"),
        choices=[("", gettext_lazy("Choose one")), *ModelType.choices],
        help_text=gettext_lazy("Overlay, extension and retargeting are soft by default."),
    )

    class Meta(PublisherForm.Meta):
        fields: ClassVar = ["name", "website", "promotion", "team"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].required = False
        self.fields["team"].help_text = _("Of a company that is here already; empty: a new one.")


class ModelTypeForm(forms.Form):
    """Which model type a publisher is to get."""

    required_css_class = "required"
    model_type = forms.ChoiceField(label=gettext_lazy("Model type"), choices=ModelType.choices)


class NewPartnershipForm(forms.Form):
    required_css_class = "required"
    advertiser = forms.ModelChoiceField(
        Advertiser.objects.all(),
        label=gettext_lazy("Advertiser"),
        widget=found_by_name(Partnership, "advertiser"),
    )
    publisher = forms.ModelChoiceField(
        Publisher.objects.all(),
        label=gettext_lazy("Publisher"),
        widget=found_by_name(Partnership, "publisher"),
    )
    status = forms.ChoiceField(
        label=gettext_lazy("Status"),
        choices=[
            (choice.value, choice.label)
            for choice in (PartnershipTerms.Status.APPROVED, PartnershipTerms.Status.APPLIED)
        ],
    )


class PartnershipTermsForm(TermsChangeForm):
    """A partnership's flags and own cookie period, from a moment on. Its status is decided on a
    page of its own (:mod:`publishers.pages.partners.status`)."""

    hard_days = forms.IntegerField(
        label=gettext_lazy("Own cookie period in days"),
        required=False,
        min_value=1,
        max_value=400,
        help_text=gettext_lazy("Empty: the advertiser's."),
    )
    in_page = forms.BooleanField(
        label=gettext_lazy("May activate from the page"),
        required=False,
        help_text=gettext_lazy(
            "For overlays and extensions that do not navigate; works for soft partners only."
        ),
    )
    strictly_necessary = forms.BooleanField(
        label=gettext_lazy("Cookie strictly necessary (ePrivacy)"),
        required=False,
        help_text=gettext_lazy(
            "The cookie is part of a service the shopper asked for. Recorded with each click; "
            "whether a click needs consent does not change."
        ),
    )
    evidence = forms.CharField(
        label=gettext_lazy("Why it is strictly necessary"),
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )
    reason = forms.CharField(label=REASON_SHOWN, max_length=500, required=False)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("strictly_necessary") and not data.get("evidence", "").strip():
            self.add_error("evidence", _("Say why, as a data-protection officer would ask."))
        return data


class NoteForm(forms.Form):
    required_css_class = "required"
    text = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=2000,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy(
            "Seen by staff and operators only, never by the partner. It stays as written."
        ),
    )


class QuestionForm(forms.Form):
    required_css_class = "required"
    question = forms.CharField(
        label=gettext_lazy("Question, shown to the partner"),
        max_length=MAX_QUESTION,
        widget=forms.Textarea({"rows": 3}),
    )
