"""``python -m tui`` is ``echornn-tui``."""

from tui.cli import main

if __name__ == "__main__":
    main()
