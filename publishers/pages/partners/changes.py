"""Adding a partner, changing its terms, and notes about it."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network import dates
from network.effective.rows import start_or_now
from network.effective.words import changed_in_words
from network.pages.site.admin_site import person
from network.pages.site.change_pages import ChangeView, Effects
from network.pages.site.terms_form import TermsChangeView
from publishers.models import Notice, Partnership, PartnershipTerms
from publishers.notices.choices import unheard
from publishers.notices.writing import unreached
from publishers.pages.notices import preview
from publishers.pages.partners.forms import (
    NewPartnershipForm,
    NoteForm,
    PartnershipTermsForm,
    QuestionForm,
)
from publishers.policy import asking, deciding


class NewPartner(ChangeView[None]):
    button = gettext_lazy("Add the partner")
    form_class = NewPartnershipForm
    changes_policy = True

    @property
    def title(self) -> str:
        return _("Add a partner")

    def make(self, now: datetime) -> str:
        data, by = self.form.cleaned_data, person(self.request)
        made = deciding.create_partnership(
            data["advertiser"], data["publisher"], now, made_by=by, status=data["status"]
        )
        self.model_admin.log_addition(self.request, made, "Added")
        return _("%(publisher)s is a partner of %(advertiser)s.") % {
            "publisher": made.publisher,
            "advertiser": made.advertiser,
        }


class PartnershipTermsChange(TermsChangeView[Partnership]):
    button = gettext_lazy("Change the terms")
    form_class = PartnershipTermsForm

    @property
    def title(self) -> str:
        return _("Change the terms of %(publisher)s at %(advertiser)s") % {
            "publisher": self.about.publisher,
            "advertiser": self.about.advertiser,
        }

    def row(self) -> PartnershipTerms:
        return PartnershipTerms(partnership=self.about, starts_at=start_or_now(None, self.now))

    def write(self, now: datetime, changes: dict[str, Any], **said: Any) -> str:
        before = self.form.initial
        made = deciding.change_terms(self.about, changes, now, **said)
        told = {
            "terms": changed_in_words(PartnershipTerms, before, changes),
            "start": dates.zoned(made.starts_at),
        }
        logged = _("Terms: %(terms)s, from %(start)s") % told
        self.model_admin.log_change(self.request, self.about, logged)
        return _("From %(start)s: %(terms)s.") % told


class Asking(ChangeView[Partnership]):
    """A question to who has applied, instead of a decision for now."""

    button = gettext_lazy("Send the question")
    form_class = QuestionForm

    @property
    def title(self) -> str:
        return _("Ask %(publisher)s about its application") % {"publisher": self.about.publisher}

    @property
    def back(self) -> str:
        return reverse("admin:applications")

    def effects(self) -> Effects:
        away = unreached([self.about])
        said = _("%(publisher)s has nobody with an account, so no email goes there.")
        notes = [said % {"publisher": self.about.publisher}] if away else []
        if unheard([self.about], [Notice(event=Notice.Event.ASKED)]):
            notes.append(preview.switched_off(self.about.publisher.name, 1))
        return Effects(
            sentences=[
                _(
                    "It gets a notice and an email with the question, and answers on its own "
                    "pages. The application goes on waiting; the answer appears beside it."
                )
            ],
            notes=notes,
        )

    def make(self, now: datetime) -> str:
        question = self.form.cleaned_data["question"]
        asking.ask(self.about, question, now, made_by=person(self.request))
        logged = _("Asked: %(question)s") % {"question": question}
        self.model_admin.log_change(self.request, self.about, logged)
        return _("%(publisher)s is asked.") % {"publisher": self.about.publisher}


class NewNote(ChangeView[Partnership]):
    button = gettext_lazy("Add the note")
    form_class = NoteForm

    @property
    def title(self) -> str:
        return _("Add a note about %(publisher)s") % {"publisher": self.about.publisher}

    def make(self, now: datetime) -> str:
        text = self.form.cleaned_data["text"]
        deciding.add_note(self.about, text, now, made_by=person(self.request))
        self.model_admin.log_change(self.request, self.about, _("Added a note"))
        return _("The note is kept.")
