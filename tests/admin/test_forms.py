"""What a page asks for, it shows: an error at a field that is not there cannot be mended."""

import pytest
from django.contrib.admin import site
from django.contrib.admin.utils import flatten_fieldsets
from django.test import Client
from django.urls import reverse

from tests.support.reading import post

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


def test_a_form_shows_every_field_that_it_asks_for(operator: Client) -> None:
    seen = set()
    for model in site._registry:
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")
        response = post(operator, address)
        if "adminform" not in (response.context or ()):  # not added here, or on a page of its own
            continue
        seen.add(model.__name__)
        adminform = response.context["adminform"]
        shown = set(flatten_fieldsets(adminform.fieldsets))
        required = {name for name, field in adminform.form.fields.items() if field.required}
        assert required | set(adminform.form.errors) <= shown, model
    assert {"Advertiser", "Publisher", "User"} <= seen
