"""A user's own task: the text of a Python file, from which the task can be made again without the file."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from echornn.own.errors import blaming
from echornn.own.own_file import OwnFile
from echornn.tasks.own.facts import TaskFacts
from echornn.tasks.own.recorded_task import class_for, hash_of, is_same_task, values_in_order
from echornn.tasks.settings import settings_of
from echornn.tasks.task import Task, TaskError


class OwnTask(OwnFile):
    """The file of a user's task; its name is that of the task's class."""

    noun, error = "task", TaskError
    definition = r"^class {name}\b"
    facts_from = staticmethod(TaskFacts.from_record)
    no_facts = TaskFacts.of({})

    @property
    def kind(self) -> type[Task]:
        """The class of the task, from its facts or else from its text; see `load`."""
        facts: TaskFacts | None = self.facts
        if facts is None:
            written: type[Task] = self.load()
            return written
        return class_for(self.name, facts.doc, facts.scores_every_step, facts.settings)

    def task(self, values: Mapping[str, object] | None = None) -> Task:
        """The task with these values of its settings, from its facts if there are any; all other settings have their
        defaults.

        Raises:
            TaskError: as in `load`, or a value is not allowed.
        """
        if self.facts is None:
            return self.written(values)
        task = self.kind(**values or {})
        self.facts.form(values_in_order(task))  # an error if they are impossible together
        object.__setattr__(task, "own", self)
        return task

    def with_settings(self, given: Mapping[str, Iterable[object]]) -> OwnTask:
        """This file; if its record lacks facts, with settings that have these values."""
        return replace(self, facts=TaskFacts.of(given)) if self.lacks_facts else self

    def written(self, values: Mapping[str, object] | None = None) -> Task:
        """The task that the text makes; see `task`."""
        kind = self.load()
        with blaming(TaskError, self.file, self.line):
            task: Task = kind(**values or {})
            return task

    def require_free_names(self, taken: Collection[str]) -> None:
        """Check that no setting has a name that is used for something else.

        Raises:
            TaskError: a setting has such a name.
        """
        with blaming(TaskError, self.file, self.line):
            for known in settings_of(self.kind):
                if known.name in taken:
                    raise TaskError(f"the setting {known.name} needs another name: the network has this setting")

    def found_in(self, names: Mapping[str, Any]) -> type[Task]:
        found = names.get(self.name)
        if found is None:
            tasks = [value for value in names.values() if isinstance(value, type) and issubclass(value, Task)]
            others = ", ".join(task.__name__ for task in tasks if task is not Task)
            raise TaskError(f"there is no class {self.name}" + (f", only {others}" if others else ""))
        if not isinstance(found, type) or not issubclass(found, Task):
            raise TaskError(f"{self.name} is not a task: write class {self.name}(Task)")
        if "__dataclass_fields__" not in vars(found):
            raise TaskError(f"write @dataclass(frozen=True) above class {self.name}")
        if found.__abstractmethods__:
            raise TaskError(f"class {self.name} lacks {', '.join(sorted(found.__abstractmethods__))}")
        settings_of(found)
        found.own = replace(self, facts=None)
        found.__eq__, found.__hash__ = is_same_task, hash_of  # type: ignore[method-assign, assignment]
        return found


TaskName = str | OwnTask
"""The reference to the class of a task: its name in the table, or a user's own file."""
