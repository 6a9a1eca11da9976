"""The scripts by which shells complete the command line: subcommands, flags and values, names of runs, tasks, cells."""

from __future__ import annotations

import shlex
from inspect import signature

from echornn.cells.table import CELLS
from echornn.runs.kept_runs import NEWEST, state_folder
from echornn.tasks.table import TASKS
from tui.cli.parser import command
from tui.cli.subcommands.table import SUBCOMMANDS, Shell
from tui.term import printed
from tui.term.exit_code import ExitCode

BASH = """
# The names of runs, tasks and cells come after these words. Where nothing is known, files are completed.
_echornn_tui_names() {
  local cur="${COMP_WORDS[COMP_CWORD]}" names=""
  case "${COMP_WORDS[COMP_CWORD-1]}" in
    @before runs@) names="@newest@ $(command ls -t @folder@ 2>/dev/null)" ;;
    @before tasks@) names="@tasks@" ;;
    @before cells@) names="@cells@" ;;
  esac
  if [[ -n "$names" && "$cur" != -* ]]; then
    COMPREPLY=($(compgen -W "$names" -- "$cur"))
  else
    _echornn_tui
  fi
}
complete -o default -o nosort -F _echornn_tui_names echornn-tui
"""

ZSH = """
# The names of runs, tasks and cells come after these words.
_echornn_tui_names() {
  if [[ "$words[CURRENT]" != -* ]]; then
    case "$words[CURRENT-1]" in
      @before runs@) compadd -V runs -- @newest@ @folder@/*(N/om:t); _files -/; return ;;
      @before tasks@) compadd -- @tasks@; return ;;
      @before cells@) compadd -- @cells@; return ;;
    esac
  fi
  _cyclopts_echornn-tui "$@"
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
compdef _echornn_tui_names echornn-tui
[[ "$funcstack[1]" != _echornn-tui ]] || _echornn_tui_names "$@"
"""

FISH = """
# The names of runs, tasks and cells come after these words.
function __fish_echornn-tui_runs
    echo @newest@
    command ls -t @folder@ 2>/dev/null
end
function __fish_echornn-tui_not
    not contains -- (commandline -opc)[2] $argv
end
complete -c echornn-tui -n 'contains -- (commandline -opc)[-1] @before runs@' -k -a '(__fish_echornn-tui_runs)'
complete -c echornn-tui -n '__fish_echornn-tui_not @without resume@' -l resume -k -r -a '(__fish_echornn-tui_runs)'
complete -c echornn-tui -n 'contains -- (commandline -opc)[-1] tasks' -f -a '@tasks@'
complete -c echornn-tui -n '__fish_echornn-tui_not @without task@' -l task -x -a '@tasks@'
complete -c echornn-tui -n 'contains -- (commandline -opc)[-1] cells' -f -a '@cells@'
complete -c echornn-tui -n '__fish_echornn-tui_not @without cell@' -l cell -x -a '@cells@'
"""


def print_completion(shell: Shell) -> int:
    """Print the script for a shell."""
    script = command.generate_completion(shell=shell)
    printed.plain([f"{script}{names_for(shell, script)}".replace("…", "...")])
    return ExitCode.DONE


def names_for(shell: Shell, script_of_flags: str) -> str:
    """The part of the script that completes names of runs, tasks and cells.

    Args:
        script_of_flags: the part before it, which completes subcommands and flags.
    """

    def without(flag: str) -> str:
        """The subcommands that do not take a flag, for fish."""
        return " ".join(name for name in SUBCOMMANDS if f"_command {name}' -l {flag} " not in script_of_flags)

    takes_runs = [name for name, subcommand in SUBCOMMANDS.items() if "run" in signature(subcommand).parameters]
    script, between = {"bash": (BASH, "|"), "zsh": (ZSH, "|"), "fish": (FISH, " ")}[shell]
    known = {
        "@before runs@": between.join([*takes_runs, "--resume"]),
        **{f"@without {flag}@": without(flag) for flag in ("resume", "task", "cell")},
        "@before tasks@": between.join(["tasks", "--task"]),
        "@tasks@": " ".join(TASKS),
        "@before cells@": between.join(["cells", "--cell"]),
        "@cells@": " ".join(CELLS),
        "@newest@": NEWEST,
        "@folder@": shlex.quote(str(state_folder())),
    }
    for word, text in known.items():
        script = script.replace(word, text)
    return script
