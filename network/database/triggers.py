"""Triggers in migrations."""

from django.db.migrations.state import ProjectState
from pgtrigger import migrations


class AddTrigger(migrations.AddTrigger):
    """Pgtrigger's, which has Django render the model anew, with all that are related to it: of an
    empty database's migration that took as long as all else. Nothing asks them for triggers."""

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        options = state.models[app_label, self.model_name].options
        options["triggers"] = [*options.get("triggers", []), self.trigger]
