"""docs/cli.md, docs/files.md and docs/library.md name everything that exists, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import get_args

import pytest

import echornn
from echornn import probes
from echornn.config import EchoConfig
from echornn.config_fields import LIVE_FIELDS
from echornn.readings import Kind
from echornn.session.command_words import WORDS
from echornn.session.commands import COMMANDS
from echornn.sweeps.store import COLUMNS, OURS
from tests.docs import emitted
from tests.docs.pages import PAGES, ROOT, codes_in
from tests.docs.vocabulary import EVERYWHERE, FIELD_FLAGS, FIELDS, FLAGS, RUN_FILES, choices_of
from tui.app.line.words import APP_WORDS
from tui.app.views.table import VIEWS
from tui.app.views.view import View
from tui.commands.kept_runs import replica_rows, window_rows
from tui.map import text
from tui.term.exit_code import ExitCode

CLI, FILES, LIBRARY = (PAGES[f"docs/{name}.md"] for name in ("cli", "files", "library"))

TAKES_FIELDS = [name for name, flags in FLAGS.items() if flags >= FIELD_FLAGS]
"""The commands that have a flag for each field of the configuration."""


def first_words(page: str, head: str, below: str = "") -> set[str]:
    """The names in the first column of these tables; only the first word counts: ``--run DIR`` is ``--run``."""
    tables = PAGES[page].tables(head, below)
    return {code.split()[0] for table in tables for row in table.rows for code in codes_in(row[0])}


def require(page: str, what: str, named: Iterable[str], there: Iterable[str]) -> None:
    """Fail with a helpful message if a page does not name exactly what exists."""
    named, there = set(named), set(there)
    missing, wrong = sorted(there - named), sorted(named - there)
    assert not missing, f"{page} {what}: no row for {', '.join(missing)}"
    assert not wrong, f"{page} {what}: {', '.join(wrong)}: there is no such thing"


def test_subcommands() -> None:
    named = {heading for table in CLI.tables("flag") for heading in table.headings[1:2]}
    with_flags = {name for name, flags in FLAGS.items() if flags}
    require("docs/cli.md", "sections with a table of flags", named, {"Fields", "All commands", *with_flags})


@pytest.mark.parametrize("name", [name for name, flags in FLAGS.items() if flags])
def test_flags(name: str) -> None:
    there = FLAGS[name] - FIELD_FLAGS
    require("docs/cli.md", f"section {name}, flags", first_words(CLI.path, "flag", name), there)


@pytest.mark.parametrize("name", TAKES_FIELDS)
def test_sections_say_which_commands_take_the_fields(name: str) -> None:
    assert "(#fields)" in CLI.section(name), f"docs/cli.md, section {name}: link to #fields, whose flags it takes"


def test_fields() -> None:
    require("docs/cli.md", "section Fields", first_words(CLI.path, "flag", "Fields"), FIELD_FLAGS)


def test_flags_of_all_commands() -> None:
    require("docs/cli.md", "section All commands", first_words(CLI.path, "flag", "All commands"), EVERYWHERE)


def test_exit_codes() -> None:
    require("docs/cli.md", "exit codes", first_words(CLI.path, "code"), (str(int(code)) for code in ExitCode))


def test_each_command_with_json_lines_prints_them_here() -> None:
    there = {name for name, flags in FLAGS.items() if "--json" in flags}
    require("tests/docs/emitted.py", "COMMANDS", emitted.COMMANDS, there)


@pytest.mark.parametrize("name", emitted.COMMANDS)
def test_json_keys(name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    there = emitted.COMMANDS[name](tmp_path, capfd.readouterr) - FIELDS
    named = first_words(CLI.path, "JSON key", name) - FIELDS
    require("docs/cli.md", f"section {name}, JSON keys", named, there)


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("export", {*window_rows.REPLICA_HEADER.split(","), *replica_rows.HEADER.split(",")}),
        ("map", set(text.COLUMNS)),
    ],
)
def test_columns_of_csv(name: str, columns: set[str]) -> None:
    require("docs/cli.md", f"section {name}, CSV columns", first_words(CLI.path, "column", name), columns)


def test_files_of_a_run() -> None:
    require("docs/files.md", "run folder", first_words(FILES.path, "file", "The run folder"), RUN_FILES)


def test_files_of_a_sweep() -> None:
    there = {name if "." in name or name == "lock" else f"{name}/" for name in OURS}
    require("docs/files.md", "sweep folder", first_words(FILES.path, "file", "The sweep folder"), there)
    require("docs/files.md", "results.csv", first_words(FILES.path, "column", "The sweep folder"), COLUMNS)


def test_words() -> None:
    rows = [row for table in CLI.tables("word", "do") for row in table.rows]
    named = {codes_in(row[0])[0].split()[0] for row in rows}
    require("docs/cli.md", "section do, words", named, {*WORDS, *APP_WORDS})
    (edit,) = [row for row in rows if "edit FIELD" in row[0]]
    live = edit[1].partition("Training goes on")[2].partition("Any other")[0]
    require("docs/cli.md", "fields that edit changes in training", codes_in(live), LIVE_FIELDS)


def test_public_names() -> None:
    require("docs/library.md", "table of names", first_words(LIBRARY.path, "name"), echornn.__all__)


def test_commands_of_a_session() -> None:
    text = PAGES["docs/library.md"].section("Drive a session")
    missing = [command.__name__ for command in COMMANDS if f"`{command.__name__}(" not in text]
    assert not missing, f"docs/library.md, table of commands: no {', '.join(missing)}"


def test_kinds_of_readings() -> None:
    text = PAGES["docs/library.md"].text
    missing = [kind for kind in get_args(Kind) if f'`"{kind}"`' not in text]
    assert not missing, f"docs/library.md: no {', '.join(missing)} among the kinds of readings"


def test_probes_of_weights() -> None:
    named = {word.partition("(")[0] for word in first_words(LIBRARY.path, "probe")}
    require("docs/library.md", "table of probes", named, probes.__all__)


def test_every_page_can_be_reached_from_the_readme() -> None:
    linked = {link.target.partition("#")[0] for link in PAGES["README.md"].links}
    missing = PAGES.keys() - linked - {"README.md"}
    assert not missing, f"README.md has no link to {', '.join(sorted(missing))}"


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.title)
def test_the_guide_shows_each_view(view: type[View]) -> None:
    heading = f"{view.key}: {view.title}"
    assert "![" in PAGES["docs/guide.md"].section(heading), f"docs/guide.md: no section ## {heading} with a picture"


def test_benchmarks() -> None:
    folder = ROOT / "tests" / "benchmarks"
    there = {file.stem for file in folder.glob("*.py") if "__main__" in file.read_text(encoding="utf-8")}
    there |= {file.parent.name for file in folder.glob("*/__main__.py")}
    require("docs/performance.md", "table of benchmarks", first_words("docs/performance.md", "NAME"), there)


def test_defaults_of_fields() -> None:
    (table,) = CLI.tables("flag", "Fields")
    shown = {row[0].strip("`"): row[1] for row in table.rows}
    there = {f"--{name.replace('_', '-')}": default_text(value) for name, value in EchoConfig().fields().items()}
    assert shown == there, "docs/cli.md, section fields: the defaults are not those of EchoConfig"


def default_text(value: object) -> str:
    return "unset" if value is None else str(value)


@pytest.mark.parametrize("name", FLAGS)
def test_choices_of_flags(name: str) -> None:
    rows = {
        row[0]: row[-1] for table in CLI.tables("flag") for row in table.rows if {name, "Fields"} & {*table.headings}
    }
    for flag, choices in choices_of(name).items():
        (said,) = [text for cell, text in rows.items() if flag in cell.strip("`").split()[:1]]
        missing = [choice for choice in choices if f"`{choice}`" not in said]
        assert not missing, f"docs/cli.md, section {name}, {flag}: no word on {', '.join(missing)}"


@pytest.mark.parametrize("package", ["echornn", "tui"])
def test_type_checkers_of_users_see_the_types(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()
